"""Browsers' sessions and who is logged in, looked up together at every request.

See `accounts.compiled` for how. Django asks its backend for a user by id alone: while the user of
a request is looked for, `visitor` lends what came with the session.
"""

from contextvars import ContextVar
from typing import Any

from django.contrib.auth import SESSION_KEY, get_user
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models.functions import Now
from django.http import HttpRequest

from accounts.compiled import Compiled
from accounts.models import Session, User

_LIVE = Session.objects.filter(expire_date__gt=Now())
_OF_USER = Compiled(
    lambda key: _LIVE.select_related("user").filter(session_key=key, user__isnull=False),
    {"key": "a key"},
)
_OF_NOBODY = Compiled(
    lambda key: _LIVE.filter(session_key=key, user__isnull=True), {"key": "a key"}
)
_USER = Compiled(lambda pk: User.objects.filter(pk=pk), {"pk": 1 << 62})
_lent: ContextVar[object] = ContextVar("the session whose user is looked for", default=None)


class SessionStore(DatabaseStore):
    """Sessions in the database; expired ones are none, on the database's clock."""

    user: User | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        session = super().create_model_instance(data)
        assert isinstance(session, Session)
        session.user_id = data.get(SESSION_KEY)
        return session

    def _get_session_from_db(self) -> Session | None:
        key = self.session_key or ""
        session = _OF_USER.first(key=key)
        if session is not None:
            self.user = session.user
            return session
        session = _OF_NOBODY.first(key=key)
        if session is None:
            self._session_key = None
        return session


class AccountsBackend(ModelBackend):
    """Django's own way to log in."""

    def get_user(self, user_id: int) -> User | None:
        store = _lent.get()
        user = store.user if isinstance(store, SessionStore) else None
        if user is None or user.pk != user_id:
            user = _USER.first(pk=user_id)
        return user if user is not None and self.user_can_authenticate(user) else None


def visitor(request: HttpRequest) -> User | AnonymousUser:
    """Return who is logged in, as Django finds it."""
    token = _lent.set(request.session)
    try:
        found: User | AnonymousUser = get_user(request)
        return found
    finally:
        _lent.reset(token)
