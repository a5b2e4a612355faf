from django.urls import URLPattern, path

from annotate.api import judging

urlpatterns: list[URLPattern] = [
    path("projects/<str:slug>/tasks/lease/", judging.LeaseApi.as_view()),
    path("projects/<str:slug>/judgments/", judging.JudgmentsApi.as_view()),
    path("projects/<str:slug>/progress/", judging.ProgressApi.as_view()),
]
