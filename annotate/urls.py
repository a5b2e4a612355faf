from django.urls import path

from annotate.views import snapshots

app_name = "annotate"

urlpatterns = [
    path("snapshots/", snapshots.snapshot_list, name="snapshot-list"),
    path("snapshots/<str:reference>/", snapshots.snapshot_detail, name="snapshot-detail"),
]
