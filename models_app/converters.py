"""Parts of the registry's addresses: the two halves of a repository id, and a revision."""

import re
from typing import Final

from django.urls import register_converter

from accounts.names import RESERVED_NAMES

_RESERVED: Final = "|".join(re.escape(name) for name in sorted(RESERVED_NAMES))


class NameConverter:
    """One half of a repository id."""

    regex = r"[A-Za-z0-9][A-Za-z0-9._-]*"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class TeamConverter(NameConverter):
    """The first half: no path segment that has a meaning of its own."""

    regex = rf"(?!(?i:{_RESERVED})/){NameConverter.regex}"


class RevisionConverter(NameConverter):
    """A branch, a tag or a commit, or the whole name of a ref, whose slashes come as `%2F`."""

    regex = r"refs/(?:heads|tags|pr|convert)/[^/]+|[^/]+"


class BrowsedConverter(NameConverter):
    """What a hub's pages show at a revision."""

    regex = r"tree|blob|commit|commits"


register_converter(BrowsedConverter, "browsed")
register_converter(NameConverter, "reranker")
register_converter(TeamConverter, "team")
register_converter(RevisionConverter, "revision")
