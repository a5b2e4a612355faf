"""The processes of a job beside its first one, under a launcher such as `accelerate launch`.

They need no database: the first one holds the claim, tells them what to train on, and ends for all.
"""

import json
import logging
import os
import signal
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Thread
from typing import Any, Final

import psutil

from training.ml.errors import DivergedError, OutOfMemoryError, RecipeError
from training.ml.group import group_join, group_now, launched
from training.services.claims import Claim
from training.services.moves import CRASHED, job_fail, job_lose

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.2
NOTE: Final = "failed.json"
EXIT_FAILED: Final = 1
KILLED: Final = "One of the job's processes was killed, as systems do when memory runs out."


@dataclass(frozen=True, slots=True)
class Lost:
    """What is known of a process of the group that is gone; without a message it was killed."""

    message: str = ""
    traceback: str = ""
    out_of_memory: bool = False
    again: bool = True


def job_follow() -> int:
    """Train along with the first process until it needs nobody any more; returns the exit status.

    What ends the first one ends this one: its claim is what holds the job.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_watch, args=(os.getppid(),), name="watch", daemon=True).start()
    group = group_join()
    told: dict[str, Any] = {}
    while told := group.share():
        from training.ml.recipe.following import recipe_follow

        try:
            recipe_follow(told)
        except Exception as error:
            # The process ends here; the first one tells the job's user why.
            logger.exception("Process %s of the job failed.", group.rank)
            _note(Path(told["folder"]), error)
            return EXIT_FAILED
    return 0


def followers_dismiss(status: int) -> int:
    """Let the other processes end, where there are any; returns the exit status of this one.

    Amid a training nobody listens: then the launcher ends them, if this one did not end well.
    """
    if launched()[1] == 1:
        return status
    group = group_join()
    if group.training:
        return status or EXIT_FAILED
    group.share({})
    return status


def lost_settle(claim: Claim, lost: Lost) -> None:
    """End a job of which another process has failed; put it back where that one was killed."""
    if lost.message:
        job_fail(claim=claim, **asdict(lost))
    else:
        job_lose(claim=claim, reason=KILLED)


def follower_lost() -> Lost | None:
    """Return what became of a process that has died; None while all are there."""
    group = group_now()
    if all(_lives(pid) for pid in group.pids[1:]):
        return None
    for note in _notes:
        if note.exists():
            return Lost(**json.loads(note.read_text(encoding="utf-8")))
    return Lost()


_notes: list[Path] = []


def notes_expect(folder: Path) -> None:
    """Say below which folder the other processes leave word of what they failed of."""
    _notes[:] = [folder / NOTE]
    _notes[0].unlink(missing_ok=True)


def _note(folder: Path, error: Exception) -> None:
    expected = isinstance(error, RecipeError)
    message = error.message if isinstance(error, OutOfMemoryError) else str(error)
    lost = Lost(
        message=message if expected else CRASHED,
        traceback="" if expected else "".join(traceback.format_exception(error)),
        out_of_memory=isinstance(error, OutOfMemoryError),
        again=not isinstance(error, DivergedError),
    )
    path = folder.parent / NOTE
    part = path.with_suffix(".part")
    part.write_text(json.dumps(asdict(lost)), encoding="utf-8")
    part.replace(path)


def _watch(parent: int) -> None:
    """End this process when the launcher or the first process is gone."""
    while os.getppid() == parent and all(map(_lives, group_now().pids[:1])):
        time.sleep(LOOK_SECONDS)
    os._exit(EXIT_FAILED)


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
