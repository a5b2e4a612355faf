"""Web, worker, trainer and beat never import torch: only a job's own process does."""

import os
import subprocess
import sys

from django.conf import settings

# Everything that a web process or a Celery process loads, in an interpreter of its own.
LOAD = """
import importlib, pathlib, sys
import config.wsgi
from django.apps import apps
from django.urls import get_resolver
resolver = get_resolver()
assert len(resolver.reverse_dict) > 0
for pattern in resolver.url_patterns:
    list(getattr(pattern, "url_patterns", []))
from config.celery import app
app.loader.import_default_modules()
app.finalize()
names = [name for name in app.tasks if not name.startswith("celery.")]
assert "training.tasks.job_supervise" in names and "training.tasks.jobs_sweep" in names, names
for each in apps.get_app_configs():
    if (pathlib.Path(each.path) / "tasks.py").exists():
        importlib.import_module(each.name + ".tasks")
import training.spec.train, training.process.supervising, training.process.running
heavy = {"torch", "transformers", "sentence_transformers", "statsmodels", "pandas"}
heavy &= set(sys.modules)
assert not heavy, heavy
print("light")
"""


def test_web_and_celery_processes_stay_light() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOAD],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.strip() == "light", done.stderr
