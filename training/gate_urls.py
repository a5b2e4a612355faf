"""A project's gates, below `/projects/SLUG/gates/`."""

from django.urls import path

from training.views import gates

urlpatterns = [
    path("", gates.gate_list, name="gates"),
    path("<str:alias>/delete/", gates.gate_delete, name="gate-delete"),
]
