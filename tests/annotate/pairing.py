"""Small words for the tests of pairs."""

import uuid
from typing import Any

from accounts.models import Project, User
from annotate.models import Pair, PairLease
from annotate.services.pair_leasing import pairs_lease
from annotate.services.pairing import pairs_make, pairs_update
from annotate.services.preference_answers import PairAnswer, PairRecorded
from annotate.services.preferring import preferences_record
from tests.factory import make_queue


def make_pairs(
    project: Project, queries: int = 1, passages: int = 3, **settings: Any
) -> list[Pair]:
    """Make candidates and turn pairs on; return the pairs, query by query in import order."""
    make_queue(project, queries, passages)
    return offered(project, **settings)


def offered(project: Project, **settings: Any) -> list[Pair]:
    """Turn pairs on, make them as a worker does, and return them."""
    pairs_update(project=project, **{"on": True, **settings})
    pairs_make(project_id=project.pk)
    return list(project.pairs.filter(offered=True).order_by("query", "first", "second"))


def leased(project: Project, person: User, count: int = 1) -> list[PairLease]:
    return pairs_lease(project=project, person=person, count=count)


def prefer(pair: Pair, first: bool = True, **fields: Any) -> PairAnswer:
    """Prefer the first candidate, or the second; the first was on the left."""
    chosen = pair.first_id if first else pair.second_id
    return PairAnswer(**_about(pair), **{"prefer": chosen, **fields})


def tie(pair: Pair, **fields: Any) -> PairAnswer:
    return PairAnswer(**{**_about(pair), "tie": True, **fields})


def skip(pair: Pair, reason: str = "") -> PairAnswer:
    return PairAnswer(**_about(pair), skip=reason)


def withdraw(earlier: uuid.UUID) -> PairAnswer:
    return PairAnswer(id=uuid.uuid4(), withdraw=earlier)


def compare(project: Project, person: User, *answers: PairAnswer) -> list[PairRecorded]:
    return preferences_record(project=project, person=person, answers=answers)


def _about(pair: Pair) -> dict[str, Any]:
    return {"id": uuid.uuid4(), "pair": pair.pk, "left": pair.first_id}
