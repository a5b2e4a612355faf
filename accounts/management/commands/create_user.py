"""`manage.py create_user NAME [--superuser]`."""

import getpass
import os
import sys
from argparse import ArgumentParser
from typing import Any, Final

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.services import user_create

_TOKENS_ONLY: Final = """{name} has no password, so no login: tokens only, which this issues:
  .venv/bin/python manage.py create_token {name} --scope write
To let {name} log in, set a password:
  .venv/bin/python manage.py changepassword {name}"""


class Command(BaseCommand):
    help = (
        "Create a user. The password is asked for, or read from ARBITER_PASSWORD, or from standard"
        " input where that is no terminal; an empty one makes a user who has tokens only."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--email", default="")
        parser.add_argument("--superuser", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            password = _password()
            if password:
                validate_password(password)
            user = user_create(
                username=options["name"],
                password=password or None,
                email=options["email"],
                superuser=options["superuser"],
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"Created user {user.username}.")
        if not password:
            self.stdout.write(_TOKENS_ONLY.format(name=user.username))


def _password() -> str:
    given = os.environ.get("ARBITER_PASSWORD")
    if given is not None:
        return given
    if sys.stdin is not None and sys.stdin.isatty():
        return getpass.getpass("Password (empty: tokens only): ")
    return sys.stdin.readline().rstrip("\n") if sys.stdin is not None else ""
