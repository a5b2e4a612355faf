"""Logins that fail are counted in the database, so that every web process knows of them.

Within WINDOW, one user name may fail PAIR times from one address, one address FROM_ADDRESS times
whatever the name, and one name ON_NAME times from wherever: the last does not hold in a browser in
which its owner has logged in before, so that strangers cannot keep a person out. A refused attempt
counts for nothing, and names and addresses are kept as keyed digests only: people type passwords
into the wrong field.
"""

import math
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Final

from django.conf import settings
from django.db.models import DurationField, ExpressionWrapper, F, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import LoginAttempt

WINDOW: Final = timedelta(minutes=5)
PAIR: Final = 10
FROM_ADDRESS: Final = 30
ON_NAME: Final = 30
_COOKIE: Final = "known"
_COOKIE_SECONDS: Final = 365 * 24 * 3600
_SALT: Final = "accounts.throttling"


def login_attempt(*, request: HttpRequest, name: str) -> int:
    """Count an attempt to log in, or return the seconds to wait before there may be another."""
    person, place = _digest(name), _digest(_network(client_address(request)))
    rows = LoginAttempt.objects.filter(at__gt=Now() - WINDOW)
    waits = [_wait(rows.filter(person=person, place=place), PAIR)]
    waits.append(_wait(rows.filter(place=place), FROM_ADDRESS))
    if not _is_known(request, person):
        waits.append(_wait(rows.filter(person=person), ON_NAME))
    if not max(waits):
        LoginAttempt.objects.filter(at__lte=Now() - WINDOW).delete()
        LoginAttempt.objects.create(person=person, place=place)
    return max(waits)


def login_success(*, request: HttpRequest, response: HttpResponse, name: str) -> None:
    """Forget a name's failures from this address, and know this browser from now on."""
    person, place = _digest(name), _digest(_network(client_address(request)))
    LoginAttempt.objects.filter(person=person, place=place).delete()
    response.set_signed_cookie(
        _COOKIE,
        person,
        salt=_SALT,
        max_age=_COOKIE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def client_address(request: HttpRequest) -> str:
    """Return who asks; behind trusted proxies what the outermost of them has seen."""
    hops = settings.PROXY_HOPS if settings.TRUST_PROXY else 0
    seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    return seen[-hops] if 0 < hops <= len(seen) and seen[-hops] else _peer(request)


def _peer(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def _network(address: str) -> str:
    """Return what one client has: an IPv4 address, or a /64 of IPv6; ports are left out."""
    bare = address.partition("]")[0].lstrip("[") if address.startswith("[") else address
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    with suppress(ValueError):
        return str(ip_network(f"{ip_address(bare)}/{64 if ':' in bare else 32}", strict=False))
    return address


def _digest(text: str) -> str:
    return salted_hmac(_SALT, text.strip().lower(), algorithm="sha256").hexdigest()


def _is_known(request: HttpRequest, person: str) -> bool:
    known = request.get_signed_cookie(_COOKIE, "", salt=_SALT, max_age=_COOKIE_SECONDS)
    return constant_time_compare(known or "", person)


def _wait(rows: QuerySet[LoginAttempt], limit: int) -> int:
    """Return the seconds until fewer than `limit` of the attempts are within WINDOW."""
    left = ExpressionWrapper(F("at") + WINDOW - Now(), output_field=DurationField())
    oldest = rows.order_by("-at").values_list(left, flat=True)[limit - 1 : limit]
    return max((math.ceil(each.total_seconds()) for each in oldest), default=0)
