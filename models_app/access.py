"""Who may do what with a reranker: its project's members by role; of a public one, all may read."""

from dataclasses import dataclass

from django.http import Http404

from accounts.access import Caller, Right, member_for, role_allows
from accounts.models import Member, User
from models_app.models import Reranker


@dataclass(frozen=True, slots=True)
class Access:
    """A reranker as one caller may see it. `role` is None for a reader from outside the project.

    Public opens a reranker's files, figures and card. A card is a file of the version, the same for
    every reader, and has to say what the model was made from: it names the base model, even a
    private one, and snapshot and job by digest and id, which open neither. Snapshots and jobs
    themselves, reviews, the log of alias moves and the names of people stay with the members.
    """

    reranker: Reranker
    role: str | None

    @property
    def member(self) -> bool:
        return self.role is not None

    def may(self, right: Right) -> bool:
        return self.role is not None and role_allows(self.role, right)


def reranker_access(caller: Caller, team: str, name: str, right: Right = Right.VIEW) -> Access:
    """Return the reranker `team/name` with the caller's role, if they have `right`.

    Raises what `accounts.access.project_for` raises; a reranker that does not exist, one without a
    version, and a private one of others, are told apart by nothing.
    """
    named = Reranker.objects.published().filter(project__slug=team, name=name)
    found = named.select_related("project").first()
    if found is not None and found.public and right is Right.VIEW:
        role = _role(caller, found)
    else:
        role = member_for(caller, team, right).role
    if found is None:
        raise Http404("There is no such reranker.")
    found.project.opened_as = role or ""
    return Access(found, role)


def reranker_managed(caller: Caller, team: str, name: str) -> Reranker:
    """Return a reranker of which the caller may publish versions, also one that has none yet.

    Raises what `accounts.access.project_for` raises, and Http404 where there is none.
    """
    project = member_for(caller, team, Right.MANAGE).project
    found = Reranker.objects.filter(project=project, name=name).first()
    if found is None:
        raise Http404("There is no such reranker.")
    found.project = project
    return found


def _role(caller: Caller, reranker: Reranker) -> str | None:
    if not isinstance(caller, User):
        return None
    member = Member.objects.filter(project=reranker.project, user=caller).first()
    return member.role if member else None
