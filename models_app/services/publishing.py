"""The publication of a version: gate, store, number, card, rows; all of it or nothing."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max

from accounts.blobs import blob_put, scratch_folder
from accounts.models import User
from models_app.gate import CARD, folder_gate
from models_app.models import Artifact, Reranker, Version
from models_app.objects import file_oid
from models_app.readme import facts_complete, readme_render
from models_app.revisions import StoredFile, revision_make
from models_app.services.rerankers import reranker_lock


def folder_store(folder: Path, *, card: bool = False) -> list[StoredFile]:
    """Store the files of a model's folder and return them, its README.md only as its own `card`.

    Raises ValidationError where the gate refuses a file, OSError where the storage cannot take it.
    """
    found = [_stored(file.path, file.source) for file in folder_gate(folder)]
    return [*found, _stored(CARD, folder / CARD)] if card else found


def version_publish(
    *,
    reranker: Reranker,
    folder: Path,
    job: UUID | None,
    base_model: str,
    snapshot_digest: str = "",
    metrics: Mapping[str, Any],
    lineage: Mapping[str, Any],
    facts: Mapping[str, Any],
    created_by: User | None,
    stored: Sequence[StoredFile] | None = None,
) -> Version:
    """Publish a model's folder as the reranker's next version and return it.

    The files are stored first, under their sha256 and flushed to disk; one transaction then locks
    the reranker, takes the next number, writes the card and adds the rows, so that a version is
    seen whole or not at all. Whatever fails before the commit leaves stored bytes that nothing
    refers to, and no version. Publishing again for the same `job` returns what it published, also
    when two do it at once. `stored` is what `folder_store` has given for the folder, for callers
    who want no long work where this is called.

    `metrics` and `lineage` are what `Version` describes, `facts` what the card is rendered from;
    all three are plain JSON. Raises ValidationError where the gate refuses a file or one of them is
    not, and OSError where the storage cannot take a file.
    """
    if (published := _published(reranker, job)) is not None:
        return published
    evidence = {"metrics": metrics, "lineage": lineage, "facts": facts}
    for name, value in evidence.items():
        _require_json(name, value)
    files = folder_store(folder) if stored is None else stored
    with transaction.atomic():
        locked = reranker_lock(reranker)
        if (published := _published(locked, job)) is not None:
            return published
        version = Version(
            reranker=locked,
            number=(locked.versions.aggregate(last=Max("number"))["last"] or 0) + 1,
            job=job,
            base_model=base_model,
            snapshot_digest=snapshot_digest,
            metrics=metrics,
            lineage=lineage,
            created_by=created_by,
            created_at=_transaction_time(),
        )
        _version_add(version, facts, files)
    return version


def _version_add(version: Version, facts: Mapping[str, Any], files: Sequence[StoredFile]) -> None:
    """Add the rows of a version, and its card and its commit id, which need its number and time.

    A card is written unless one is among the files.
    """
    version.facts = facts_complete(
        facts,
        reranker=version.reranker,
        number=version.number,
        job=version.job,
        created_at=version.created_at,
        commit=(version.lineage.get("code") or {}).get("git_commit"),
    )
    own = any(file.path == CARD for file in files)
    card = [] if own else [_card(version.facts)]
    published = sorted([*files, *card], key=lambda file: file.path)
    version.revision = revision_make(
        reranker=version.reranker,
        number=version.number,
        created_at=version.created_at,
        job=version.job,
        snapshot_digest=version.snapshot_digest,
        files=published,
    )
    version.save(force_insert=True)
    Artifact.objects.bulk_create(
        Artifact(version=version, path=file.path, sha256=file.sha256, size=file.size, oid=file.oid)
        for file in published
    )


def _published(reranker: Reranker, job: UUID | None) -> Version | None:
    """Return what a job has published, if anything."""
    if job is None:
        return None
    found = Version.objects.select_related("reranker__project").filter(job=job).first()
    if found is not None and found.reranker_id != reranker.pk:
        raise ValidationError({"job": f"This job has published {found} already."})
    return found


def _require_json(name: str, value: Mapping[str, Any]) -> None:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValidationError({name: f"This is not plain JSON: {error}."}) from error


def _stored(path: str, source: Path) -> StoredFile:
    blob = blob_put(source)
    oid = file_oid(path, source, sha256=blob.sha256, size=blob.size)
    return StoredFile(path, blob.sha256, blob.size, oid)


def _card(facts: Mapping[str, Any]) -> StoredFile:
    with scratch_folder("card") as folder:
        (folder / CARD).write_text(readme_render(facts), encoding="utf-8", newline="\n")
        return _stored(CARD, folder / CARD)


def _transaction_time() -> datetime:
    """Return the time at which this transaction began, on the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        (now,) = cursor.fetchone()
    if not isinstance(now, datetime):
        raise TypeError("the database gave no time")
    return now
