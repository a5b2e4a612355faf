"""Django's PostgreSQL backend with what the hottest paths need: see `config.database.base`."""
