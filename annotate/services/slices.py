"""Slices are made, changed and removed; jobs take them as they are when they start."""

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Project, User
from annotate.frozen.slicing import Conditions
from annotate.models import QuerySlice

SLICES_MAX = 40  # to a project: of more, some look bad by chance, and nobody reads them
WORDS_MAX = 20
IDS_MAX = 5_000
NAMED_MAX = 10  # keys of metadata
NAME_CHARACTERS = 40  # of a key and a value, as snapshots keep them


@transaction.atomic
def slice_save(
    *,
    project: Project,
    name: str,
    conditions: Conditions,
    by: User | None,
    row: QuerySlice | None = None,
) -> QuerySlice:
    """Make a slice, or give this one another name and other conditions.

    Raises ValidationError for a taken name, for a slice that asks for nothing or too much, and
    where there are too many.
    """
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if row is None and project.slices.count() >= SLICES_MAX:
        raise ValidationError({"name": [f"There are {SLICES_MAX} slices already."]})
    _check(conditions)
    row = row or QuerySlice(project=project, created_by=by)
    row.name, row.conditions = name.strip(), conditions.to_dict()
    row.full_clean(exclude=["created_by"], validate_constraints=False)
    others = project.slices.exclude(pk=row.pk)
    if others.filter(name__iexact=row.name).exists():
        raise ValidationError({"name": ["There is a slice of this name."]})
    row.save()
    return row


def slice_remove(*, row: QuerySlice) -> None:
    """Delete a slice; what versions and evaluations say of it stays."""
    row.delete()


def _check(asked: Conditions) -> None:
    if not asked.to_dict():
        raise ValidationError("Ask for something: words, a length, metadata or ids.")
    if asked.least is not None and asked.most is not None and asked.least > asked.most:
        raise ValidationError({"most": ["No query has at most fewer words than at least."]})
    for name, most in (("words", WORDS_MAX), ("metadata", NAMED_MAX), ("queries", IDS_MAX)):
        if len(getattr(asked, name)) > most:
            raise ValidationError({name: [f"{most:,} at most."]})
    if any(not word.strip() for word in (*asked.words, *asked.queries)):
        raise ValidationError("A word, or an id, is empty.")
    named = [text for pair in asked.metadata.items() for text in pair]
    if any(not 0 < len(text) <= NAME_CHARACTERS for text in named):
        message = f"Snapshots keep keys and values of 1 to {NAME_CHARACTERS} characters."
        raise ValidationError({"metadata": [message]})
