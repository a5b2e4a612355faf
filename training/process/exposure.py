"""What a base of this registry has seen: queries that it learned from and is now measured on."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from accounts.blobs import blob_open
from accounts.models import Project
from annotate.models import Snapshot as SnapshotRow
from models_app.models import Version
from training.ml.data import Pair, Snapshot


@dataclass(frozen=True, slots=True)
class Exposure:
    """How many of this snapshot's dev and test queries the base was trained on.

    `unread` names the versions in its line of which that cannot be told, since what they were
    trained on is not here any more.
    """

    dev: int
    test: int
    dev_queries: int
    test_queries: int
    unread: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return {**asdict(self), "unread": list(self.unread)}

    def lines(self, champion: str = "", teacher: str = "") -> Iterator[str]:
        """Say it of the base, or of the `champion` or `teacher` named, where there is something."""
        if self.dev or self.test:
            whose = "its figures" if champion else "figures of both it and the new model"
            whose = (
                "what it teaches may hold them, and the new model's figures" if teacher else whose
            )
            yield (
                f"{champion or teacher or 'The base model'} was trained on {self.test} of the"
                f" {self.test_queries} test queries and {self.dev} of the {self.dev_queries} dev"
                f" queries: {whose} are too good there."
            )
        for name in self.unread:
            yield f"Which queries {name} was trained on cannot be told any more."


def exposure_of(version: Version, snapshot: Snapshot, project: Project) -> Exposure:
    """Compare the train queries of a version, and of what made it, with dev and test.

    Queries are the same if their texts are, but for case and white space, or, within `project`,
    their ids: a query may have been worded anew.
    """
    seen: set[str] = set()
    unread = []
    for each in _line(version):
        keys = _trained_on(each, project)
        if keys is None:
            unread.append(str(each))
        else:
            seen |= keys
    dev, test = (_queries(snapshot.splits[name]) for name in ("dev", "test"))
    return Exposure(
        dev=sum(bool(keys & seen) for keys in dev),
        test=sum(bool(keys & seen) for keys in test),
        dev_queries=len(dev),
        test_queries=len(test),
        unread=tuple(unread),
    )


def _line(version: Version) -> Iterator[Version]:
    """Yield a version, the versions that it was trained from and taught by, and so on."""
    waiting, known = [version], {version.pk}
    while waiting:
        version = waiting.pop(0)
        yield version
        named = (version.lineage.get(kind) or {} for kind in ("base_model", "teacher"))
        revisions = [each["revision"] for each in named if each.get("revision")]
        older = Version.objects.select_related("reranker__project").filter(pk__lt=version.pk)
        found = older.filter(revision__in=revisions).exclude(pk__in=known)
        waiting += found
        known |= {each.pk for each in found}


def _trained_on(version: Version, project: Project) -> set[str] | None:
    """Return the keys of a version's train queries; None where not all of them are here."""
    row = SnapshotRow.objects.filter(digest=version.snapshot_digest).order_by("pk").first()
    if not version.snapshot_digest or row is None or "train.jsonl" not in row.files or row.redacted:
        return None
    own = SnapshotRow.objects.filter(digest=version.snapshot_digest, project=project).exists()
    try:
        with blob_open(row.files["train.jsonl"]["sha256"]) as lines:
            rows = (json.loads(line) for line in lines)
            return set().union(*(_keys(each["query"], each["query_id"], own) for each in rows))
    except FileNotFoundError:
        return None


def _queries(pairs: Iterable[Pair]) -> list[set[str]]:
    texts = {pair.query_id: pair.query for pair in pairs}
    return [_keys(text, query_id, own=True) for query_id, text in texts.items()]


def _keys(text: str, query_id: str, own: bool) -> set[str]:
    found = {f"text {' '.join(text.casefold().split())}"}
    return found | {f"id {query_id}"} if own else found
