"""What the lists of queries and candidates write."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django import template

register = template.Library()


@register.filter
def address(parameters: Mapping[str, str]) -> str:
    """Write parameters as an address has them."""
    return urlencode(parameters)
