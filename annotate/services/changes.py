"""What is done to the corpus by hand goes into a log, with who did it and why."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection

from accounts.models import Project, User
from annotate.models import Change, Deed, Thing
from annotate.models.corpus import REASON_CHARACTERS


def change_log(
    *,
    project: Project,
    thing: Thing,
    deed: Deed,
    things: Iterable[int],
    by: User | None,
    reason: str = "",
    at: datetime | None = None,
) -> Change:
    """Add a change to the log; `at` is this transaction's time unless given."""
    moment: dict[str, Any] = {} if at is None else {"at": at}
    return Change.objects.create(
        project=project, thing=thing, deed=deed, things=list(things), by=by, reason=reason, **moment
    )


def reason_checked(reason: str) -> str:
    """Return a reason without the space around it. Raises ValidationError where there is none."""
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": "Say why: it stands in the log."})
    if len(reason) > REASON_CHARACTERS or "\0" in reason:
        message = f"A reason has at most {REASON_CHARACTERS} characters, and no NUL among them."
        raise ValidationError({"reason": message})
    return reason


def transaction_time() -> datetime:
    """Return the moment that all rows of this transaction carry."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT transaction_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment
