"""What may be asked of an import, checked before anything is kept."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from django.core.exceptions import ValidationError

from accounts.models import Project
from annotate.formats import AUTO, FormatError
from annotate.formats.columns import check_mapping
from annotate.formats.detect import canonical_format
from annotate.formats.exported import OF_EXPORTS
from annotate.formats.records import BadValueError
from annotate.models import OnConflict

NAME_CHARACTERS: Final = 255
SOURCE_CHARACTERS: Final = 120
_SUFFIXES: Final = {
    ".gz", ".zip", ".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt", ".parquet", ".qrels",
    ".run", ".trec", ".topics",
}  # fmt: skip


def import_fields(
    project: Project,
    *,
    name: str,
    source_name: str = "",
    format_name: str = AUTO,
    mapping: Mapping[str, Any] | None = None,
    label_names: Mapping[str, Any] | None = None,
    on_conflict: str = OnConflict.REFUSE,
) -> dict[str, Any]:
    """Return an Import's fields for what was asked. Raises ValidationError per field."""
    name = PurePosixPath(name.replace("\\", "/")).name or "file"
    source_name = " ".join((source_name.strip() or source_default(name)).split())
    if len(source_name) > SOURCE_CHARACTERS or "\0" in source_name:
        message = f"A source's name has at most {SOURCE_CHARACTERS} characters."
        raise ValidationError({"source": message})
    if source_name.endswith(OF_EXPORTS):
        message = "Names that end so are given to what people say in our own exports."
        raise ValidationError({"source": message})
    if on_conflict not in OnConflict.values:
        message = f"Choose one of {', '.join(OnConflict.values)}."
        raise ValidationError({"on_conflict": message})
    return {
        "name": name[-NAME_CHARACTERS:].replace("\0", ""),
        "source_name": source_name,
        "format": _format(format_name),
        "mapping": _mapping(mapping or {}),
        "label_names": _label_names(project, label_names or {}),
        "on_conflict": on_conflict,
    }


def source_default(name: str) -> str:
    """Return a file's name without the suffixes of formats and packing."""
    path = PurePosixPath(name)
    while path.suffix.lower() in _SUFFIXES and path.stem:
        path = path.with_suffix("")
    return path.name[:SOURCE_CHARACTERS].strip() or "import"


def _format(name: str) -> str:
    try:
        return canonical_format(name or AUTO)
    except FormatError as error:
        raise ValidationError({"format": error.message}) from error


def _mapping(mapping: Mapping[str, Any]) -> dict[str, str | None]:
    if not all(isinstance(column, str | None) for column in mapping.values()):
        message = "A mapping is {our field: the file's column, or null to leave it out}."
        raise ValidationError({"mapping": message})
    try:
        check_mapping(mapping)
    except BadValueError as error:
        raise ValidationError({"mapping": error.message}) from error
    return dict(mapping)


def _label_names(project: Project, names: Mapping[str, Any]) -> dict[str, int]:
    values = [grade.value for grade in project.scheme]
    for name, grade in names.items():
        if isinstance(grade, bool) or grade not in values:
            allowed = ", ".join(map(str, values))
            message = f"“{name}” is given {grade!r}; the grades of this project are {allowed}."
            raise ValidationError({"label_names": message})
    return {name: int(grade) for name, grade in names.items()}
