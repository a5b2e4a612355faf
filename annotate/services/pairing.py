"""Whether a project has pairs compared, and the making of the pairs that follows from it.

A worker makes them for some thousand candidates at a time, each stretch of queries a transaction of
its own, while judging goes on; who comes after a worker that died goes on where it was. Pairs are
never deleted: those that the settings ask for no more are not offered, and what was said of them
stays.
"""

import logging
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.locks import work_held
from accounts.models import Project
from annotate.models import Ordering, PairQueue, PairScheme, Query, Queue, Strategy
from annotate.services.bell import PAIRS, worker_ring
from annotate.services.claiming import ATTEMPTS_MAX, attempt_begin

_STRETCH: Final = 200  # queries of one transaction
_MADE_OF: Final = ("on", "scheme", "run", "depth")
_UNFINISHED: Final = (Ordering.QUEUED, Ordering.RUNNING)

logger = logging.getLogger(__name__)


def pairs_of(project: Project) -> PairQueue:
    """Return a project's settings of its pairs; the defaults, without pairs, where none are set."""
    found = PairQueue.objects.select_related("run").filter(project=project).first()
    return found or PairQueue(project=project)


@transaction.atomic
def pairs_update(*, project: Project, **fields: Any) -> PairQueue:
    """Change the given settings; a worker makes the pairs that they ask for.

    Turning pairs off keeps what was said of them. Raises ValidationError per field.
    """
    PairQueue.objects.get_or_create(project=project)
    pairs = PairQueue.objects.select_for_update(of=("self",)).get(project=project)
    before = [getattr(pairs, name) for name in _MADE_OF]
    for name, value in fields.items():
        setattr(pairs, name, value)
    if pairs.run is not None and pairs.run.project_id != project.pk:
        raise ValidationError({"run": "There is no such run in this project."})
    pairs.full_clean(exclude=["project"])
    pairs.save(update_fields=[*fields] or None)
    if pairs.on and before != [getattr(pairs, name) for name in _MADE_OF]:
        pairs_request(project=project)
        pairs.refresh_from_db()
    return pairs


def pairs_request(*, project: Project) -> PairQueue:
    """Have the pairs made anew: of candidates that came meanwhile, too.

    Raises ValidationError where the project wants no pairs.
    """
    rows = PairQueue.objects.filter(project=project, on=True)
    asked = rows.update(
        status=Ordering.QUEUED, asked=F("asked") + 1, attempts=0, made=0, total=0, reached=0
    )
    if not asked:
        raise ValidationError({"on": "This project has no pairs compared."})
    transaction.on_commit(lambda: worker_ring(task=PAIRS, pk=project.pk))
    return pairs_of(project)


def pairs_refresh(*, project: Project) -> None:
    """Make pairs of what an import or a run has brought, where the project wants any."""
    if PairQueue.objects.filter(project=project, on=True).exists():
        pairs_request(project=project)


def pairs_make(*, project_id: int) -> None:
    """Make a project's pairs; whoever comes second finds nothing to do."""
    with work_held("pairqueue", project_id) as held:
        while held and _begin(project_id):
            pairs = PairQueue.objects.select_related("project").get(pk=project_id)
            run = pairs.run_id or _largest_run(pairs.project)
            rows = PairQueue.objects.filter(pk=project_id, asked=pairs.asked)
            queries = Query.objects.filter(project=project_id)
            rows.update(total=queries.count())
            while _stretch(pairs, run):
                pass
            # Who asked again meanwhile wants it done again.
            rows.update(status=Ordering.DONE, attempts=0, made_at=Now())


def pairs_requeue() -> None:
    """Ring again for what is not made yet."""
    for pk in PairQueue.objects.filter(status__in=_UNFINISHED).values_list("pk", flat=True):
        worker_ring(task=PAIRS, pk=pk)


def _begin(project_id: int) -> bool:
    """Claim what is asked for; False where nothing is, or where its workers died too often."""
    PairQueue.objects.filter(pk=project_id, status=Ordering.QUEUED).update(status=Ordering.RUNNING)
    attempt = attempt_begin(model=PairQueue, pk=project_id)
    if attempt > ATTEMPTS_MAX:
        logger.error("the pairs of project %s could not be made", project_id)
        PairQueue.objects.filter(pk=project_id).update(status=Ordering.FAILED)
    return 0 < attempt <= ATTEMPTS_MAX


def _largest_run(project: Project) -> int | None:
    """Return the run with the most candidates, or None where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_LARGEST, [project.pk])
        row = cursor.fetchone()
    return row[0] if row else None


@transaction.atomic
def _stretch(pairs: PairQueue, run: int | None) -> bool:
    """Make the pairs of the next queries; False where there are none, or others were asked for."""
    state = PairQueue.objects.select_for_update().get(pk=pairs.pk)
    if state.asked != pairs.asked:
        return False
    queries = Query.objects.filter(project=pairs.project_id, pk__gt=state.reached)
    # Held, so that an assignment does not pass by the pairs that are being made.
    with connection.cursor() as cursor:
        cursor.execute(
            _HOLD, [list(queries.order_by("pk").values_list("pk", flat=True)[:_STRETCH])]
        )
        keys = [row[0] for row in cursor.fetchall()]
        if not keys:
            return False
        cursor.execute("SELECT annotate_overlap_of(%s)", [pairs.project_id])
        cursor.execute(_LOCK, [keys])
        cursor.execute(_MAKE, _parameters(pairs, run, keys))
    rows = PairQueue.objects.filter(pk=pairs.pk)
    rows.update(made=F("made") + len(keys), reached=keys[-1])
    return True


def _parameters(pairs: PairQueue, run: int | None, keys: list[int]) -> dict[str, Any]:
    queue = Queue.objects.filter(project=pairs.project_id).first()
    seed = queue.seed if queue else 0
    return {
        "project": pairs.project_id,
        "queries": keys,
        "run": run,
        "depth": pairs.depth,
        "apart": 1 if pairs.scheme == PairScheme.NEIGHBOURS else pairs.depth,
        "salt": f"{pairs.project.slug}#{seed}",
        "by_query": queue is not None and queue.strategy == Strategy.QUERY,
    }


_LARGEST: Final = """
SELECT x.run_id FROM annotate_proposal x JOIN annotate_run r ON r.id = x.run_id
WHERE r.project_id = %s GROUP BY x.run_id, r.name ORDER BY count(*) DESC, r.name LIMIT 1
"""
_HOLD: Final = "SELECT id FROM annotate_query WHERE id = ANY (%s) ORDER BY id FOR SHARE"
_LOCK: Final = """
SELECT count(*) FROM (
    SELECT FROM annotate_pair WHERE query_id = ANY (%s) ORDER BY id FOR NO KEY UPDATE
) held
"""
# The key of a pair depends on the names of query and passages alone, as that of a candidate does
# (`annotate.strategies.base`); 39 bits of it are the query's where queries come one by one.
_MAKE: Final = """
WITH listed AS (
    SELECT c.id, c.query_id, q.lane, coalesce(q.external_id, encode(q.digest, 'hex')) AS query,
           coalesce(p.external_id, encode(t.digest, 'hex')) AS passage,
           row_number() OVER (PARTITION BY c.query_id
                              ORDER BY x.rank NULLS LAST, x.score DESC NULLS LAST, c.id) AS place
    FROM annotate_candidate c JOIN annotate_query q ON q.id = c.query_id
    JOIN annotate_passage p ON p.id = c.passage_id JOIN annotate_text t ON t.id = p.text_id
    LEFT JOIN annotate_proposal x ON x.candidate_id = c.id AND x.run_id = %(run)s
    WHERE c.query_id = ANY (%(queries)s) AND c.project_id = %(project)s
      AND c.withdrawn_at IS NULL AND q.withdrawn_at IS NULL AND p.withdrawn_at IS NULL
      AND (%(run)s::bigint IS NULL OR x.id IS NOT NULL)
), asked AS (
    SELECT a.query_id, a.lane, least(a.id, b.id) AS first, greatest(a.id, b.id) AS second,
           sha256(convert_to(%(salt)s || E'\\n' || a.query, 'UTF8')) AS of_query,
           sha256(convert_to(concat_ws(E'\\n', %(salt)s, a.query, a.passage, b.passage),
                             'UTF8')) AS of_pair
    FROM listed a JOIN listed b ON b.query_id = a.query_id
      AND b.place > a.place AND b.place <= a.place + %(apart)s AND b.place <= %(depth)s
), keyed AS (
    SELECT query_id, lane, first, second, CASE WHEN %(by_query)s
        THEN (('x' || encode(substring(of_query FOR 8), 'hex'))::bit(64)::bigint >> 25
              & 549755813887) << 24
             | ('x' || encode(substring(of_pair FOR 3), 'hex'))::bit(24)::bigint
        ELSE ('x' || encode(substring(of_pair FOR 8), 'hex'))::bit(64)::bigint END AS position
    FROM asked
), ended AS (
    UPDATE annotate_pair o SET offered = false
    WHERE o.query_id = ANY (%(queries)s) AND o.offered
      AND NOT EXISTS (SELECT FROM keyed k WHERE k.first = o.first_id AND k.second = o.second_id)
)
INSERT INTO annotate_pair AS o
    (project_id, query_id, first_id, second_id, position, lane, offered)
SELECT %(project)s, query_id, first, second, position, lane, true FROM keyed
ON CONFLICT (first_id, second_id) DO UPDATE SET position = excluded.position, offered = true
WHERE (o.position, o.offered) IS DISTINCT FROM (excluded.position, true)
"""
