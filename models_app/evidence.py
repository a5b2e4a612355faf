"""What a version's page says of its evidence: verdicts, bars, the training log, the card."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.safestring import SafeString, mark_safe

from accounts.blobs import blob_chunks
from accounts.markdown import markdown_html
from models_app.figures import HEADLINE, HEADLINE_SPLIT, MODEL, Figure, figure_of, system_title
from models_app.figures import systems_of as measured_systems
from models_app.gate import CARD
from models_app.models import Reranker, Version
from models_app.selectors import Standing, standing_of

_RIVALS: Final = ("bm25", "base")
_HEADING = re.compile(r"<(/?)h([1-6])>")
_EMPTY_HEADER = re.compile(r"<th>\s*</th>")
_WIDE = re.compile(r"<(pre|table)>")


@dataclass(frozen=True, slots=True)
class Difference:
    """The model minus a rival in nDCG@10, paired over n queries: mean, 95% interval and p."""

    delta: float
    low: float | None
    high: float | None
    p: float | None
    n: int

    @property
    def word(self) -> str:
        """`better` or `worse` where the interval excludes zero, else `undecided`."""
        if self.low is None or self.high is None:
            return "undecided"
        if self.low > 0:
            return "better"
        return "worse" if self.high < 0 else "undecided"


@dataclass(frozen=True, slots=True)
class Standpoint:
    """One system of the headline: its nDCG@10 on the test split, and the model's lead over it."""

    name: str
    title: str
    figure: Figure
    lead: Difference | None

    @property
    def is_model(self) -> bool:
        return self.name == MODEL


@dataclass(frozen=True, slots=True)
class Card:
    """A README.md as a page shows it: its YAML front matter as text, its body as safe HTML."""

    front: str
    body: SafeString


@dataclass(frozen=True, slots=True)
class Summary:
    """One line of a list: a reranker, where it stands, and its newest version's headline."""

    reranker: Reranker
    standing: Standing
    model: Figure | None
    rivals: list[tuple[str, Figure | None]]


def summary_of(reranker: Reranker) -> Summary:
    """Return a reranker's line in a list; asks the database nothing after `with_standing`."""
    standing = standing_of(reranker)
    metrics = standing.newest.metrics if standing.newest else {}
    figures = {
        name: figure_of(metrics, HEADLINE_SPLIT, name, HEADLINE) for name in (*_RIVALS, MODEL)
    }
    rivals = [(system_title(name), figures[name]) for name in _RIVALS]
    return Summary(reranker, standing, figures[MODEL], rivals)


def own_headline(version: Version) -> Figure | None:
    """Return the model's nDCG@10 on the test split, if it was measured."""
    return figure_of(version.metrics, HEADLINE_SPLIT, MODEL, HEADLINE)


def headline_of(version: Version) -> list[Standpoint]:
    """Return nDCG@10 on the test split of every system, the model last, with its leads."""
    leads = _leads(version.facts)
    points = []
    for name in measured_systems(version.metrics, HEADLINE_SPLIT):
        figure = figure_of(version.metrics, HEADLINE_SPLIT, name, HEADLINE)
        if figure is not None and name != "oracle":
            points.append(Standpoint(name, system_title(name), figure, leads.get(name)))
    return points


def verdict_of(points: list[Standpoint]) -> str:
    """Say in one sentence what the paired differences show, and what they do not."""
    said = {
        word: [_rival(point) for point in points if point.lead and point.lead.word == word]
        for word in ("better", "worse", "undecided")
    }
    parts = []
    if said["better"]:
        parts.append(f"ranks better than {_listed(said['better'])}")
    if said["worse"]:
        parts.append(f"ranks worse than {_listed(said['worse'])}")
    if said["undecided"]:
        parts.append(f"cannot be told apart from {_listed(said['undecided'])}")
    if not parts:
        return "No paired comparison was stored with this version."
    n = next(point.lead.n for point in points if point.lead)
    unit = "query" if n == 1 else "queries"
    return f"On {n} test {unit} this version {'; it '.join(parts)}."


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
    front, body = _front_matter(text)
    return Card(front, _page_html(body))


def log_of(facts: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the training log of the facts, `{columns, rows, best_step}`, or None."""
    log = facts.get("log") or {}
    return dict(log) if log.get("columns") and log.get("rows") else None


def _leads(facts: Mapping[str, Any]) -> dict[str, Difference]:
    splits = (facts.get("evaluation") or {}).get("splits") or []
    rows = [
        row
        for split in splits
        if split.get("split") == HEADLINE_SPLIT
        for row in split.get("differences") or []
        if row["metric"] == HEADLINE and row["system"] == MODEL
    ]
    return {
        row["against"]: Difference(
            row["delta"], row.get("low"), row.get("high"), row.get("p"), row.get("n", 0)
        )
        for row in rows
    }


def _rival(point: Standpoint) -> str:
    titles = {"first_stage": "the first stage", "base": "the untouched base"}
    return titles.get(point.name, point.title)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _front_matter(text: str) -> tuple[str, str]:
    if not text.startswith("---\n"):
        return "", text
    front, found, body = text.removeprefix("---\n").partition("\n---\n")
    return (front, body) if found else ("", text)


def _page_html(body: str) -> SafeString:
    """Fit a card into a page: its headings below the page's own, wide parts open to the keyboard,
    and no header cell that heads nothing.

    Only tags that the sanitiser let through, all without attributes, are touched.
    """
    html = _HEADING.sub(lambda m: f"<{m[1]}h{min(6, int(m[2]) + 2)}>", markdown_html(body))
    html = _EMPTY_HEADER.sub("<td></td>", html)
    return mark_safe(_WIDE.sub(r'<\1 tabindex="0">', html))  # noqa: S308 - sanitised HTML
