"""The Celery application: short idempotent tasks, and the doorbell of the trainer."""

from celery import Celery

app = Celery("arbiter")
# For every thread: a web thread that fell back to Celery's own default application would publish
# to a queue that no worker reads.
app.set_default()
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
