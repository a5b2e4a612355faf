"""How far a project's judging is; counted when it is asked for, or not long before."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, Q

from accounts.access import Right, role_allows
from accounts.models import Project, Role
from annotate.keeping import kept
from annotate.models import Candidate, Judgment, Kind
from annotate.models.judgments import JudgmentQuerySet
from annotate.selectors.checks import checks_among, held_at, hour_begun
from annotate.selectors.tally import tally_of

_ACTIVE: Final = {"withdrawn_at": None, "query__withdrawn_at": None, "passage__withdrawn_at": None}


@dataclass(frozen=True, slots=True)
class Progress:
    """Figures of a project, over candidates that are not withdrawn.

    `judged` counts candidates with a counted judgment (out of `candidates`); `judgments` counted
    ones that the overlap asks for (out of `wanted` = candidates x overlap), `remaining` the rest.
    `skipped` counts candidates that somebody has skipped (out of `candidates`).
    `labelled` counts candidates with an imported label (out of `candidates`), `imported` those
    labels. `people` have judged (out of `judges`, the members who may). Judgments and skips are
    those that held at `counted_at`.
    """

    candidates: int
    judged: int
    judgments: int
    wanted: int
    remaining: int
    skipped: int
    people: int
    judges: int
    imported: int
    labelled: int
    counted_at: datetime

    @property
    def denominators(self) -> dict[str, int]:
        """Return what each figure is out of."""
        return {
            "judged": self.candidates,
            "judgments": self.wanted,
            "remaining": self.wanted,
            "skipped": self.candidates,
            "people": self.judges,
            "labelled": self.candidates,
        }

    @property
    def percent(self) -> float | None:
        """Judgments in percent of those wanted; None where none are wanted."""
        return 100 * self.judgments / self.wanted if self.wanted else None


def project_progress(project: Project, *, still: datetime | None = None) -> Progress:
    """Count a project's progress; by the judgments of now, or of `still`.

    What takes longer than a second is kept for a while: `counted_at` says since when.
    """
    tally, moment = tally_of(project, still=still)
    roles = project.members.values_list("role", flat=True)
    wanted = tally.candidates * project.overlap
    return Progress(
        candidates=tally.candidates,
        judged=tally.judged,
        judgments=tally.judgments,
        wanted=wanted,
        remaining=wanted - tally.met,
        skipped=tally.skipped,
        people=tally.people,
        judges=max(sum(role_allows(role, Right.JUDGE) for role in roles), tally.people),
        imported=tally.imported,
        labelled=tally.labelled,
        counted_at=moment,
    )


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many candidates, not withdrawn, a project has; of them judged by people, and labelled."""

    candidates: int = 0
    judged: int = 0
    labelled: int = 0


def coverage_of(projects: Collection[Project]) -> dict[int, Coverage]:
    """Return the coverage of each project that has candidates, by key.

    Two queries, and at most two more for what stands still for the roles that projects are opened
    as (`annotate.selectors.checks`). What takes longer than a second is kept for a while.
    """
    keys = {project.pk for project in projects}
    low = [row.pk for row in projects if not role_allows(row.opened_as or Role.OWNER, Right.REVIEW)]
    still = checks_among(low) if low else set()
    hour = hour_begun()
    if len(projects) == 1:  # its own page counts more in one pass
        [project] = projects
        tally, _ = tally_of(project, still=hour if still else None)
        own = Coverage(tally.candidates, tally.judged, tally.labelled)
        return {project.pk: own} if own.candidates else {}
    named = f"{sorted(keys)} {sorted(still)} {hour if still else ''}"
    name = f"coverage-{hashlib.sha256(named.encode()).hexdigest()}"
    return kept(name, lambda: _coverage(keys, still, hour))[0]


def _coverage(keys: set[int], still: set[int], hour: datetime) -> dict[int, Coverage]:
    rows = Candidate.objects.filter(project__in=keys, **_ACTIVE).order_by()
    found = _judged(Judgment.objects.filter(current=True), keys - still)
    if still:
        found |= _judged(held_at(Judgment.objects.all(), hour), still)
    counts = rows.values_list("project").annotate(n=Count("pk"))
    return {project: Coverage(n, *found.get(project, (0, 0))) for project, n in counts}


def _judged(rows: JudgmentQuerySet, projects: set[int]) -> dict[int, tuple[int, int]]:
    """Count candidates that people judged, and that imports labelled, by project."""
    active = {f"candidate__{name}": None for name in _ACTIVE}
    graded = (
        rows.grades()
        .filter(project__in=projects, **active)
        .order_by()
        .values_list("project")
        .annotate(
            judged=Count("candidate", distinct=True, filter=Q(kind=Kind.COUNTED)),
            labelled=Count("candidate", distinct=True, filter=Q(kind=Kind.IMPORTED)),
        )
    )
    return {project: (judged, labelled) for project, judged, labelled in graded}
