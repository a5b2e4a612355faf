"""Celery is another way to call the services; a task may be delivered twice."""

from celery import shared_task

from accounts.sessions import SessionStore


@shared_task
def sessions_sweep() -> None:
    """Delete expired sessions; they let nobody in as it is."""
    SessionStore.clear_expired()
