"""Views are saved under a name, replaced under the same one, and deleted."""

from collections.abc import Mapping
from typing import Final

from django.core.exceptions import PermissionDenied, ValidationError

from accounts.access import Right, role_allows
from accounts.models import Member
from annotate.models import Listed, SavedView

_MOST: Final = 200  # per person and list: a slip of a script, not a wish


def view_save(
    *,
    member: Member,
    listed: Listed,
    name: str,
    parameters: Mapping[str, str],
    shared: bool = False,
) -> SavedView:
    """Save a list's parameters under a name, in place of the member's earlier view of that name.

    Raises PermissionDenied where somebody without the right to review shares it, and
    ValidationError for a name that is empty or too long, and where there are too many.
    """
    if shared and not role_allows(member.role, Right.REVIEW):
        raise PermissionDenied("Only those who may review share views with the project.")
    mine = SavedView.objects.filter(project=member.project, maker=member.user, listed=listed)
    view = mine.filter(name=name).first()
    if view is None and mine.count() >= _MOST:
        raise ValidationError({"name": [f"You have {_MOST} views of this list already."]})
    view = view or SavedView(project=member.project, maker=member.user, listed=listed, name=name)
    view.parameters, view.shared = dict(parameters), shared
    view.full_clean()
    view.save()
    return view


def view_delete(*, member: Member, view: SavedView) -> None:
    """Delete one's own view, or a shared one of the project that one manages.

    Raises PermissionDenied for anybody else.
    """
    if view.maker_id != member.user_id and not role_allows(member.role, Right.MANAGE):
        raise PermissionDenied("Only its maker, owners and managers delete a view.")
    view.delete()
