"""What every page's response carries, and where an anonymous visitor is sent."""

from collections.abc import Callable

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

from accounts.access import LoginRequiredError


class PageRequest(HttpRequest):
    """A request after django-htmx's middleware: `htmx` is true where a fragment is wanted."""

    htmx: HtmxDetails


GetResponse = Callable[[HttpRequest], HttpResponseBase]

# Nothing from another origin, no inline script or style, no framing.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; manifest-src 'self'"
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
