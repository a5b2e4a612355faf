"""Facts in, README.md out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from models_app.cards.front_matter import front_matter
from models_app.cards.markup import ready
from models_app.cards.view import card_view

# Jinja2, with which huggingface_hub renders cards too, rather than Django's engine: Markdown needs
# control over line breaks, and a misspelt name must fail instead of printing nothing.
_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    # Whatever a template prints passes through here, so that no value can be forgotten.
    finalize=ready,
)


def card_render(facts: Mapping[str, Any]) -> str:
    """Render the facts of a version as a Hub model card: YAML front matter and Markdown.

    `facts` is the dict described in `training.ml.recipe.facts`, as stored; any part of it may be
    missing, and the card then says so in words. The same facts give the same text.
    """
    body = _ENVIRONMENT.get_template("card.md").render(card_view(facts))
    return f"---\n{front_matter(facts)}\n---\n\n{body}"
