"""Writes of the accounts room: users, tokens, projects, grades, members, the owner link."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import RestrictedError
from django.db.models.functions import Now
from django.http import Http404
from django.utils import timezone

from accounts.access import Right, role_allows
from accounts.models import Grade, Member, OwnerLink, Project, Role, Scope, Token, User
from accounts.models import secret_digest as digest_of

MARK: Final = "arb_"  # how a leaked secret is recognised
DEFAULT_GRADES: Final[Sequence[Mapping[str, Any]]] = (
    {"value": 0, "name": "Not relevant"},
    {"value": 1, "name": "Relevant"},
)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token with its secret, which is shown once and not stored."""

    token: Token
    secret: str


def user_create(
    *, username: str, password: str | None = None, email: str = "", superuser: bool = False
) -> User:
    """Create a user; without a password they log in by nothing but tokens.

    Raises ValidationError where the name is taken, reserved or malformed.
    """
    user = User(username=username, email=email, is_staff=superuser, is_superuser=superuser)
    user.set_password(password)
    user.full_clean(exclude=["password"])
    with _name_taken_is_invalid("username"), transaction.atomic():
        user.save()
    return user


def token_create(
    *,
    user: User,
    name: str,
    scope: str = Scope.READ,
    expires_in: timedelta | None = None,
    default_model: str = "",
) -> IssuedToken:
    """Issue a token; `default_model` is what rerank requests mean that name no model.

    Raises ValidationError for an unknown scope, an empty name, or what can be no model's name.
    """
    secret = MARK + secrets.token_urlsafe(32)
    token = Token(
        user=user,
        name=name,
        scope=scope,
        default_model=default_model,
        digest=digest_of(secret),
        prefix=secret[:10],
    )
    token.full_clean(validate_unique=False)
    token.save()
    if expires_in is not None:
        Token.objects.filter(pk=token.pk).update(expires_at=Now() + expires_in)
        token.refresh_from_db()
    return IssuedToken(token, secret)


def token_revoke(*, token: Token) -> None:
    """End a token at once; the row stays as a record."""
    Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=Now())


@transaction.atomic
def project_create(
    *,
    slug: str,
    name: str,
    owner: User | None,
    grades: Sequence[Mapping[str, Any]] = DEFAULT_GRADES,
    **fields: Any,
) -> Project:
    """Create a project with its label scheme; `owner` becomes its first member.

    Raises ValidationError per field: a taken or reserved slug, a malformed label scheme.
    """
    project = Project(slug=slug, name=name, created_by=owner, **fields)
    project.full_clean(exclude=["created_by"])
    with _name_taken_is_invalid("slug"), transaction.atomic():
        project.save()
    scheme_set(project=project, grades=grades)
    if owner is not None:
        Member.objects.create(project=project, user=owner, role=Role.OWNER)
    return project


@transaction.atomic
def project_update(
    *, project: Project, grades: Sequence[Mapping[str, Any]] | None = None, **fields: Any
) -> Project:
    """Change the given settings of a project, and its label scheme where `grades` are given.

    The rest stays as it is stored, which `project` shows afterwards, however old it was.

    `closed` ends its judging: nothing more is leased, and what is leased may still be answered.

    Raises ValidationError per field.
    """
    _project_lock(project)
    project.refresh_from_db()
    if "closed" in fields:
        closed = fields.pop("closed")
        fields["closed_at"] = (project.closed_at or timezone.now()) if closed else None
    for name, value in fields.items():
        setattr(project, name, value)
    project.full_clean(exclude=["created_by"])
    project.save(update_fields=[*fields])
    if grades is not None:
        scheme_set(project=project, grades=grades)
    return project


@transaction.atomic
def project_delete(*, project: Project) -> None:
    """Delete a project with everything in it; its models' files stay in the store until they are
    collected.

    Versions and logs refuse to be deleted alone; this transaction says that it means all of it, and
    the database looks at its end.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_project_leave(%s)", [project.pk])
    project.delete()


@transaction.atomic
def scheme_set(*, project: Project, grades: Sequence[Mapping[str, Any]]) -> list[Grade]:
    """Make `grades` the project's label scheme; a grade that judgments use cannot be left out.

    A grade is `{value, name}` with optional `description, gain, target, relevant`. Defaults: gain
    = value (trec_eval's linear gain), target = value / highest value, relevant = value > 0.
    """
    rows = _grade_rows(project, grades)
    _project_lock(project)
    kept = [row.value for row in rows]
    try:
        project.grades.exclude(value__in=kept).delete()
    except RestrictedError as error:
        used = project.grades.exclude(value__in=kept).filter(judgments__isnull=False).distinct()
        names = ", ".join(map(str, used))
        raise ValidationError(
            {"label_scheme": f"Judgments use {names}: a grade that is used cannot be removed."}
        ) from error
    Grade.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["project", "value"],
        update_fields=["name", "description", "gain", "target", "relevant"],
    )
    project.scheme = list(project.grades.order_by("value"))
    return project.scheme


def _grade_rows(project: Project, grades: Sequence[Mapping[str, Any]]) -> list[Grade]:
    if len(grades) < 2:
        raise ValidationError({"label_scheme": "A label scheme needs at least two grades."})
    values = [grade.get("value") for grade in grades]
    if not all(isinstance(value, int) and 0 <= value <= 9 for value in values):
        raise ValidationError({"label_scheme": "Grade values are whole numbers from 0 to 9."})
    if len(set(values)) < len(values):
        raise ValidationError({"label_scheme": "Each grade value may occur once."})
    top = max(int(value) for value in values if value is not None) or 1
    rows = [
        Grade(
            project=project,
            value=grade["value"],
            name=grade.get("name") or str(grade["value"]),
            description=grade.get("description", ""),
            gain=float(grade.get("gain", grade["value"])),
            target=float(grade.get("target", grade["value"] / top)),
            relevant=bool(grade.get("relevant", grade["value"] > 0)),
        )
        for grade in grades
    ]
    for row in rows:
        row.clean_fields(exclude=["project"])
    if len({row.relevant for row in rows}) < 2:
        raise ValidationError(
            {"label_scheme": "At least one grade must count as relevant and one as not relevant."}
        )
    return rows


@transaction.atomic
def member_set(*, project: Project, user: User, role: str, by: Member | None = None) -> Member:
    """Add a member or change their role; `by` is the member who asks, None the set-up.

    Raises ValidationError if no owner would remain, and PermissionDenied where a member who is no
    owner makes, changes or removes one.
    """
    if role not in Role.values:
        raise ValidationError({"role": f"Choose one of {', '.join(Role.values)}."})
    _project_lock(project)
    _require_right_over_owners(project, user, role, by)
    member, _ = Member.objects.update_or_create(project=project, user=user, defaults={"role": role})
    _require_owner(project)
    return member


@transaction.atomic
def member_remove(*, project: Project, user: User, by: Member | None = None) -> None:
    """Remove a member; their judgments stay. Raises as `member_set` does."""
    _project_lock(project)
    _require_right_over_owners(project, user, "", by)
    Member.objects.filter(project=project, user=user).delete()
    _require_owner(project)


def owner_link_create() -> str | None:
    """Return the secret of a fresh one-time owner link, or None once one has been used.

    An unused link is replaced: only the newest secret opens the installation.
    """
    with transaction.atomic():
        if OwnerLink.objects.select_for_update().filter(used_at__isnull=False).exists():
            return None
        OwnerLink.objects.filter(used_at=None).delete()
        secret = secrets.token_urlsafe(32)
        OwnerLink.objects.create(digest=digest_of(secret))
    return secret


@transaction.atomic
def owner_link_use(*, secret: str, username: str, password: str) -> User:
    """Make the visitor of the owner link the owner of the installation and its projects.

    Raises OwnerLink.DoesNotExist where the secret is unknown or was used.
    """
    link = OwnerLink.objects.select_for_update().get(digest=digest_of(secret), used_at=None)
    user = user_create(username=username, password=password, superuser=True)
    for project in Project.objects.filter(members=None):
        Member.objects.create(project=project, user=user, role=Role.OWNER)
    OwnerLink.objects.filter(pk=link.pk).update(used_at=Now(), used_by=user)
    return user


def _project_lock(project: Project) -> None:
    """Let one edit of a project's settings, scheme or members at a time go on.

    The lock does not hold up the rows that only refer to the project, such as judgments.
    """
    if not Project.objects.select_for_update(no_key=True).filter(pk=project.pk).first():
        raise Http404("There is no such project.")


def _require_right_over_owners(project: Project, user: User, role: str, by: Member | None) -> None:
    if by is None or role_allows(by.role, Right.OWN):
        return
    if role == Role.OWNER or project.members.filter(user=user, role=Role.OWNER).exists():
        raise PermissionDenied("Only an owner makes, changes or removes owners.")


def _require_owner(project: Project) -> None:
    if not project.members.filter(role=Role.OWNER).exists():
        raise ValidationError({"role": "A project needs at least one owner."})


@contextmanager
def _name_taken_is_invalid(field: str) -> Iterator[None]:
    """Turn the namespace's unique violation into a ValidationError on `field`."""
    try:
        yield
    except IntegrityError as error:
        raise ValidationError({field: "This name is taken."}) from error
