"""What the queue puts first. Each strategy gives every candidate a key; the smallest comes first.

A strategy is one SELECT of `(id, key)`, a 64-bit number per candidate, from the common table `pair`
(id, query_id, `dice` and `query_dice`: seeded random numbers that depend on the names of query and
passage alone). So the same seed gives the same order, whatever was imported first; ties of scores
fall by the dice, and so do candidates without a score, after all that have one.
"""

from collections.abc import Mapping
from typing import Final

from annotate.models import Queue, Strategy
from annotate.strategies.base import Rule
from annotate.strategies.disagreement import DISAGREEMENT
from annotate.strategies.random import BY_QUERY, RANDOM
from annotate.strategies.uncertainty import UNCERTAINTY
from annotate.strategies.unjudged import UNJUDGED

RULES: Final[Mapping[str, Rule]] = {
    Strategy.RANDOM: RANDOM,
    Strategy.QUERY: BY_QUERY,
    Strategy.UNCERTAINTY: UNCERTAINTY,
    Strategy.DISAGREEMENT: DISAGREEMENT,
    Strategy.UNJUDGED: UNJUDGED,
}


def keys_of(queue: Queue) -> tuple[str, dict[str, str | int | None]]:
    """Return the SELECT of `(id, key)` for a project's candidates, and its parameters."""
    salt = queue.project.slug if queue.seed == 0 else f"{queue.project.slug}#{queue.seed}"
    given: dict[str, str | int | None] = {
        "project": queue.project_id,
        "salt": salt,
        "run": queue.run_id,
        "other_run": queue.other_run_id,
        "depth": queue.depth,
    }
    return RULES[queue.strategy].select, given
