"""What stands before a move of an alias; who knows what to ask listens to `alias_moving`."""

from typing import Any, Final, TypedDict

from django.dispatch import Signal

from accounts.problems import ConflictError
from models_app.models import Alias, AliasMove, Reranker, Version

alias_moving: Final = Signal()
"""Sent by `Alias` before a move, with `reranker`, `name`, `version` and `before`, the version that
the alias names, or None. Receivers return a list of `Check`."""


class Check(TypedDict):
    """One condition of a promotion: its name, whether it holds, and what was found, in words."""

    name: str
    passed: bool
    said: str


class GateRefusedError(ConflictError):
    """The gate of an alias does not let a version through; `reasons` say why."""

    def __init__(self, alias: str, version: Version, reasons: list[str]) -> None:
        super().__init__(f"The gate of {alias} refuses {version.tag}. {' '.join(reasons)}")
        self.reasons = reasons
        self.errors = {"gate": reasons}


def gate_pass(
    *, reranker: Reranker, name: str, version: Version, before: Version | None
) -> list[Check]:
    """Ask everybody who has something to ask of a move, and return what they found.

    A version that the alias named before passes without: rolling back waits for nothing. Raises
    GateRefusedError.
    """
    if AliasMove.objects.filter(reranker=reranker, name=name, to_version=version).exists():
        return [Check(name="rollback", passed=True, said=f"{name} named {version.tag} before.")]
    told: list[Any] = alias_moving.send(
        sender=Alias, reranker=reranker, name=name, version=version, before=before
    )
    checks: list[Check] = [check for _, found in told for check in found or []]
    reasons = [check["said"] for check in checks if not check["passed"]]
    if reasons:
        raise GateRefusedError(name, version, reasons)
    return checks
