"""What every page's response carries, which addresses there are none of, and who logs in first."""

from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from django_htmx.middleware import HtmxDetails

from accounts.access import LoginRequiredError
from accounts.models import User
from accounts.problems import problem_answer
from accounts.sessions import visitor


class PageRequest(HttpRequest):
    """A request after django-htmx's middleware: `htmx` is true where a fragment is wanted."""

    htmx: HtmxDetails


GetResponse = Callable[[HttpRequest], HttpResponseBase]

# Nothing from another origin, no inline script or style, no framing.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; manifest-src 'self'; worker-src 'self'"
)


class PageHeadersMiddleware:
    """Send a strict Content-Security-Policy with every response.

    An address may answer with a page or, to htmx, with a fragment of it: caches and the browser's
    Back keep them apart.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ["HX-Request"])
        return response


class VisitorMiddleware(AuthenticationMiddleware):
    """Tell who is logged in, when somebody asks: one look-up with the session."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = cast("User | AnonymousUser", SimpleLazyObject(lambda: visitor(request)))


class NoNulMiddleware:
    """Answer an address with a NUL character as one that is none: PostgreSQL has no text with it.

    A cookie with one (quoted, `\\000`) is none of ours, and is dropped.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.COOKIES = {
            name: value for name, value in request.COOKIES.items() if "\0" not in name + value
        }
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        in_path = "\0" in request.path
        if not in_path and not any("\0" in name + "".join(v) for name, v in request.GET.lists()):
            return None
        message = "An address cannot contain the character NUL."
        if not request.path.startswith("/api/"):
            raise Http404(message)
        status = HTTPStatus.NOT_FOUND if in_path else HTTPStatus.BAD_REQUEST
        return problem_answer(status, message)


class LoginRequiredMiddleware:
    """Send a page's anonymous visitor to the login, wherever the access helper found them."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, LoginRequiredError):
            return redirect_to_login(request.get_full_path())
        return None
