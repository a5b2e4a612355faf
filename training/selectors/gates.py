"""Gates: what an alias asks of a version, and what is found of it now, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet

from accounts.models import Project
from annotate.models import Snapshot
from models_app.figures import HEADLINE, HEADLINE_SPLIT, MODEL
from models_app.models import Alias, Verdict, Version
from models_app.promoting import Check
from models_app.rerank.base import RefusedError
from models_app.rerank.scorer import golden_of
from training.models import Gate, JobQueryScore, TrainingJob
from training.selectors.comparing import differences_tested, measured_by
from training.selectors.exposure import known, queries_read, queries_seen
from training.selectors.jobs import metrics_of

ALPHA: Final = 0.05
OVERALL: Final = "all"
"""What a floor names that is for all test queries."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A gate, and what it would say of a version now; `before` is what its alias names."""

    gate: Gate
    before: Version | None
    checks: list[Check]

    @property
    def open(self) -> bool:
        """Whether the version would pass."""
        return all(check["passed"] for check in self.checks)


def gates_of(project: Project) -> QuerySet[Gate]:
    """Return a project's gates by alias, with their snapshots."""
    return Gate.objects.filter(project=project).select_related("snapshot", "changed_by")


def standings_of(version: Version) -> list[Standing]:
    """Say of each gate of a version's project what it would say of the version now.

    Aliases that name it already are left out.
    """
    aliases = Alias.objects.filter(reranker=version.reranker).select_related("version")
    named = {alias.name: alias.version for alias in aliases}
    return [
        Standing(
            gate,
            named.get(gate.alias),
            list(checks_of(gate, version, named.get(gate.alias), moving=False)),
        )
        for gate in gates_of(version.reranker.project)
        if named.get(gate.alias) != version
    ]


def checks_of(
    gate: Gate, version: Version, before: Version | None, *, moving: bool = True
) -> Iterator[Check]:
    """Yield the conditions of a gate, as they are found of a version now.

    Only where its alias is `moving` is the scorer asked, which may have to load the version.
    """
    if gate.gain is not None and before is not None:
        yield _gain(gate, gate.gain, version, before)
    elif gate.gain is not None:
        yield _told("gain", True, f"{gate.alias} names no version that could be better.")
    for floor in gate.floors:
        yield _floor(gate, floor, version)
    if gate.no_leakage:
        yield _leakage(gate, version)
    if gate.score_contract and moving:
        yield _contract(version)
    elif gate.score_contract:
        yield _told("contract", True, "Its score contract is checked when the alias moves.")
    if gate.approvals:
        yield _approvals(gate, version)


def _gain(gate: Gate, gain: float, version: Version, before: Version) -> Check:
    jobs = []
    for each in (before, version):
        job = _job(gate, each)
        if job is None:
            return _told("gain", False, _unmeasured(gate, each))
        jobs.append(job)
    scores = [_scores(job) for job in jobs]
    if not scores[0] or scores[0].keys() != scores[1].keys():
        said = f"{before.tag} and {version.tag} were not measured on the same test queries."
        return _told("gain", False, said)
    found = differences_tested(*scores)[HEADLINE]
    interval = "" if found.low is None else f" [{found.low:+.3f}, {found.high:+.3f}]"
    p = _p_said(found.p)
    figures = (
        f"{found.delta:+.3f}{interval} in {HEADLINE} against {before.tag} on"
        f" {found.n:,} test queries, {p}"
    )
    if gain < 0:
        passed = found.low is not None and found.low >= gain
        least = f"not worse by more than {-gain:g}, at the lower end of the interval"
    else:
        passed = found.delta >= gain and found.delta > 0 and found.p is not None and found.p < ALPHA
        least = f"better by {gain:g} or more, with p below {ALPHA:g}"
    word = "It is" if passed else "It is not shown to be"
    return _told("gain", passed, f"{word} {least}: {figures}.")


def _p_said(p: float | None) -> str:
    if p is None:
        return "without a p"
    return "p < 0.001" if p < 0.001 else f"p {p:.3f}"


def _floor(gate: Gate, floor: Mapping[str, Any], version: Version) -> Check:
    name, least = floor["slice"], floor["least"]
    job = _job(gate, version)
    if job is None:
        return _told("floor", False, _unmeasured(gate, version))
    figure = _figure(job, version, name)
    where = "all test queries" if name == OVERALL else f"the slice “{name}”"
    if figure is None:
        return _told("floor", False, f"{version.tag} has no {HEADLINE} on {where}.")
    value, n = figure
    passed = value >= least
    word = "reaches" if passed else "is below"
    return _told(
        "floor", passed, f"Its {HEADLINE} of {value:.3f} on {where} ({n:,}) {word} {least:g}."
    )


def _figure(job: TrainingJob, version: Version, name: str) -> tuple[float, int] | None:
    """Return nDCG@10 of a version on a slice, and its number of queries."""
    if name == OVERALL:
        found = metrics_of(job).get(HEADLINE_SPLIT, {}).get(MODEL, {}).get(HEADLINE)
        return (found["value"], found["n"]) if found else None
    facts = version.facts if job.pk == version.job else job.outcome or {}
    for table in facts.get("slices") or []:
        for each in table["slices"]:
            for figure in each["figures"]:
                if each["name"] == name and figure["system"] == MODEL:
                    return figure["value"], each["queries"]
    return None


def _leakage(gate: Gate, version: Version) -> Check:
    snapshot = _snapshot(gate, version)
    if snapshot is None:
        return _told(
            "leakage", False, f"{version.tag} has no snapshot whose test could have leaked."
        )
    asked = _test_queries(snapshot)
    if not asked:
        said = f"The test queries of {snapshot.short_digest} are not here any more."
        return _told("leakage", False, said)
    seen, unread = queries_seen(version, gate.project, None)
    leaked = len(known(seen["train"], asked))
    of = f"of the {len(asked):,} test queries of {snapshot.short_digest}"
    if leaked:
        said = f"It learned from {leaked:,} {of}, or from near-identical ones."
        return _told("leakage", False, said)
    if unread:
        said = f"What {', '.join(unread)} learned from cannot be told."
        return _told("leakage", False, said)
    return _told("leakage", True, f"It learned from none {of}, and from none near-identical.")


def _contract(version: Version) -> Check:
    try:
        found = golden_of(version)
    except RefusedError as error:
        return _told("contract", False, f"Its score contract was not checked: {error.message}")
    if not found.pairs:
        said = f"{version.tag} has no golden pairs: it was not trained here."
        return _told("contract", False, said)
    word = "as" if found.kept else "not as"
    said = (
        f"It scores its {found.pairs} golden pairs {word} when it was saved: off by"
        f" {found.difference:.1e} at most."
    )
    return _told("contract", found.kept, said)


def _approvals(gate: Gate, version: Version) -> Check:
    reviews = version.reviews.exclude(verdict=Verdict.COMMENT).select_related("reviewer")
    last = {review.reviewer: review.verdict for review in reviews.order_by("created_at", "pk")}
    against = sorted(str(who) for who, verdict in last.items() if verdict == Verdict.REJECT)
    if against:
        said = f"{', '.join(against)} want{'s' if len(against) == 1 else ''} changes."
        return _told("approvals", False, said)
    makers = {version.created_by_id}
    if version.job is not None:
        makers |= set(
            TrainingJob.objects.filter(pk=version.job).values_list("created_by", flat=True)
        )
    given = sum(who.pk not in makers for who in last)
    people = f"{given} of {gate.approvals} approvals of people other than its trainer"
    return _told("approvals", given >= gate.approvals, f"It has {people}.")


def _job(gate: Gate, version: Version) -> TrainingJob | None:
    """Return the job that measured a version on the gate's snapshot, or on its own where it names
    none."""
    snapshot = _snapshot(gate, version)
    return measured_by(version).get(snapshot.pk) if snapshot else None


def _snapshot(gate: Gate, version: Version) -> Snapshot | None:
    if gate.snapshot is not None:
        return gate.snapshot
    rows = Snapshot.objects.filter(project=gate.project, digest=version.snapshot_digest or None)
    return rows.order_by("pk").first()


def _unmeasured(gate: Gate, version: Version) -> str:
    where = f"snapshot {gate.snapshot.short_digest}" if gate.snapshot else "a snapshot"
    return f"{version.tag} was not measured on {where}: evaluate it there first."


def _scores(job: TrainingJob) -> dict[str, Mapping[str, float]]:
    rows = JobQueryScore.objects.filter(job=job, split=HEADLINE_SPLIT, system=MODEL)
    return dict(rows.values_list("query_id", "values"))


def _test_queries(snapshot: Snapshot) -> dict[str, str]:
    file = (snapshot.files or {}).get(f"{HEADLINE_SPLIT}.jsonl")
    if file is None:
        return {}
    try:
        return queries_read(file["sha256"])
    except FileNotFoundError:
        return {}


def _told(name: str, passed: bool, said: str) -> Check:
    return Check(name=name, passed=passed, said=said)
