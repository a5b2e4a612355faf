"""What a version's page says of its evidence: verdicts, bars, the training log, the card."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.utils.safestring import SafeString, mark_safe

from accounts.blobs import blob_chunks
from accounts.markdown import markdown_html
from models_app.cards.figures import dev_name_of, first_stage_said
from models_app.cards.front_matter import front_split
from models_app.figures import (
    HEADLINE,
    HEADLINE_SPLIT,
    MODEL,
    REFERENCES,
    Figure,
    figure_of,
    row_word,
    system_named,
    system_title,
    systems_of,
)
from models_app.gate import CARD
from models_app.models import Reranker, Version
from models_app.selectors import Standing, evaluations_of, standing_of

RIVALS: Final = ("first_stage", "bm25", "base")
_LOG_DIGITS: Final = 4
_HEADING = re.compile(r"<(/?)h([1-6])>")
_EMPTY_HEADER = re.compile(r"<th>\s*</th>")
_WIDE = re.compile(r"<(pre|table)>")


@dataclass(frozen=True, slots=True)
class Difference:
    """The model minus a rival in nDCG@10, paired over n queries: mean, 95% interval and p.

    `p_holm` is p adjusted for all rivals of a verdict, None in a comparison of its own; `effect`
    the standardised mean difference.
    """

    delta: float
    low: float | None
    high: float | None
    p: float | None
    n: int
    p_holm: float | None = None
    effect: float | None = None

    @property
    def word(self) -> str:
        """`better`, `worse` or `undecided`, see `row_word`."""
        return row_word(asdict(self))

    @property
    def decisive(self) -> float | None:
        """The p that the word goes by, where there is one."""
        return self.p if self.p_holm is None else self.p_holm


@dataclass(frozen=True, slots=True)
class Standpoint:
    """One system of the headline: its nDCG@10 on the test split, and the model's lead over it."""

    name: str
    figure: Figure
    lead: Difference | None

    @property
    def is_model(self) -> bool:
        return self.name == MODEL

    @property
    def title(self) -> str:
        return system_title(self.name)

    @property
    def named(self) -> str:
        return system_named(self.name)


@dataclass(frozen=True, slots=True)
class Card:
    """A README.md as a page shows it: its YAML front matter as text, its body as safe HTML."""

    front: str
    body: SafeString


@dataclass(frozen=True, slots=True)
class Summary:
    """One line of a list: a reranker, where it stands, and its newest version's headline.

    `rivals` are the figures of `RIVALS`, None for one that was not measured; `best` is the rival
    with the highest.
    """

    reranker: Reranker
    standing: Standing
    model: Figure | None
    rivals: list[Figure | None]
    best: Standpoint | None


def summaries_of(rerankers: Iterable[Reranker]) -> list[Summary]:
    """Return the lines of a list; asks the database once, after `with_standing`."""
    standings = [(reranker, standing_of(reranker)) for reranker in rerankers]
    splits = evaluations_of(standing.newest for _, standing in standings)
    return [_summary(reranker, standing, splits) for reranker, standing in standings]


def _summary(
    reranker: Reranker, standing: Standing, splits: Mapping[int, list[dict[str, Any]]]
) -> Summary:
    newest = standing.newest
    points = _points(newest.metrics, splits.get(newest.pk, []))
    found = {point.name: point for point in points}
    rivals = [found.get(name) for name in RIVALS]
    return Summary(
        reranker,
        standing,
        found[MODEL].figure if MODEL in found else None,
        [rival.figure if rival else None for rival in rivals],
        max(filter(None, rivals), key=lambda rival: rival.figure.value, default=None),
    )


def own_headline(version: Version) -> Figure | None:
    """Return the model's nDCG@10 on the test split, if it was measured."""
    return figure_of(version.metrics, HEADLINE_SPLIT, MODEL, HEADLINE)


def headline_of(version: Version) -> list[Standpoint]:
    """Return nDCG@10 on the test split of every system, the model last, with its leads."""
    return _points(version.metrics, (version.facts.get("evaluation") or {}).get("splits") or [])


def first_stage_of(version: Version) -> str:
    """Say which run the first stage of the test split is, and what it ranked; empty if unknown."""
    splits = (version.facts.get("evaluation") or {}).get("splits") or []
    test = next((split for split in splits if split.get("split") == HEADLINE_SPLIT), None)
    return first_stage_said(version.facts, test) if test else ""


def _points(metrics: Mapping[str, Any], splits: Iterable[Mapping[str, Any]]) -> list[Standpoint]:
    leads = _leads(splits)
    points = []
    for name in systems_of(metrics, HEADLINE_SPLIT):
        figure = figure_of(metrics, HEADLINE_SPLIT, name, HEADLINE)
        if figure is not None and name not in REFERENCES:
            points.append(Standpoint(name, figure, leads.get(name)))
    return points


def card_of(version: Version) -> Card | None:
    """Return the version's card for its page, headings two levels down; None where it is missing.

    Raises nothing for a missing blob: the page of a damaged version must still open.
    """
    artifact = next((file for file in version.artifacts.all() if file.path == CARD), None)
    if artifact is None:
        return None
    try:
        text = b"".join(blob_chunks(artifact.sha256)).decode()
    except FileNotFoundError:
        return None
    front, body = front_split(text)
    return Card(front, _page_html(body))


def log_of(facts: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the training log of the facts, `{columns, rows, best_step, has_base}`, or None.

    Cells are texts, their figures rounded to four significant digits; empty without a value. With
    `has_base` there is a line for the untouched base, at step -1. `dev_name` is what the recipe
    calls the dev split in the columns, None where that is its name.
    """
    log = facts.get("log") or {}
    columns, rows = log.get("columns"), log.get("rows")
    if not columns or not rows:
        return None
    return {
        "columns": columns,
        "rows": [[_log_cell(value) for value in row] for row in rows],
        "best_step": log.get("best_step"),
        "dev_name": dev_name_of(facts),
        "has_base": "Step" in columns and rows[0][columns.index("Step")] == -1,
    }


def _log_cell(value: Any) -> str:
    """Write a value without an exponent, unless there would be many zeros: 0.006933, 12346."""
    if not isinstance(value, float):
        return "" if value is None else str(value)
    digits = f"{value:.{_LOG_DIGITS}g}"
    return f"{value:.0f}" if "e+" in digits else digits


def _leads(splits: Iterable[Mapping[str, Any]]) -> dict[str, Difference]:
    rows = [
        row
        for split in splits
        if split.get("split") == HEADLINE_SPLIT
        for row in split.get("differences") or []
        if row["metric"] == HEADLINE and row["system"] == MODEL
    ]
    return {
        row["against"]: Difference(
            row["delta"],
            row.get("low"),
            row.get("high"),
            row.get("p"),
            row.get("n", 0),
            row.get("p_holm"),
            row.get("effect"),
        )
        for row in rows
    }


def _page_html(body: str) -> SafeString:
    """Fit a card into a page: its headings below the page's own, wide parts open to the keyboard,
    and no header cell that heads nothing.

    Only tags that the sanitiser let through, all without attributes, are touched.
    """
    html = _HEADING.sub(lambda m: f"<{m[1]}h{min(6, int(m[2]) + 2)}>", markdown_html(body))
    html = _EMPTY_HEADER.sub("<td></td>", html)
    return mark_safe(_WIDE.sub(r'<\1 tabindex="0">', html))  # noqa: S308 - sanitised HTML
