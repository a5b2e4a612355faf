from django.urls import path

from annotate.api import browsing, exports, imports, snapshots

urlpatterns = [
    path("projects/<str:slug>/imports/", imports.ImportList.as_view()),
    path("projects/<str:slug>/imports/<int:pk>/", imports.ImportDetail.as_view()),
    path("projects/<str:slug>/export/", exports.Export.as_view()),
    path("projects/<str:slug>/queries/", browsing.QueryList.as_view()),
    path("projects/<str:slug>/candidates/", browsing.CandidateList.as_view()),
    path("projects/<str:slug>/snapshots/", snapshots.SnapshotList.as_view()),
    path("projects/<str:slug>/snapshots/<str:reference>/", snapshots.SnapshotDetail.as_view()),
]
