from django.urls import path

from training import views

app_name = "training"

urlpatterns = [
    path("", views.job_list, name="job-list"),
    path("new/", views.job_new, name="job-new"),
    path("pool/", views.pool_new, name="pool-new"),
    path("<uuid:pk>/", views.job_detail, name="job-detail"),
    path("<uuid:pk>/log/", views.job_log, name="job-log"),
    path("<uuid:pk>/cancel/", views.job_stop, name="job-cancel"),
]
