"""`manage.py verify_snapshots`: compute the digest of every snapshot anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotate.models import Snapshot, SnapshotStatus
from annotate.verifying import snapshot_verify


class Command(BaseCommand):
    """Say of each snapshot whether it is whole, redacted by an erasure, or broken."""

    help = "Compute the digest of every snapshot anew and name what is not as it was frozen."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line per snapshot; fail where one is broken."""
        broken = 0
        rows = Snapshot.objects.filter(status=SnapshotStatus.READY).select_related("project")
        for snapshot in rows.order_by("pk").iterator(chunk_size=100):
            found = snapshot_verify(snapshot)
            broken += bool(found.problems)
            name = f"{snapshot.project.slug} {snapshot.short_digest}"
            self.stdout.write(f"{name}: {found.state}. {found.sentence}")
        if broken:
            raise CommandError(f"{broken} snapshot(s) are not as they were; restore a backup.")
