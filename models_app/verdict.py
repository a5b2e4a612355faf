"""A version's verdict in words that say no more than its stored figures do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.text import get_text_list

from models_app.figures import HEADLINE, system_named, system_title

MANY_ALIKE: Final = 0.05  # of the test queries, above which a verdict says so
_NONE: Final = "No paired comparison was stored with this version."


@dataclass(frozen=True, slots=True)
class Against:
    """This version minus a rival in nDCG@10 over the test queries, as it was measured.

    `word` is better, worse or undecided. `p_holm` is p of the paired randomisation test, adjusted
    for all rivals; `effect` the standardised mean difference; `detectable` the difference that
    these queries would have shown four times in five.
    """

    system: str
    word: str
    delta: float
    low: float | None
    high: float | None
    p: float
    p_holm: float
    effect: float | None
    detectable: float | None

    @property
    def kind(self) -> str:
        """The word, or `equal` where not one query tells the two apart."""
        return "equal" if not (self.delta or self.detectable) else self.word

    @property
    def placed(self) -> str:
        """The rival, with the side on which this version is, where that was not decided."""
        if self.kind != "undecided" or f"{abs(self.delta):.3f}" == "0.000":
            return self.named
        return f"{self.named} ({abs(self.delta):.3f} {'lower' if self.delta < 0 else 'higher'})"

    @property
    def title(self) -> str:
        return system_title(self.system)

    @property
    def named(self) -> str:
        return system_named(self.system)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found against each rival, and what weakens it. `text` says all of it."""

    split: str
    metric: str
    queries: int
    positives: int
    alpha: float
    power: float
    correction: str
    against: list[Against]
    warnings: list[str]
    subject: str = "this version"

    @property
    def sentence(self) -> str:
        """What is better, what is worse, and what was not shown to differ."""
        parts = [
            f"{says} {get_text_list(named, 'and' if kind != 'undecided' else 'or')}"
            for kind, says in (
                ("better", "ranks better than"),
                ("worse", "ranks worse than"),
                ("undecided", "is not shown to differ from"),
                ("equal", f"has for each of them the {self.metric} of"),
            )
            if (named := [each.placed for each in self.against if each.kind == kind])
        ]
        if not parts:
            return _NONE
        unit = "query" if self.queries == 1 else "queries"
        return f"On {self.queries:,} test {unit} {self.subject} {'; it '.join(parts)}."

    @property
    def unseen(self) -> str:
        """How large a difference would have had to be; empty where everything was decided."""
        missed = [
            f"{each.detectable:.3f} against {each.named}"
            for each in self.against
            if each.kind == "undecided" and each.detectable is not None
        ]
        if not missed:
            return ""
        return (
            "Not shown to differ is not shown to be equal: four times in five these queries show a"
            f" difference in {self.metric} of {get_text_list(missed, 'or')}, and smaller ones more"
            " rarely."
        )

    @property
    def text(self) -> str:
        return " ".join(part for part in (self.sentence, self.unseen, *self.warnings) if part)


def verdict_of(facts: Mapping[str, Any]) -> Verdict | None:
    """Read the verdict of a version's facts; None where none was stored."""
    stored = facts.get("verdict")
    if not stored:
        return None
    against = [Against(**each) for each in stored["against"]]
    names = ("split", "metric", "queries", "positives", "alpha", "power", "correction")
    warnings = [*stored["warnings"], *warnings_of(facts)]
    # Of an evaluation, which names the model that it loaded, and what that has seen if it is ours.
    outside = "loaded" in (facts.get("model") or {}) and facts.get("exposure") is None
    return Verdict(
        **{name: stored[name] for name in names},
        against=against,
        warnings=warnings,
        subject="the model" if outside else "this version",
    )


def warnings_of(facts: Mapping[str, Any]) -> Iterator[str]:
    """Say what weakens the figures on test, beside what the verdict itself was stored with."""
    yield from _by_chance(facts)
    yield from _alike(facts)
    yield from _known_before(facts)


def _by_chance(facts: Mapping[str, Any]) -> Iterator[str]:
    """Say so where a random order does as well."""
    for split in (facts.get("evaluation") or {}).get("splits") or []:
        found = {row["system"]: row["value"] for row in split["rows"] if row["metric"] == HEADLINE}
        own, chance = found.get("model"), found.get("random_order")
        if split["split"] == "test" and own is not None and chance is not None and own <= chance:
            yield (
                f"Its {HEADLINE} of {own:.3f} is not above the {chance:.3f} that a random order of"
                " these candidates has on average."
            )


def _alike(facts: Mapping[str, Any]) -> Iterator[str]:
    """Say so where many of the test queries are near-identical to each other."""
    twins = facts.get("twins") or {}
    if twins and twins["queries"] > MANY_ALIKE * twins["of"]:
        yield (
            f"{twins['queries']} of the {twins['of']} test queries are near-identical to another"
            f" one ({twins['groups']} if alike ones count once): each counts here as evidence of"
            " its own, so that intervals and p look surer than they are."
        )


def _known_before(facts: Mapping[str, Any]) -> Iterator[str]:
    """Say which of the models in a verdict knew test queries beforehand."""
    own = "base" not in facts  # of an evaluation, whose model is a version itself
    whose = "its figures" if own else "figures of both it and this version"
    who = "This version" if own else "The base model"
    yield from _known(facts.get("exposure"), who, f"{whose} are too good")
    teacher, champion = facts.get("teacher") or {}, facts.get("champion") or {}
    yield from _known(
        teacher.get("exposure"), f"The teacher {teacher.get('version')}",
        "what it knew may have reached this version, whose figures are then too good",
    )  # fmt: skip
    yield from _known(
        champion.get("exposure"), f"The champion {champion.get('version')}",
        "its figures are too good",
    )  # fmt: skip


def _known(exposure: Mapping[str, Any] | None, who: str, so: str) -> Iterator[str]:
    if not exposure:
        return
    of = f"of the {exposure['test_queries']} test queries"
    if seen := exposure["test"]:
        yield f"{who} was trained on {seen} {of}: {so}."
    for name in exposure.get("unread") or []:
        yield f"Which queries {name} was trained on cannot be told; these may be among them."
    if seen := exposure.get("test_in_dev"):
        yield f"{who} was chosen and calibrated by {seen} {of}: {so}, if only a little."


def sentence_of(verdict: Verdict | None) -> str:
    """Return what stands above a version's figures."""
    return verdict.sentence if verdict else _NONE
