"""What the calls that take answers share: who answers, how a skip is said, what is no answer."""

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import BigIntegerField
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from accounts.access import Right, member_for
from accounts.models import Member
from accounts.problems import ConflictError
from annotate.services.answers import REASON_MAX, Status
from annotate.services.leasing import LEASE_MAX

PERSON: Final = OpenApiParameter(
    name="X-Arbiter-Person",
    location=OpenApiParameter.HEADER,
    description="Whom the caller takes itself for, by id; 409 where the session is another's.",
)
KNOWN_MAX: Final = 2 * LEASE_MAX  # a page may hold more than one call hands out
STATUSES: Final = [status.value for status in Status]
_SKIP: Final = {"oneOf": [{"type": "boolean"}, {"type": "string", "maxLength": REASON_MAX}]}


@extend_schema_field({"type": "array", "items": {"type": "integer"}, "maxItems": KNOWN_MAX})
class KnownField(serializers.Field[frozenset[int], Any, Any, Any]):
    """Ids of what is at hand, as numbers or strings of digits; a page sends a hundred."""

    default_error_messages = {"ids": f"A list of ids is wanted, {KNOWN_MAX} at most."}

    def to_internal_value(self, data: object) -> frozenset[int]:
        if not isinstance(data, list) or len(data) > KNOWN_MAX:
            self.fail("ids")
        if not all(type(each) in (int, str) for each in data):
            self.fail("ids")
        try:
            ids = frozenset(map(int, data))
        except ValueError:
            self.fail("ids")
        if not all(0 < each <= BigIntegerField.MAX_BIGINT for each in ids):
            self.fail("ids")
        return ids


class RangesField(serializers.ListField):
    """[start, end) pairs of code points."""

    child = serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2)


@extend_schema_field(_SKIP)
class SkipField(serializers.Field[str | None, Any, Any, Any]):
    """`true`, or the reason as a string; `false` means no skip. Becomes the reason, or None."""

    def to_internal_value(self, data: object) -> str | None:
        if isinstance(data, bool):
            return "" if data else None
        return str(serializers.CharField(allow_blank=True).run_validation(data))


def judging_member(request: Request, slug: str) -> Member:
    """Return who judges; a page that somebody else's login has overtaken gets 409."""
    member = member_for(request.user, slug, Right.JUDGE)
    if request.headers.get("X-Arbiter-Person", str(member.user_id)) != str(member.user_id):
        raise ConflictError("Somebody else is logged in here now.")
    return member


def malformed(given: Mapping[str, Any], errors: Any, **empty: Any) -> dict[str, Any]:
    """Return the result of an item that is no answer at all; `empty` are its other fields."""
    message = "; ".join(f"{name}: {_first(found)}" for name, found in errors.items())
    return {
        "id": str(given["id"]) if given.get("id") is not None else "",
        "status": Status.INVALID.value,
        "code": Status.INVALID.code,
        **empty,
        "leased": False,
        "message": message,
    }


def _first(found: Any) -> str:
    """Return the first message of a field's errors, which may lie by place in a list."""
    while not isinstance(found, str):
        found = next(iter(found.values() if isinstance(found, Mapping) else found))
    return str(found)
