from django.urls import include, path

from annotate.models import Listed
from annotate.views import (
    adjudication,
    agreement,
    candidates,
    exports,
    imports,
    judging,
    progress,
    queries,
    queue,
    saved_views,
    snapshots,
)

app_name = "annotate"

urlpatterns = [
    path("judge/", judging.judge, name="judge"),
    path("judge/answer/", judging.judge_answer, name="judge-answer"),
    path("judge/skipped/", judging.judge_skipped, name="judge-skipped"),
    path("judge/finish/", judging.judge_finish, name="judge-finish"),
    path("judge/done/", judging.judge_done, name="judge-done"),
    path("progress/", progress.progress, name="progress"),
    path("adjudications/", adjudication.adjudication_list, name="adjudication-list"),
    path("adjudications/<int:candidate>/", adjudication.adjudication, name="adjudication"),
    path("agreement/", agreement.agreement, name="agreement"),
    path("agreement/pair/", agreement.agreement_pair, name="agreement-pair"),
    path("agreement/conflicts/", agreement.agreement_conflicts, name="agreement-conflicts"),
    path("queue/", queue.queue_settings, name="queue"),
    path("queue/gold/", queue.gold_list, name="gold-list"),
    path("queue/gold/<int:candidate>/remove/", queue.gold_end, name="gold-remove"),
    path("queue/assignments/", queue.assignment_list, name="assignment-list"),
    path("queue/groups/", queue.group_new, name="group-new"),
    path("queue/groups/<int:pk>/remove/", queue.group_end, name="group-remove"),
    path("queue/judges/", queue.judge_list, name="judge-list"),
    path("imports/", imports.import_list, name="import-list"),
    path("imports/<int:pk>/", imports.import_detail, name="import-detail"),
    path("imports/<int:pk>/cancel/", imports.import_cancelled, name="import-cancel"),
    path("export/", exports.export_page, name="export"),
    path("queries/", queries.query_list, name="query-list"),
    path("queries/<int:pk>/", queries.query_detail, name="query-detail"),
    path("candidates/", candidates.candidate_list, name="candidate-list"),
    *(
        path(
            f"{listed}/views/",
            include(
                [
                    path("", saved_views.view_add, {"listed": listed}, name=f"{listed}-view-add"),
                    path(
                        "<int:pk>/delete/",
                        saved_views.view_remove,
                        {"listed": listed},
                        name=f"{listed}-view-remove",
                    ),
                ]
            ),
        )
        for listed in Listed
    ),
    path("snapshots/", snapshots.snapshot_list, name="snapshot-list"),
    path("snapshots/<str:reference>/", snapshots.snapshot_detail, name="snapshot-detail"),
]
