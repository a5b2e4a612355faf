"""Other people's clients, unmodified, each in a virtual environment and a process of its own."""
