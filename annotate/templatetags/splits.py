"""Splits as people write them."""

from collections.abc import Mapping

from django import template

from annotate.frozen.splitting import shares_text

register = template.Library()


@register.filter
def shares(splits: Mapping[str, float]) -> str:
    """Return the shares of train, dev and test, "0.8 / 0.1 / 0.1"."""
    return shares_text(splits)
