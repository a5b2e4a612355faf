"""Failures of a recipe that its user can do something about.

Everything else that goes wrong is a crash and keeps its own type and traceback.
"""

import errno
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# Allocation failures reach Python as plain RuntimeError; PyTorch offers no other mark on the CPU.
_NO_MEMORY: Final = ("can't allocate memory", "out of memory", "not enough memory")
# CUDA and its libraries say it in these words.
_NO_DEVICE_MEMORY: Final = (
    "cuda out of memory",
    "cuda error: out of memory",
    "cublas_status_alloc_failed",
    "cudnn_status_alloc_failed",
)
_DISK_FULL: Final = ("no space left on device", "disk quota exceeded", "file too large")
_LESS: Final = (
    "Lower per_device_train_batch_size (and per_device_eval_batch_size), shorten max_length, or "
    "choose a smaller base model; gradient_accumulation_steps keeps the effective batch."
)
MEMORY_AT_HAND: Final = 64 << 20  # bytes that a process has left where memory is no trouble


class RecipeError(Exception):
    """An expected failure: `message` says what happened, `advice` what to do about it."""

    def __init__(self, message: str, advice: str) -> None:
        self.message = message
        self.advice = advice
        super().__init__(f"{message} {advice}")


class BaseModelError(RecipeError):
    """The base model cannot be used."""


class BackendError(RecipeError):
    """The backend that was asked for cannot be used here."""


class DataError(RecipeError):
    """The snapshot does not hold what training needs."""


class DivergedError(RecipeError):
    """The loss is no longer a number."""


class ResourceError(RecipeError):
    """Memory or disk ran out."""


class OutOfMemoryError(ResourceError):
    """Memory ran out, on this machine or on one of its GPUs."""


def resource_error(error: BaseException) -> ResourceError | None:
    """Return what to tell the user where `error` means that memory or disk ran out, else None."""
    text = str(error).lower()
    codes = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    full = isinstance(error, OSError) and error.errno in codes
    # safetensors wraps the system's error in one of its own, as text.
    if full or any(mark in text for mark in _DISK_FULL):
        return ResourceError(
            "The disk is full, or a limit on files is reached.",
            "Free some space where the data folder and the temporary folder are; nothing was kept.",
        )
    if any(mark in text for mark in _NO_DEVICE_MEMORY):
        return OutOfMemoryError("The GPU ran out of memory.", _LESS)
    lost = isinstance(error, OSError) and error.errno == errno.ENOMEM
    if isinstance(error, MemoryError) or lost or any(mark in text for mark in _NO_MEMORY):
        return OutOfMemoryError(
            "The machine ran out of memory.",
            _LESS,
        )
    return None


def memory_refused() -> bool:
    """Whether this process, as it stands, is refused the little that is at hand elsewhere."""
    try:
        mmap.mmap(-1, MEMORY_AT_HAND, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    except OSError:
        return True
    return False


@contextmanager
def resources_named() -> Iterator[None]:
    """Turn an exhausted disk or memory into ResourceError; let everything else pass."""
    try:
        yield
    except RecipeError:
        raise
    except Exception as error:
        # Libraries tell of memory and disk under types of their own; all else passes unchanged.
        named = resource_error(error)
        if named is None:
            raise
        raise named from error
