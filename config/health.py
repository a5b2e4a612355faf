"""Whether the process is up, whether it can work, and what Prometheus reads."""

import logging
import uuid
from collections.abc import Iterator, Mapping
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from kombu.exceptions import OperationalError
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from accounts import monitoring as accounts
from annotate.selectors import monitoring as annotate
from config.celery import app
from models_app import monitoring as models_app
from training import monitoring as training

ROOMS: Final = (accounts.figures, annotate.figures, training.figures, models_app.figures)

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
    """The rooms' figures in Prometheus' text format: counts only, the same in every process."""
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.METRICS_TOKEN and not constant_time_compare(sent, settings.METRICS_TOKEN):
        headers = {"WWW-Authenticate": 'Bearer realm="metrics"'}
        return HttpResponse("Send METRICS_TOKEN as a bearer token.\n", status=401, headers=headers)
    return HttpResponse(generate_latest(_registry), content_type=CONTENT_TYPE_LATEST)


class Figures(Collector):
    """Reads every room's figures from the database whenever Prometheus asks."""

    def collect(self) -> Iterator[Metric]:
        for figure in (figure for room in ROOMS for figure in room()):
            each = figure.value
            family = GaugeMetricFamily(figure.name, figure.help, labels=["status"])
            if isinstance(each, Mapping):
                for status, number in each.items():
                    family.add_metric([status], number)
            else:
                family = GaugeMetricFamily(figure.name, figure.help, value=each)
            yield family


_registry = CollectorRegistry()
_registry.register(Figures())


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
