"""Who there is, and how they come in: users, sessions, tokens, links and logins."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from importlib import import_module
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from accounts.names import (
    NAME_MAX_LENGTH,
    validate_model_name,
    validate_top_name,
)


class User(AbstractUser):
    """A person. User names and project slugs share one namespace (kept by a trigger)."""

    username = models.CharField(
        max_length=NAME_MAX_LENGTH, unique=True, validators=[validate_top_name]
    )

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username


class Session(AbstractBaseSession):
    """A browser's session; it tells whose it is, so that one look-up finds both."""

    # Without a constraint: Django takes any violation at a new session's INSERT for a key in use,
    # and tries for ever. A session whose user is gone is nobody's.
    user = models.ForeignKey(
        User, null=True, on_delete=models.CASCADE, related_name="sessions", db_constraint=False
    )

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        """Return what reads and writes sessions."""
        store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
        return store


class Scope(models.TextChoices):
    """What a token may do within its owner's own rights."""

    READ = "read", "Read"
    WRITE = "write", "Read and write"


class TokenQuerySet(models.QuerySet["Token"]):
    def live(self) -> Self:
        """Tokens that are neither revoked nor expired, on the database's clock."""
        return self.filter(revoked_at=None).exclude(expires_at__lte=Now())

    def for_secret(self, secret: str) -> Self:
        return self.filter(digest=secret_digest(secret))


def secret_digest(secret: str) -> str:
    """Return the hexadecimal sha256 under which a secret is stored; secrets have 256 bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Token(models.Model):
    """An API token; only its digest is stored, and its first characters to recognise it by."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=12)
    scope = models.CharField(max_length=8, choices=Scope.choices)
    default_model = models.CharField(max_length=200, blank=True, validators=[validate_model_name])
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = TokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"

    @property
    def used_long_ago(self) -> bool:
        """Whether its last use was noted more than a minute ago."""
        noted = self.last_used_at
        return noted is None or abs(timezone.now() - noted) > timedelta(minutes=1)


class OwnerLink(models.Model):
    """The one-time link of a fresh installation: its visitor becomes the owner."""

    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(db_default=Now())
    used_at = models.DateTimeField(null=True)
    used_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"Owner link of {self.created_at:%Y-%m-%d}"


class LoginAttempt(models.Model):
    """A login that did not succeed (yet): keyed digests of the user name and the address."""

    person = models.CharField(max_length=64)
    place = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["person", "place", "at"], name="login_attempt_on_person"),
            models.Index(fields=["place", "at"], name="login_attempt_from_place"),
            models.Index(fields=["at"], name="login_attempt_age"),
        ]

    def __str__(self) -> str:
        return f"Login of {self.at:%Y-%m-%d %H:%M}"
