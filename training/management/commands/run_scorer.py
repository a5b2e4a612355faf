"""`manage.py run_scorer`: the process that answers rerank requests with scores."""

import os
import sys
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand

from config.folders import private_folder, require_private

# Each waits for its answer; what computes is one thread.
THREADS: Final = 64


class Command(BaseCommand):
    help = "Load versions and score what web processes ask, at SCORER_URL."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        argv = scorer_argv(settings.SCORER_URL)
        os.execv(argv[0], argv)  # noqa: S606 (in our place, so that signals reach it)


def scorer_argv(url: str) -> list[str]:
    """Return gunicorn's command line: one process, so that a model is loaded once."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        path = Path(unquote(parts.path))
        require_private(private_folder(path.parent))
        bind = f"unix:{path}"
    else:
        bind = parts.netloc
    return [
        sys.executable, "-m", "gunicorn", "training.scorer.app:served()",
        "--bind", bind, "--umask", "0o077",
        "--worker-class", "gthread", "--workers", "1", "--threads", str(THREADS),
        # A model that is being loaded is no reason to be ended.
        "--timeout", "300", "--graceful-timeout", "5", "--keep-alive", "30",
        "--no-control-socket",  # it would be one for all servers of this user
    ]  # fmt: skip
