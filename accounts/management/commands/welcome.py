"""`manage.py welcome`: the address, and on a fresh installation the one-time owner link."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts.services import owner_link_create


class Command(BaseCommand):
    help = "Print the address; until somebody owns the installation, a fresh one-time owner link."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Arbiter is at {settings.PUBLIC_URL}/")
        secret = owner_link_create()
        if secret is not None:
            self.stdout.write("Open this link once to become the owner of the installation:")
            self.stdout.write(f"  {settings.PUBLIC_URL}/welcome/{secret}/")
