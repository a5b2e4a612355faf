"""How often a version is used, counted by the day."""

from django.db import connection

from models_app.models import Use, Version

_COUNT = """
INSERT INTO models_app_dailyuse (version_id, use, day, count)
VALUES (%s, %s, (now() AT TIME ZONE 'UTC')::date, %s)
ON CONFLICT (version_id, use, day) DO UPDATE SET count = models_app_dailyuse.count + excluded.count
"""


def use_count(*, version: Version, use: Use, times: int = 1) -> None:
    """Count a use of a version, today by the database's clock; safe from several at once."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [version.pk, use.value, times])
