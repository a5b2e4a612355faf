"""Browsers' sessions and who is logged in, looked up at every request: see `accounts.compiled`."""

from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.db.models.functions import Now

from accounts.compiled import Compiled
from accounts.models import User

_SESSION = Compiled(
    lambda key: Session.objects.filter(session_key=key, expire_date__gt=Now()), {"key": "a key"}
)
_USER = Compiled(lambda pk: User.objects.filter(pk=pk), {"pk": 1 << 62})


class SessionStore(DatabaseStore):
    """Sessions in the database; expired ones are none, on the database's clock."""

    def _get_session_from_db(self) -> Session | None:
        session = _SESSION.first(key=self.session_key or "")
        if session is None:
            self._session_key = None
        return session


class AccountsBackend(ModelBackend):
    """Django's own way to log in."""

    def get_user(self, user_id: int) -> User | None:
        user = _USER.first(pk=user_id)
        return user if user is not None and self.user_can_authenticate(user) else None
