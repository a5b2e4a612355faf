"""Reads around learning curves and checks of labels: what they take, and what came of doubts."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Left

from accounts.models import Project
from annotate.agreement.consistency import Share
from annotate.models import Action, Judgment, Kind, Referral, Snapshot
from annotate.selectors.adjudication import BEGINNING
from annotate.selectors.qrels import PASSAGE_KEY, QUERY_KEY
from training.kinds import JobKind
from training.ml.measures.plan import Cost, cost_of
from training.models import EventKind, JobDoubt, JobEvent, TrainingJob
from training.spec.held_out import ALL, CurveSpec, DoubtSpec

RATE = "pairs_per_second"
NEXT_TO = 0.5  # grades apart, at most, of a mean and a grade that confirms it


def cost_told(snapshot: Snapshot, spec: CurveSpec | DoubtSpec) -> Cost | None:
    """Return what a job would train; None where the snapshot has no statistics.

    Raises DataError where the snapshot has too few queries.
    """
    every = isinstance(spec, DoubtSpec) and spec.checked == ALL
    names = ("train", "dev", "test") if every else ("train", "dev")
    splits = snapshot.statistics.get("splits") or {}
    rows = [splits[name] for name in names if name in splits]
    if not rows:
        return None
    queries, pairs = (sum(row[name] for row in rows) for name in ("queries", "pairs"))
    return cost_of(spec, queries=queries, pairs=pairs)


def pace_known(project: Project) -> float | None:
    """Return how many pairs a second the project's last trainings read; None before any did."""
    kinds = (JobKind.TRAIN, JobKind.CURVE, JobKind.DOUBT)
    jobs = project.training_jobs.filter(kind__in=kinds).order_by("-created_at")[:5]
    rows = JobEvent.objects.filter(
        job__in=list(jobs.values_list("pk", flat=True)),
        kind=EventKind.METRIC,
        data__values__has_key=RATE,
    )
    last = rows.order_by("-pk").values_list(f"data__values__{RATE}", flat=True).first()
    return float(last) if last else None


def candidates_named(
    project_id: int | None, names: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """Return the candidates of a project under a snapshot's names of query and passage.

    What is withdrawn is not among them.
    """
    queries, passages = (list(column) for column in zip(*names, strict=True)) if names else ([], [])
    with connection.cursor() as cursor:
        cursor.execute(_NAMED, {"project": project_id, "queries": queries, "passages": passages})
        return {(query, passage): pk for query, passage, pk in cursor.fetchall()}


_NAMED = f"""
WITH said AS (SELECT * FROM unnest(%(queries)s::text[], %(passages)s::text[]) AS s(query, passage))
SELECT s.query, s.passage, c.id FROM said s
JOIN annotate_query q ON q.project_id = %(project)s AND {QUERY_KEY} = s.query
JOIN annotate_candidate c ON c.query_id = q.id AND c.withdrawn_at IS NULL
JOIN annotate_passage p ON p.id = c.passage_id JOIN annotate_text t ON t.id = p.text_id
WHERE {PASSAGE_KEY} = s.passage AND q.withdrawn_at IS NULL AND p.withdrawn_at IS NULL
"""  # noqa: S608


def doubts_of(job: TrainingJob) -> QuerySet[JobDoubt]:
    """Return a check's doubts with their texts, the strongest first; without what is withdrawn.

    Each has the passage's `beginning`, and `ruled`: the grade that a reviewer has decided since it
    was sent, if any.
    """
    rows = JobDoubt.objects.filter(
        job=job,
        candidate__withdrawn_at=None,
        candidate__query__withdrawn_at=None,
        candidate__passage__withdrawn_at=None,
    ).select_related("candidate__query", "candidate__passage")
    return _ruled(rows).annotate(beginning=Left("candidate__passage__text__text", BEGINNING))


def sendable(rows: QuerySet[JobDoubt]) -> QuerySet[JobDoubt]:
    """Narrow doubts to those that reviewers can be asked about: neither withdrawn, nor decided, nor
    before them already."""
    ruled = Judgment.objects.adjudications().filter(candidate=OuterRef("candidate"))
    asked = Referral.objects.filter(candidate=OuterRef("candidate"))
    there = rows.filter(
        sent_at=None,
        candidate__withdrawn_at=None,
        candidate__query__withdrawn_at=None,
        candidate__passage__withdrawn_at=None,
    )
    return there.exclude(Exists(ruled)).exclude(Exists(asked))


@dataclass(frozen=True, slots=True)
class Precision:
    """Of the doubts of a check that were sent, how many were decided, and how many were changed.

    `changed` is a share of the decided ones with its interval: how often the check was right.
    """

    sent: int
    decided: int
    changed: Share


def precision_of(job: TrainingJob) -> Precision:
    """Sum up what reviewers made of the doubts that were sent."""
    sent = _ruled(JobDoubt.objects.filter(job=job, sent_at__isnull=False))
    ruled = [(row.grade, getattr(row, "ruled", None)) for row in sent]
    decided = [(grade, other) for grade, other in ruled if other is not None]
    # A grade that is a mean stands for the ones next to it; others are whole numbers.
    changed = sum(abs(grade - other) > NEXT_TO for grade, other in decided)
    return Precision(len(ruled), len(decided), Share(changed, len(decided)))


def _ruled(rows: QuerySet[JobDoubt]) -> QuerySet[JobDoubt]:
    decided = Judgment.objects.filter(
        candidate=OuterRef("candidate"),
        kind=Kind.ADJUDICATION,
        action=Action.GRADE,
        current=True,
        created_at__gte=OuterRef("sent_at"),
    )
    return rows.annotate(ruled=Subquery(decided.values("grade__value")[:1]))
