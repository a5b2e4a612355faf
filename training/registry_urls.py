"""A reranker's page that needs its jobs: the comparison of two versions."""

from django.urls import path

from models_app.urls import RERANKER  # which also makes the converters known
from training import views

urlpatterns = [path(f"{RERANKER}/compare/", views.versions_compare, name="compare")]
