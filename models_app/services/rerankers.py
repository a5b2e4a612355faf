"""Writes: rerankers, the moves of their aliases, reviews of their versions."""

import re
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now

from accounts.models import Project, User
from accounts.problems import ConflictError
from models_app.models import (
    ALIAS_FORBIDDEN_PATTERN,
    ALIAS_PATTERN,
    Alias,
    AliasMove,
    Reranker,
    Review,
    Verdict,
    Version,
)
from models_app.promoting import gate_pass

NOWHERE: Final = 0
"""What `alias_move` expects of an alias that does not exist yet."""


def reranker_ensure(*, project: Project, name: str, created_by: User | None) -> Reranker:
    """Return the project's reranker of this name, made if need be; safe to call twice at once.

    Raises ValidationError where the name is malformed, or another's but for the case.
    """
    found = Reranker.objects.filter(project=project, name=name).first()
    if found is not None:
        return found
    fresh = Reranker(project=project, name=name, created_by=created_by)
    fresh.clean_fields(exclude=["created_by"])
    Reranker.objects.bulk_create([fresh], ignore_conflicts=True)
    found = Reranker.objects.select_related("project").get(project=project, name__iexact=name)
    if found.name != name:
        raise ValidationError({"name": f"{found.name!r} is here; choose a name that differs more."})
    return found


def reranker_update(
    *, reranker: Reranker, description: str | None = None, public: bool | None = None
) -> Reranker:
    """Change what may change of a reranker: its description and whether it is public."""
    changed = {"description": description, "public": public}
    fields = {name: value for name, value in changed.items() if value is not None}
    for name, value in fields.items():
        setattr(reranker, name, value)
    reranker.save(update_fields=[*fields])
    return reranker


def reranker_lock(reranker: Reranker) -> Reranker:
    """Return the reranker with its row locked until the transaction ends.

    Everything that gives out numbers or moves names takes this lock first. Rows that merely refer
    to the reranker can still be added by others.
    """
    locked = Reranker.objects.select_for_update(no_key=True, of=("self",))
    return locked.select_related("project").get(pk=reranker.pk)


@transaction.atomic
def alias_move(
    *,
    reranker: Reranker,
    name: str,
    version: Version,
    reason: str,
    moved_by: User | None = None,
    by_setup: bool = False,
    expected: int | None = None,
) -> Alias:
    """Point an alias at a version and log who moved it, why, from and to; rollback is a move back.

    `expected` is the number of the version that the caller believes the alias to name (NOWHERE: no
    version yet); None does not ask. A move to where the alias stands already changes and logs
    nothing. Raises ValidationError for a forbidden name, a missing reason or another reranker's
    version, ConflictError where `expected` is not what is found, GateRefusedError where the alias
    has a gate that the version does not pass, and ValueError unless exactly one of a person and the
    set-up moves it.
    """
    if (moved_by is None) is not by_setup:
        raise ValueError("an alias is moved by a person or by the set-up: give exactly one")
    _validate_move(reranker, name, version, reason)
    reranker_lock(reranker)
    alias = Alias.objects.select_related("version").filter(reranker=reranker, name=name).first()
    found = alias.version.number if alias else NOWHERE
    if expected is not None and expected != found:
        raise ConflictError(f"{name} is at {_place(found)}, not at {_place(expected)}.")
    if alias is not None and found == version.number:
        return alias
    before = alias.version if alias else None
    # The set-up names the sample's first version; whoever adds a gate meanwhile means later ones.
    checks = (
        [] if by_setup else gate_pass(reranker=reranker, name=name, version=version, before=before)
    )
    AliasMove.objects.create(
        reranker=reranker,
        name=name,
        from_version=before,
        to_version=version,
        moved_by=moved_by,
        by_setup=by_setup,
        reason=reason.strip(),
        gate=checks,
    )
    alias, _ = Alias.objects.update_or_create(
        reranker=reranker, name=name, defaults={"version": version, "moved_at": Now()}
    )
    alias.refresh_from_db()
    return alias


def review_add(*, version: Version, reviewer: User, verdict: str, comment: str = "") -> Review:
    """Add a member's verdict on a version. Raises ValidationError for an unknown verdict, and for
    one that wants changes, or says something, without words."""
    if verdict not in Verdict.values:
        raise ValidationError({"verdict": f"Choose one of {', '.join(Verdict.values)}."})
    comment = comment.strip()
    if not comment and verdict != Verdict.APPROVE:
        raise ValidationError({"comment": "Say what should change, or what you noticed."})
    return Review.objects.create(
        version=version, reviewer=reviewer, verdict=verdict, comment=comment
    )


def alias_name_check(name: str) -> dict[str, str]:
    """Return why a name can be no alias, under `alias`; nothing where it can."""
    if not re.fullmatch(ALIAS_PATTERN, name):
        return {
            "alias": "An alias is lower-case letters, digits and '-', starts with a letter and has"
            " at most 40 characters."
        }
    if re.fullmatch(ALIAS_FORBIDDEN_PATTERN, name):
        return {
            "alias": f"{name!r} cannot be an alias: 'main' and 'head', tags such as 'v3' or"
            " 'v3-int8' and names of hexadecimal digits only have a meaning of their own."
        }
    return {}


def _validate_move(reranker: Reranker, name: str, version: Version, reason: str) -> None:
    errors = alias_name_check(name)
    if version.reranker_id != reranker.pk:
        errors["version"] = f"{version} is no version of {reranker.repo_id}."
    if not reason.strip():
        errors["reason"] = "Say why: the log is read by those who come later."
    if errors:
        raise ValidationError(dict(errors))


def _place(number: int) -> str:
    return f"v{number}" if number else "no version"
