"""From a file to staging tables, going on where an earlier attempt stopped."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db.backends.utils import CursorWrapper

from accounts.blobs import scratch_root
from accounts.models import Project
from annotate.formats import FormatError, Place, RowError, RowStream, open_rows
from annotate.formats.records import BadValueError, Limits
from annotate.formats.sizes import check_sizes
from annotate.importing.errors import MOST, ImportRefusedError, of_file
from annotate.importing.holding import Hold, Reached
from annotate.importing.progress import Progress
from annotate.importing.staging import Staging
from annotate.models import OnConflict


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read and how; the fields are those of an Import."""

    path: Path
    name: str
    source_name: str
    format: str = "auto"
    mapping: Mapping[str, str | None] = field(default_factory=dict)
    label_names: Mapping[str, int] = field(default_factory=dict)
    on_conflict: str = OnConflict.REFUSE


def file_stage(
    cursor: CursorWrapper, project: Project, plan: Plan, import_id: int | None, progress: Progress
) -> tuple[Hold, Reached]:
    """Stage all rows of a file; in lasting tables, block by block, for an `import_id`.

    Raises ImportRefusedError with the errors of single rows or of the file, and OSError.
    """
    grade_ids: dict[float, int] = {grade.value: grade.pk for grade in project.grades.all()}
    hold = Hold(cursor, import_id, json.dumps([project.slug, sorted(grade_ids.items())]))
    reached = hold.open()
    if reached is not None:
        progress.resumed()
        if reached.next is None:
            return hold, reached
    try:
        with open_rows(
            plan.path,
            name=plan.name,
            format_name=plan.format,
            mapping=plan.mapping,
            grades=list(grade_ids),
            label_names=plan.label_names,
            limits=Limits(total_bytes=settings.IMPORT_MAX_BYTES, scratch=scratch_root()),
            start=reached.next if reached else None,
        ) as rows:
            staging = Staging(
                cursor,
                hold,
                reached=reached,
                slug=project.slug,
                grade_ids=grade_ids,
                default_run=plan.source_name,
            )
            _read(rows, staging, progress)
    except FormatError as error:
        raise ImportRefusedError([of_file(error)]) from error
    staging.finish(rows.format)
    progress.read_whole(staging.n)
    return hold, Reached(staging.n, None, rows.format)


def _read(rows: RowStream, staging: Staging, progress: Progress) -> None:
    """Stage rows until the first error; from there on only look for more errors.

    Raises ImportRefusedError with those.
    """
    errors: list[RowError] = []
    own, line, full = 0, 0, False
    try:
        for item in rows:
            if isinstance(item, RowError):
                errors.append(item)
                continue
            try:
                check_sizes(item)
                if errors:
                    continue
                # A line may give several rows: a block ends with the last of them.
                if full and item.line != line:
                    staging.write(Place(item.member, item.line))
                    progress.read(staging.n, rows.share())
                line = item.line
                full = staging.add(item)
            except BadValueError as error:
                own += 1
                if own <= MOST:
                    errors.append(RowError(item.line, error.field, error.message, item.member))
    except FormatError as error:
        # What the rows before the break have wrong comes first.
        raise ImportRefusedError([*errors, of_file(error)], rows.errors + own + 1) from error
    if errors:
        raise ImportRefusedError(errors, rows.errors + own)
