"""`manage.py create_token USER --scope S --expires-in D --model M`."""

import re
from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Scope, User
from accounts.services import token_create

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def duration(text: str) -> timedelta:
    """Read 30m, 12h, 90d or 4w; a bare number means days."""
    match = re.fullmatch(r"([1-9][0-9]{0,5})([mhdw]?)", text)
    if match is None:
        raise ArgumentTypeError(f"{text!r} is no duration; write 30m, 12h, 90d or 4w")
    return timedelta(**{_UNITS[match[2] or "d"]: int(match[1])})


class Command(BaseCommand):
    help = "Create an API token and print it alone on the last line. It is shown only once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user")
        parser.add_argument("--scope", choices=Scope.values, default=Scope.READ)
        parser.add_argument("--expires-in", type=duration, metavar="D", help="30m, 12h, 90d or 4w")
        parser.add_argument("--name", default="command line")
        parser.add_argument(
            "--model",
            default="",
            metavar="TEAM/RERANKER",
            help="what rerank requests mean that name no model",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']!r}.")
        try:
            issued = token_create(
                user=user,
                name=options["name"],
                scope=options["scope"],
                expires_in=options["expires_in"],
                default_model=options["model"],
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        moment = issued.token.expires_at
        end = f"expires {moment:%Y-%m-%d %H:%M} UTC" if moment else "does not expire"
        self.stdout.write(f"Token of {user.username}, scope {issued.token.scope}, {end}:")
        self.stdout.write(issued.secret)
