"""Every address of Arbiter but the probes' (config.probes).

Reranker pages (`/TEAM/NAME`) come last, since they match anything.
"""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularSwaggerSplitView

from accounts.api import Nothing, SchemaDocument
from config import pages
from models_app.hub import urls as hub
from models_app.rerank import urls as rerank
from training.views.home import project_cards

api_patterns: list[URLPattern | URLResolver] = [
    path("schema/", SchemaDocument.as_view(), name="api-schema"),
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(url_name="api-schema", template_name="api_docs.html"),
        name="api-docs",
    ),
    path("v1/", include("accounts.api_urls")),
    path("v1/", include("annotate.api_urls")),
    path("v1/", include("training.api_urls")),
    path("v1/", include("models_app.api_urls")),
    *hub.api_patterns,
    path("<path:rest>", Nothing.as_view()),
]

handler400 = "accounts.errors.bad_request"
handler500 = "accounts.errors.server_error"

urlpatterns = [
    path("favicon.ico", pages.favicon),
    path("api/", include(api_patterns)),
    path("", include(rerank.urlpatterns)),
    path("", include("accounts.urls")),
    path("projects/", project_cards, name="project-cards"),
    path("projects/<str:slug>/", include("annotate.urls")),
    path("projects/<str:slug>/jobs/", include("training.urls")),
    path("projects/<str:slug>/gates/", include("training.gate_urls")),
    path("", include(hub.urlpatterns)),
    path("", include("training.registry_urls")),
    path("", include("models_app.urls")),
]

handler403 = "config.pages.forbidden"
