"""One writer of a project's texts and candidates at a time."""

from django.db import connection


def texts_lock(project_id: int) -> None:
    """Wait for the project's texts and hold them until this transaction ends.

    Whoever adds or changes queries, passages or candidates in bulk takes it first, so that two of
    them neither deadlock nor miss each other's rows. Judging needs no such lock.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('texts'), %s)", [project_id])
