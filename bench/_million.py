"""A project with a million candidates, made in about a minute, for benches and their small tests.

Django has to be set up (`bench._database.own_database`). Texts are written by COPY, pairs and
judgments by one statement each; triggers that count and check row by row are off meanwhile, and
what they would have counted is set.
"""

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:  # models can be imported once Django is set up
    from accounts.models import Project, User

CHARACTERS = 500
_COPY_ROWS = 20_000
_SILENT = ("annotate_judgment", "annotate_candidate")


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is. Candidates are spread evenly over queries and passages; each candidate
    has `judgments // candidates` judgments, the first ones one more. `relevant` is the share of
    judgments with the grade 1; the others have the grade 0.
    """

    queries: int = 20_000
    passages: int = 200_000
    candidates: int = 1_000_000
    judgments: int = 1_000_000
    relevant: float = 0.1

    def scaled(self, candidates: int) -> "Size":
        """The same shape with another number of candidates."""
        share = candidates / self.candidates
        return Size(
            queries=max(1, int(self.queries * share)),
            passages=max(1, int(self.passages * share)),
            candidates=candidates,
            judgments=int(self.judgments * share),
            relevant=self.relevant,
        )


MILLION = Size()


def million_make(
    project: "Project", size: Size = MILLION, *, people: Sequence["User"] = (), run: str = ""
) -> float:
    """Fill an empty project; return the seconds that took.

    Judgments are those of `people` in turn, who have to be members, and of the imported source
    `labels` where there are none of them. More judgments than candidates need an overlap and as
    many people. With `run`, every candidate has a rank and a score in a run of that name.
    """
    from django.db import connection, transaction

    start = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        _texts(cursor, project.pk, size)
        for table in _SILENT:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        _pairs(cursor, project, size)
        if run:
            _ranks(cursor, project, run)
        _judgments(cursor, project, size, people)
        for table in _SILENT:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    with connection.cursor() as cursor:  # index-only scans need it, as autovacuum would do it
        cursor.execute("VACUUM (ANALYZE)")
    return time.perf_counter() - start


def words_make() -> list[str]:
    """Five thousand words of seven letters, the same each time."""
    letters = np.random.default_rng(7).integers(97, 123, size=(5_000, 7), dtype=np.uint8)
    return [bytes(word).decode() for word in letters]


def passages_make(count: int, *, start: int = 0) -> Iterator[str]:
    """Distinct passages of 500 characters."""
    words = words_make()
    for first in range(start, start + count, _COPY_ROWS):
        rows = min(_COPY_ROWS, start + count - first)
        chosen = np.random.default_rng(first).integers(len(words), size=(rows, 62))
        for number, row in enumerate(chosen.tolist(), start=first):
            yield f"{' '.join([words[at] for at in row])} {number:07d}"[-CHARACTERS:]


def _texts(cursor: Any, project: int, size: Size) -> None:
    words = words_make()
    with cursor.copy(
        "COPY annotate_query (project_id, external_id, text, digest, metadata) FROM STDIN"
    ) as copy:
        for number in range(size.queries):
            text = f"how does {words[number % 5000]} work with number {number}"
            copy.write_row((project, f"q{number}", text, _digest(text), "{}"))
    with cursor.copy("COPY annotate_text (project_id, digest, text) FROM STDIN") as copy:
        for text in passages_make(size.passages):
            copy.write_row((project, _digest(text), text))
    cursor.execute(
        """
        INSERT INTO annotate_passage (project_id, external_id, title, text_id, metadata)
        SELECT project_id, 'p' || row_number() OVER (ORDER BY id) - 1, '', id, '{}'
        FROM annotate_text WHERE project_id = %s ORDER BY id
        """,
        [project],
    )


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _pairs(cursor: Any, project: "Project", size: Size) -> None:
    """Candidates query by query, as a file would bring them; their passages lie far apart."""
    wanted = size.judgments // size.candidates < project.overlap
    cursor.execute(
        """
        INSERT INTO annotate_candidate
            (project_id, query_id, passage_id, position, metadata, wanted)
        SELECT %(project)s, q.first + n * %(queries)s / %(candidates)s,
               p.first + n * 7919 %% %(passages)s, hashtextextended(n::text, 7), '{}', %(wanted)s
        FROM generate_series(0::bigint, %(candidates)s - 1) n,
             (SELECT min(id) AS first FROM annotate_query WHERE project_id = %(project)s) q,
             (SELECT min(id) AS first FROM annotate_passage WHERE project_id = %(project)s) p
        """,
        {
            "project": project.pk,
            "queries": size.queries,
            "passages": size.passages,
            "candidates": size.candidates,
            "wanted": wanted,
        },
    )


def _ranks(cursor: Any, project: "Project", name: str) -> None:
    from annotate.models import Run

    cursor.execute(
        """
        INSERT INTO annotate_proposal (run_id, candidate_id, rank, score)
        SELECT %s, id, row_number() OVER w, 100 - row_number() OVER w
        FROM annotate_candidate WHERE project_id = %s
        WINDOW w AS (PARTITION BY query_id ORDER BY id)
        """,
        [Run.objects.create(project=project, name=name).pk, project.pk],
    )


def _judgments(cursor: Any, project: "Project", size: Size, people: Sequence["User"]) -> None:
    """Judgment number k is on candidate k modulo their number, in the slot after the last."""
    from annotate.models import Source

    source = None if people else Source.objects.create(project=project, name="labels").pk
    grades = dict(project.grades.values_list("value", "pk"))
    cursor.execute(
        """
        INSERT INTO annotate_judgment (id, project_id, candidate_id, person_id, source_id, kind,
            action, grade_id, slot, seconds, evidence, created_at)
        SELECT gen_random_uuid(), %(project)s, c.first + k %% %(candidates)s,
               (%(people)s::bigint[])[1 + (k + k / %(candidates)s) %% %(n)s], %(source)s, %(kind)s,
               'grade', CASE WHEN abs(hashint8(k)::bigint) %% 1000 < %(relevant)s THEN %(one)s
                             ELSE %(zero)s END,
               CASE WHEN %(source)s::bigint IS NULL THEN 1 + k / %(candidates)s END,
               CASE WHEN %(source)s::bigint IS NULL THEN 1 + k %% 17 END,
               '[]', now() - (%(judgments)s - k) * interval '1 second'
        FROM generate_series(0::bigint, %(judgments)s - 1) k,
             (SELECT min(id) AS first FROM annotate_candidate WHERE project_id = %(project)s) c
        """,
        {
            "project": project.pk,
            "candidates": size.candidates,
            "judgments": size.judgments,
            "people": [person.pk for person in people],
            "n": max(1, len(people)),
            "source": source,
            "kind": "counted" if people else "imported",
            "relevant": int(size.relevant * 1000),
            "one": grades[1],
            "zero": grades[0],
        },
    )
