"""Rows into staging tables by COPY, in blocks, so that memory stays flat."""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from django.db import transaction
from django.db.backends.utils import CursorWrapper

from annotate.formats import PairRow, PassageRow, Place, QueryRow, Row
from annotate.formats.records import BadValueError, Said
from annotate.importing.holding import Hold, Reached
from annotate.importing.keys import Identity, candidate_position, identity
from annotate.models.texts import text_digest

# Binary COPY: no quoting, and digests stay 32 bytes.
_TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "import_query": ("int8", "bytea", "text", "bytea", "text", "text"),
    "import_passage": ("int8", "bytea", "text", "bytea", "text", "text", "text"),
    "import_row": (
        "int8", "int4", "text", "bytea", "bytea", "bytea", "int8", "text", "int4", "float8",
        "int8", "text",
    ),
    "import_said": (
        "int8", "text", "int8", "uuid", "float8", "text", "bool", "text", "timestamptz",
    ),
}  # fmt: skip
_ROWS: Final = 4_000
_CHARACTERS: Final = 4_000_000
# Wordings that need not be staged again; each takes about 200 bytes.
_REMEMBERED: Final = 200_000
RUN_CHARACTERS: Final = 120
SOURCE_CHARACTERS: Final = 120

Values = tuple[Any, ...]


class Staging:
    """Takes rows in the file's order and stages them for one project.

    `n` numbers the rows from 1, going on from those that `reached` says are there. A query or
    passage is staged once for each change of its wording, in order, so that each row's wording is
    the one staged last; a reference by id alone is staged as a change to none. A digest without a
    text is a reference, too.
    """

    def __init__(
        self,
        cursor: CursorWrapper,
        hold: Hold,
        *,
        reached: Reached | None,
        slug: str,
        grade_ids: Mapping[float, int],
        default_run: str,
    ) -> None:
        self.n = reached.n if reached else 0
        self._cursor = cursor
        self._hold = hold
        self._slug = slug
        self._grade_ids = grade_ids
        self._default_run = default_run
        self._held: dict[str, list[Values]] = {name: [] for name in _TABLES}
        self._characters = 0
        self._wordings: tuple[dict[bytes, bytes], dict[bytes, bytes]] = ({}, {})

    def add(self, row: Row) -> bool:
        """Take one row; True where a block of them is full. Raises BadValueError."""
        if isinstance(row, PairRow):
            self._pair(row)
        elif isinstance(row, QueryRow):
            key, _, digest = self._query(row.query_id, row.text, row.metadata)
            self._row(row, (key, None, digest) + (None,) * 6)
        else:
            self._passage_alone(row)
        return len(self._held["import_row"]) >= _ROWS or self._characters >= _CHARACTERS

    def write(self, following: Place) -> None:
        """Write a block of rows; `following` is where the next one starts."""
        with transaction.atomic():
            self._hold.enter()
            self._copy()
            self._hold.keep(Reached(self.n, following))

    def finish(self, format_name: str) -> None:
        """Write what is left, and tell the planner how much there is."""
        with transaction.atomic():
            self._hold.enter()
            self._copy()
            for table in _TABLES:
                self._cursor.execute(f"ANALYZE {table}")
            self._hold.keep(Reached(self.n, None, format_name))

    def _pair(self, row: PairRow) -> None:
        run = row.run
        if run is None and (row.rank is not None or row.score is not None):
            run = self._default_run
        if run is not None and len(run) > RUN_CHARACTERS:
            raise BadValueError("run", f"a run's name has at most {RUN_CHARACTERS} characters")
        query, query_name, _ = self._query(row.query_id, row.query, row.query_metadata)
        passage, passage_name, _ = self._passage(
            row.passage_id, row.title, row.passage, row.passage_metadata
        )
        grade_id = None if row.label is None else self._grade_ids[row.label]
        if row.said is not None:
            self._said(row.said, grade_id)
        position = candidate_position(self._slug, query_name, passage_name)
        metadata = json.dumps(row.metadata) if row.metadata else None
        self._row(
            row,
            (query, passage, None, grade_id, run, row.rank, row.score, position, metadata),
        )

    def _said(self, said: Said, grade_id: int | None) -> None:
        """Stage a judgment of an export of ours beside its row, which is staged next."""
        if len(said.author) > SOURCE_CHARACTERS:
            message = f"a source's name has at most {SOURCE_CHARACTERS} characters"
            raise BadValueError("source", message)
        self._characters += len(said.comment)
        self._held["import_said"].append(
            (
                self.n + 1, said.author, grade_id, said.judgment_id, said.seconds, said.comment,
                said.flagged, json.dumps(said.evidence), said.judged_at,
            )
        )  # fmt: skip

    def _passage_alone(self, row: PassageRow) -> None:
        title, text = row.title, row.text
        if not text:  # BEIR has documents that are a title alone
            title, text = "", title
        key, _, wording = self._passage(row.passage_id, title, text, row.metadata)
        self._row(row, (None, key, wording) + (None,) * 6)

    def _row(self, row: Row, values: Values) -> None:
        self.n += 1
        self._held["import_row"].append((self.n, row.line, row.member, *values))

    def _query(
        self, external_id: str | None, text: str | None, metadata: Mapping[str, Any]
    ) -> tuple[bytes, str, bytes | None]:
        """Stage a query; return its key, its name, and what stands for its wording."""
        key, own_id, name, digest = _known_query(external_id, text)
        wording = None if text is None else digest
        if not self._repeated(0, key, wording):
            self._characters += len(text or "")
            extra = json.dumps(metadata) if metadata else None
            self._held["import_query"].append((self.n + 1, key, own_id, digest, text, extra))
        return key, name, wording

    def _passage(
        self, external_id: str | None, title: str, text: str | None, metadata: Mapping[str, Any]
    ) -> tuple[bytes, str, bytes | None]:
        """Stage a passage; return its key, its name, and what stands for its wording."""
        said = None if text is None else text_digest(text)
        key, own_id, name, digest = identity("passage_id", external_id, said)
        wording = said
        if title:
            wording = hashlib.sha256((said or b"") + title.encode()).digest()
        if not self._repeated(1, key, wording):
            self._characters += len(text or "") + len(title)
            extra = json.dumps(metadata) if metadata else None
            self._held["import_passage"].append(
                (self.n + 1, key, own_id, digest, title, text, extra)
            )
        return key, name, wording

    def _repeated(self, which: int, key: bytes, wording: bytes | None) -> bool:
        """Whether the last staged wording of a key is this one (None: a reference)."""
        known, said = self._wordings[which], wording or b""
        if known.get(key) == said:
            return True
        if len(known) >= _REMEMBERED:
            known.clear()
        known[key] = said
        return False

    def _copy(self) -> None:
        for table, types in _TABLES.items():
            rows = self._held[table]
            if not rows:
                continue
            with self._cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(types)
                for row in rows:
                    copy.write_row(row)
            rows.clear()
        self._characters = 0


@lru_cache(maxsize=4)  # few, since a text may have megabytes
def _known_query(external_id: str | None, text: str | None) -> Identity:
    """What a query is known by; files hold the rows of a query together."""
    return identity("query_id", external_id, None if text is None else text_digest(text))
