"""Markdown that people write, as HTML that a page may show."""

import re
from html import escape, unescape
from typing import Final

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

_PARSER: Final = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
# As nh3 writes it: attributes in double quotes, and no such quote within them.
_IMAGE: Final = re.compile(r'<img((?: [a-z-]+="[^"]*")*)>')
_RUNNING: Final = re.compile(r"<\s*(script|iframe|object|embed|style|form)\b", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r' ([a-z-]+)="([^"]*)"')


def markdown_html(source: str) -> SafeString:
    """Render CommonMark with tables to sanitised HTML: no script, style, handler or frame.

    Pages load nothing from elsewhere, so an image becomes a link to it.
    """
    html = _IMAGE.sub(_link, nh3.clean(_PARSER.render(source)))
    # Cleaned again: an image within a link would be a link within a link.
    return mark_safe(nh3.clean(html))  # noqa: S308 - cleaned on this line


def html_running(source: str) -> str:
    """Return the first element of a text that a browser would run or frame; empty without one.

    What merely quotes one, in code, is no such element.
    """
    tokens = [*_PARSER.parse(source)]
    inner = [child for token in tokens for child in token.children or ()]
    for token in (*tokens, *inner):
        if token.type.startswith("html_") and (found := _RUNNING.search(token.content)):
            return found[1].lower()
    return ""


def _link(image: re.Match[str]) -> str:
    values = {name: unescape(value) for name, value in _ATTRIBUTE.findall(image[1])}
    address = values.get("src", "")
    text = escape(values.get("alt") or address)
    return f'<a href="{escape(address)}">{text}</a>' if address else text
