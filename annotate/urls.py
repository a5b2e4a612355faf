from django.urls import include, path

from annotate.models import Listed
from annotate.views import (
    adjudication,
    agreement,
    bulk,
    candidates,
    comparing,
    corpus,
    erasures,
    exports,
    imports,
    judging,
    offline,
    own_answers,
    pairs,
    passages,
    progress,
    queries,
    queue,
    saved_views,
    slices,
    snapshots,
)

app_name = "annotate"

urlpatterns = [
    path("judge/", judging.judge, name="judge"),
    path("judge/answer/", judging.judge_answer, name="judge-answer"),
    path("judge/skipped/", judging.judge_skipped, name="judge-skipped"),
    path("judge/pairs/answer/", comparing.pair_answer, name="pair-answer"),
    path("judge/pairs/skipped/", comparing.pair_skipped, name="pair-skipped"),
    path("judge/finish/", judging.judge_finish, name="judge-finish"),
    path("judge/done/", judging.judge_done, name="judge-done"),
    path("judge/worker.js", offline.judge_worker, name="judge-worker"),
    path("judge/answers/", own_answers.own_answer_list, name="own-answers"),
    path("judge/answers/<int:candidate>/", own_answers.own_answer_change, name="own-answer"),
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
    path("queue/pairs/", pairs.pair_settings, name="pair-settings"),
    path("queue/pairs/make/", pairs.pairs_new, name="pairs-make"),
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
        path(f"{listed}/bulk/", bulk.bulk_new, {"listed": listed}, name=f"{listed}-bulk")
        for listed in Listed
    ),
    path("bulk/<int:pk>/", bulk.bulk_detail, name="bulk-detail"),
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
    path("queries/slices/", slices.slice_list, name="slice-list"),
    path("queries/slices/<int:pk>/", slices.slice_edit, name="slice-edit"),
    path("queries/slices/<int:pk>/remove/", slices.slice_end, name="slice-remove"),
    path("queries/new/", corpus.query_new, name="query-new"),
    path("queries/<int:pk>/edit/", corpus.query_change, name="query-edit"),
    path("queries/<int:pk>/withdraw/", corpus.query_withdraw, name="query-withdraw"),
    path("queries/<int:pk>/restore/", corpus.query_restore, name="query-restore"),
    path("queries/<int:pk>/erase/", erasures.query_erase, name="query-erase"),
    path("queries/<int:pk>/candidates/new/", corpus.candidate_new, name="candidate-new"),
    path("passages/", passages.passage_list, name="passage-list"),
    path("passages/new/", corpus.passage_new, name="passage-new"),
    path("passages/<int:pk>/", passages.passage_detail, name="passage-detail"),
    path("passages/<int:pk>/edit/", corpus.passage_change, name="passage-edit"),
    path("passages/<int:pk>/withdraw/", corpus.passage_withdraw, name="passage-withdraw"),
    path("passages/<int:pk>/restore/", corpus.passage_restore, name="passage-restore"),
    path("passages/<int:pk>/erase/", erasures.passage_erase, name="passage-erase"),
    path("candidates/<int:pk>/withdraw/", corpus.candidate_withdraw, name="candidate-withdraw"),
    path("candidates/<int:pk>/restore/", corpus.candidate_restore, name="candidate-restore"),
    path("erasures/", erasures.erasure_list, name="erasure-list"),
    path("erasures/<int:pk>/", erasures.erasure_detail, name="erasure-detail"),
    path("erasures/<int:pk>/lift/", erasures.erasure_take_back, name="erasure-lift"),
    path("snapshots/", snapshots.snapshot_list, name="snapshot-list"),
    path("snapshots/<str:reference>/", snapshots.snapshot_detail, name="snapshot-detail"),
    path("snapshots/<str:reference>/verify/", erasures.snapshot_check, name="snapshot-verify"),
]
