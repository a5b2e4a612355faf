"""The registry's pages. `/TEAM/NAME` never matches what stands under a name of our own."""

import re

from django.urls import path, register_converter
from django.views.generic import RedirectView

from accounts.names import RESERVED_NAMES
from models_app import views

app_name = "models_app"

_RESERVED = "|".join(re.escape(name) for name in sorted(RESERVED_NAMES))


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


register_converter(NameConverter, "reranker")
register_converter(TeamConverter, "team")

RERANKER = "<team:team>/<reranker:name>"
_VERSION = f"{RERANKER}/versions/<int:number>/"

urlpatterns = [
    path("rerankers/", views.reranker_list, name="reranker-list"),
    path("projects/<str:slug>/rerankers/", views.project_rerankers, name="project-rerankers"),
    path(RERANKER, views.reranker, name="reranker"),
    path(f"{RERANKER}/", RedirectView.as_view(pattern_name="models_app:reranker")),
    path(f"{RERANKER}/settings/", views.reranker_settings, name="reranker-settings"),
    path(_VERSION, views.version, name="version"),
    path(f"{_VERSION}aliases/", views.version_alias, name="version-alias"),
    path(f"{_VERSION}reviews/", views.version_review, name="version-review"),
    path(f"{_VERSION}verify/", views.version_verify, name="version-verify"),
]
