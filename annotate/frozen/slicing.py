"""What puts a query into a slice that the team has made. Pure: of a query's text, name and labels.

A snapshot's records and the queries as they are now are asked the same question by the same code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a query of a slice has, all of it; what is empty or None asks for nothing.

    `words`: at least one of them stands in the text, in any case, as it is written or in part of a
    word; `least` and `most` count the words of the text; `metadata` are short values of the query's
    own (see `annotate.frozen.naming`), `queries` its names: its id, or `sha256:` and the digest of
    its text where it has none.
    """

    words: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    queries: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> "Conditions":
        """Read what `to_dict` has written. Raises TypeError for an unknown key."""
        held = dict(given)
        for name in ("words", "queries"):
            held[name] = tuple(held.get(name) or ())
        return cls(**held)

    def to_dict(self) -> dict[str, Any]:
        """Return what is asked for, JSON-able, and nothing else."""
        every = {
            "words": list(self.words),
            "least": self.least,
            "most": self.most,
            "metadata": dict(self.metadata),
            "queries": list(self.queries),
        }
        return {name: value for name, value in every.items() if value not in (None, [], {})}

    def hold(self, *, name: str, text: str, metadata: Mapping[str, str] | None) -> bool:
        """Say whether a query of this name, text and short metadata is in the slice."""
        plain, count = text.casefold(), len(text.split())
        return (
            (not self.words or any(word.casefold() in plain for word in self.words))
            and (self.least is None or count >= self.least)
            and (self.most is None or count <= self.most)
            and all((metadata or {}).get(key) == value for key, value in self.metadata.items())
            and (not self.queries or name in self.queries)
        )

    @property
    def said(self) -> str:
        """The conditions as a sentence says them; queries by their number, not by their ids."""
        parts = []
        if self.words:
            parts.append("contains " + " or ".join(f"“{word}”" for word in self.words))
        if self.least is not None:
            parts.append(f"has at least {_number(self.least, 'word')}")
        if self.most is not None:
            parts.append(f"has at most {_number(self.most, 'word')}")
        parts += [f"“{key}” is “{value}”" for key, value in sorted(self.metadata.items())]
        if self.queries:
            parts.append(f"is one of {_number(len(self.queries), 'id')}")
        return ", ".join(parts)


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
