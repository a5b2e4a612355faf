"""Which backend a scoring job uses, and the judged pairs that it is held to."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from django.conf import settings

from accounts.blobs import blob_open
from annotate.models import Snapshot as SnapshotRow
from training.ml.backends.choice import Choice
from training.ml.backends.choose import Scored, backend_choose
from training.ml.backends.fidelity import QUERIES_LEAST
from training.ml.backends.host import kept_for
from training.ml.data import Pair, pairs_read
from training.ml.errors import BackendError
from training.ml.models.published import Published
from training.ml.reporter import Reporter
from training.ml.scoring import Forward
from training.models import TrainingJob
from training.process.patience import patiently
from training.process.scratch import BACKENDS
from training.selectors.base_models import version_pinned
from training.spec.score import AUTO

BLIND: Final = "blind"


def backend_for(
    job: TrainingJob,
    published: Published,
    *,
    weights: str,
    wanted: str,
    before: str,
    pairs: int,
    texts: Sequence[tuple[str, str]],
    reporter: Reporter,
) -> tuple[Choice, Forward]:
    """Return what computes the scores of `pairs` pairs, of which `texts` are some, and say so.

    `wanted` is what the job asks for; one that goes on takes what it had `before`, where that is
    here, so that a run's scores come from one backend. Raises BackendError for a backend that is
    named and cannot be used.
    """
    judged, of = patiently(lambda: judged_of(job))
    scored = Scored(pairs=pairs, texts=texts, judged=judged, of=of, templates=published.templates)
    kept = kept_for(Path(settings.ARBITER_HOME) / BACKENDS, published.model, weights=weights)

    def chosen(name: str) -> tuple[Choice, Forward]:
        return backend_choose(published.model, scored, wanted=name, kept=kept, log=reporter.log)

    try:
        choice, forward = chosen(before or wanted)
    except BackendError as error:
        if not before:
            raise
        reporter.log(f"The scores until here are from {before}. {error.message}")
        choice, forward = chosen(AUTO)
    reporter.log(choice.line())
    return choice, forward


def judged_of(job: TrainingJob) -> tuple[Sequence[Pair], str]:
    """Return judged pairs of the version that a job scores with, and a name for them.

    Those of dev, and of train where dev has too few queries for a change of nDCG to show: a backend
    is not chosen for being better, but for saying the same. There are none where the version is of
    another project, whose judgments are not this one's to use, or where something was erased from
    its snapshot. The test split stays sealed.
    """
    version = version_pinned(job.base_revision)
    row = (
        SnapshotRow.objects.filter(digest=version.snapshot_digest, project=job.project, redacted=0)
        .order_by("pk")
        .first()
        if version.snapshot_digest and version.reranker.project_id == job.project_id
        else None
    )
    if row is None or "dev.jsonl" not in row.files:
        return (), BLIND
    try:
        pairs = _pairs_of(row, "dev.jsonl")
        if len({pair.query_id for pair in pairs if pair.relevant}) < QUERIES_LEAST:
            pairs += _pairs_of(row, "train.jsonl")
    except FileNotFoundError:
        return (), BLIND
    return pairs, version.snapshot_digest[:16]


def _pairs_of(row: SnapshotRow, name: str) -> tuple[Pair, ...]:
    if name not in row.files:
        return ()
    with blob_open(row.files[name]["sha256"]) as lines:
        return tuple(pairs_read(lines))
