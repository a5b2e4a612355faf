"""What is judged, by whom, and what came of it. One import place for the room's models."""

from annotate.models.agreement import AgreementReport
from annotate.models.candidates import Candidate, Proposal, Run, ranked
from annotate.models.disputes import Dispute
from annotate.models.imports import Import, ImportStatus, OnConflict
from annotate.models.judgments import Action, Judgment, Kind, Lease, Source
from annotate.models.snapshots import Snapshot, SnapshotStatus
from annotate.models.texts import Passage, PassageRevision, PassageWords, Query, QueryRevision, Text
from annotate.models.views import Listed, SavedView

__all__ = [
    "Action",
    "AgreementReport",
    "Candidate",
    "Dispute",
    "Import",
    "ImportStatus",
    "Judgment",
    "Kind",
    "Lease",
    "Listed",
    "OnConflict",
    "Passage",
    "PassageRevision",
    "PassageWords",
    "Proposal",
    "Query",
    "QueryRevision",
    "Run",
    "SavedView",
    "Snapshot",
    "SnapshotStatus",
    "Source",
    "Text",
    "ranked",
]
