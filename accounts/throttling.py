"""Logins that fail are counted in the database, so that every web process knows of them.

Within WINDOW, one user name may fail PAIR times from one address, one address FROM_ADDRESS times
whatever the name, and one name ON_NAME times from wherever. In a browser in which a name has logged
in before, none of them holds for that name but PAIR failures of this browser: neither strangers
elsewhere nor those behind the same address can keep a person out. A refused attempt counts for
nothing, and names and addresses are kept as keyed digests only: people type passwords into the
wrong field.
"""

import math
import secrets
import unicodedata
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.locks import turn_wait
from accounts.models import LoginAttempt

WINDOW: Final = timedelta(minutes=5)
PAIR: Final = 10
FROM_ADDRESS: Final = 30
ON_NAME: Final = 30
_COOKIE: Final = "known"
_COOKIE_SECONDS: Final = 365 * 24 * 3600
_SALT: Final = "accounts.throttling"


@transaction.atomic
def login_attempt(*, request: HttpRequest, name: str) -> int:
    """Count an attempt to log in, or return the seconds to wait before there may be another."""
    person, browser = _person(name), _browser(request, name)
    place = browser or _address(request)
    turn_wait("login")  # attempts at the same moment are counted one after the other
    rows = LoginAttempt.objects.filter(at__gt=Now() - WINDOW)
    waits = [_wait(rows.filter(person=person, place=place), PAIR)]
    if not browser:
        waits.append(_wait(rows.filter(place=place), FROM_ADDRESS))
        waits.append(_wait(rows.filter(person=person), ON_NAME))
    if not max(waits):
        LoginAttempt.objects.filter(at__lte=Now() - WINDOW).delete()
        LoginAttempt.objects.create(person=person, place=place)
    return max(waits)


def login_success(*, request: HttpRequest, response: HttpResponse, name: str) -> None:
    """Forget a name's failures from this browser or address, and know this browser from now on."""
    person, browser = _person(name), _browser(request, name)
    LoginAttempt.objects.filter(person=person, place=browser or _address(request)).delete()
    response.set_signed_cookie(
        _COOKIE,
        f"{person}.{secrets.token_hex(16)}",
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


def _person(name: str) -> str:
    """Return one digest for all that the login form takes for one name, in any case."""
    return _digest("name", unicodedata.normalize("NFKC", name).strip().casefold())


def _address(request: HttpRequest) -> str:
    return _digest("address", _network(client_address(request)))


def _browser(request: HttpRequest, name: str) -> str:
    """Return the digest of a browser in which `name` has logged in before, else nothing."""
    known = request.get_signed_cookie(_COOKIE, "", salt=_SALT, max_age=_COOKIE_SECONDS) or ""
    person, _, browser = known.partition(".")
    return _digest("browser", browser) if constant_time_compare(person, _person(name)) else ""


def _digest(kind: str, text: str) -> str:
    return salted_hmac(f"{_SALT}.{kind}", text, algorithm="sha256").hexdigest()


def _wait(rows: QuerySet[LoginAttempt], limit: int) -> int:
    """Return the seconds until fewer than `limit` of the attempts are within WINDOW."""
    left = ExpressionWrapper(F("at") + WINDOW - Now(), output_field=DurationField())
    oldest = rows.order_by("-at").values_list(left, flat=True)[limit - 1 : limit]
    return max((math.ceil(each.total_seconds()) for each in oldest), default=0)
