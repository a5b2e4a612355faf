from django.urls import path

from annotate.views import imports, judging, progress, queries, queue, snapshots

app_name = "annotate"

urlpatterns = [
    path("judge/", judging.judge, name="judge"),
    path("judge/answer/", judging.judge_answer, name="judge-answer"),
    path("judge/skipped/", judging.judge_skipped, name="judge-skipped"),
    path("progress/", progress.progress, name="progress"),
    path("queue/", queue.queue_settings, name="queue"),
    path("queue/gold/", queue.gold_list, name="gold-list"),
    path("queue/gold/<int:candidate>/remove/", queue.gold_end, name="gold-remove"),
    path("queue/assignments/", queue.assignment_list, name="assignment-list"),
    path("queue/groups/", queue.group_new, name="group-new"),
    path("queue/groups/<int:pk>/remove/", queue.group_end, name="group-remove"),
    path("queue/judges/", queue.judge_list, name="judge-list"),
    path("imports/", imports.import_list, name="import-list"),
    path("imports/<int:pk>/", imports.import_detail, name="import-detail"),
    path("queries/", queries.query_list, name="query-list"),
    path("queries/<int:pk>/", queries.query_detail, name="query-detail"),
    path("snapshots/", snapshots.snapshot_list, name="snapshot-list"),
    path("snapshots/<str:reference>/", snapshots.snapshot_detail, name="snapshot-detail"),
]
