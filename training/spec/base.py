"""What the specs of all kinds of jobs have in common: they are checked whole, and frozen."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from training.spec.field import Group, Kind, SpecField


class SpecError(ValueError):
    """A spec was refused. `errors` maps each wrong key to a message for the user."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(f"{name}: {text}" for name, text in self.errors.items()))


def key(kind: Kind, default: Any, text: str, *, group: Group = "training", **bounds: Any) -> Any:
    """Declare a key of a spec; the rest are fields of `SpecField`."""
    details = {"kind": kind, "help": text, "group": group, **bounds}
    return field(default=default, metadata=details)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What a job is to do. Build it from outside input with `from_dict` only."""

    @classmethod
    def described(cls) -> Iterator[SpecField]:
        """Yield the keys in the order a form should show them."""
        for item in fields(cls):
            yield SpecField(name=item.name, default=item.default, **item.metadata)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Check outside input. Raises SpecError with every wrong key at once."""
        known = {item.name: item for item in cls.described()}
        errors: dict[str, str] = {}
        cleaned: dict[str, Any] = {}
        for name, value in values.items():
            if name not in known:
                errors[name] = _unknown(name, known)
                continue
            try:
                cleaned[name] = known[name].clean(value)
            except ValueError as error:
                errors[name] = str(error)
        spec = cls(**cleaned)
        errors |= {name: text for name, text in spec.conflicts().items() if name not in errors}
        if errors:
            raise SpecError(errors)
        return spec

    def conflicts(self) -> dict[str, str]:
        """Return messages for keys that are right alone and wrong together."""
        return {}

    def to_dict(self) -> dict[str, Any]:
        """Return every key with its value; `from_dict` reads it back."""
        return {item.name: item.plain(getattr(self, item.name)) for item in self.described()}


def _unknown(name: str, known: Mapping[str, SpecField]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"Unknown key. Did you mean {near[0]}?" if near else "Unknown key."
