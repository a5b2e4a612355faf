"""The scorer for tests: its own application, in a thread of this process or in one of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from pytest_django.fixtures import Settings

from models_app.rerank.base import RefusedError
from models_app.rerank.scorer import scorer_state
from tests.processes import process, wait_for


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *said: object) -> None:
        pass


@contextmanager
def scorer_thread(settings: Settings) -> Iterator[None]:
    """The scorer without the wait for a process that imports torch; on a port of its own."""
    from training.scorer.app import application

    with make_server("127.0.0.1", 0, application, _Server, _Quiet) as server:
        settings.SCORER_URL = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


@contextmanager
def scorer_process() -> Iterator[None]:
    """The scorer as `up` runs it, at the address that the settings say."""
    with process("manage.py", "run_scorer"):
        wait_for(scorer_answers)
        yield


def scorer_answers() -> bool:
    """Say whether a scorer is up."""
    try:
        return "models" in scorer_state()
    except RefusedError:
        return False
