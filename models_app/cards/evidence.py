"""How far the figures of a card can be trusted, said in words."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.utils.text import get_text_list

from models_app.cards.markup import number
from models_app.figures import HEADLINE, row_word, system_named
from models_app.verdict import warnings_of

FEW_POSITIVES: Final = 20
FEW_QUERIES: Final = 20
USEFUL: Final = 0.05  # a difference in the headline that few teams would leave lying
_OWN_QUERIES: Final = (
    "Compare scores of this version with each other only; look at its metrics on your own "
    "queries before you rely on them."
)
_RIVALS: Final = ("first_stage", "bm25", "base", "champion")
# What a figure has to beat: the reference with its metric, and how the two are called.
_CHANCE: Final[Mapping[str, tuple[str, str, str]]] = {
    HEADLINE: ("random_order", HEADLINE, "a random order"),
    "accuracy": ("one_answer", "accuracy", "one answer for all pairs"),
    "accuracy_at_dev_threshold": ("one_answer", "accuracy", "one answer for all pairs"),
    "f1": ("one_answer", "F1", "calling every pair relevant"),
    "f1_at_dev_threshold": ("one_answer", "F1", "calling every pair relevant"),
    "average_precision": ("one_answer", "average precision", "a random order"),
}


def weaknesses(facts: Mapping[str, Any]) -> list[str]:
    """Return sentences on what weakens the evidence; plain text, to be escaped.

    Those that a verdict says as well are said in its very words.
    """
    return [
        *_of_base(facts),
        *warnings_of(facts),
        *_of_exposure(facts),
        *_of_champion(facts),
        *_of_splits(facts),
        *_of_labels(facts),
        *_of_likely(facts),
        *_of_comparison(facts),
        *_of_chance(facts),
        *_of_calibration(facts),
        *(str(finding["message"]) for finding in facts.get("findings") or []),
    ]


def advice(facts: Mapping[str, Any]) -> list[str]:
    """Return sentences on what would make the next version's evidence better; plain text."""
    found = [_OWN_QUERIES]
    if worse := [system_named(name) for name in _RIVALS if _word(facts, name) == "worse"]:
        found.insert(
            0,
            f"Do not use this version in place of {get_text_list(worse, 'or')}: on test it ranks "
            "measurably worse.",
        )
    thin = [s for s in _splits(facts) if s["positives"] < FEW_POSITIVES and s["split"] != "train"]
    if thin:
        names = " and ".join(split["split"] for split in thin)
        found.append(
            f"Judge more queries: with at least {FEW_POSITIVES} relevant passages "
            f"{'each ' if len(thin) > 1 else ''}in {names}, a single label moves figures less."
        )
    if wanted := _queries_wanted(facts):
        found.append(wanted)
    if (facts.get("base") or {}).get("fell_back"):
        found.append("Train again where the base model that was asked for can be fetched.")
    if not facts.get("labels"):
        found.append("Record where the labels come from before others build on this model.")
    return found


def _queries_wanted(facts: Mapping[str, Any]) -> str:
    """Say how many test queries would show a difference that matters; empty where these do."""
    verdict = facts.get("verdict") or {}
    missed = [
        each["detectable"]
        for each in verdict.get("against") or []
        if each["word"] == "undecided" and (each["detectable"] or 0.0) > USEFUL
    ]
    if not missed:
        return ""
    # What can be told shrinks with the root of the number of queries.
    many = verdict["queries"] * (max(missed) / USEFUL) ** 2
    return (
        f"About {_rounded(many):,} test queries like these, instead of {verdict['queries']:,}, "
        f"would show a difference in {HEADLINE} of {USEFUL} four times in five."
    )


def _rounded(value: float) -> int:
    """Two digits: an estimate has no more."""
    return int(float(f"{value:.1e}"))


def _of_base(facts: Mapping[str, Any]) -> Iterator[str]:
    base = facts.get("base") or {}
    if base.get("fell_back"):
        yield (
            f"It was trained from {base['loaded']}: its figures say nothing about what training "
            f"from {base['requested']} would give."
        )
    if (facts.get("methods") or {}).get("base") == "cosines" and "base" in _rivals(facts):
        yield (
            "The base model has no output layer: what is called the untouched base is the order of "
            "its vectors, by their cosines."
        )


def _of_exposure(facts: Mapping[str, Any]) -> Iterator[str]:
    """Say what the base and the teacher knew of dev; what they knew of test is a warning above."""
    own, teacher = facts.get("exposure") or {}, facts.get("teacher") or {}
    if seen := own.get("dev"):
        yield (
            f"The base model was trained on {seen} of the {own['dev_queries']} dev queries: figures"
            " of both it and this version are too good there."
        )
    taught = teacher.get("exposure") or {}
    if seen := taught.get("dev"):
        yield (
            f"The teacher {teacher['version']} was trained on {seen} of the {taught['dev_queries']}"
            " dev queries: what it knew of them may have reached this version, whose figures are"
            " then too good there."
        )


def _of_champion(facts: Mapping[str, Any]) -> Iterator[str]:
    champion = facts.get("champion") or {}
    if missing := champion.get("missing"):
        yield f"The champion {champion['version']} was not measured beside this version: {missing}"


def _of_splits(facts: Mapping[str, Any]) -> Iterator[str]:
    for split in _splits(facts):
        name, positives, queries = split["split"], split["positives"], split["queries"]
        few = []
        if name != "train" and queries < FEW_QUERIES:
            few.append(f"{queries} quer{'y' if queries == 1 else 'ies'}")
        if positives < FEW_POSITIVES:
            few.append(f"{positives} relevant pair{'' if positives == 1 else 's'}")
        if few:
            yield (
                f"Weak evidence: the {name} split has only {' and '.join(few)}; "
                "one label more or less moves its figures."
            )
    for split in _evaluated(facts):
        for note in split["notes"]:
            yield f"{split['split']}: {note}."


def _of_labels(facts: Mapping[str, Any]) -> Iterator[str]:
    labels = facts.get("labels")
    if not labels:
        yield "Where the labels come from was not recorded."
        return
    kinds = {source["kind"] for source in labels.get("sources") or []}
    if kinds and "person" not in kinds:
        yield "No label was given by a person in this registry; all of them were imported or made."
    if not labels.get("agreement"):
        yield "Agreement between judges was not measured: nobody knows how repeatable a label is."


def _of_likely(facts: Mapping[str, Any]) -> Iterator[str]:
    if found := (facts.get("likely") or {}).get("found"):
        many = found > 1
        yield (
            f"{found:,} passage{'s' if many else ''} that nobody judged look{'' if many else 's'} "
            "relevant to this version, for queries of the training split: labels may be missing."
        )


def _of_comparison(facts: Mapping[str, Any]) -> Iterator[str]:
    for split in _evaluated(facts):
        if split["split"] != "test":
            continue
        systems = {row["system"] for row in split["rows"]}
        if "first_stage" not in systems:
            yield "No first-stage order is known, so the gain over it could not be measured."
        yield from (_compared(row) for row in _headline_rows(facts) if not _is_better(row))


def _headline_rows(facts: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for split in _evaluated(facts):
        for row in split["differences"] if split["split"] == "test" else ():
            if row["system"] == "model" and row["metric"] == HEADLINE:
                yield row


def _rivals(facts: Mapping[str, Any]) -> set[str]:
    return {row["against"] for row in _headline_rows(facts)}


def _word(facts: Mapping[str, Any], rival: str) -> str:
    rows = (row for row in _headline_rows(facts) if row["against"] == rival)
    return next((row_word(row) for row in rows), "undecided")


def _is_better(row: Mapping[str, Any]) -> bool:
    return row_word(row) == "better"


def _compared(row: Mapping[str, Any]) -> str:
    title = system_named(row["against"])
    if row_word(row) == "worse":
        return f"On test, this version's {HEADLINE} is below that of {title}."
    p = row.get("p_holm")
    why = "its interval holds 0" if p is None else f"p = {p:.2f} among all comparisons"
    return f"On test, {HEADLINE} is not shown to differ from that of {title}: {why}."


def _of_chance(facts: Mapping[str, Any]) -> Iterator[str]:
    """Figures that an answer without any model reaches, beside the headline on test."""
    for split in _evaluated(facts):
        found = {(row["system"], row["metric"]): row["value"] for row in split["rows"]}
        for metric, (reference, named, what) in _CHANCE.items():
            own, chance = found.get(("model", metric)), found.get((reference, metric))
            if own is None or chance is None or own > chance:
                continue
            if (split["split"], metric) == ("test", HEADLINE):
                continue  # one of the verdict's warnings
            if ("model", f"{metric}_at_dev_threshold") not in found:
                yield (
                    f"On {split['split']}, this version's {named} ({number(own)}) is not above "
                    f"that of {what} ({number(chance)})."
                )


def _of_calibration(facts: Mapping[str, Any]) -> Iterator[str]:
    for split in (facts.get("calibration") or {}).get("splits") or []:
        before, after = split["before"]["ece"], (split["after"] or split["before"])["ece"]
        if split["split"] == "test" and after > before:
            yield (
                f"On test, calibrated scores are further from the share that is relevant than "
                f"before: an expected error of {number(after)} after {number(before)}."
            )


def _splits(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list((facts.get("dataset") or {}).get("splits") or [])


def _evaluated(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list((facts.get("evaluation") or {}).get("splits") or [])
