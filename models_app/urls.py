"""The registry's pages. `/TEAM/NAME` never matches what stands under a name of our own."""

from django.urls import path
from django.views.generic import RedirectView

from models_app import (
    converters,  # noqa: F401 (registers them)
    views,
)

app_name = "models_app"

RERANKER = "<team:team>/<reranker:name>"
_VERSION = f"{RERANKER}/versions/<int:number>/"

urlpatterns = [
    path("rerankers/", views.reranker_list, name="reranker-list"),
    path("projects/<str:slug>/rerankers/", views.project_rerankers, name="project-rerankers"),
    path(RERANKER, views.reranker, name="reranker"),
    path(f"{RERANKER}/", RedirectView.as_view(pattern_name="models_app:reranker")),
    path(f"{RERANKER}/settings/", views.reranker_settings, name="reranker-settings"),
    path(_VERSION, views.version, name="version"),
    # As clients of a hub print and open them.
    path(f"{RERANKER}/<browsed:kind>/<revision:revision>", views.revision),
    path(f"{RERANKER}/<browsed:kind>/<revision:revision>/<path:path>", views.revision),
    path(f"{_VERSION}aliases/", views.version_alias, name="version-alias"),
    path(f"{_VERSION}reviews/", views.version_review, name="version-review"),
    path(f"{_VERSION}verify/", views.version_verify, name="version-verify"),
]
