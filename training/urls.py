from django.urls import path

from training.views import asking, erasures, evaluations, gates, held_out, jobs, likely, reach, runs

app_name = "training"

urlpatterns = [
    path("", jobs.job_list, name="job-list"),
    path("compare/", runs.jobs_compare, name="jobs-compare"),
    path("new/", asking.job_new, name="job-new"),
    path("pool/", asking.pool_new, name="pool-new"),
    path("score/", asking.score_new, name="score-new"),
    path("evaluate/", evaluations.evaluate_new, name="evaluate-new"),
    path("curve/", held_out.curve_new, name="curve-new"),
    path("doubt/", held_out.doubt_new, name="doubt-new"),
    path("reach/", reach.reach, name="reach"),
    path("erasures/<int:pk>/", erasures.erasure_versions_shown, name="erasure-versions"),
    path(
        "versions/<str:name>/<int:number>/erased/",
        erasures.version_erased,
        name="version-erased",
    ),
    path(
        "versions/<str:name>/<int:number>/evaluations/",
        evaluations.version_evaluations,
        name="version-evaluations",
    ),
    path(
        "versions/<str:name>/<int:number>/gates/",
        gates.version_gates,
        name="version-gates",
    ),
    path("<uuid:pk>/queries/", evaluations.job_queries, name="job-queries"),
    path("<uuid:pk>/", jobs.job_detail, name="job-detail"),
    path("<uuid:pk>/log/", runs.job_log, name="job-log"),
    path("<uuid:pk>/log/text/", runs.job_log_text, name="job-log-text"),
    path("<uuid:pk>/doubts/", held_out.job_doubts, name="job-doubts"),
    path("<uuid:pk>/doubts/send/", held_out.job_doubts_send, name="job-doubts-send"),
    path("<uuid:pk>/cancel/", jobs.job_stop, name="job-cancel"),
    path("<uuid:pk>/continue/", jobs.job_go_on, name="job-continue"),
    path("<uuid:pk>/likely/", likely.job_likely, name="job-likely"),
    path("<uuid:pk>/likely/offer/", likely.job_likely_offer, name="job-likely-offer"),
]
