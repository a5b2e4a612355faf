"""Whoever leaves a project, or only looks on, holds nothing that colleagues wait for."""

from typing import Final

FORWARD: Final = """
-- What is being leased to the person at this moment is waited for, and goes, too; what they ask for
-- later finds no member (`annotate_overlap_for`, 0002). A check or a repeat holds no slot: it stays
-- what it is, should they come back with their answer. With a whole project everything goes anyway.
CREATE FUNCTION annotate_leases_leave() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
    left_by record;
BEGIN
    FOR left_by IN
        SELECT was.project_id AS project, was.user_id AS person FROM was
        WHERE was.role <> 'viewer'
          AND NOT EXISTS (
            SELECT FROM accounts_member m WHERE m.project_id = was.project_id
            AND m.user_id = was.user_id AND m.role <> 'viewer')
          AND NOT EXISTS (SELECT FROM accounts_leaving WHERE project_id = was.project_id)
        ORDER BY was.user_id, was.project_id
    LOOP
        PERFORM pg_advisory_xact_lock(hashtext('annotate_judge'), left_by.person::integer);
        WITH held AS (
            SELECT l.id FROM annotate_lease l JOIN annotate_candidate c ON c.id = l.candidate_id
            WHERE l.person_id = left_by.person AND l.slot IS NOT NULL
              AND c.project_id = left_by.project ORDER BY l.id FOR UPDATE OF l
        )
        DELETE FROM annotate_lease l USING held WHERE l.id = held.id;
        WITH held AS (
            SELECT l.id FROM annotate_pairlease l JOIN annotate_pair o ON o.id = l.pair_id
            WHERE l.person_id = left_by.person AND o.project_id = left_by.project
            ORDER BY l.id FOR UPDATE OF l
        )
        DELETE FROM annotate_pairlease l USING held WHERE l.id = held.id;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER leases_leave AFTER DELETE ON accounts_member
REFERENCING OLD TABLE AS was FOR EACH STATEMENT EXECUTE FUNCTION annotate_leases_leave();
CREATE TRIGGER leases_leave_with_the_role AFTER UPDATE ON accounts_member
REFERENCING OLD TABLE AS was FOR EACH STATEMENT EXECUTE FUNCTION annotate_leases_leave();
"""
BACKWARD: Final = """
DROP TRIGGER leases_leave_with_the_role ON accounts_member;
DROP TRIGGER leases_leave ON accounts_member;
DROP FUNCTION annotate_leases_leave();
"""
