from django.urls import path

from models_app import api

_RERANKER = "rerankers/<str:team>/<str:name>/"
_VERSION = f"{_RERANKER}versions/<int:number>/"

urlpatterns = [
    path("rerankers/", api.RerankerList.as_view()),
    path(_RERANKER, api.RerankerDetail.as_view()),
    path(f"{_RERANKER}versions/", api.VersionList.as_view()),
    path(_VERSION, api.VersionDetail.as_view(), name="api-version"),
    path(f"{_VERSION}archive/", api.VersionArchive.as_view(), name="api-version-archive"),
    path(f"{_VERSION}files/<path:path>", api.VersionFile.as_view(), name="api-version-file"),
    path(f"{_VERSION}uses/", api.VersionUses.as_view()),
    path(f"{_VERSION}reviews/", api.ReviewList.as_view()),
    path(f"{_RERANKER}aliases/<str:alias>/", api.AliasDetail.as_view()),
    path(f"{_RERANKER}aliases/<str:alias>/history/", api.AliasHistory.as_view()),
]
