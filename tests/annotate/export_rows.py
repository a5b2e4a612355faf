"""What the round-trip tests of exports compare: a project's rows without what no copy can have."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from accounts.models import Project
from annotate.exporting import FORMATS, export_blocks
from tests.annotate.import_files import take

# A judgment of a copy is another judgment, of a source, on the first wording that its project has.
_OWN = ("kind", "action", "annotator", "source", "skip_reason", "judgment_id", "passage_revision")
_COUNTS = ("people", "imported", "adjudicated")
_LABELS = ("counted", "adjudication", "imported")


def exported(project: Project, format_name: str, what: str | None = None) -> bytes:
    return b"".join(export_blocks(project, format_name=format_name, what=what))


def carried(project: Project, what: str) -> list[dict[str, Any]]:
    """Every row with a label, and its author by the name that an import gives them."""
    found = []
    for row in map(json.loads, exported(project, "jsonl", what).splitlines()):
        if what == "judgments":
            if row["label"] is None or row["kind"] not in _LABELS:
                continue
            role = "adjudication" if row["kind"] == "adjudication" else "person"
            row["author"] = row["source"] or f"{row['annotator']} ({role})"
        found.append({key: row[key] for key in row if key not in (*_OWN, *_COUNTS)})
    return sorted(found, key=json.dumps)


def members_of(archive: bytes) -> dict[str, list[Any]]:
    """A BEIR data set by its files, each in an order of its own."""
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        assert packed.testzip() is None
        texts = {name: packed.read(name).decode() for name in packed.namelist()}
    found: dict[str, list[Any]] = {}
    for name, text in texts.items():
        lines = text.split("\n")[:-1]
        rows = map(json.loads, lines) if name.endswith(".jsonl") else lines
        found[name] = sorted(rows, key=json.dumps)
    return found


def sides_of(triplets: bytes) -> set[tuple[Any, ...]]:
    """Each query's passages with their side and place, however they are spread over lines."""
    found = set()
    for row in map(json.loads, triplets.splitlines()):
        query = (row["query_id"], row["query"])
        found.add((*query, 1, row["positive_text"], row["positive_doc_id"]))
        sides = zip(row["negative_texts"], row["negative_doc_ids"], strict=True)
        found |= {(*query, 0, text, doc_id) for text, doc_id in sides}
    return found


def copy_into(
    project: Project, origin: Project, folder: Path, format_name: str, what: str | None = None
) -> None:
    """Import into a project what another one exports."""
    path = folder / f"{origin.slug}-{what}.{FORMATS[format_name].suffix}"
    path.write_bytes(exported(origin, format_name, what))
    take(project, path, source_name="copied")
