"""How a query and a passage become the two texts that a cross-encoder reads.

A model is only as good as the texts it is given: training, evaluation and serving must all go
through the functions of this file, with the templates published with the version.

A template is text with placeholders: `{query}` in a query template, `{text}` and optionally
`{title}` in a passage template, each once. `{{` and `}}` write a brace. Nothing else is
interpreted, and the texts themselves never are: braces in a passage stay braces.

A passage without a title leaves no stray separator: `{title}` goes together with the words that
join it to `{text}`, and, where the title comes last, with what follows it. Words in front of the
first placeholder always stay. Without a title, `Candidate: {title} | {text}` reads
`Candidate: {text}` and `{text} ({title})` reads `{text}`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from string import Formatter
from typing import Final

QUERY_FIELDS: Final = ("query",)
PASSAGE_FIELDS: Final = ("title", "text")
DEFAULT_QUERY: Final = "{query}"
DEFAULT_PASSAGE: Final = "{title} {text}"


@dataclass(frozen=True, slots=True)
class Templates:
    """The two templates of a model. Both are checked when it is built; raises ValueError."""

    query: str = DEFAULT_QUERY
    passage: str = DEFAULT_PASSAGE

    def __post_init__(self) -> None:
        query_template_check(self.query)
        passage_template_check(self.passage)

    def pair(self, *, query: str, text: str, title: str = "") -> tuple[str, str]:
        """Return the two texts that the model reads for one query and one passage."""
        return self.query_text(query), self.passage_text(title=title, text=text)

    def query_text(self, query: str) -> str:
        """Fill the query template."""
        return _fill(_parse(self.query), {"query": query})

    def passage_text(self, *, title: str, text: str) -> str:
        """Fill the passage template; a blank title counts as absent."""
        parts = _parse(self.passage)
        if not title.strip():
            parts = _without_title(parts)
        return _fill(parts, {"title": title, "text": text})


def query_template_check(template: str) -> None:
    """Raise ValueError with a message for the user unless this is a query template."""
    _check(template, allowed=QUERY_FIELDS, needed="query")


def passage_template_check(template: str) -> None:
    """Raise ValueError with a message for the user unless this is a passage template."""
    _check(template, allowed=PASSAGE_FIELDS, needed="text")


@dataclass(frozen=True, slots=True)
class _Part:
    """One stretch of a template: literal words, or the name of a placeholder."""

    words: str
    is_field: bool = False


def _check(template: str, *, allowed: tuple[str, ...], needed: str) -> None:
    known = " and ".join(f"{{{name}}}" for name in allowed)
    names = [part.words for part in _parse(template) if part.is_field]
    if wrong := [name for name in names if name not in allowed]:
        raise ValueError(f"Unknown placeholder {{{wrong[0]}}}; this template knows {known}.")
    if needed not in names:
        raise ValueError(f"The placeholder {{{needed}}} is missing.")
    if len(set(names)) < len(names):
        raise ValueError("Each placeholder may appear once.")


@lru_cache(maxsize=256)
def _parse(template: str) -> tuple[_Part, ...]:
    try:
        pieces = list(Formatter().parse(template))
    except ValueError as error:
        raise ValueError("Unbalanced brace; write {{ or }} for a brace.") from error
    parts: list[_Part] = []
    for words, field, form, conversion in pieces:
        if words:
            parts.append(_Part(words))
        if field is not None:
            if form or conversion:
                raise ValueError("A placeholder is a bare name, such as {query}.")
            parts.append(_Part(field, is_field=True))
    return _joined(parts)


def _joined(parts: Iterable[_Part]) -> tuple[_Part, ...]:
    """Join neighbouring literals, which the parser splits at an escaped brace."""
    joined: list[_Part] = []
    for part in parts:
        if joined and not part.is_field and not joined[-1].is_field:
            joined[-1] = _Part(joined[-1].words + part.words)
        else:
            joined.append(part)
    return tuple(joined)


def _without_title(parts: tuple[_Part, ...]) -> tuple[_Part, ...]:
    fields = [place for place, part in enumerate(parts) if part.is_field]
    titles = [place for place in fields if parts[place].words == "title"]
    if not titles:
        return parts
    title = titles[0]
    following = [place for place in fields if place > title]
    if following:
        return parts[:title] + parts[following[0] :]
    preceding = [place for place in fields if place < title]
    return parts[: preceding[-1] + 1]


def _fill(parts: tuple[_Part, ...], values: Mapping[str, str]) -> str:
    return "".join(values[part.words] if part.is_field else part.words for part in parts)
