"""The Celery application: short idempotent tasks, and the doorbell of the trainer."""

from celery import Celery

app = Celery("arbiter")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
