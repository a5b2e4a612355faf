"""Texts out of what versions quote, where an erasure takes them; weights and files stay."""

from collections.abc import Collection, Iterable
from typing import Any, Final

from models_app.models import Version

ERASED: Final = "(erased)"


def facts_redact(*, versions: Iterable[Version], texts: Collection[str]) -> int:
    """Replace what quotes a text in the samples of these versions' facts; return how many had one.

    Only within a transaction that erases: the database refuses it otherwise. The card's file, a
    part of the commit, stays as it is; `card_quotes` says whether it shows the samples.
    """
    redacted = 0
    for version in versions:
        facts = dict(version.facts)
        dataset = facts.get("dataset")
        if dataset and "samples" in dataset:
            facts["dataset"] = {**dataset, "samples": _without(dataset["samples"], texts)}
        if "usage" in facts:
            facts["usage"] = _without(facts["usage"], texts)
        if facts != version.facts:
            Version.objects.filter(pk=version.pk).update(facts=facts)
            redacted += 1
    return redacted


def card_quotes(version: Version) -> bool:
    """Say whether the card, whose file never changes, quotes a text that was erased."""
    facts = version.facts
    quoted = [(facts.get("dataset") or {}).get("samples"), facts.get("usage")]
    return bool(facts.get("samples_allowed")) and _holds(quoted)


def _without(value: Any, texts: Collection[str]) -> Any:
    """Return rows of cells with those replaced that hold a text."""
    if isinstance(value, str):
        return ERASED if any(text in value for text in texts) else value
    return [_without(each, texts) for each in value] if isinstance(value, list) else value


def _holds(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_holds, value))
    return bool(value == ERASED)
