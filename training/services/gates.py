"""Gates of aliases: made, changed, taken away; and held when an alias is to move."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models.functions import Now

from accounts.models import Project, User
from annotate.models import Snapshot, SnapshotStatus
from models_app.models import Reranker, Version
from models_app.promoting import Check
from models_app.services.rerankers import alias_name_check
from training.models import APPROVALS_MOST, Gate
from training.selectors.gates import checks_of

FLOORS_MOST = 50


def gate_set(
    *,
    project: Project,
    alias: str,
    changed_by: User,
    snapshot: Snapshot | None = None,
    gain: float | None = None,
    floors: Sequence[dict[str, Any]] = (),
    no_leakage: bool = False,
    score_contract: bool = False,
    approvals: int = 0,
) -> Gate:
    """Make the gate of an alias, or change it whole; all of it that is not given asks for nothing.

    `floors` are `{"slice": name, "least": nDCG@10}`. Raises ValidationError per field.
    """
    errors = {
        **alias_name_check(alias),
        **_snapshot_wrong(project, snapshot),
        **_numbers_wrong(gain, floors, approvals),
    }
    if errors:
        raise ValidationError(dict(errors))
    gate, _ = Gate.objects.update_or_create(
        project=project,
        alias=alias,
        defaults={
            "snapshot": snapshot,
            "gain": gain,
            "floors": [{"slice": each["slice"], "least": each["least"]} for each in floors],
            "no_leakage": no_leakage,
            "score_contract": score_contract,
            "approvals": approvals,
            "changed_by": changed_by,
            "changed_at": Now(),
        },
    )
    gate.refresh_from_db()
    return gate


def gate_remove(*, project: Project, alias: str) -> bool:
    """Take an alias's gate away; say whether there was one."""
    gone, _ = Gate.objects.filter(project=project, alias=alias).delete()
    return bool(gone)


def gate_hold(
    *, reranker: Reranker, name: str, version: Version, before: Version | None, **_: Any
) -> list[Check]:
    """Say what an alias's gate finds of a version that it is to name; hears `alias_moving`."""
    rows = Gate.objects.filter(project=reranker.project_id, alias=name)
    gate = rows.select_related("project", "snapshot").first()
    return list(checks_of(gate, version, before)) if gate else []


def _snapshot_wrong(project: Project, snapshot: Snapshot | None) -> dict[str, str]:
    if snapshot is None:
        return {}
    ready = snapshot.project_id == project.pk and snapshot.status == SnapshotStatus.READY
    return {} if ready else {"snapshot": "Choose a snapshot of this project that is ready."}


def _numbers_wrong(
    gain: float | None, floors: Sequence[dict[str, Any]], approvals: int
) -> dict[str, str]:
    errors: dict[str, str] = {}
    if gain is not None and not -1 <= gain <= 1:
        errors["gain"] = "nDCG@10 is between 0 and 1: a gain is from -1 to 1."
    if not 0 <= approvals <= APPROVALS_MOST:
        errors["approvals"] = f"From 0 to {APPROVALS_MOST}."
    if len(floors) > FLOORS_MOST:
        errors["floors"] = f"At most {FLOORS_MOST} floors."
    elif any(not each["slice"].strip() or not 0 <= each["least"] <= 1 for each in floors):
        errors["floors"] = "A floor names a slice, and an nDCG@10 from 0 to 1."
    return errors
