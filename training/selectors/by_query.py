"""A model against one system, query by query: who wins where, and with which passages on top.

Values and rankings are those that the job stored which trained or evaluated it. Texts and grades
come from the frozen snapshot, so that what was erased since is not there.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.http import Http404

from accounts.blobs import blob_open
from annotate.frozen.sealing import canonical_json
from models_app.figures import HEADLINE, HEADLINE_SPLIT, MODEL, system_named, system_title
from models_app.models import Version
from training.models import JobQueryScore, TrainingJob

ORDERS: Final[Mapping[str, str]] = {
    "losses": "Largest losses first",
    "gains": "Largest gains first",
}
_RIVALS: Final = ("base", "bm25", "first_stage", "champion")
MOST_SHOWN: Final = 10  # of the queries that one of two versions won or lost by the most
_TIE: Final = 1e-9
# Records are canonical JSON: a key with its colon never stands within a text.
_QUERY_ID: Final = re.compile(rb'"query_id":("(?:[^"\\]|\\.)*")')


@dataclass(frozen=True, slots=True)
class QueryRow:
    """nDCG@10 of both on one test query; `query` is its text once it was looked up."""

    query_id: str
    own: float
    other: float
    query: str = ""

    @property
    def delta(self) -> float:
        return self.own - self.other

    @property
    def idle(self) -> bool:
        """Whether neither has found anything: there may be nothing to find."""
        return self.own <= _TIE and self.other <= _TIE

    @property
    def word(self) -> str:
        """Win, tie or loss, as the version's."""
        return "tie" if abs(self.delta) <= _TIE else "win" if self.delta > 0 else "loss"


@dataclass(frozen=True, slots=True)
class Duel:
    """All test queries of a model against one system, `rivals` all that it may be set against."""

    against: str
    order: str
    rows: list[QueryRow]
    rivals: list[str]

    @property
    def named(self) -> str:
        return system_named(self.against)

    @property
    def title(self) -> str:
        return system_title(self.against)

    @property
    def choices(self) -> list[tuple[str, str]]:
        return [(name, system_title(name)) for name in self.rivals]

    @property
    def counts(self) -> dict[str, int]:
        """How many wins, ties and losses."""
        return _counts(self.rows)

    @property
    def idle(self) -> int:
        """On how many queries neither has found anything."""
        return sum(row.idle for row in self.rows)


@dataclass(frozen=True, slots=True)
class Between:
    """Two models on the same test queries: `counts` of wins, ties and losses of the second, and
    where it lost and won the most."""

    counts: Mapping[str, int]
    losses: list[QueryRow]
    wins: list[QueryRow]

    @property
    def sides(self) -> tuple[list[QueryRow], list[QueryRow]]:
        return self.losses, self.wins


@dataclass(frozen=True, slots=True)
class Placed:
    """A passage in a ranking. `grade` and texts are None where its record was erased.

    `elsewhere` is its place in the other ranking's first ten, None where it is not among them.
    """

    place: int
    passage_id: str
    score: float
    elsewhere: int | None
    title: str | None = None
    text: str | None = None
    grade: float | None = None
    relevant: bool = False


@dataclass(frozen=True, slots=True)
class Ranking:
    """The first ten of one system on one query, with its metrics there."""

    system: str
    values: Mapping[str, float]
    passages: list[Placed]

    @property
    def title(self) -> str:
        return system_title(self.system)

    @property
    def value(self) -> float:
        return float(self.values[HEADLINE])


@dataclass(frozen=True, slots=True)
class Compared:
    """One test query: its text, empty where it was erased, and both rankings side by side."""

    query_id: str
    query: str
    judged: int
    relevant: int
    rankings: list[Ranking]


def duel_of(job: TrainingJob, *, against: str = "", order: str = "") -> Duel:
    """Return the test queries of a job's model against a system, in order.

    Without a name it is the first of base, BM25, first stage and champion that was measured. Raises
    Http404 where nothing was stored per query, or the system or order is unknown.
    """
    scores = _scores(job)
    found = set(scores.values_list("system", flat=True).distinct())
    rivals = [name for name in _RIVALS if name in found]
    against, order = against or next(iter(rivals), ""), order or "losses"
    if MODEL not in found or against not in rivals or order not in ORDERS:
        raise Http404("Nothing of that kind is stored for these queries.")
    values: dict[str, dict[str, float]] = {MODEL: {}, against: {}}
    both = scores.filter(system__in=values)
    for system, query_id, held in both.values_list("system", "query_id", "values"):
        values[system][query_id] = held[HEADLINE]
    rows = [
        QueryRow(query_id, own, values[against].get(query_id, 0.0))
        for query_id, own in values[MODEL].items()
    ]
    sign = 1 if order == "losses" else -1
    rows.sort(key=lambda row: (sign * row.delta, row.query_id))
    return Duel(against, order, rows, rivals)


def between(one: TrainingJob, two: TrainingJob) -> Between | None:
    """Set the models of two jobs that measured the same snapshot against each other.

    None where nothing was stored per query.
    """
    values: list[dict[str, float]] = [
        {
            query_id: held[HEADLINE]
            for query_id, held in _scores(job)
            .filter(system=MODEL)
            .values_list("query_id", "values")
        }
        for job in (one, two)
    ]
    rows = [QueryRow(name, own, values[0].get(name, 0.0)) for name, own in values[1].items()]
    if not rows or not values[0]:
        return None
    rows.sort(key=lambda row: (row.delta, row.query_id))
    lost = [row for row in rows if row.word == "loss"][:MOST_SHOWN]
    won = [row for row in reversed(rows) if row.word == "win"][:MOST_SHOWN]
    named = {row.query_id: row for row in rows_named(two, [*lost, *won])}
    return Between(
        _counts(rows), [named[row.query_id] for row in lost], [named[row.query_id] for row in won]
    )


def _counts(rows: Collection[QueryRow]) -> dict[str, int]:
    words = [row.word for row in rows]
    return {word: words.count(word) for word in ("win", "tie", "loss")}


def rows_named(job: TrainingJob, rows: Collection[QueryRow]) -> list[QueryRow]:
    """Return rows with the texts of their queries, from the snapshot."""
    wanted = {row.query_id for row in rows}
    texts = {each["query_id"]: each["query"] for each in _records(job, wanted)}
    return [QueryRow(row.query_id, row.own, row.other, texts.get(row.query_id, "")) for row in rows]


def query_compared(job: TrainingJob, query_id: str, *, against: str) -> Compared:
    """Return both rankings of one test query. Raises Http404 for one that was not measured."""
    rows = {
        row.system: row
        for row in _scores(job).filter(query_id=query_id, system__in=[MODEL, against])
    }
    if set(rows) != {MODEL, against}:
        raise Http404("This query was not measured with both.")
    records = {each["passage_id"]: each for each in _records(job, {query_id})}
    places = {
        system: {name: place for place, (name, _) in enumerate(row.top, start=1)}
        for system, row in rows.items()
    }
    rankings = [
        Ranking(
            system,
            rows[system].values,
            [
                _placed(place, name, score, places[other].get(name), records.get(name))
                for place, (name, score) in enumerate(rows[system].top, start=1)
            ],
        )
        for system, other in ((MODEL, against), (against, MODEL))
    ]
    return Compared(
        query_id=query_id,
        query=next((each["query"] for each in records.values()), ""),
        judged=len(records),
        relevant=sum(each["relevant"] for each in records.values()),
        rankings=rankings,
    )


def _placed(
    place: int, name: str, score: float, elsewhere: int | None, record: Mapping[str, Any] | None
) -> Placed:
    if record is None:
        return Placed(place, name, score, elsewhere)
    told = {key: record[key] for key in ("title", "text", "grade", "relevant")}
    return Placed(place, name, score, elsewhere, **told)


def _scores(job: TrainingJob) -> Any:
    return JobQueryScore.objects.filter(job=job, split=HEADLINE_SPLIT)


def _records(job: TrainingJob, query_ids: Collection[str]) -> Iterator[dict[str, Any]]:
    """Yield the snapshot's records of some test queries; none where its file is gone."""
    snapshot = job.snapshot
    file = (snapshot.files or {}).get(f"{HEADLINE_SPLIT}.jsonl") if snapshot else None
    if file is None or not query_ids:
        return
    wanted = {canonical_json(each).encode() for each in query_ids}
    try:
        with blob_open(file["sha256"]) as lines:
            for line in lines:
                named = _QUERY_ID.search(line)  # a line that was taken out has none
                if named and named[1] in wanted:
                    record: dict[str, Any] = json.loads(line)
                    yield record
    except FileNotFoundError:
        return


def job_of(version: Version) -> TrainingJob:
    """Return the job that made a version. Raises Http404 where none did, or it is gone."""
    rows = TrainingJob.objects.select_related("snapshot")
    found = rows.filter(pk=version.job).first() if version.job else None
    if found is None:
        raise Http404("Nothing is stored for this version's queries.")
    return found
