"""What a job's process holds in memory, with all that it has started."""

import os
import resource
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from training.ml.group import launched

STATUS: Final = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Bytes now, and the most so far; on a GPU's machine those of its devices, else None.

    Memory that processes share counts for each of them.
    """

    bytes: int
    peak_bytes: int
    device_bytes: int | None = None
    device_peak_bytes: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return asdict(self)


class MemoryGauge:
    """Reads what this process and its children hold; a peak of this process alone is never lost."""

    def __init__(self) -> None:
        # Of several processes that train together the launcher is the parent.
        several = launched()[1] > 1
        self._process = psutil.Process(os.getppid()) if several else psutil.Process()
        self._peak = 0

    def read(self) -> MemoryUse:
        """Measure; takes milliseconds."""
        held = sum(_resident(each) for each in self._tree())
        self._peak = max(self._peak, held, own_peak())
        return MemoryUse(held, self._peak, *device_memory())

    def _tree(self) -> list[psutil.Process]:
        try:
            return [self._process, *self._process.children(recursive=True)]
        except psutil.Error:  # a child has ended meanwhile
            return [self._process]


def own_peak() -> int:
    """Return the most bytes that this process has held since its program began."""
    # The kernel's count for getrusage begins with the program that started this one.
    if STATUS.exists():
        for line in STATUS.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def device_memory() -> tuple[int, int] | tuple[None, None]:
    """Return the bytes that tensors hold on all CUDA devices, now and at most; None without one.

    Asks only a torch that the job has imported and that uses a device already.
    """
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    if cuda is None or not cuda.is_initialized():
        return None, None
    devices = range(cuda.device_count())
    now = sum(cuda.memory_reserved(number) for number in devices)
    return now, sum(cuda.max_memory_reserved(number) for number in devices)


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:  # it has ended meanwhile
        return 0
