"""A network that breaks off: a proxy that cuts long answers short, and notes what was asked."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

from tests.processes import Address

_BLOCK = 16_384


@dataclass
class Cutting:
    """A proxy to `behind`. The first `times` answers longer than `after` bytes are cut there."""

    behind: Address
    after: int
    times: int = 1
    asked: list[str] = field(default_factory=list)

    def serve(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client: socket.socket) -> None:
        with closing(client), socket.create_connection(self.behind) as server, suppress(OSError):
            upwards = threading.Thread(target=self._up, args=(client, server), daemon=True)
            upwards.start()
            sent = 0
            while block := server.recv(_BLOCK):
                client.sendall(block)
                sent += len(block)
                if sent > self.after and self.times > 0:
                    self.times -= 1
                    client.shutdown(socket.SHUT_RDWR)
                    return

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while block := client.recv(_BLOCK):
                self.asked.append(block.decode("latin-1"))
                server.sendall(block)
            server.shutdown(socket.SHUT_WR)


@contextmanager
def cutting(behind: Address, *, after: int) -> Iterator[tuple[Address, Cutting]]:
    proxy = Cutting(behind, after)
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        threading.Thread(target=proxy.serve, args=(listening,), daemon=True).start()
        yield listening.getsockname(), proxy
