"""What a version came from, and how two versions differ in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

# What everybody may read of a version's origin; hosts and people are the project's.
PUBLIC_KEYS: Final = ("base_model", "teacher", "code", "packages", "recipe", "seed")


@dataclass(frozen=True, slots=True)
class Difference:
    """A named value in two versions; None where a version does not have it."""

    name: str
    a: Any
    b: Any


def lineage_shown(lineage: Mapping[str, Any], *, member: bool) -> dict[str, Any]:
    """Return the lineage that a caller may see."""
    if member:
        return dict(lineage)
    return {name: lineage[name] for name in PUBLIC_KEYS if name in lineage}


def differences(a: Any, b: Any) -> list[Difference]:
    """Return what differs between two parts of a lineage, nested names joined with dots."""
    flat_a, flat_b = dict(_flat(a)), dict(_flat(b))
    names = sorted(flat_a.keys() | flat_b.keys())
    return [
        Difference(name, flat_a.get(name), flat_b.get(name))
        for name in names
        if flat_a.get(name) != flat_b.get(name)
    ]


def _flat(value: Any, prefix: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, Mapping):
        items = [pair for key, inner in value.items() for pair in _flat(inner, f"{prefix}.{key}")]
        return items or []
    return [(prefix.removeprefix("."), value)] if prefix else []
