"""The processes that train together: one for each GPU of a machine, started by a launcher.

A launcher such as `accelerate launch` starts the same command several times and tells each process
by its environment which one it is. The first (rank 0) is the one that decides, keeps and tells;
the others train along. What they say to each other here is numbers and JSON, over connections of
their own on this machine.
"""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from torch.distributed import ProcessGroup

# A process that waits is ended when another one dies, by the launcher; it does not give up before.
PATIENCE: Final = timedelta(days=2)


class Group:
    """Who trains together; alone, every call returns at once what it was given."""

    def __init__(self, rank: int, size: int, channel: "ProcessGroup | None" = None) -> None:
        self.rank, self.size, self._channel = rank, size, channel
        self.training = False
        """Whether the others are amid a training, in which nothing else may be told to them."""
        self.pids: list[int] = []
        """Of all processes, by rank."""

    @property
    def first(self) -> bool:
        return self.rank == 0

    def share(self, value: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return what the first process gives, in every process; what the others give is unused."""
        if self._channel is None:
            return dict(value or {})
        import torch
        from torch import distributed

        text = json.dumps(value or {}).encode() if self.first else b""
        size = torch.tensor([len(text)])
        distributed.broadcast(size, 0, group=self._channel)
        body = torch.zeros(int(size), dtype=torch.uint8)
        if self.first:
            body = torch.frombuffer(bytearray(text), dtype=torch.uint8)
        distributed.broadcast(body, 0, group=self._channel)
        found: dict[str, Any] = json.loads(bytes(body.tolist()))
        return found

    def agree(self, *flags: bool) -> list[bool]:
        """Return the flags of the first process, in every process."""
        if self._channel is None:
            return list(flags)
        import torch
        from torch import distributed

        shared = torch.tensor(flags, dtype=torch.uint8)
        distributed.broadcast(shared, 0, group=self._channel)
        return [bool(flag) for flag in shared]

    def gather(self, values: Sequence[float]) -> list[list[float]]:
        """Return the numbers of every process, by rank."""
        if self._channel is None:
            return [list(values)]
        import torch
        from torch import distributed

        own = torch.tensor(values, dtype=torch.float64)
        found = [torch.zeros_like(own) for _ in range(self.size)]
        distributed.all_gather(found, own, group=self._channel)
        return [each.tolist() for each in found]

    def wait(self) -> None:
        """Return once every process is here."""
        self.gather([0.0])


ALONE: Final = Group(0, 1)
# By these, libraries take part in a group at once, also where one process works alone before it.
_NAMES: Final = ("RANK", "LOCAL_RANK", "WORLD_SIZE")
_told: dict[str, str] = {}
_joined: list[Group] = []


def launched() -> tuple[int, int]:
    """Return which process of how many this is, as its launcher said; 0 of 1 without any.

    From the first call on the environment does not say so any more, until the group is joined:
    what the first process does before is its own.
    """
    if not _told and all(name in os.environ for name in _NAMES):
        _told.update({name: os.environ.pop(name) for name in _NAMES})
    return int(_told.get("RANK", 0)), int(_told.get("WORLD_SIZE", 1))


def group_now() -> Group:
    """Return the processes that this one trains with."""
    return _joined[0] if _joined else ALONE


def group_join() -> Group:
    """Meet the other processes of the launcher, on this process's own GPU where there are any."""
    rank, size = launched()
    if size == 1 or _joined:
        return group_now()
    import torch
    from torch import distributed

    os.environ.update(_told)
    on_gpu = torch.cuda.is_available() and os.environ.get("ACCELERATE_USE_CPU") != "true"
    if on_gpu:
        torch.cuda.set_device(int(_told["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if on_gpu else "gloo", timeout=PATIENCE)
    group = Group(rank, size, distributed.new_group(backend="gloo", timeout=PATIENCE))
    group.pids = [int(row[0]) for row in group.gather([os.getpid()])]
    _joined.append(group)
    return group
