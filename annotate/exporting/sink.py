"""A file that is written to and handed on at once: for writers of formats that want a file."""


class Sink:
    """What a writer wrote since it was last taken. It cannot seek, so that nothing waits for it."""

    closed = False

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> int:
        self._held.append(bytes(data))
        self._size += len(data)
        return len(data)

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def flush(self) -> None:
        """There is nothing behind this file that could be waiting."""

    def close(self) -> None:
        """What is held can still be taken."""

    def __len__(self) -> int:
        return self._size

    def take(self) -> bytes:
        """Return all that was written since the last time."""
        taken = b"".join(self._held)
        self._held, self._size = [], 0
        return taken
