"""Preferences of people in a training set: which are learned, and how they stand to the grades."""

from collections.abc import Sequence
from typing import Any

from training.ml.data import Preference, Snapshot
from training.spec.losses import LOSSES, Choice
from training.spec.sets import USE
from training.spec.train import TrainSpec


def reads_lists(loss: str | None) -> bool:
    """Say whether a loss can learn which of two passages is better; None is the data's own loss."""
    return loss is not None and LOSSES[loss].shape == "lists"


def preferences_of(snapshot: Snapshot, spec: TrainSpec) -> Sequence[Preference]:
    """Return the preferences of the training split; none where the recipe ignores them."""
    if spec.preferences != USE:
        return ()
    return [each for each in snapshot.preferences if each.split == "train"]


def preferences_facts(snapshot: Snapshot, spec: TrainSpec, loss: Choice) -> dict[str, Any] | None:
    """Count the preferences of the training split; None where there are none.

    `there` pairs of `queries`, of which `learned`; `compared` have two grades that differ, and in
    `as_graded` of these the preferred passage has the higher one.
    """
    own = [each for each in snapshot.preferences if each.split == "train"]
    if not own:
        return None
    targets = {(p.query_id, p.passage_id): p.target for p in snapshot.splits["train"]}
    graded = [
        (targets.get((each.better.query_id, each.better.passage_id)),
         targets.get((each.worse.query_id, each.worse.passage_id)))
        for each in own
    ]  # fmt: skip
    apart = [(a, b) for a, b in graded if a is not None and b is not None and a != b]
    learned = preferences_of(snapshot, spec) if reads_lists(loss.name) else ()
    return {
        "there": len(own),
        "queries": len({each.better.query_id for each in own}),
        "learned": len(learned),
        "compared": len(apart),
        "as_graded": sum(a > b for a, b in apart),
    }
