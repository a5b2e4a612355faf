"""How far the figures of a card can be trusted, said in words."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from models_app.figures import HEADLINE, system_named

FEW_POSITIVES: Final = 20
FEW_QUERIES: Final = 20
_OWN_QUERIES: Final = (
    "Compare scores of this version with each other only; look at its metrics on your own "
    "queries before you rely on them."
)


def weaknesses(facts: Mapping[str, Any]) -> list[str]:
    """Return sentences on what weakens the evidence; plain text, to be escaped."""
    return [
        *_of_base(facts),
        *_of_exposure(facts),
        *_of_splits(facts),
        *_of_labels(facts),
        *_of_comparison(facts),
    ]


def advice(facts: Mapping[str, Any]) -> list[str]:
    """Return sentences on what would make the next version's evidence better; plain text."""
    found = [_OWN_QUERIES]
    thin = [s for s in _splits(facts) if s["positives"] < FEW_POSITIVES and s["split"] != "train"]
    if thin:
        names = " and ".join(split["split"] for split in thin)
        found.append(
            f"Judge more queries: at least {FEW_POSITIVES} relevant passages "
            f"{'each ' if len(thin) > 1 else ''}in {names} would narrow the intervals."
        )
    if (facts.get("base") or {}).get("fell_back"):
        found.append("Train again where the base model that was asked for can be fetched.")
    if not facts.get("labels"):
        found.append("Record where the labels come from before others build on this model.")
    return found


def _of_base(facts: Mapping[str, Any]) -> Iterator[str]:
    base = facts.get("base") or {}
    if base.get("fell_back"):
        yield (
            f"It was trained from {base['loaded']}: its figures say nothing about what training "
            f"from {base['requested']} would give."
        )
    if base.get("fresh_head"):
        yield (
            "The base model came without an output layer, which was drawn at random: the scores "
            "of the untouched base are noise, and beating them proves nothing."
        )


def _of_exposure(facts: Mapping[str, Any]) -> Iterator[str]:
    exposure = facts.get("exposure") or {}
    for split in ("test", "dev"):
        if seen := exposure.get(split):
            yield (
                f"The base model was trained on {seen} of the {exposure[f'{split}_queries']} "
                f"{split} queries: figures of both it and this version are too good there."
            )
    for name in exposure.get("unread") or []:
        yield (
            f"Which queries {name}, from which this version comes, was trained on cannot be told; "
            "queries of its training may be measured here."
        )


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


def _of_comparison(facts: Mapping[str, Any]) -> Iterator[str]:
    for split in _evaluated(facts):
        if split["split"] != "test":
            continue
        systems = {row["system"] for row in split["rows"]}
        if "first_stage" not in systems:
            yield "No first-stage order is known, so the gain over it could not be measured."
        for row in split["differences"]:
            if row["system"] == "model" and row["metric"] == HEADLINE:
                yield from _compared(row)


def _compared(row: Mapping[str, Any]) -> Iterator[str]:
    title = system_named(row["against"])
    if row["delta"] < 0:
        yield f"On test, this version's {HEADLINE} is below that of {title}."
    elif row["delta"] == 0:
        yield f"On test, this version's {HEADLINE} is no better than that of {title}."
    elif row["low"] is None:
        yield f"On test, a better {HEADLINE} than {title} is not shown: there is no interval."
    elif row["low"] <= 0:
        yield f"On test, a better {HEADLINE} than {title} is not shown: the interval includes 0."


def _splits(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list((facts.get("dataset") or {}).get("splits") or [])


def _evaluated(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list((facts.get("evaluation") or {}).get("splits") or [])
