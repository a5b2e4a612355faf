from django.urls import path

from training import erasure_views, job_views, views

app_name = "training"

urlpatterns = [
    path("", views.job_list, name="job-list"),
    path("compare/", job_views.jobs_compare, name="jobs-compare"),
    path("new/", views.job_new, name="job-new"),
    path("pool/", views.pool_new, name="pool-new"),
    path("score/", views.score_new, name="score-new"),
    path("erasures/<int:pk>/", erasure_views.erasure_versions_shown, name="erasure-versions"),
    path(
        "versions/<str:name>/<int:number>/erased/",
        erasure_views.version_erased,
        name="version-erased",
    ),
    path("<uuid:pk>/", views.job_detail, name="job-detail"),
    path("<uuid:pk>/log/", job_views.job_log, name="job-log"),
    path("<uuid:pk>/log/text/", job_views.job_log_text, name="job-log-text"),
    path("<uuid:pk>/cancel/", views.job_stop, name="job-cancel"),
]
