"""What a run needs before it starts: the snapshot's files and the base model."""

from pathlib import Path

from accounts.blobs import blob_fetch
from annotate.models import Snapshot as SnapshotRow
from training.base_models import fallback_allowed, version_files, version_named
from training.ml.base import BaseRequest
from training.ml.data import Snapshot, snapshot_read
from training.ml.errors import DataError
from training.models import TrainingJob


def snapshot_fetch(row: SnapshotRow, folder: Path) -> Snapshot:
    """Copy a snapshot's files into a new folder, each checked against its sha256, and read it.

    Raises DataError where a file is gone or damaged.
    """
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


def base_request(job: TrainingJob, folder: Path) -> BaseRequest:
    """Return what to load; the files of a version of ours are copied into `folder`."""
    name = job.base_model
    version = version_named(name, project=job.project, user=job.created_by)
    if version is not None:
        files = version_files(version, folder)
        return BaseRequest(name, revision=version.revision, folder=files)
    if Path(name).is_absolute():
        return BaseRequest(name)
    hub_name, _, revision = name.partition("@")
    return BaseRequest(hub_name, revision=revision or None, allow_fallback=fallback_allowed())
