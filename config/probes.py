"""`/livez`, `/readyz` and `/metrics`: answered before anybody looks at the Host header.

Probes and scrapers ask by address, which ALLOWED_HOSTS need not have, and none of the answers
depends on the name that was asked for.
"""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config import health

_ANSWERS: Final = {"/livez": health.livez, "/readyz": health.readyz, "/metrics": health.metrics}


class ProbesMiddleware:
    """Answer the probes; pass everything else on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return _ANSWERS.get(request.path, self.get_response)(request)
