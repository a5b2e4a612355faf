"""Orders that look at no score: every pair by its dice, or query by query."""

from typing import Final

from annotate.strategies.base import Rule, by_key

RANDOM: Final = Rule(
    says="A seeded random order over all pairs: what is judged at any time is a fair sample.",
    select=by_key("pair.dice"),
)
# 39 bits of the query, so that two of a million queries hardly ever mix, and 24 of the pair.
BY_QUERY: Final = Rule(
    says="Queries in a seeded random order, each with all its candidates, also in random order: a"
    " query is read once.",
    select=by_key("(((pair.query_dice >> 25) & 549755813887) << 24) | (pair.dice & 16777215)"),
)
