"""The addresses of rerank requests, which are those of the services that clients know."""

from django.urls import path, re_path

from models_app.rerank import views

_DIALECTS = "|".join(views.COMPAT)

urlpatterns = [
    path("v1/rerank", views.RerankV1.as_view()),
    path("v2/rerank", views.RerankV2.as_view()),
    path("rerank", views.RerankPlain.as_view()),
    re_path(rf"^compat/(?P<dialect>{_DIALECTS})/(?:v1/|v2/)?rerank$", views.Rerank.as_view()),
]
