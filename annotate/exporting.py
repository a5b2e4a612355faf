"""Judgments and qrels as files that the import reads again, written in blocks.

`judgments` are the current judgments of people and sources, one a row; `qrels` the grade of each
pair as a majority resolves it (adjudicated before human before imported). JSON Lines carry the
pair's metadata apart from what is added here. CSV cells that a spreadsheet would run as a formula
get an apostrophe in front, which the import takes off.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from django.core.exceptions import ValidationError

from accounts.models import Project
from annotate.formats.exported import COLUMNS, METADATA, neutralised
from annotate.models.texts import digest_name
from annotate.resolution import Label, Qrel, Step, resolve
from annotate.selectors.exports import JudgmentRow, ids_with_blanks, judgment_rows

FORMATS: Final[Mapping[str, str]] = {
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "qrels": "text/plain; charset=utf-8",
}
WHATS: Final = tuple(COLUMNS)
_BLOCK: Final = 1 << 16

Record = dict[str, Any]


def export_blocks(
    project: Project, *, format_name: str = "jsonl", what: str | None = None
) -> Iterator[bytes]:
    """Return a file of the project in blocks of about 64 KiB.

    `what` is one of WHATS: qrels where the format is, else judgments, unless given. Raises
    ValidationError per field before the first block.
    """
    what = what or ("qrels" if format_name == "qrels" else "judgments")
    if format_name not in FORMATS:
        raise ValidationError({"format": f"Choose one of {', '.join(FORMATS)}."})
    if what not in WHATS:
        raise ValidationError({"what": f"Choose one of {', '.join(WHATS)}."})
    if format_name == "qrels":
        named = ids_with_blanks(project)
        if named:
            message = f"TREC's columns cannot hold ids with blanks, such as “{named[0]}”."
            raise ValidationError({"format": f"{message} Choose jsonl or csv."})
        return _blocks(_trec_lines(project, what))
    if format_name == "csv":
        return _blocks(_csv_lines(_records(project, what), COLUMNS[what]))
    return _blocks(_jsonl_lines(_records(project, what)))


def file_name(project: Project, format_name: str, what: str | None) -> str:
    """Return the name under which a browser saves the file."""
    if format_name == "qrels":
        return f"{project.slug}.qrels"
    return f"{project.slug}-{what or 'judgments'}.{format_name}"


def _blocks(lines: Iterable[str]) -> Iterator[bytes]:
    held, size = [], 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= _BLOCK:
            yield "".join(held).encode()
            held, size = [], 0
    if held:
        yield "".join(held).encode()


def _jsonl_lines(records: Iterable[tuple[Record, Record]]) -> Iterator[str]:
    for record, metadata in records:
        yield json.dumps({**record, METADATA: metadata}, ensure_ascii=False) + "\n"


def _csv_lines(records: Iterable[tuple[Record, Record]], columns: tuple[str, ...]) -> Iterator[str]:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    for record, _ in records:
        writer.writerow([_cell(record[column]) for column in columns])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()  # the header of a project without judgments


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return neutralised(value)
    return json.dumps(value) if isinstance(value, bool | list) else value


def _trec_lines(project: Project, what: str) -> Iterator[str]:
    """TREC qrels; for judgments the iteration names who judged."""
    for rows, qrel in _pairs(project):
        first = rows[0]
        query = first.query_id or digest_name(first.query_digest)
        passage = first.passage_id or digest_name(first.passage_digest)
        if what == "judgments":
            for row in rows:
                if row.label is not None:
                    author = "_".join((row.annotator or row.source or "").split())
                    yield f"{query} {author} {passage} {row.label}\n"
        elif qrel is not None:
            yield f"{query} 0 {passage} {qrel.grade:g}\n"


def _records(project: Project, what: str) -> Iterator[tuple[Record, Record]]:
    """Yield each record with the metadata of its pair."""
    if what == "judgments":
        for row in judgment_rows(project):
            yield _texts(row) | _judgment(row), json.loads(row.metadata)
        return
    for rows, qrel in _pairs(project):
        if qrel is not None:
            yield _texts(rows[0]) | _resolved(qrel), json.loads(rows[0].metadata)


def _texts(row: JudgmentRow) -> Record:
    return {
        "query_id": row.query_id,
        "query": row.query,
        "passage_id": row.passage_id,
        "title": row.title,
        "passage": row.passage,
    }


def _judgment(row: JudgmentRow) -> Record:
    return {
        "label": row.label,
        "kind": row.kind,
        "action": row.action,
        "annotator": row.annotator,
        "source": row.source,
        "seconds": row.seconds,
        "comment": row.comment,
        "flagged": row.flagged,
        "skip_reason": row.skip_reason,
        "evidence": json.loads(row.evidence),
        "passage_revision": row.passage_revision,
        "judgment_id": str(row.id),
        "judged_at": row.created_at.isoformat(),
    }


def _resolved(qrel: Qrel) -> Record:
    grade = int(qrel.grade) if qrel.grade.is_integer() else qrel.grade
    return {
        "label": grade,
        "gain": qrel.gain,
        "target": qrel.target,
        "people": qrel.people,
        "imported": qrel.imported,
        "adjudicated": qrel.adjudicated,
    }


def _pairs(project: Project) -> Iterator[tuple[list[JudgmentRow], Qrel | None]]:
    """Yield the judgments of each pair with what they resolve to."""
    steps = {
        grade.pk: Step(grade.value, grade.gain, grade.target, grade.relevant)
        for grade in project.grades.all()
    }
    for _, found in groupby(judgment_rows(project), key=attrgetter("candidate_id")):
        rows = list(found)
        labels = [Label(row.kind, steps[row.grade_id]) for row in rows if row.grade_id is not None]
        yield rows, resolve(labels, "majority")
