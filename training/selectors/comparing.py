"""Two versions against each other, with the paired test over the queries of both."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from models_app.comparison import Comparison, Met, same_snapshot, versions_compare
from models_app.evidence import Difference
from models_app.figures import MODEL
from models_app.models import CHAMPION, Version
from models_app.revisions import revision_find
from training.kinds import JobKind
from training.models import JobQueryScore, JobStatus, TrainingJob
from training.selectors.by_query import Between, between
from training.selectors.jobs import metrics_of

Scores = dict[str, Mapping[str, float]]


def versions_compared(a: Version, b: Version, *, member: bool) -> Comparison:
    """Compare two versions; b minus a is tested where both jobs left scores per query.

    Versions of different snapshots are compared where both were measured later, on the newest
    snapshot that they share: for a `member` only, since evaluations are the project's own.
    """
    if same_snapshot(a, b) or a == b:
        return versions_compare(a, b, paired=_paired(a.job, b.job))
    jobs = _met(a, b) if member else None
    if jobs is None:
        return versions_compare(a, b)
    one, two = jobs
    digest = one.snapshot.short_digest if one.snapshot else ""
    warnings = [line for each in zip((a, b), jobs, strict=True) for line in _knew(*each)]
    met = Met(digest, metrics_of(one), metrics_of(two), warnings)
    return versions_compare(a, b, paired=_paired(one.pk, two.pk), met=met)


def queries_between(a: Version, b: Version) -> Between | None:
    """Return the test queries on which two versions differ most; None where neither met the other.

    For members: texts of queries are the project's own.
    """
    jobs = None if a == b else _own(a, b) if same_snapshot(a, b) else _met(a, b)
    return between(*jobs) if jobs else None


def _own(a: Version, b: Version) -> tuple[TrainingJob, TrainingJob] | None:
    """Return the jobs that made two versions, while both are there."""
    rows = TrainingJob.objects.filter(pk__in=[pk for pk in (a.job, b.job) if pk])
    found = {job.pk: job for job in rows.select_related("snapshot")}
    one, two = (found.get(version.job) if version.job else None for version in (a, b))
    return (one, two) if one and two else None


def _met(a: Version, b: Version) -> tuple[TrainingJob, TrainingJob] | None:
    """Return the jobs that measured both on the newest snapshot on which both were."""
    found = [measured_by(version) for version in (a, b)]
    shared = found[0].keys() & found[1].keys()
    if not shared:
        return None
    newest = max(shared)
    return found[0][newest], found[1][newest]


def measured_by(version: Version) -> dict[int, TrainingJob]:
    """Return the jobs that measured a version, by snapshot: its own, or the newest evaluation."""
    rows = TrainingJob.objects.filter(project=version.reranker.project, snapshot__isnull=False)
    rows = rows.select_related("snapshot")
    evaluated = rows.filter(
        kind=JobKind.EVALUATE, base_revision=version.revision, status=JobStatus.SUCCEEDED
    ).order_by("created_at")
    found = {job.snapshot_id: job for job in evaluated}
    if version.job is not None:
        found |= {job.snapshot_id: job for job in rows.filter(pk=version.job)}
    return {number: job for number, job in found.items() if number is not None}


def _knew(version: Version, job: TrainingJob) -> Iterator[str]:
    """Say how many of the test queries a version had learned from when it was evaluated."""
    known = (job.outcome or {}).get("exposure") or {}
    if known.get("test"):
        yield (
            f"{version.tag} was trained on {known['test']} of the {known['test_queries']} test"
            " queries: its figures are too good there."
        )
    for name in known.get("unread") or []:
        yield f"Which queries {name} was trained on cannot be told; these may be among them."


def sides_chosen(versions: Sequence[Version], *, a: str, b: str) -> tuple[Version, Version] | None:
    """Return the two versions to compare, of all of one reranker, newest first, with aliases.

    Where none is named, b is the newest, and a what would be replaced: the champion, or else the
    version before b. None where there are no two. Raises Version.DoesNotExist.
    """
    if len(versions) < 2:
        return None
    reranker = versions[0].reranker
    second = revision_find(reranker, b) if b else versions[0]
    if a:
        return revision_find(reranker, a), second
    others = [version for version in versions if version != second]
    champions = [v for v in others if any(alias.name == CHAMPION for alias in v.aliases.all())]
    before = [version for version in others if version.number < second.number]
    first = [*champions, *before, *others][0]
    return revision_find(reranker, first.tag), second


def _paired(a: UUID | None, b: UUID | None) -> dict[tuple[str, str], Difference]:
    """Return b minus a by (split, metric), of two jobs that measured on the same frozen qrels."""
    if a is None or b is None or a == b:
        return {}
    found: dict[str, tuple[Scores, Scores]] = {}
    rows = JobQueryScore.objects.filter(job__in=[a, b], system=MODEL)
    for split, job, query, values in rows.values_list("split", "job", "query_id", "values"):
        found.setdefault(split, ({}, {}))[job == b][query] = values
    return {
        (split, metric): difference
        for split, (scores_a, scores_b) in found.items()
        if scores_a.keys() == scores_b.keys()
        for metric, difference in differences_tested(scores_a, scores_b).items()
    }


def differences_tested(a: Scores, b: Scores) -> dict[str, Difference]:
    """Test b minus a over the same queries, each metric by itself, but for Judged@10."""
    # Here, since scipy takes a second and 80 MB, which only who compares should pay for.
    import numpy as np

    from training.ml.measures.paired import paired_test

    queries = sorted(a)
    # Judged@10 is no measure of quality, of which more would be better.
    metrics = sorted(set(a[queries[0]]) & set(b[queries[0]]) - {"Judged@10"})
    differences = np.array([[b[q][m] - a[q][m] for m in metrics] for q in queries])
    return {
        # A family of one comparison: its own p decides.
        metric: Difference(row.delta, row.low, row.high, row.p, row.n, row.p, row.effect)
        for metric, row in zip(metrics, paired_test(differences), strict=True)
    }
