"""Snapshots: asked for, frozen by a worker, never changed afterwards."""

import logging
import math
from collections.abc import Mapping
from typing import Any, Final

import psycopg
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from accounts.blobs import blob_put, scratch_folder
from accounts.locks import work_lock
from accounts.models import Project, User
from annotate.freezing import FreezeError, Frozen, freeze
from annotate.frozen.splitting import DEFAULT_SPLITS, SPLITS
from annotate.models import Copies, Judgment, Run, Snapshot, SnapshotKey, SnapshotStatus
from annotate.models.snapshots import DEFAULT_POLICY
from annotate.resolving.resolution import POLICIES
from annotate.services.bell import SNAPSHOT, worker_ring
from annotate.services.claiming import ATTEMPTS_MAX, GAVE_UP, attempt_begin
from annotate.services.copies import copies_enqueue
from annotate.services.freezes import freezing_share

DEFAULT_SEED: Final = 42
SEED_MAX: Final = 2**31 - 1  # what the column holds
TRUST_MAX: Final = 200  # judges in a list of trust
_TRIES: Final = 3
UNFINISHED: Final = (SnapshotStatus.QUEUED, SnapshotStatus.RUNNING)

logger = logging.getLogger(__name__)


@transaction.atomic
def snapshot_create(
    *,
    project: Project,
    created_by: User | None,
    seed: int | None = None,
    policy: Mapping[str, Any] | None = None,
    splits: Mapping[str, float] | None = None,
) -> Snapshot:
    """Ask for a snapshot; a worker freezes it.

    `policy` is `{resolve: one of POLICIES, soft: bool, first_stage_run: name or None}`, and for
    most_trusted `trust`, user names in the order in which they are trusted before all others;
    `splits` are the shares of train, dev and test. Raises ValidationError per field.
    """
    snapshot = Snapshot.objects.create(
        project=project,
        created_by=created_by,
        seed=_checked_seed(seed),
        policy=_checked_policy(project, policy or {}),
        splits=_checked_splits(splits or DEFAULT_SPLITS),
    )
    transaction.on_commit(lambda: snapshot_enqueue(snapshot_id=snapshot.pk))
    return snapshot


def snapshot_enqueue(*, snapshot_id: int) -> None:
    """Tell a worker that a snapshot waits; telling it twice is harmless."""
    worker_ring(task=SNAPSHOT, pk=snapshot_id)


def snapshot_freeze(*, snapshot_id: int) -> None:
    """Freeze a queued snapshot; whoever comes second finds nothing to do."""
    Snapshot.objects.filter(pk=snapshot_id, status=SnapshotStatus.QUEUED).update(
        status=SnapshotStatus.RUNNING
    )
    attempt = attempt_begin(model=Snapshot, pk=snapshot_id)
    if not attempt:
        return
    if attempt > ATTEMPTS_MAX:
        _fail(snapshot_id, GAVE_UP)
        return
    try:
        _freeze_with_retries(snapshot_id)
    except FreezeError as error:
        _fail(snapshot_id, str(error))
    except OSError as error:
        # Its own text names the server's paths, which are for the log.
        logger.exception("snapshot %s met an input or output error", snapshot_id)
        reason = error.strerror or "input or output failed"
        _fail(snapshot_id, f"The files could not be stored: {reason}.")
    except OperationalError:
        raise  # a lost database: the sweep rings again
    except Exception:  # the boundary of a worker: any bug ends this snapshot and is logged
        logger.exception("snapshot %s crashed", snapshot_id)
        message = f"An internal error ended snapshot {snapshot_id}; the server's log says more."
        _fail(snapshot_id, message)


def _fail(snapshot_id: int, message: str) -> None:
    Snapshot.objects.filter(pk=snapshot_id, status=SnapshotStatus.RUNNING).update(
        status=SnapshotStatus.FAILED, error=message
    )


def _freeze_with_retries(snapshot_id: int) -> None:
    """Freeze; what an erasure took away meanwhile is read anew."""
    rows = Snapshot.objects.filter(pk=snapshot_id).values_list("project", flat=True)
    for project in rows:
        SnapshotKey.objects.get_or_create(project_id=project)
    for attempt in range(1, _TRIES + 1):
        try:
            with transaction.atomic():
                _freeze_claimed(snapshot_id)
        except OperationalError as error:
            erased = isinstance(error.__cause__, psycopg.errors.SerializationFailure)
            if not erased or attempt == _TRIES:
                raise
        else:
            return


def _freeze_claimed(snapshot_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    freezing_share()
    if not work_lock("snapshot", snapshot_id):
        return
    snapshot = (
        Snapshot.objects.select_related("project")
        .filter(pk=snapshot_id, status=SnapshotStatus.RUNNING)
        .first()
    )
    if snapshot is None:
        return
    # An erasure replaces the key: it waits for this transaction, or this one is done again.
    held = SnapshotKey.objects.select_for_update(no_key=True).get(project=snapshot.project)
    with scratch_folder("snapshot") as folder:
        frozen = freeze(
            snapshot.project,
            folder,
            seed=snapshot.seed,
            policy=snapshot.policy,
            shares=snapshot.splits,
            key=bytes(held.key),
        )
        files = {}
        for path in sorted(folder.iterdir()):
            blob = blob_put(path)
            files[path.name] = {"sha256": blob.sha256, "size": blob.size}
    _finish(snapshot, frozen, files)


def _finish(snapshot: Snapshot, frozen: Frozen, files: Mapping[str, Any]) -> None:
    Snapshot.objects.filter(pk=snapshot.pk).update(
        status=SnapshotStatus.READY,
        digest=frozen.digest,
        files=files,
        statistics=frozen.statistics,
        findings=frozen.findings,
        frozen_at=Now(),
    )
    Copies.objects.create(snapshot=snapshot)
    transaction.on_commit(lambda: copies_enqueue(snapshot_id=snapshot.pk))


def _checked_seed(seed: int | None) -> int:
    if seed is None:
        return DEFAULT_SEED
    if not 0 <= seed <= SEED_MAX:
        raise ValidationError({"seed": f"A seed is a whole number from 0 to {SEED_MAX}."})
    return seed


def _checked_policy(project: Project, policy: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(policy) - {*DEFAULT_POLICY, "trust"})
    if unknown:
        raise ValidationError({"policy": f"Unknown: {', '.join(unknown)}."})
    merged = {**DEFAULT_POLICY, **policy}
    if not isinstance(merged["resolve"], str) or merged["resolve"] not in POLICIES:
        raise ValidationError({"policy": f"resolve is one of {', '.join(POLICIES)}."})
    if not isinstance(merged["soft"], bool):
        raise ValidationError({"policy": "soft is true or false."})
    _check_run(project, merged["first_stage_run"])
    trust = merged.pop("trust", None)
    if trust and merged["resolve"] != "most_trusted":
        raise ValidationError({"policy": "trust is only for the policy most_trusted."})
    return {**merged, "trust": _checked_trust(project, trust)} if trust else merged


def _check_run(project: Project, run: object) -> None:
    if run is not None and not isinstance(run, str):
        raise ValidationError({"policy": "first_stage_run is the name of a run, or null."})
    if run is not None and "\x00" in run:
        raise ValidationError({"policy": "first_stage_run holds a NUL character."})
    if run is not None and not Run.objects.filter(project=project, name=run).exists():
        raise ValidationError({"policy": f"There is no run {run!r} in this project."})


def _checked_trust(project: Project, trust: object) -> list[str]:
    """Return the user names of a list of trust, which are of members or of who judged here."""
    names = trust if isinstance(trust, list) else []
    if not names or not all(isinstance(name, str) and "\x00" not in name for name in names):
        raise ValidationError({"policy": "trust is a list of user names."})
    if len(set(names)) < len(names) or len(names) > TRUST_MAX:
        raise ValidationError({"policy": f"trust names each judge once, at most {TRUST_MAX}."})
    judged = Judgment.objects.filter(project=project, person=OuterRef("pk"))
    ours = User.objects.filter(Q(memberships__project=project) | Exists(judged))
    known = set(ours.filter(username__in=names).values_list("username", flat=True))
    strangers = [name for name in names if name not in known]
    if strangers:
        raise ValidationError({"policy": f"{strangers[0]!r} has not judged in this project."})
    return names


def _checked_splits(splits: Mapping[str, float]) -> dict[str, float]:
    unknown = sorted(set(splits) - set(SPLITS))
    if unknown:
        raise ValidationError({"splits": f"Unknown: {', '.join(unknown)}."})
    try:
        shares = {name: float(splits.get(name, 0)) for name in SPLITS}
    except (TypeError, ValueError, OverflowError) as error:
        raise ValidationError({"splits": "Shares are numbers from 0 to 1."}) from error
    if not all(map(math.isfinite, shares.values())):
        raise ValidationError({"splits": "Shares are numbers from 0 to 1."})
    total = sum(shares.values())
    if min(shares.values()) < 0:
        raise ValidationError({"splits": "Shares are numbers from 0 to 1."})
    if abs(total - 1) > 1e-6:
        raise ValidationError({"splits": f"Shares must add up to 1; these add up to {total:g}."})
    if shares["train"] == shares["test"] == 0:
        raise ValidationError({"splits": "train or test needs a share."})
    return shares


def snapshots_requeue() -> None:
    """Publish unfinished snapshots again: their doorbell, or their worker, may have been lost."""
    for pk in Snapshot.objects.filter(status__in=UNFINISHED).values_list("pk", flat=True):
        snapshot_enqueue(snapshot_id=pk)
