"""What a judge, a query or a passage has reached: the versions that learned from it.

A snapshot keeps the ids of the judgments that each of its records rests on, so that this is exact,
whatever was changed or withdrawn since.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Q

from accounts.blobs import blob_open
from accounts.models import Project, User
from annotate.models import Judgment, Preference, Snapshot
from annotate.models.snapshots import BASIS
from models_app.models import Version
from training.selectors.erasures import Touched, versions_touched

Record = tuple[str, Sequence[str], Sequence[str]]
"""Query and passages, as snapshots name them, and the ids of the judgments of these.

A record of a preference has two passages, and the ids of what was said of the two.
"""


@dataclass(frozen=True, slots=True)
class Reach:
    """What was asked for, and the versions that it reached, with those made from them.

    `unread` are snapshots whose records are not here any more, so that nobody can tell.
    """

    of: str
    versions: list[Touched]
    unread: list[Snapshot]


def reach_of(
    project: Project, *, judge: User | None, query: str = "", passage: str = ""
) -> Reach | None:
    """Return the reach of the first of these that is named; None where none is."""
    if judge is not None:
        return judge_reach(project, judge)
    if query:
        return query_reach(project, query)
    return passage_reach(project, passage) if passage else None


def judge_reach(project: Project, person: User) -> Reach:
    """Return what rests on the judgments of a person, be it next to those of others."""
    own = {
        str(key)
        for rows in (Judgment.objects, Preference.objects)
        for key in rows.filter(project=project, person=person).values_list("pk", flat=True)
    }
    return _reach(project, person.display_name, lambda record: not own.isdisjoint(record[2]))


def query_reach(project: Project, key: str) -> Reach:
    """Return what rests on judgments of a query, which may be withdrawn by now."""
    return _reach(project, f"query {key}", lambda record: record[0] == key)


def passage_reach(project: Project, key: str) -> Reach:
    """Return what rests on judgments of a passage, which may be withdrawn by now."""
    return _reach(project, f"passage {key}", lambda record: key in record[1])


def _reach(project: Project, of: str, rests: Callable[[Record], bool]) -> Reach:
    digests = Version.objects.filter(reranker__project=project).values("snapshot_digest")
    snapshots = Snapshot.objects.filter(Q(digest__in=digests), project=project).order_by("pk")
    records: dict[str, int] = {}
    unread: list[Snapshot] = []
    for snapshot in snapshots:
        digest = snapshot.digest or ""
        if digest in records:
            continue
        try:
            found = sum(map(rests, _records(snapshot)))
        except (FileNotFoundError, KeyError):
            unread.append(snapshot)
            continue
        if found:
            records[digest] = found
    return Reach(of, versions_touched(project, records) if records else [], unread)


def _records(snapshot: Snapshot) -> Iterator[Record]:
    with blob_open(snapshot.files[BASIS]["sha256"]) as lines:
        for line in lines:
            read = json.loads(line)
            if isinstance(read, list):  # what was erased has left something else in its place
                query, *passages, judgments = read
                yield query, passages, judgments
