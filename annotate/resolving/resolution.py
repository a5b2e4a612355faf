"""From the judgments on one candidate to one grade: pure functions.

Adjudication outranks people, and people outrank imported labels; what was decided, or judged, in
another project and came by an export of ours follows its like. Within the rank that decides, the
policy does. Ties go to the lower grade, so that a disagreement never makes a passage relevant.
docs/resolution.md has the formulas.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum
from typing import Any, Final, NamedTuple

DECIMALS: Final = 6  # of means: the last bits of a sum depend on its order


@dataclass(frozen=True, slots=True)
class Step:
    """A grade of the label scheme: value, gain, training target in [0, 1], counts as relevant."""

    value: int
    gain: float
    target: float
    relevant: bool


@dataclass(frozen=True, slots=True)
class Label:
    """One current judgment. `kind` is of RANKS; labels come oldest first.

    `person` is the user name, empty for an import source and where the policy does not ask.
    """

    kind: str
    step: Step
    person: str = ""


class Qrel(NamedTuple):
    """The resolved grade of a candidate, and how many labels of each rank it rests on."""

    grade: float
    gain: float
    target: float
    relevant: bool
    people: int
    imported: int
    adjudicated: bool


@dataclass(frozen=True, slots=True)
class Learned:
    """What a policy knows of a project before it decides on one candidate.

    `places` ranks people by trust, 0 first; people of one place are trusted alike, and who is not
    in it comes last.
    """

    places: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """A way to make one grade of several: its name for people, and how it decides, in one line."""

    name: str
    line: str


POLICIES: Final[Mapping[str, Policy]] = {
    "majority": Policy("Majority", "The grade that most judges gave."),
    "mean": Policy("Mean", "The mean of all grades, with its gain; relevant if most said so."),
    "latest": Policy("Latest", "The newest judgment."),
    "adjudicated": Policy(
        "Adjudicated only", "Only what a reviewer has decided; all other candidates are left out."
    ),
    "most_trusted": Policy(
        "Most trusted",
        "The judge with the best record: on known grades, else in agreement with the others.",
    ),
    "dawid_skene": Policy(
        "Dawid-Skene",
        "The most probable grade, by a model that learns from all judgments how each judge errs.",
    ),
}
# The kinds of judgments, and those of labels that were decided or judged elsewhere.
RANKS: Final = ("adjudication", "decided", "counted", "judged", "imported")
_DECIDED: Final = frozenset(RANKS[:2])
_ELSEWHERE: Final = ("decided", "judged", "imported")
Resolved = tuple[float, float, float, bool]
NOTHING: Final = Learned()


def policy_words(policy: Mapping[str, Any]) -> str:
    """Return a snapshot's policy in words."""
    known = POLICIES.get(policy["resolve"])
    words = known.name if known else str(policy["resolve"])
    if policy.get("trust"):
        words += " (some judges named first)"
    return f"{words}, soft targets" if policy.get("soft") else words


def resolve(
    labels: Sequence[Label],
    policy: str,
    *,
    soft: bool = False,
    learned: Learned = NOTHING,
    belief: Mapping[Step, float] | None = None,
) -> Qrel | None:
    """Resolve labels, oldest first, to one grade; None where no label is of a kind that counts.

    With `soft` the training target is the mean of the targets that decide, or what `belief` expects
    of it; grade and gain stay as they are resolved. `belief` holds the probability of each grade,
    for the policy dawid_skene.
    """
    # Of a million candidates most have labels of one kind: for them nothing is sorted out.
    kinds = [label.kind for label in labels]
    kind = next((rank for rank in RANKS if rank in kinds), None)
    if kind is None or (policy == "adjudicated" and kind not in _DECIDED):
        return None
    alike = kinds.count(kind) == len(kinds)
    deciding = labels if alike else [label for label in labels if label.kind == kind]
    believed = belief if kind == "counted" and policy == "dawid_skene" else None
    grade, gain, target, relevant = _decide(deciding, policy, learned, believed)
    return Qrel(
        grade=grade,
        gain=gain,
        target=_soft_target(deciding, believed) if soft else target,
        relevant=relevant,
        people=kinds.count("counted"),
        imported=sum([kinds.count(each) for each in _ELSEWHERE]),
        adjudicated=kind in _DECIDED,
    )


def _decide(
    labels: Sequence[Label],
    policy: str,
    learned: Learned,
    belief: Mapping[Step, float] | None,
) -> Resolved:
    """Decide among labels of one rank; those of sources, of whom nothing is known, by majority."""
    steps = [label.step for label in labels]
    if belief:
        return _one(min(belief, key=lambda step: (-belief[step], step.value)))
    if policy == "mean":
        return _mean(steps)
    if policy == "latest":
        return _one(steps[-1])
    if policy == "most_trusted" and labels[0].person:
        return _one(_most_trusted(labels, learned.places))
    return _one(majority(steps))


def _soft_target(labels: Sequence[Label], belief: Mapping[Step, float] | None) -> float:
    shares = belief or Counter(label.step for label in labels)
    targets = {step.target for step, share in shares.items() if share}
    if len(targets) == 1:
        return targets.pop()
    expected = fsum(share * step.target for step, share in shares.items())
    return min(max(_share(expected, fsum(shares.values())), 0.0), 1.0)


def _share(total: float, n: float) -> float:
    return round(total / n, DECIMALS)


def _one(step: Step) -> Resolved:
    return float(step.value), step.gain, step.target, step.relevant


def majority(steps: Sequence[Step]) -> Step:
    """Return the grade that most of these give, the lower one of a tie."""
    if len(steps) == 1:
        return steps[0]
    counts = Counter(steps)
    return min(counts, key=lambda step: (-counts[step], step.value))


def _most_trusted(labels: Sequence[Label], places: Mapping[str, int]) -> Step:
    last = len(places)
    best = min(places.get(label.person, last) for label in labels)
    return majority([row.step for row in labels if places.get(row.person, last) == best])


def _mean(steps: Sequence[Step]) -> Resolved:
    n = len(steps)
    votes = sum(step.relevant for step in steps)
    return (
        _share(sum(step.value for step in steps), n),
        _share(fsum(step.gain for step in steps), n),
        _share(fsum(step.target for step in steps), n),
        votes * 2 > n,
    )
