"""What is judged, by whom, and what came of it. One import place for the room's models."""

from annotate.models.candidates import Candidate, Proposal, Run
from annotate.models.imports import Import, ImportStatus, OnConflict
from annotate.models.judgments import Action, Judgment, Kind, Lease, Purpose, Source
from annotate.models.queue import (
    Gold,
    Group,
    GroupMember,
    Lane,
    LaneSeat,
    Ordering,
    Queue,
    Strategy,
    Turn,
)
from annotate.models.snapshots import Snapshot, SnapshotStatus
from annotate.models.texts import Passage, PassageRevision, Query, QueryRevision, Text

__all__ = [
    "Action",
    "Candidate",
    "Gold",
    "Group",
    "GroupMember",
    "Import",
    "ImportStatus",
    "Judgment",
    "Kind",
    "Lane",
    "LaneSeat",
    "Lease",
    "OnConflict",
    "Ordering",
    "Passage",
    "PassageRevision",
    "Proposal",
    "Purpose",
    "Query",
    "QueryRevision",
    "Queue",
    "Run",
    "Snapshot",
    "SnapshotStatus",
    "Source",
    "Strategy",
    "Text",
    "Turn",
]
