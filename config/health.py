"""Whether the process is up, whether it can work, and what Prometheus reads."""

import logging
import uuid

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from kombu.exceptions import OperationalError
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from config.celery import app

logger = logging.getLogger(__name__)


def livez(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """Database, broker and storage are usable; 503 names what is not, and the log says why."""
    checks = {
        "database": database_problem(),
        "broker": broker_problem(),
        "storage": storage_problem(),
    }
    failed = {name: problem for name, problem in checks.items() if problem}
    for name, problem in failed.items():
        logger.error("The %s cannot be used: %s", name, problem)
    body = {"status": "unavailable" if failed else "ok", "failed": sorted(failed)}
    return JsonResponse(body, status=503 if failed else 200)


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format."""
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def database_problem() -> str:
    """Say what keeps the database from being used, or nothing."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return str(error)
    return ""


def broker_problem() -> str:
    """Say what keeps the broker from being used, or nothing."""
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except (OperationalError, OSError) as error:
        return str(error)
    return ""


def storage_problem() -> str:
    """Say what keeps the storage from being used, or nothing."""
    storage = storages["blobs"]
    try:
        name = storage.save(f"probe/{uuid.uuid4()}", ContentFile(b"ok"))
        storage.delete(name)
    except (OSError, BotoCoreError, ClientError) as error:
        return str(error)
    return ""
