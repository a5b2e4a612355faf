"""Two versions against each other, with the paired test over the queries of both."""

from collections.abc import Mapping, Sequence

from models_app.comparison import Comparison, same_snapshot, versions_compare
from models_app.evidence import Difference
from models_app.figures import MODEL
from models_app.models import CHAMPION, Version
from models_app.revisions import revision_find
from training.models import JobQueryScore

Scores = dict[str, Mapping[str, float]]


def versions_compared(a: Version, b: Version) -> Comparison:
    """Compare two versions; b minus a is tested where both jobs left scores per query."""
    return versions_compare(a, b, paired=_paired(a, b))


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


def _paired(a: Version, b: Version) -> dict[tuple[str, str], Difference]:
    """Return b minus a by (split, metric) on the same frozen qrels, where it can be told."""
    if a.job is None or b.job is None or a.job == b.job or not same_snapshot(a, b):
        return {}
    found: dict[str, tuple[Scores, Scores]] = {}
    rows = JobQueryScore.objects.filter(job__in=[a.job, b.job], system=MODEL)
    for split, job, query, values in rows.values_list("split", "job", "query_id", "values"):
        found.setdefault(split, ({}, {}))[job == b.job][query] = values
    return {
        (split, metric): difference
        for split, (scores_a, scores_b) in found.items()
        if scores_a.keys() == scores_b.keys()
        for metric, difference in _tested(scores_a, scores_b).items()
    }


def _tested(a: Scores, b: Scores) -> dict[str, Difference]:
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
