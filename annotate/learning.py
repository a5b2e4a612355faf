"""What a resolution policy learns from all judgments of a project before it decides on any.

numpy is loaded where it is needed, so that web processes stay light.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from accounts.models import Project
from annotate.resolving.resolution import NOTHING, Label, Learned, Qrel, Step, resolve
from annotate.selectors.votes import Votes, checks_of, votes_of

_SHOWN: Final = 4  # decimals of a judge's figures in the manifest


@dataclass(slots=True)
class Resolver:
    """A policy that is ready to decide, candidate by candidate in the order of the lines.

    `record` is what the manifest keeps of what was learned; `judges` what pages show of it: per
    judge `name, trust, basis, n`.
    """

    policy: str
    soft: bool
    learned: Learned = NOTHING
    beliefs: Iterator[tuple[int, Mapping[Step, float]]] = field(default_factory=lambda: iter(()))
    record: Mapping[str, Any] = field(default_factory=dict)
    judges: Sequence[Mapping[str, Any]] = ()
    _next: tuple[int, Mapping[Step, float]] | None = None

    def decide(self, candidate: int, labels: Sequence[Label]) -> Qrel | None:
        """Resolve a candidate's labels, oldest first; each candidate once, in order."""
        belief = self._belief(candidate)
        return resolve(labels, self.policy, soft=self.soft, learned=self.learned, belief=belief)

    def _belief(self, candidate: int) -> Mapping[Step, float] | None:
        if self._next is None:
            self._next = next(self.beliefs, None)
        if self._next is None or self._next[0] != candidate:
            return None
        _, belief = self._next
        self._next = None
        return belief


def resolver_for(project: Project, policy: Mapping[str, Any]) -> Resolver:
    """Learn what `policy` needs to know; in the transaction in which the lines are read."""
    name, soft = policy["resolve"], bool(policy.get("soft"))
    if name == "most_trusted":
        return _trusting(project, soft, policy.get("trust") or ())
    if name == "dawid_skene":
        return _believing(votes_of(project), soft, project)
    return Resolver(name, soft)


def _trusting(project: Project, soft: bool, first: Sequence[str]) -> Resolver:
    import numpy as np

    from annotate.resolving.trust import standings

    votes = votes_of(project)
    found = standings(
        votes.judges,
        np.asarray(votes.item),
        np.asarray(votes.judge),
        np.asarray(votes.grade),
        known=np.asarray(votes.known),
        deciders=np.asarray(votes.deciders),
        checks=checks_of(project),
        first=first,
    )
    judges = [asdict(row) for row in found]
    return Resolver(
        "most_trusted",
        soft,
        learned=Learned(places={row.name: row.place for row in found}),
        record={"judges": judges},
        judges=judges,
    )


def _believing(votes: Votes, soft: bool, project: Project) -> Resolver:
    import numpy as np

    from annotate.resolving.dawid_skene import dawid_skene

    if not votes.item:
        return Resolver("dawid_skene", soft, record={"judges": []})
    steps = [Step(it.value, it.gain, it.target, it.relevant) for it in project.scheme]
    judge = np.asarray(votes.judge)
    model = dawid_skene(
        np.asarray(votes.item),
        judge,
        np.asarray(votes.grade),
        grades=len(steps),
        known=np.asarray(votes.known),
    )
    answers = np.bincount(judge, minlength=len(votes.judges)).tolist()
    rows = zip(votes.judges, answers, model.accuracy.tolist(), model.errors.tolist(), strict=False)
    tables = sorted((row for row in rows if row[1]), key=lambda row: (-round(row[2], 6), row[0]))
    return Resolver(
        "dawid_skene",
        soft,
        beliefs=(
            (candidate, dict(zip(steps, row.tolist(), strict=True)))
            for candidate, row in zip(votes.candidates, model.beliefs, strict=True)
        ),
        record={
            "iterations": model.iterations,
            "converged": model.converged,
            "shares": [round(share, _SHOWN) for share in model.priors.tolist()],
            "judges": [
                {"name": name, "n": n, "errors": [[round(x, _SHOWN) for x in row] for row in table]}
                for name, n, _, table in tables
            ],
        },
        judges=[
            {"name": name, "trust": round(trust, _SHOWN), "basis": "dawid_skene", "n": n}
            for name, n, trust, _ in tables
        ],
    )
