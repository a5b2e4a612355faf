from django.urls import path

from annotate.views import (
    corpus,
    erasures,
    imports,
    judging,
    passages,
    progress,
    queries,
    snapshots,
)

app_name = "annotate"

urlpatterns = [
    path("judge/", judging.judge, name="judge"),
    path("judge/answer/", judging.judge_answer, name="judge-answer"),
    path("judge/skipped/", judging.judge_skipped, name="judge-skipped"),
    path("progress/", progress.progress, name="progress"),
    path("imports/", imports.import_list, name="import-list"),
    path("imports/<int:pk>/", imports.import_detail, name="import-detail"),
    path("queries/", queries.query_list, name="query-list"),
    path("queries/<int:pk>/", queries.query_detail, name="query-detail"),
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
