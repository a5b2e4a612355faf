"""`Authorization: Bearer TOKEN` for the API; browsers use their session."""

from typing import Final

from django.conf import settings
from django.db.models.functions import Now
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from accounts.compiled import Compiled
from accounts.models import Scope, Token, User, secret_digest

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_TOKEN: Final = Compiled(
    lambda digest: (
        Token.objects.live().filter(digest=digest, user__is_active=True).select_related("user")
    ),
    {"digest": "a digest"},
)


class BearerAuthentication(BaseAuthentication):
    """Identify the owner of a live token; a read token may only read."""

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        scheme, _, secret = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        token = _TOKEN.first(digest=secret_digest(secret.strip().decode("latin-1")))
        if token is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        if token.scope == Scope.READ and not _reads(request):
            raise PermissionDenied("This token may only read; create one with scope 'write'.")
        if token.used_long_ago:  # to the minute: not a write, and a commit, for every call
            Token.objects.filter(pk=token.pk).update(last_used_at=Now())
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="arbiter"'


def _reads(request: Request) -> bool:
    view = request.parser_context.get("view")
    return request.method in _READING or bool(getattr(view, "only_reads", False))


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI schema names the token."""

    target_class = BearerAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token, made under /tokens/ or with `manage.py create_token`. It acts"
            " for its owner; with the scope `read` it only reads.",
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI schema names the browser's session."""

    target_class = "rest_framework.authentication.SessionAuthentication"
    name = "session"
    priority = 1  # before drf-spectacular's own

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "The session of a browser that is logged in. Calls that write also send"
            " the cookie `csrftoken` as the header `X-CSRFToken`.",
        }
