"""A reranker's pages that need its jobs: two versions compared, and one query by query."""

from django.urls import path

from models_app.urls import RERANKER  # which also makes the converters known
from training.views import queries, versions

urlpatterns = [
    path(f"{RERANKER}/compare/", versions.versions_compare, name="compare"),
    path(
        f"{RERANKER}/versions/<int:number>/queries/",
        queries.version_queries,
        name="version-queries",
    ),
]
