from django.urls import path

from annotate.api import snapshots

urlpatterns = [
    path("projects/<str:slug>/snapshots/", snapshots.SnapshotList.as_view()),
    path("projects/<str:slug>/snapshots/<str:reference>/", snapshots.SnapshotDetail.as_view()),
]
