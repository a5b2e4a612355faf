from django.urls import path

from annotate.views import exports, imports, judging, progress, queries, snapshots

app_name = "annotate"

urlpatterns = [
    path("judge/", judging.judge, name="judge"),
    path("judge/answer/", judging.judge_answer, name="judge-answer"),
    path("judge/skipped/", judging.judge_skipped, name="judge-skipped"),
    path("progress/", progress.progress, name="progress"),
    path("imports/", imports.import_list, name="import-list"),
    path("imports/<int:pk>/", imports.import_detail, name="import-detail"),
    path("imports/<int:pk>/cancel/", imports.import_cancelled, name="import-cancel"),
    path("export/", exports.export_page, name="export"),
    path("queries/", queries.query_list, name="query-list"),
    path("queries/<int:pk>/", queries.query_detail, name="query-detail"),
    path("snapshots/", snapshots.snapshot_list, name="snapshot-list"),
    path("snapshots/<str:reference>/", snapshots.snapshot_detail, name="snapshot-detail"),
]
