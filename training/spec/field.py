"""One key of a spec: its kind, bounds and help, and the check of a value against them."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from training.ml.templates import passage_template_check, query_template_check
from training.spec.sweep import SWEPT, TRIALS_MOST, grid_clean, grid_plain

Kind = Literal["integer", "number", "boolean", "choice", "text", "run", "template", "names", "grid"]
Group = Literal[
    "training", "training set", "evaluation", "texts", "systems", "bi-encoder", "queries",
    "silver stage", "teacher", "held out",
]  # fmt: skip

NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")
TEMPLATE_LENGTH: Final = 500
RUN_LENGTH: Final = 120
NAMES_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class SpecField:
    """What a form, an API schema or a page needs to know about one key of a spec.

    `minimum` and `maximum` are inclusive unless `above_minimum` says that the minimum itself is
    too small. `nullable` keys may be None, whose meaning `help` gives. `meanings` has a line on
    each of the choices, where their names do not say it.
    """

    name: str
    kind: Kind
    help: str
    default: Any
    group: Group
    minimum: float | None = None
    maximum: float | None = None
    above_minimum: bool = False
    choices: tuple[str, ...] = ()
    meanings: tuple[str, ...] = ()
    nullable: bool = False

    def json_schema(self) -> dict[str, Any]:
        """Return this key as a JSON Schema (draft 2020-12) property."""
        if self.kind == "names":
            return {
                "type": "array",
                "items": {"type": "string"},
                "maxItems": NAMES_MOST,
                "description": self.help,
                "default": list(self.default),
            }
        if self.kind == "grid":
            value = {"type": ["number", "string", "null"]}
            values = {"type": "array", "items": value, "minItems": 1, "maxItems": TRIALS_MOST}
            return {
                "type": "object",
                "properties": dict.fromkeys(SWEPT, values),
                "additionalProperties": False,
                "description": self.help,
                "default": grid_plain(self.default),
            }
        kind = self.kind if self.kind in ("integer", "number", "boolean") else "string"
        schema: dict[str, Any] = {
            "type": [kind, "null"] if self.nullable else kind,
            "description": self.help,
            "default": self.default,
        }
        if self.minimum is not None:
            schema["exclusiveMinimum" if self.above_minimum else "minimum"] = self.minimum
        if self.maximum is not None:
            schema["maximum"] = self.maximum
        if self.kind == "run":
            schema |= {"minLength": 1, "maxLength": RUN_LENGTH}
        if self.meanings:
            lines = zip(self.choices, self.meanings, strict=True)
            schema["description"] += "".join(f"\n* `{name}`: {line}" for name, line in lines)
        if self.choices:
            schema["enum"] = [*self.choices, *([None] if self.nullable else [])]
        return schema

    def plain(self, value: Any) -> Any:
        """Return a cleaned value as JSON has it."""
        return grid_plain(value) if self.kind == "grid" else value

    def clean(self, value: Any) -> Any:
        """Return the value in the key's own type; raises ValueError with a message."""
        if value is None:
            if self.nullable:
                return None
            raise ValueError("May not be null.")
        return _CLEANERS[self.kind](self, value)


def _clean_integer(key: SpecField, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("Must be a whole number.")
    if isinstance(value, float) and not value.is_integer():
        raise ValueError("Must be a whole number.")
    return int(_bounded(key, value))


def _clean_number(key: SpecField, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("Must be a number.")
    # Only a float may be no number, and an integer may be too large to become one.
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("Must be a number.")
    return _bounded(key, value)


def _bounded(key: SpecField, value: float) -> float:
    if key.minimum is not None and (
        value < key.minimum or (key.above_minimum and value <= key.minimum)
    ):
        bound = _whole(key.minimum)
        raise ValueError(f"Must be {'above' if key.above_minimum else 'at least'} {bound}.")
    if key.maximum is not None and value > key.maximum:
        raise ValueError(f"Must be at most {_whole(key.maximum)}.")
    return value


def _whole(bound: float) -> str:
    """Write a bound with all its digits, and without a fraction that it lacks."""
    return str(int(bound)) if float(bound).is_integer() else str(bound)


def _clean_boolean(_field: SpecField, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("Must be true or false.")
    return value


def _clean_choice(key: SpecField, value: Any) -> str:
    if value not in key.choices:
        raise ValueError(f"Must be one of {', '.join(key.choices)}.")
    return str(value)


def _clean_text(_field: SpecField, value: Any) -> str:
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise ValueError("Must be a lower-case name: letters, digits, - and _, at most 32.")
    return value


def _clean_run(_field: SpecField, value: Any) -> str:
    if not isinstance(value, str) or not (0 < len(value) <= RUN_LENGTH and value.isprintable()):
        raise ValueError(f"Must be a name of at most {RUN_LENGTH} characters.")
    return value


def _clean_template(key: SpecField, value: Any) -> str:
    if not isinstance(value, str) or len(value) > TEMPLATE_LENGTH:
        raise ValueError(f"Must be text of at most {TEMPLATE_LENGTH} characters.")
    check = query_template_check if key.name == "query_template" else passage_template_check
    check(value)
    return value


def _clean_names(_field: SpecField, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(
        isinstance(name, str) and name for name in value
    ):
        raise ValueError("Must be a list of names.")
    if len(value) > NAMES_MOST:
        raise ValueError(f"Must be at most {NAMES_MOST:,} names.")
    return tuple(dict.fromkeys(value))


def _clean_grid(_field: SpecField, value: Any) -> Any:
    return grid_clean(value)


_CLEANERS: Final[Mapping[str, Callable[[SpecField, Any], Any]]] = {
    "integer": _clean_integer,
    "number": _clean_number,
    "boolean": _clean_boolean,
    "choice": _clean_choice,
    "text": _clean_text,
    "run": _clean_run,
    "template": _clean_template,
    "names": _clean_names,
    "grid": _clean_grid,
}
