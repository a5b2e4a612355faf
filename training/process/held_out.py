"""What a learning curve and a check of labels do in their process: train, measure, and tell.

Every training that is through is kept in the job's folder; whoever takes the job over reads it.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection

from annotate.frozen.splitting import clusters_of
from annotate.frozen.twins import twin_pairs
from config.folders import private_folder
from models_app.models import Version
from training.kinds import Stage
from training.learned import CurveOutcome, DoubtOutcome
from training.ml.data import Pair, Snapshot
from training.ml.errors import DataError
from training.ml.models.find import Base
from training.ml.recipe.snapshot_check import snapshot_check
from training.ml.reporter import Reporter
from training.models import TrainingJob
from training.process.preparing import base_fetch, judged_fetch, silver_fetch, snapshot_fetch
from training.process.scratch import cache_path, work_path
from training.selectors.base_models import version_named, version_pinned
from training.selectors.exposure import known, queries_seen
from training.services.held_out import Doubted
from training.spec.held_out import ALL, CurveSpec, DoubtSpec
from training.spec.silver import OFF

if TYPE_CHECKING:
    from training.ml.recipe.asked import Place
    from training.ml.recipe.doubts import Checked


def curve_measure(job: TrainingJob, reporter: Reporter, scratch: Path) -> CurveOutcome:
    """Measure a job's learning curve. Raises RecipeError where it cannot be."""
    snapshot, base = _fetched(job, reporter, scratch)
    spec = CurveSpec.from_dict(job.recipe)
    pairs = [*snapshot.splits["train"], *snapshot.splits["dev"]]
    _check_unknown(job, spec, pairs)
    silver = silver_fetch(job, spec, base, snapshot, scratch / "silver-teacher")
    from training.ml.recipe.curve import curve_run

    place = _place(job, snapshot, spec)
    connection.close()
    found = curve_run(
        snapshot=snapshot,
        groups=query_groups(pairs),
        spec=spec,
        base=base,
        reporter=reporter,
        place=place,
        silver=silver,
    )
    return CurveOutcome.from_dict(found)


def labels_doubt(
    job: TrainingJob, reporter: Reporter, scratch: Path
) -> tuple[DoubtOutcome, list[Doubted]]:
    """Check a job's labels; returns counts and the strongest doubts. Raises RecipeError."""
    snapshot, base = _fetched(job, reporter, scratch)
    spec = DoubtSpec.from_dict(job.recipe)
    splits = ("train", "dev", "test") if spec.checked == ALL else ("train", "dev")
    pairs = [pair for name in splits for pair in snapshot.splits[name]]
    _check_unknown(job, spec, pairs)
    silver = silver_fetch(job, spec, base, snapshot, scratch / "silver-teacher")
    from training.ml.recipe.doubts import doubts_run

    place = _place(job, snapshot, spec)
    connection.close()
    checked = doubts_run(
        snapshot=snapshot,
        groups=query_groups(pairs),
        spec=spec,
        base=base,
        reporter=reporter,
        place=place,
        silver=silver,
    )
    return DoubtOutcome.from_dict(checked.facts), _doubted(checked, snapshot, spec.most)


def query_groups(pairs: list[Pair]) -> list[list[str]]:
    """Return the queries of pairs, near-identical ones together, as splits keep them."""
    texts = {pair.query_id: pair.query for pair in pairs}
    return clusters_of(texts, twin_pairs(texts))


def _check_unknown(job: TrainingJob, spec: CurveSpec | DoubtSpec, pairs: list[Pair]) -> None:
    """Raise DataError where base or silver teacher has learned what the job holds out."""
    if job.base_revision:
        _check_version(version_pinned(job.base_revision), "the base", job, pairs)
    if spec.silver != OFF and spec.silver_teacher:
        teacher = version_named(spec.silver_teacher, project=job.project, user=job.created_by)
        if teacher is not None:
            _check_version(teacher, "the silver stage's teacher", job, pairs)


def _check_version(version: Version, who: str, job: TrainingJob, pairs: list[Pair]) -> None:
    seen, unread = queries_seen(version, job.project, job.created_by)
    asked = {pair.query_id: pair.query for pair in pairs}
    count = len(known(set().union(*seen.values()), asked))
    if not count and not unread:
        return
    told = f"{version} has learned from {count:,} of these {len(asked):,} queries"
    if not count:
        told = f"What {unread[0]} has learned from cannot be told"
    raise DataError(
        f"{told}: what is held out here must be new to {who}.",
        "Take the model that it was trained from, or another one from outside.",
    )


def _fetched(job: TrainingJob, reporter: Reporter, scratch: Path) -> tuple[Snapshot, Base]:
    reporter.stage(Stage.LOAD)
    assert job.snapshot is not None, "a constraint of its kind"
    snapshot = snapshot_fetch(job.snapshot, scratch / "snapshot")
    snapshot_check(snapshot)
    reporter.log(f"Snapshot {snapshot.digest[:12]} is complete, its files have their sha256.")
    return snapshot, base_fetch(job, scratch / "base")


def _place(job: TrainingJob, snapshot: Snapshot, spec: CurveSpec | DoubtSpec) -> "Place":
    from training.ml.recipe.asked import Place

    return Place(
        work=private_folder(work_path(job.pk)),
        cache=cache_path(),
        checkpoint_seconds=settings.JOB_CHECKPOINT_SECONDS,
        judged=judged_fetch(job, snapshot, spec),
    )


def _doubted(checked: "Checked", snapshot: Snapshot, most: int) -> list[Doubted]:
    split_of = {
        (pair.query_id, pair.passage_id): name
        for name, pairs in snapshot.splits.items()
        for pair in pairs
    }
    found = []
    for row in checked.doubts.rows[:most]:
        pair = checked.pairs[row.place]
        found.append(
            Doubted(
                query=pair.query_id,
                passage=pair.passage_id,
                split=split_of[pair.query_id, pair.passage_id],
                grade=pair.grade,
                people=pair.people,
                score=row.score,
                rank=row.rank,
                of=row.of,
                strength=row.strength,
            )
        )
    return found
