"""What a job found and stored that pools or scores, as its row keeps it and its page shows it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from training.kinds import JobKind
from training.learned import CurveOutcome, DoubtOutcome
from training.models import TrainingJob


@dataclass(slots=True)
class SystemOutcome:
    """One system: its run, what it proposed, and how much of that was new.

    `proposed` counts pairs, `alone` those that only it proposed, `new` those that were no
    candidates before; `queries` counts queries for which it found something.
    """

    run: str
    depth: int
    proposed: int = 0
    alone: int = 0
    new: int = 0
    queries: int = 0

    @property
    def known(self) -> int:
        """Pairs that were candidates already."""
        return self.proposed - self.new


@dataclass(slots=True)
class PoolOutcome:
    """What a pooling job has done so far; every count but `passages` is of queries or pairs.

    `last_query` is the id of the last query whose candidates are stored: a repeated attempt goes
    on after it. `passages` counts wordings: equal ones under several ids are one, and `duplicates`
    counts the others. What is null is counted when the job ends.
    """

    last_query: int = 0
    queries: int = 0
    empty_queries: int = 0
    passages: int = 0
    duplicates: int = 0
    pairs: int = 0
    shared: int = 0
    new: int = 0
    refused: int = 0
    systems: dict[str, SystemOutcome] = field(default_factory=dict)
    passages_never_pooled: int | None = None
    queries_without_candidates: int | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def known(self) -> int:
        """Pairs that were candidates already, or that were refused."""
        return self.pairs - self.new - self.refused

    @property
    def answered(self) -> int:
        """Queries for which something was found."""
        return self.queries - self.empty_queries

    @property
    def overlap(self) -> float:
        """Pairs that both systems proposed, in percent of all."""
        return 100 * self.shared / self.pairs if self.pairs else 0.0

    @property
    def passages_pooled(self) -> int | None:
        """Wordings that were proposed for at least one query."""
        never = self.passages_never_pooled
        return None if never is None else self.passages - never

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any] | None) -> Self:
        """Read what `to_dict` wrote; nothing is an outcome of nothing."""
        values = dict(stored or {})
        systems = values.pop("systems", {})
        found = cls(**values)
        found.systems = {name: SystemOutcome(**each) for name, each in systems.items()}
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return asdict(self)


@dataclass(slots=True)
class ScoreOutcome:
    """What a scoring job has done so far: which version, by its commit and weights, which run.

    `last_query` is the id of the last query whose scores are stored: a repeated attempt goes on
    after it. `pairs` counts scores that were stored, `refused` pairs that were withdrawn or erased
    meanwhile, `scoring` seconds of all attempts that went into what is stored. `backend` computed
    the last of them, and `fidelity` says how fast and how faithful it was found on that host: None
    for torch in float32, with which the others are compared.
    """

    version: str = ""
    revision: str = ""
    weights_sha256: str = ""
    backend: str = ""
    fidelity: Mapping[str, Any] | None = None
    run: str = ""
    last_query: int = 0
    queries: int = 0
    pairs: int = 0
    refused: int = 0
    scoring: float = 0.0

    @property
    def pairs_per_second(self) -> float:
        """Pairs that the model scored in a second, reading and storing included."""
        return (self.pairs + self.refused) / self.scoring if self.scoring else 0.0

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any] | None) -> Self:
        """Read what `to_dict` wrote; nothing is an outcome of nothing."""
        return cls(**(stored or {}))

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return asdict(self)


@dataclass(slots=True)
class EvaluateOutcome:
    """What an evaluation found, beside its figures; see `training.ml.recipe.evaluating.Measured`.

    Pages read the facts as they read those of a version.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any] | None) -> Self:
        """Read what `to_dict` wrote."""
        return cls(stored or {})

    def to_dict(self) -> dict[str, Any]:
        """Return the facts."""
        return dict(self.facts)


Outcome = EvaluateOutcome | PoolOutcome | ScoreOutcome | CurveOutcome | DoubtOutcome
OUTCOMES: Final[Mapping[str, type[Outcome]]] = {
    JobKind.POOL: PoolOutcome,
    JobKind.SCORE: ScoreOutcome,
    JobKind.CURVE: CurveOutcome,
    JobKind.DOUBT: DoubtOutcome,
    JobKind.EVALUATE: EvaluateOutcome,
}


def outcome_of(job: TrainingJob) -> Outcome | None:
    """Return what a job that does not train has stored so far; None where that is nothing."""
    return None if job.outcome is None else OUTCOMES[job.kind].from_dict(job.outcome)
