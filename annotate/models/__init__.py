"""What is judged, by whom, and what came of it. One import place for the room's models."""

from annotate.models.candidates import Candidate, Proposal, Run
from annotate.models.corpus import (
    Change,
    Deed,
    ErasedRecords,
    Erasure,
    ErasureStatus,
    SnapshotKey,
    Thing,
    Tombstone,
)
from annotate.models.imports import Import, ImportStatus, OnConflict
from annotate.models.judgments import Action, Judgment, Kind, Lease, Source
from annotate.models.snapshots import Snapshot, SnapshotStatus
from annotate.models.texts import Passage, PassageRevision, Query, QueryRevision, Text

__all__ = [
    "Action",
    "Candidate",
    "Change",
    "Deed",
    "ErasedRecords",
    "Erasure",
    "ErasureStatus",
    "Import",
    "ImportStatus",
    "Judgment",
    "Kind",
    "Lease",
    "OnConflict",
    "Passage",
    "PassageRevision",
    "Proposal",
    "Query",
    "QueryRevision",
    "Run",
    "Snapshot",
    "SnapshotKey",
    "SnapshotStatus",
    "Source",
    "Text",
    "Thing",
    "Tombstone",
]
