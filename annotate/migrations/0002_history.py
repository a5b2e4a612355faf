"""What constraints cannot say: judgments are history, slots end at the overlap."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION annotate_judgment_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted smallint;
    current_after boolean := NEW.current;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.current AND NOT OLD.current THEN
            RAISE EXCEPTION 'judgment % is history and cannot become current again', OLD.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_is_history';
        END IF;
        NEW.current := OLD.current;
        IF NEW IS DISTINCT FROM OLD THEN
            RAISE EXCEPTION 'judgment % cannot be rewritten; add a new one', OLD.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_is_history';
        END IF;
        NEW.current := current_after;
        RETURN NEW;
    END IF;
    IF NEW.slot IS NOT NULL THEN
        SELECT overlap INTO wanted FROM accounts_project WHERE id = NEW.project_id;
        IF NEW.slot > wanted THEN
            RAISE EXCEPTION 'slot % is beyond the overlap of %', NEW.slot, wanted
                USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_slot_within_overlap';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER judgment_guard BEFORE INSERT OR UPDATE ON annotate_judgment
FOR EACH ROW EXECUTE FUNCTION annotate_judgment_guard();

CREATE FUNCTION annotate_snapshot_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.digest IS NOT NULL AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'snapshot % is frozen', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'snapshot_is_frozen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER snapshot_guard BEFORE UPDATE ON annotate_snapshot
FOR EACH ROW EXECUTE FUNCTION annotate_snapshot_guard();
"""

BACKWARD = """
DROP TRIGGER snapshot_guard ON annotate_snapshot;
DROP FUNCTION annotate_snapshot_guard();
DROP TRIGGER judgment_guard ON annotate_judgment;
DROP FUNCTION annotate_judgment_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("annotate", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
