from django.urls import path

from accounts import api

urlpatterns = [
    path("projects/", api.ProjectList.as_view()),
    path("projects/<str:slug>/", api.ProjectDetail.as_view()),
    path("projects/<str:slug>/members/", api.MemberList.as_view()),
    path("projects/<str:slug>/members/<str:username>/", api.MemberDetail.as_view()),
]
