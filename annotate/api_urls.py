from django.urls import path

from annotate.api import (
    adjudication,
    agreement,
    browsing,
    dashboard,
    exports,
    imports,
    judging,
    saved_views,
    snapshots,
)

urlpatterns = [
    path("projects/<str:slug>/tasks/lease/", judging.LeaseApi.as_view(), name="api-lease"),
    path("projects/<str:slug>/judgments/", judging.JudgmentsApi.as_view(), name="api-judgments"),
    path("projects/<str:slug>/progress/", judging.ProgressApi.as_view(), name="api-progress"),
    path("projects/<str:slug>/adjudications/", adjudication.AdjudicationList.as_view()),
    path(
        "projects/<str:slug>/adjudications/<int:candidate>/",
        adjudication.AdjudicationDetail.as_view(),
    ),
    path("projects/<str:slug>/agreement/", agreement.AgreementApi.as_view(), name="api-agreement"),
    path("projects/<str:slug>/progress/details/", dashboard.DashboardApi.as_view()),
    path("projects/<str:slug>/imports/", imports.ImportList.as_view()),
    path("projects/<str:slug>/imports/<int:pk>/", imports.ImportDetail.as_view()),
    path("projects/<str:slug>/imports/<int:pk>/cancel/", imports.ImportCancel.as_view()),
    path("projects/<str:slug>/export/", exports.Export.as_view()),
    path("projects/<str:slug>/queries/", browsing.QueryList.as_view()),
    path("projects/<str:slug>/candidates/", browsing.CandidateList.as_view()),
    path("projects/<str:slug>/views/", saved_views.SavedViewList.as_view()),
    path("projects/<str:slug>/views/<int:pk>/", saved_views.SavedViewDetail.as_view()),
    path("projects/<str:slug>/snapshots/", snapshots.SnapshotList.as_view()),
    path("projects/<str:slug>/snapshots/<str:reference>/", snapshots.SnapshotDetail.as_view()),
    path(
        "projects/<str:slug>/snapshots/<str:reference>/files/<str:name>/",
        snapshots.SnapshotFileDetail.as_view(),
        name="api-snapshot-file",
    ),
]
