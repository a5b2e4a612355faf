from django.urls import path

from annotate.api import corpus, erasures, exports, imports, judging, snapshots

urlpatterns = [
    path("projects/<str:slug>/tasks/lease/", judging.LeaseApi.as_view(), name="api-lease"),
    path("projects/<str:slug>/judgments/", judging.JudgmentsApi.as_view(), name="api-judgments"),
    path("projects/<str:slug>/progress/", judging.ProgressApi.as_view(), name="api-progress"),
    path("projects/<str:slug>/imports/", imports.ImportList.as_view()),
    path("projects/<str:slug>/imports/<int:pk>/", imports.ImportDetail.as_view()),
    path("projects/<str:slug>/export/", exports.Export.as_view()),
    path("projects/<str:slug>/queries/", corpus.QueryList.as_view()),
    path("projects/<str:slug>/queries/<str:pk>/", corpus.QueryDetail.as_view()),
    path("projects/<str:slug>/queries/<str:pk>/withdraw/", corpus.QueryWithdraw.as_view()),
    path("projects/<str:slug>/queries/<str:pk>/restore/", corpus.QueryRestore.as_view()),
    path("projects/<str:slug>/queries/<str:pk>/erase/", erasures.QueryErase.as_view()),
    path("projects/<str:slug>/passages/", corpus.PassageList.as_view()),
    path("projects/<str:slug>/passages/<str:pk>/", corpus.PassageDetail.as_view()),
    path("projects/<str:slug>/passages/<str:pk>/withdraw/", corpus.PassageWithdraw.as_view()),
    path("projects/<str:slug>/passages/<str:pk>/restore/", corpus.PassageRestore.as_view()),
    path("projects/<str:slug>/passages/<str:pk>/erase/", erasures.PassageErase.as_view()),
    path("projects/<str:slug>/candidates/", corpus.CandidateList.as_view()),
    path("projects/<str:slug>/candidates/<str:pk>/", corpus.CandidateDetail.as_view()),
    path("projects/<str:slug>/candidates/<str:pk>/withdraw/", corpus.CandidateWithdraw.as_view()),
    path("projects/<str:slug>/candidates/<str:pk>/restore/", corpus.CandidateRestore.as_view()),
    path("projects/<str:slug>/erasures/", erasures.ErasureList.as_view()),
    path("projects/<str:slug>/erasures/<int:pk>/", erasures.ErasureDetail.as_view()),
    path("projects/<str:slug>/erasures/<int:pk>/lift/", erasures.ErasureLift.as_view()),
    path("projects/<str:slug>/snapshots/", snapshots.SnapshotList.as_view()),
    path("projects/<str:slug>/snapshots/<str:reference>/", snapshots.SnapshotDetail.as_view()),
    path(
        "projects/<str:slug>/snapshots/<str:reference>/verification/",
        erasures.SnapshotVerification.as_view(),
    ),
    path(
        "projects/<str:slug>/snapshots/<str:reference>/files/<str:name>/",
        snapshots.SnapshotFileDetail.as_view(),
        name="api-snapshot-file",
    ),
]
