from django.urls import path

from training import api

urlpatterns = [
    path("training-jobs/", api.JobList.as_view()),
    path("training-jobs/<uuid:pk>/", api.JobDetail.as_view(), name="api-job"),
    path("training-jobs/<uuid:pk>/cancel/", api.JobCancel.as_view()),
    path("training-jobs/<uuid:pk>/events/", api.JobEvents.as_view()),
    path("rerankers/<str:team>/<str:name>/compare/", api.Compare.as_view()),
]
