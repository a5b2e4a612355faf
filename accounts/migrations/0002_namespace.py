"""User names and project slugs share one namespace, whatever the case; kept by the database."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION accounts_namespace_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO accounts_namespace (name, user_id) VALUES (lower(NEW.username), NEW.id)
    ON CONFLICT (user_id) DO UPDATE SET name = excluded.name;
    RETURN NULL;
END $$;
CREATE TRIGGER namespace_user AFTER INSERT OR UPDATE OF username ON accounts_user
FOR EACH ROW EXECUTE FUNCTION accounts_namespace_user();

CREATE FUNCTION accounts_namespace_project() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO accounts_namespace (name, project_id) VALUES (lower(NEW.slug), NEW.id)
    ON CONFLICT (project_id) DO UPDATE SET name = excluded.name;
    RETURN NULL;
END $$;
CREATE TRIGGER namespace_project AFTER INSERT OR UPDATE OF slug ON accounts_project
FOR EACH ROW EXECUTE FUNCTION accounts_namespace_project();
"""

BACKWARD = """
DROP TRIGGER namespace_project ON accounts_project;
DROP TRIGGER namespace_user ON accounts_user;
DROP FUNCTION accounts_namespace_project();
DROP FUNCTION accounts_namespace_user();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
