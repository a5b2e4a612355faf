"""What a model of this registry has seen: queries that it learned from and is now measured on."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from accounts.blobs import blob_open
from accounts.models import Project, User
from annotate.frozen.splitting import clusters_of
from annotate.frozen.twins import twin_pairs
from annotate.models import Snapshot as SnapshotRow
from models_app.models import Version
from training.ml.data import Pair, Snapshot

LEARNED: Final = ("train", "dev")
Queries = Mapping[str, str]
"""Query id -> its text."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """How many of this snapshot's dev and test queries a model was trained on.

    `test_in_dev` counts test queries that it was not trained on, and by which its checkpoint,
    thresholds and calibration were chosen. `unread` names the versions in its line of which
    that cannot be told: what they were trained on is not here any more, or not the asker's to see.
    """

    dev: int
    test: int
    dev_queries: int
    test_queries: int
    unread: tuple[str, ...] = ()
    test_in_dev: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return {**asdict(self), "unread": list(self.unread)}

    def lines(self, champion: str = "", teacher: str = "") -> Iterator[str]:
        """Say it of the base, or of the `champion` or `teacher` named, where there is something."""
        who = champion or teacher or "The base model"
        whose = "its figures" if champion else "figures of both it and the new model"
        if teacher:
            whose = "what it teaches may hold them, and the new model's figures"
        if self.dev or self.test:
            yield (
                f"{who} was trained on {self.test} of the {self.test_queries} test queries and"
                f" {self.dev} of the {self.dev_queries} dev queries: {whose} are too good there."
            )
        if self.test_in_dev:
            yield (
                f"{who} was chosen and calibrated by {self.test_in_dev} of the {self.test_queries}"
                " test queries."
            )
        for name in self.unread:
            yield f"Which queries {name} was trained on cannot be told."


def exposure_of(
    version: Version, snapshot: Snapshot, project: Project, asker: User | None = None
) -> Exposure:
    """Compare what a version, and what made it, learned from with dev and test.

    Queries are the same if they are near-identical, as splits keep them together, or, within
    `project`, if their ids are: a query may have been worded anew. What versions of other projects
    were trained on stays unread unless `asker` is a member there; None is nobody, or who has left.
    """
    seen, unread = queries_seen(version, project, asker)
    dev, test = (_texts(snapshot.splits[name]) for name in ("dev", "test"))
    learned, chosen = (known(seen[name], {**dev, **test}) for name in LEARNED)
    return Exposure(
        dev=len(learned & dev.keys()),
        test=len(learned & test.keys()),
        dev_queries=len(dev),
        test_queries=len(test),
        unread=tuple(unread),
        test_in_dev=len((chosen - learned) & test.keys()),
    )


def queries_seen(
    version: Version, project: Project, asker: User | None
) -> tuple[dict[str, set[tuple[str, str]]], list[str]]:
    """Return the train and dev queries of a version's line, and the versions that stay unread.

    A query is an id, empty where it is another project's, and a text.
    """
    seen: dict[str, set[tuple[str, str]]] = {name: set() for name in LEARNED}
    unread = []
    for each in _line(version):
        found = _learned(each, project, asker)
        if found is None:
            unread.append(str(each))
            continue
        own = each.reranker.project_id == project.pk
        for name, queries in found.items():
            seen[name] |= {(key if own else "", text) for key, text in queries.items()}
    return seen, unread


def known(seen: Iterable[tuple[str, str]], asked: Queries) -> set[str]:
    """Return the ids of those queries that are among the seen ones, or near-identical to one."""
    seen = list(seen)
    found = {key for key, _ in seen if key} & asked.keys()
    texts = {f"seen {row}": text for row, (_, text) in enumerate(seen)}
    texts |= {f"asked {key}": text for key, text in asked.items()}
    for group in clusters_of(texts, twin_pairs(texts)):
        if any(name.startswith("seen ") for name in group):
            found |= {name.removeprefix("asked ") for name in group if name.startswith("asked ")}
    return found


def _line(version: Version) -> Iterator[Version]:
    """Yield a version, the versions that it was trained from and taught by, and so on."""
    waiting, met = [version], {version.pk}
    while waiting:
        version = waiting.pop(0)
        yield version
        named = (version.lineage.get(kind) or {} for kind in ("base_model", "teacher"))
        revisions = [each["revision"] for each in named if each.get("revision")]
        older = Version.objects.select_related("reranker__project").filter(pk__lt=version.pk)
        found = older.filter(revision__in=revisions).exclude(pk__in=met)
        waiting += found
        met |= {each.pk for each in found}


def _learned(
    version: Version, project: Project, asker: User | None
) -> dict[str, dict[str, str]] | None:
    """Return a version's train and dev queries; None where not all of them are here to see."""
    home = version.reranker.project
    theirs = home.pk == project.pk or (
        asker is not None and home.members.filter(user=asker).exists()
    )
    rows = SnapshotRow.objects.filter(digest=version.snapshot_digest, project=home, redacted=0)
    row = rows.first() if version.snapshot_digest and theirs else None
    if row is None or any(f"{name}.jsonl" not in row.files for name in LEARNED):
        return None
    try:
        return {name: queries_read(row.files[f"{name}.jsonl"]["sha256"]) for name in LEARNED}
    except FileNotFoundError:
        return None


def queries_read(digest: str) -> dict[str, str]:
    """Return the queries of a snapshot's file, key -> text; raises FileNotFoundError."""
    with blob_open(digest) as lines:
        records = map(json.loads, lines)  # what was erased has left a line without a query
        return {each["query_id"]: each["query"] for each in records if "query_id" in each}


def _texts(pairs: Iterable[Pair]) -> dict[str, str]:
    return {pair.query_id: pair.query for pair in pairs}
