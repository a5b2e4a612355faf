"""How the API reads JSON: nothing that is too deep for what works on it afterwards."""

from typing import Any, Final

from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

DEPTH: Final = 100  # lists and objects within each other; the deepest call needs ten
_TOO_DEEP: Final = f"This is nested more than {DEPTH} levels deep."


class JsonParser(JSONParser):
    """JSON whose lists and objects lie at most DEPTH deep in each other; a 400 otherwise."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            found = super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError(_TOO_DEEP) from error
        if _too_deep(found):
            raise ParseError(_TOO_DEEP)
        return found


class JsonObjectField(serializers.JSONField):
    """A JSON object, as it is or, in a form, written out; not too deep either."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            found = super().to_internal_value(data)
        except RecursionError as error:
            raise serializers.ValidationError(_TOO_DEEP) from error
        if not isinstance(found, dict):
            raise serializers.ValidationError("Send a JSON object.")
        if _too_deep(found):
            raise serializers.ValidationError(_TOO_DEEP)
        return found


def _too_deep(value: Any) -> bool:
    """Look level by level: a function that calls itself would not come back either."""
    level = [value]
    for _ in range(DEPTH + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True
