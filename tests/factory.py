"""Plain functions that make what a test needs, through the same services as the product."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models.functions import Now

from accounts.models import Member, Project, Role, User
from accounts.services import member_set, project_create, token_create, user_create
from annotate.models import (
    Action,
    Candidate,
    Judgment,
    Kind,
    Passage,
    Proposal,
    Query,
    Run,
    Snapshot,
    SnapshotStatus,
    Source,
    Text,
)
from annotate.models.snapshots import FILES
from annotate.models.texts import text_digest

PASSWORD = "correct horse battery"
GRADES_0_3 = tuple(
    {"value": value, "name": name}
    for value, name in enumerate(("Off topic", "Related", "In part", "Exact"))
)


@dataclass(frozen=True)
class Cast:
    """The people of every test: each role once, and an outsider who must see nothing."""

    project: Project
    owner: User
    manager: User
    reviewer: User
    annotator: User
    viewer: User
    outsider: User


def make_user(name: str) -> User:
    return user_create(username=name, password=PASSWORD)


def make_cast(slug: str = "library", **fields: Any) -> Cast:
    """Create a project with a member of each role, and an outsider with a project of their own."""
    owner = make_user(f"{slug}-owner")
    project = project_create(slug=slug, name=slug.title(), owner=owner, **fields)
    members = {}
    for role in (Role.MANAGER, Role.REVIEWER, Role.ANNOTATOR, Role.VIEWER):
        members[role.value] = make_user(f"{slug}-{role.value}")
        member_set(project=project, user=members[role.value], role=role)
    outsider = make_user(f"{slug}-outsider")
    project_create(slug=f"{slug}-elsewhere", name="Elsewhere", owner=outsider)
    return Cast(project=project, owner=owner, outsider=outsider, **members)


def make_annotator(project: Project, name: str) -> User:
    user = make_user(name)
    Member.objects.create(project=project, user=user, role=Role.ANNOTATOR)
    return user


def bearer(user: User, scope: str = "write") -> dict[str, Any]:
    """Return the header arguments for Django's test client that carry a fresh token."""
    secret = token_create(user=user, name="test", scope=scope).secret
    return {"HTTP_AUTHORIZATION": f"Bearer {secret}"}


def make_query(project: Project, text: str, external_id: str | None = None) -> Query:
    return Query.objects.create(
        project=project, external_id=external_id, text=text, digest=text_digest(text)
    )


def make_passage(
    project: Project, text: str, external_id: str | None = None, title: str = ""
) -> Passage:
    stored, _ = Text.objects.get_or_create(
        project=project, digest=text_digest(text), defaults={"text": text}
    )
    return Passage.objects.create(
        project=project, external_id=external_id, title=title, text=stored
    )


def make_candidate(query: Query, passage: Passage, position: int = 0) -> Candidate:
    return Candidate.objects.create(
        project=query.project, query=query, passage=passage, position=position
    )


def make_proposal(
    candidate: Candidate, run: str, rank: int, score: float | None = None
) -> Proposal:
    row, _ = Run.objects.get_or_create(project=candidate.project, name=run)
    return Proposal.objects.create(run=row, candidate=candidate, rank=rank, score=score)


def make_queue(project: Project, queries: int = 2, passages: int = 3) -> list[Candidate]:
    """Create `queries` x `passages` candidates in queue order."""
    rows: list[Candidate] = []
    for q in range(queries):
        query = make_query(project, f"How do I do thing {q}?", f"q{q}")
        for p in range(passages):
            passage = make_passage(project, f"Passage {p} about thing {q}.", f"q{q}p{p}")
            rows.append(make_candidate(query, passage, position=len(rows)))
    return rows


def make_judgment(candidate: Candidate, person: User, grade: int, slot: int = 1) -> Judgment:
    return Judgment.objects.create(
        id=uuid.uuid4(),
        project=candidate.project,
        candidate=candidate,
        person=person,
        kind=Kind.COUNTED,
        action=Action.GRADE,
        grade=candidate.project.grades.get(value=grade),
        slot=slot,
    )


def make_label(candidate: Candidate, grade: int, source: str = "labels") -> Judgment:
    row, _ = Source.objects.get_or_create(project=candidate.project, name=source)
    return Judgment.objects.create(
        id=uuid.uuid4(),
        project=candidate.project,
        candidate=candidate,
        source=row,
        kind=Kind.IMPORTED,
        action=Action.GRADE,
        grade=candidate.project.grades.get(value=grade),
    )


def make_ready(snapshot: Snapshot) -> Snapshot:
    """Count a queued snapshot as ready: all that jobs ask for; its files are nowhere stored."""
    rows = Snapshot.objects.filter(pk=snapshot.pk)
    rows.update(status=SnapshotStatus.RUNNING)
    files = {name: {"sha256": "0" * 64, "size": 0} for name in FILES}
    rows.update(status=SnapshotStatus.READY, digest="5e" * 32, files=files, frozen_at=Now())
    snapshot.refresh_from_db()
    return snapshot
