"""The form of a strategy, and what the strategies share."""

from dataclasses import dataclass
from typing import Final

# The first eight bytes of a sha256 as a signed number: with seed 0 that is the key with which
# imports store a candidate (`annotate.importing.keys.candidate_position`).
_DICE: Final = """('x' || encode(substring(sha256(convert_to({text}, 'UTF8')) FOR 8), 'hex'))
           ::bit(64)::bigint"""
_QUERY: Final = "coalesce(q.external_id, 'sha256:' || encode(q.digest, 'hex'))"
_PASSAGE: Final = "coalesce(p.external_id, 'sha256:' || encode(t.digest, 'hex'))"
_LINES: Final = r"%(salt)s || E'\n' || "
_PAIR: Final = """
WITH pair AS MATERIALIZED (
    SELECT c.id, c.query_id, {dice} AS dice, {query_dice} AS query_dice
    FROM annotate_candidate c JOIN annotate_query q ON q.id = c.query_id
    JOIN annotate_passage p ON p.id = c.passage_id JOIN annotate_text t ON t.id = p.text_id
    WHERE c.project_id = %(project)s
)""".replace(
    "{dice}", _DICE.replace("{text}", rf"{_LINES}{_QUERY} || E'\n' || {_PASSAGE}")
).replace("{query_dice}", _DICE.replace("{text}", f"{_LINES}{_QUERY}"))
# From a share in [0, 1], smallest first, or null, which is last: 31 bits of it, 32 of the dice.
_SHARED: Final = """
SELECT pair.id, (CASE WHEN valued.share IS NULL THEN 2147483647
                 ELSE floor(valued.share * 2147483646) END::bigint << 32)
                | (pair.dice & 4294967295) AS key
FROM pair LEFT JOIN valued ON valued.id = pair.id"""


@dataclass(frozen=True, slots=True)
class Rule:
    """A strategy: what it says of itself, its SELECT, and which of the queue's runs it looks at.

    It does not work without those that it `needs`; of the others, none set means every run.
    """

    says: str
    select: str
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """The settings of the queue that name runs which the order looks at."""
        return self.needs + self.takes


def by_key(expression: str) -> str:
    """Return the SELECT that orders pairs by a 64-bit expression of `pair`."""
    return " ".join([_PAIR, "SELECT pair.id,", expression, "AS key FROM pair"])


def by_share(valued: str) -> str:
    """Return the SELECT that orders pairs by `valued`, tables that end in `valued (id, share)`."""
    return f"{_PAIR}, {valued} {_SHARED}"
