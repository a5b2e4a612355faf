from django.urls import path

from annotate.api import browsing, exports, imports, judging, snapshots

urlpatterns = [
    path("projects/<str:slug>/tasks/lease/", judging.LeaseApi.as_view(), name="api-lease"),
    path("projects/<str:slug>/judgments/", judging.JudgmentsApi.as_view(), name="api-judgments"),
    path("projects/<str:slug>/progress/", judging.ProgressApi.as_view(), name="api-progress"),
    path("projects/<str:slug>/imports/", imports.ImportList.as_view()),
    path("projects/<str:slug>/imports/<int:pk>/", imports.ImportDetail.as_view()),
    path("projects/<str:slug>/imports/<int:pk>/cancel/", imports.ImportCancel.as_view()),
    path("projects/<str:slug>/export/", exports.Export.as_view()),
    path("projects/<str:slug>/queries/", browsing.QueryList.as_view()),
    path("projects/<str:slug>/candidates/", browsing.CandidateList.as_view()),
    path("projects/<str:slug>/snapshots/", snapshots.SnapshotList.as_view()),
    path("projects/<str:slug>/snapshots/<str:reference>/", snapshots.SnapshotDetail.as_view()),
    path(
        "projects/<str:slug>/snapshots/<str:reference>/files/<str:name>/",
        snapshots.SnapshotFileDetail.as_view(),
        name="api-snapshot-file",
    ),
]
