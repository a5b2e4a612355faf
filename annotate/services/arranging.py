"""The queue's settings, and the arranging of candidates that follows from them.

Arranging computes every candidate's key at once and then writes those that changed, some thousand
to a transaction, while judging goes on. A worker that dies leaves the rest to the next one.
"""

import logging
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.locks import work_held
from accounts.models import Project
from annotate.models import Ordering, Queue, Strategy
from annotate.services.bell import QUEUE, worker_ring
from annotate.services.claiming import ATTEMPTS_MAX, attempt_begin
from annotate.services.pairing import pairs_refresh
from annotate.strategies import RULES, keys_of

_BATCH: Final = 2_000  # candidates that one transaction locks, for some hundredths of a second
_ORDER: Final = ("strategy", "seed", "run", "other_run", "depth")
_UNFINISHED: Final = (Ordering.QUEUED, Ordering.RUNNING)
_NAMES: Final = {"run": "a run", "other_run": "a second run"}

logger = logging.getLogger(__name__)


def queue_of(project: Project) -> Queue:
    """Return the settings of a project's queue; the defaults where nobody has set any."""
    rows = Queue.objects.select_related("run", "other_run")
    return rows.filter(project=project).first() or Queue(project=project)


@transaction.atomic
def queue_update(*, project: Project, **fields: Any) -> Queue:
    """Change the given settings; another order is made by a worker while judging goes on.

    Raises ValidationError per field: a strategy without the runs that it needs, rates beyond half.
    """
    Queue.objects.get_or_create(project=project)
    queue = Queue.objects.select_for_update().get(project=project)
    before = [getattr(queue, name) for name in _ORDER]
    for name, value in fields.items():
        setattr(queue, name, value)
    _check(queue)
    queue.full_clean(exclude=["project"])
    queue.save(update_fields=[*fields] or None)
    if before != [getattr(queue, name) for name in _ORDER]:
        queue_reorder(project=project)
        pairs_refresh(project=project)
        queue.refresh_from_db()
    return queue


def queue_reorder(*, project: Project) -> None:
    """Have the candidates arranged anew: after a change of order or lanes, or new scores."""
    Queue.objects.get_or_create(project=project)
    Queue.objects.filter(project=project).update(
        status=Ordering.QUEUED, asked=F("asked") + 1, attempts=0, arranged=0, total=0
    )
    transaction.on_commit(lambda: worker_ring(task=QUEUE, pk=project.pk))


def queue_refresh(*, project: Project) -> None:
    """Arrange what an import or a run has brought, where its order is not what imports give."""
    queue = queue_of(project)
    if queue.strategy != Strategy.RANDOM or queue.seed != 0:
        queue_reorder(project=project)


def queue_rescore(*, project: Project, run: str) -> None:
    """Arrange anew where the order looks at a run, whose scores are new."""
    queue = queue_of(project)
    rule = RULES[queue.strategy]
    looked_at = [getattr(queue, name) for name in rule.reads]
    if any(each is not None and each.name == run for each in looked_at) or (
        rule.reads and not rule.needs and not any(looked_at)
    ):
        queue_reorder(project=project)


def queue_arrange(*, project_id: int) -> None:
    """Arrange a project's candidates; whoever comes second finds nothing to do."""
    with work_held("queue", project_id) as held:
        while held and _begin(project_id):
            queue = Queue.objects.select_related("project").get(pk=project_id)
            _arrange(queue)
            # Who asked again meanwhile wants it done again.
            done = Queue.objects.filter(pk=project_id, asked=queue.asked)
            done.update(status=Ordering.DONE, attempts=0, arranged_at=Now())


def queues_requeue() -> None:
    """Ring again for what is not arranged yet."""
    for pk in Queue.objects.filter(status__in=_UNFINISHED).values_list("pk", flat=True):
        worker_ring(task=QUEUE, pk=pk)


def _check(queue: Queue) -> None:
    faults = {}
    for name in RULES[queue.strategy].needs if queue.strategy in RULES else ():
        if getattr(queue, name) is None:
            faults[name] = f"This strategy needs {_NAMES[name]}."
    for name in _NAMES:
        run = getattr(queue, name)
        if run is not None and run.project_id != queue.project_id:
            faults[name] = "There is no such run in this project."
    if queue.strategy == Strategy.DISAGREEMENT and queue.run_id == queue.other_run_id:
        faults.setdefault("other_run", "Choose two different runs.")
    if queue.gold_rate + queue.repeat_rate > 0.5:
        faults["gold_rate"] = "Checks and repeats together are at most half of what people get."
    if faults:
        raise ValidationError(faults)


def _begin(project_id: int) -> bool:
    """Claim what is asked for; False where nothing is, or where its workers died too often."""
    Queue.objects.filter(pk=project_id, status=Ordering.QUEUED).update(status=Ordering.RUNNING)
    attempt = attempt_begin(model=Queue, pk=project_id)
    if attempt > ATTEMPTS_MAX:
        logger.error("the queue of project %s could not be arranged", project_id)
        Queue.objects.filter(pk=project_id).update(status=Ordering.FAILED)
    return 0 < attempt <= ATTEMPTS_MAX


def _arrange(queue: Queue) -> None:
    select, given = keys_of(queue)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.queue_key")
        cursor.execute("CREATE TEMP TABLE queue_key AS " + select, given)
        cursor.execute(_CHANGED)
        cursor.execute("SELECT count(*) FROM queue_move")
        total, done, after = cursor.fetchone()[0], 0, 0
        rows = Queue.objects.filter(pk=queue.pk)
        rows.update(arranged=0, total=total)
        while True:
            with transaction.atomic():
                cursor.execute(_MOVE, {"after": after, "batch": _BATCH})
                moved, last = cursor.fetchone()
            if not moved:
                break
            done, after = done + moved, last
            rows.update(arranged=done)
        cursor.execute("DROP TABLE queue_move")


_CHANGED: Final = """
DROP TABLE IF EXISTS pg_temp.queue_move;
CREATE TEMP TABLE queue_move AS
SELECT c.id, k.key, q.lane FROM queue_key k JOIN annotate_candidate c ON c.id = k.id
JOIN annotate_query q ON q.id = c.query_id
WHERE c.position <> k.key OR c.lane <> q.lane ORDER BY c.id;
CREATE INDEX ON queue_move (id);
DROP TABLE queue_key;
ANALYZE queue_move;
"""
# Candidates are locked by id, as everywhere.
_MOVE: Final = """
WITH next AS (
    SELECT m.id, m.key, q.lane FROM queue_move m JOIN annotate_candidate c ON c.id = m.id
    JOIN annotate_query q ON q.id = c.query_id
    WHERE m.id > %(after)s ORDER BY m.id LIMIT %(batch)s FOR NO KEY UPDATE OF c
), moved AS (
    UPDATE annotate_candidate c SET position = next.key, lane = next.lane
    FROM next WHERE c.id = next.id RETURNING c.id
)
SELECT count(*), max(id) FROM moved
"""
