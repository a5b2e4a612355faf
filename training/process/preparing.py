"""What a run needs before it starts: the snapshot's files and the base model.

Importing this imports no torch: what cannot work is refused before that takes its time.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.models import QuerySet

from accounts.blobs import blob_fetch
from annotate.frozen.slicing import Conditions
from annotate.models import Snapshot as SnapshotRow
from annotate.selectors.pooling import passages_keyed, passages_titled
from annotate.selectors.qrels import pairs_judged
from annotate.selectors.slices import slices_of
from models_app.models import CHAMPION, Alias, Version
from training.ml.data import Snapshot, snapshot_read
from training.ml.errors import BaseModelError, DataError
from training.ml.measures.made import MadeSlice
from training.ml.models.find import Base, BaseRequest, base_find
from training.ml.models.names import PACKAGED
from training.ml.sets.corpus_pool import corpus_copy
from training.ml.silver.queries import Passage
from training.ml.silver.work import SilverWork, corpus_draw
from training.models import TrainingJob
from training.process.scratch import silver_path
from training.selectors.base_models import (
    fallback_allowed,
    version_files,
    version_named,
    version_pinned,
    version_request,
)
from training.spec.sets import SetSpec
from training.spec.train import TrainSpec


def snapshot_fetch(row: SnapshotRow, folder: Path) -> Snapshot:
    """Copy a snapshot's files into a new folder, each checked against its sha256, and read it.

    Raises DataError where a file is gone or damaged, or where something was erased from it.
    """
    if row.redacted:
        raise DataError(
            f"{row.redacted:,} of the {row.pairs:,} pairs of {row} were erased.",
            "Freeze a new snapshot, which holds what is left, and train on that.",
        )
    folder.mkdir(parents=True)
    try:
        for name, file in row.files.items():
            blob_fetch(file["sha256"], folder / name)
    except (FileNotFoundError, ValueError) as error:
        raise DataError(
            f"The files of {row} cannot be read back: {error}.",
            "Restore the data folder from a backup, or freeze the judgments again.",
        ) from error
    return snapshot_read(folder)


@dataclass(frozen=True, slots=True)
class Champion:
    """The version that the new one would replace; `missing` says why it has no `base` to load."""

    version: Version
    base: Base | None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Teacher:
    """A model that teaches another, and which version of ours it is, if it is one."""

    base: Base
    version: Version | None


def champion_fetch(job: TrainingJob, folder: Path) -> Champion | None:
    """Find what is the champion of a job's reranker now, and copy its files into `folder`.

    None where there is no champion. One whose files are gone stops no job.
    """
    _, reranker = job.parts
    alias = Alias.objects.filter(reranker=reranker, name=CHAMPION)
    return _champion_of(alias, folder)


def champion_beside(job: TrainingJob, version: Version | None, folder: Path) -> Champion | None:
    """Find the champion that an evaluated model is measured beside, and copy its files.

    That of a version's own reranker, unless it is the version itself; for a model from outside,
    which has none, that of the project which was named last.
    """
    if version is None:
        alias = Alias.objects.filter(reranker__project=job.project, name=CHAMPION)
        return _champion_of(alias.order_by("-moved_at"), folder)
    alias = Alias.objects.filter(reranker=version.reranker, name=CHAMPION)
    return _champion_of(alias.exclude(version=version), folder)


def _champion_of(aliases: QuerySet[Alias], folder: Path) -> Champion | None:
    found = aliases.select_related("version__reranker__project").first()
    return None if found is None else _champion(found.version, folder)


def _champion(version: Version, folder: Path) -> Champion:
    """Copy the files of a version that another is to be measured beside."""
    try:
        files = version_files(version, folder)
        origin = "It is the champion."
        base = base_find(BaseRequest(str(version), version.revision, files, origin))
    except BaseModelError as error:
        return Champion(version, None, str(error))
    return Champion(version, base)


def untouched_fetch(version: Version, folder: Path) -> Base:
    """Find the base that a version was trained from, as it was then.

    Raises BaseModelError where it cannot be had any more.
    """
    known = version.lineage.get("base_model") or {}
    if not known:
        raise BaseModelError("It was not trained here.", "")
    revision = known["revision"]
    ours = Version.objects.filter(revision=revision).first() if revision else None
    if ours is not None:
        return base_find(version_request(str(ours), ours, folder))
    if known["kind"] == "folder":
        raise BaseModelError("It was a folder, and is not kept here.", "")
    return base_find(BaseRequest(known["again"], revision=revision))


def slices_fetch(job: TrainingJob, snapshot: Snapshot) -> list[MadeSlice]:
    """Take the slices that the team has made, as they are now, with the test queries in each."""
    queries = {pair.query_id: pair for pair in snapshot.splits["test"]}
    return [
        MadeSlice(
            name=name,
            said=asked.said,
            conditions=_kept(asked),
            members=frozenset(
                query_id
                for query_id, pair in queries.items()
                if asked.hold(name=query_id, text=pair.query, metadata=pair.query_metadata)
            ),
        )
        for name, asked in ((row.name, row.asks) for row in slices_of(job.project))
    ]


def _kept(asked: Conditions) -> dict[str, Any]:
    """Return conditions as facts hold them: ids by their number, as they would outlive a query."""
    kept = asked.to_dict()
    return {**kept, "queries": len(asked.queries)} if asked.queries else kept


def base_fetch(job: TrainingJob, folder: Path) -> Base:
    """Find a job's base model and check its files; raises BaseModelError where that fails."""
    return base_find(base_request(job, folder))


def base_request(job: TrainingJob, folder: Path) -> BaseRequest:
    """Return what to load; the files of a version of ours are copied into `folder`.

    A job that was pinned to a version of ours never asks the Hub. Raises BaseModelError where that
    version, or one of its files, is gone.
    """
    if job.base_revision:
        return version_request(job.base_model, version_pinned(job.base_revision), folder)
    return _outside_request(job.base_model)


def silver_fetch(
    job: TrainingJob, spec: TrainSpec, base: Base, snapshot: Snapshot, folder: Path
) -> SilverWork | None:
    """Gather what the job's silver stage works with; None where it has none.

    Raises BaseModelError where the teacher cannot be had, ValidationError where it is a version
    that is not the asker's to use any more.
    """
    if not spec.silver_wanted(fresh_head=base.info.fresh_head):
        return None
    name = spec.silver_teacher or PACKAGED
    version = version_named(name, project=job.project, user=job.created_by)
    asked = version_request(name, version, folder) if version else _outside_request(name)
    drawn = (Passage(title, text) for title, text in passages_titled(job.project))
    corpus, passages = corpus_draw(drawn)
    return SilverWork(
        corpus=corpus,
        passages=passages,
        teacher=base_find(asked),
        cache=silver_path(job.project_id),
        labelled={pair.query for pairs in snapshot.splits.values() for pair in pairs},
    )


def judged_fetch(job: TrainingJob, snapshot: Snapshot, spec: SetSpec) -> dict[str, set[str]]:
    """Return what was judged, by query, for those that a job mines passages for.

    That is more than the snapshot has: what its policy left out, what was judged since, gold.
    """
    found: dict[str, set[str]] = {}
    if not spec.mines:
        return found
    queries = {pair.query_id for split in ("train", "dev") for pair in snapshot.splits[split]}
    for query, passage in pairs_judged(job.project):
        if query in queries:
            found.setdefault(query, set()).add(passage)
    return found


def corpus_fetch(job: TrainingJob, spec: TrainSpec, folder: Path) -> Path | None:
    """Copy the passages of the job's project as they are now; None where it does not mine them.

    What an earlier attempt has copied into `folder` stays, so that both mine the same. What is
    withdrawn or erased is not among them.
    """
    if not spec.mines_corpus:
        return None
    corpus_copy(folder, passages_keyed(job.project))
    return folder


def teacher_fetch(job: TrainingJob, spec: TrainSpec, folder: Path) -> Teacher | None:
    """Find the model whose scores a job learns; None where its recipe names none.

    A version is the one that was pinned when the job was asked for. Raises as `silver_fetch` does.
    """
    if spec.teacher is None:
        return None
    version = version_named(spec.teacher, project=job.project, user=job.created_by)
    if version is None:
        return Teacher(base_find(_outside_request(spec.teacher)), None)
    return Teacher(base_find(version_request(spec.teacher, version, folder)), version)


def _outside_request(name: str) -> BaseRequest:
    if Path(name).is_absolute():
        return BaseRequest(name)
    hub_name, _, revision = name.partition("@")
    return BaseRequest(hub_name, revision=revision or None, allow_fallback=fallback_allowed(name))
