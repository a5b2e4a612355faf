"""What is judged, by whom, and what came of it. One import place for the room's models."""

from annotate.models.agreement import AgreementReport
from annotate.models.bulk import Bulk, BulkDeed, BulkStatus
from annotate.models.candidates import Candidate, Proposal, Run, ranked
from annotate.models.copies import Copies, CopiesStatus
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
from annotate.models.disputes import Dispute, Doubter, Referral
from annotate.models.imports import Import, ImportStatus, OnConflict
from annotate.models.judgments import Action, Judgment, Kind, Lease, Purpose, Source, Voice
from annotate.models.pairs import (
    Pair,
    PairLease,
    PairQueue,
    PairScheme,
    Preference,
    PreferenceAction,
)
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
from annotate.models.slices import QuerySlice
from annotate.models.snapshots import Snapshot, SnapshotStatus
from annotate.models.texts import Passage, PassageRevision, PassageWords, Query, QueryRevision, Text
from annotate.models.views import Listed, SavedView

__all__ = [
    "Action",
    "AgreementReport",
    "Bulk",
    "BulkDeed",
    "BulkStatus",
    "Candidate",
    "Change",
    "Copies",
    "CopiesStatus",
    "Deed",
    "Dispute",
    "Doubter",
    "ErasedRecords",
    "Erasure",
    "ErasureStatus",
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
    "Listed",
    "OnConflict",
    "Ordering",
    "Pair",
    "PairLease",
    "PairQueue",
    "PairScheme",
    "Passage",
    "PassageRevision",
    "PassageWords",
    "Preference",
    "PreferenceAction",
    "Proposal",
    "Purpose",
    "Query",
    "QueryRevision",
    "QuerySlice",
    "Queue",
    "Referral",
    "Run",
    "SavedView",
    "Snapshot",
    "SnapshotKey",
    "SnapshotStatus",
    "Source",
    "Strategy",
    "Text",
    "Thing",
    "Tombstone",
    "Turn",
    "Voice",
    "ranked",
]
