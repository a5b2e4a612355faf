"""Texts out of what versions quote, where an erasure takes them; weights and files stay."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

from models_app.models import Version

ERASED: Final = "(erased)"


def facts_redact(
    *, versions: Iterable[Version], texts: Collection[str], quotes: Callable[[str], bool]
) -> int:
    """Replace what quotes a text in these versions' facts; return how many had a quote.

    Only within a transaction that erases: the database refuses it otherwise. The card's file, a
    part of the commit, stays as it is; `card_quotes` says whether it shows the samples.
    """
    redacted = 0
    for version in versions:
        facts = facts_without(version.facts, texts=texts, quotes=quotes)
        if facts != version.facts:
            Version.objects.filter(pk=version.pk).update(facts=facts)
            redacted += 1
    return redacted


def facts_without(
    facts: Mapping[str, Any], *, texts: Collection[str], quotes: Callable[[str], bool]
) -> dict[str, Any]:
    """Return facts of a version or of an evaluation, with what quotes a text replaced.

    Samples quote by holding one of `texts`; of what slices are called and ask for, `quotes` says
    whether it does.
    """
    found = dict(facts)
    dataset = found.get("dataset")
    if dataset and "samples" in dataset:
        found["dataset"] = {**dataset, "samples": _without(dataset["samples"], texts)}
    if "usage" in found:
        found["usage"] = _without(found["usage"], texts)
    if found.get("slices"):
        found["slices"] = [_sliced(each, quotes) for each in found["slices"]]
    return found


def card_quotes(version: Version) -> bool:
    """Say whether the card, whose file never changes, quotes a text that was erased."""
    facts = version.facts
    quoted = [(facts.get("dataset") or {}).get("samples"), facts.get("usage")]
    quoted += [[made["name"] for made in kind["slices"]] for kind in facts.get("slices") or []]
    return bool(facts.get("samples_allowed")) and _holds(quoted)


def _without(value: Any, texts: Collection[str]) -> Any:
    """Return rows of cells with those replaced that hold a text."""
    if isinstance(value, str):
        return ERASED if any(text in value for text in texts) else value
    return [_without(each, texts) for each in value] if isinstance(value, list) else value


def _sliced(table: Mapping[str, Any], quotes: Callable[[str], bool]) -> Mapping[str, Any]:
    """Return a kind of slices with the names and conditions of those replaced that quote.

    The figures stay: they are means. A kind that is built in has no conditions.
    """
    slices = [
        {**each, "name": ERASED, "said": ERASED, "conditions": {}}
        if "conditions" in each and any(map(quotes, _said(each)))
        else each
        for each in table["slices"]
    ]
    return {**table, "slices": slices}


def _said(made: Mapping[str, Any]) -> list[str]:
    asked = made["conditions"]
    named = [part for pair in asked.get("metadata", {}).items() for part in pair]
    return [made["name"], *asked.get("words", []), *named]


def _holds(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_holds, value))
    return bool(value == ERASED)
