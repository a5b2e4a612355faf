"""Judgments and qrels as files that the import reads again, streamed in blocks.

`judgments` are the current judgments of people and sources; `qrels` the grade of each pair as a
majority resolves it (adjudicated before human before imported); `preferences`, which no import
reads, those of people between two candidates. PostgreSQL formats the rows, so
that memory is flat; docs/formats.md says what each format carries.
"""

from annotate.exporting.files import FORMATS, WHATS, Format, export_blocks, export_name

__all__ = ["FORMATS", "WHATS", "Format", "export_blocks", "export_name"]
