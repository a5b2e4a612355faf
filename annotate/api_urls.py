from django.urls import path

from annotate.api import assigning, browsing, exports, imports, judging, queue, snapshots

urlpatterns = [
    path("projects/<str:slug>/tasks/lease/", judging.LeaseApi.as_view(), name="api-lease"),
    path("projects/<str:slug>/judgments/", judging.JudgmentsApi.as_view(), name="api-judgments"),
    path("projects/<str:slug>/progress/", judging.ProgressApi.as_view(), name="api-progress"),
    path("projects/<str:slug>/queue/", queue.QueueDetail.as_view()),
    path("projects/<str:slug>/golds/", queue.GoldList.as_view()),
    path("projects/<str:slug>/golds/<int:candidate>/", queue.GoldDetail.as_view()),
    path("projects/<str:slug>/judges/", queue.JudgeList.as_view()),
    path("projects/<str:slug>/groups/", assigning.GroupList.as_view()),
    path("projects/<str:slug>/groups/<int:pk>/", assigning.GroupDetail.as_view()),
    path("projects/<str:slug>/assignments/", assigning.AssignmentList.as_view()),
    path("projects/<str:slug>/imports/", imports.ImportList.as_view()),
    path("projects/<str:slug>/imports/<int:pk>/", imports.ImportDetail.as_view()),
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
