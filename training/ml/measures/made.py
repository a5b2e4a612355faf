"""Slices that a team has made, as a run is given them. It loads nothing that measures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class MadeSlice:
    """A slice that the team has made, as it was when a run took it.

    `conditions` in the form in which they are kept, `said` in words; `members` are the ids of the
    test queries that they hold for.
    """

    name: str
    said: str
    conditions: Mapping[str, Any]
    members: frozenset[str]
