from django.contrib.auth import views as auth_views
from django.urls import path

from accounts import views

app_name = "accounts"

urlpatterns = [
    path("", views.home, name="home"),
    path("welcome/<str:secret>/", views.welcome, name="welcome"),
    path("accounts/login/", views.Login.as_view(), name="login"),
    path("accounts/logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("accounts/password/", views.PasswordChange.as_view(), name="password-change"),
    path("tokens/", views.token_list, name="token-list"),
    path("tokens/<int:pk>/revoke/", views.token_revoke, name="token-revoke"),
    path("projects/new/", views.project_new, name="project-new"),
    path("projects/<str:slug>/", views.project, name="project"),
    path("projects/<str:slug>/settings/", views.project_settings, name="project-settings"),
    path("projects/<str:slug>/scheme/", views.project_scheme, name="project-scheme"),
    path("projects/<str:slug>/delete/", views.project_delete, name="project-delete"),
    path("projects/<str:slug>/members/", views.member_add, name="member-add"),
    path(
        "projects/<str:slug>/members/<str:username>/remove/",
        views.member_remove,
        name="member-remove",
    ),
]
