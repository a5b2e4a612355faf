"""Freezing and erasing keep out of each other's way.

A snapshot's files are stored before its row says so. Whoever looks for stored files that no row
names, to remove them, must wait until nobody is between the two.
"""

from django.db import connection


def freezing_share() -> None:
    """Let no erasure look for files without a row until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtext('annotate_freezing'))")


def freezing_wait() -> None:
    """Wait until nobody freezes, and let nobody begin until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('annotate_freezing'))")
