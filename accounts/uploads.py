"""Files that people send: kept only where a view wants one, from whom it knows, within the limit.

A view says so by `takes_files`. Any other file is read past and never on disk, whichever middleware
looks at the form first.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import SkipFile, StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest
from rest_framework import exceptions
from rest_framework.parsers import MultiPartParser

from config.folders import private_folder

NO_ROOM: Final = (
    "The server could not store this file, and nothing was imported. Its administrator finds the"
    " reason in the log."
)
_REFUSAL: Final = "arbiter.upload_refusal"  # no name that a client's header could have

View = TypeVar("View", bound=Callable[..., Any])

logger = logging.getLogger(__name__)


class NoRoomError(exceptions.APIException):
    """507: the storage does not take the file."""

    status_code = HTTPStatus.INSUFFICIENT_STORAGE
    default_detail = NO_ROOM
    default_code = "no_room"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the rest of a form did not count any more."""

    message: str
    error: exceptions.APIException


class WantedFiles(TemporaryFileUploadHandler):
    """Writes the files of one request to FILE_UPLOAD_TEMP_DIR while they come in.

    Together they have at most IMPORT_MAX_BYTES. Writing stops at the first byte beyond, or where
    the disk takes no more; `upload_refusal` then says why, and fields that follow are lost.
    """

    request: HttpRequest

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._left = settings.IMPORT_MAX_BYTES

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        if not _wanted(self.request):
            raise SkipFile
        announced = int(self.request.META.get("CONTENT_LENGTH") or 0)
        if announced > settings.IMPORT_MAX_BYTES + settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            self._too_large()
        with self._disk():
            private_folder(Path(settings.FILE_UPLOAD_TEMP_DIR))
            super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self._left -= len(raw_data)
        if self._left < 0:
            self._too_large()
        with self._disk():
            return super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        with self._disk():
            return super().file_complete(file_size)

    def _too_large(self) -> NoReturn:
        message = f"A file has at most {_size(settings.IMPORT_MAX_BYTES)}."
        self._refuse(message, exceptions.ValidationError({"file": [message]}))

    @contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            with room_needed():
                yield
        except NoRoomError as error:
            self._refuse(NO_ROOM, error)

    def _refuse(self, message: str, error: exceptions.APIException) -> NoReturn:
        if hasattr(self, "file"):
            with suppress(OSError):  # what is left to write finds no room either
                self.file.close()
        self.request.META[_REFUSAL] = Refusal(message, error)
        # The rest is read past: whoever still sends would find the connection cut, not the answer.
        raise StopUpload(connection_reset=False)


class UploadParser(MultiPartParser):
    """Forms with files for the API; a file that was refused becomes its problem."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        found = super().parse(stream, media_type, parser_context)
        refusal = upload_refusal(parser_context["request"])
        if refusal:
            raise refusal.error
        return found


def takes_files(view: View) -> View:
    """Let the form of a page bring files; a class of the API has an attribute of this name."""
    view.__dict__["takes_files"] = True
    return view


@contextmanager
def room_needed() -> Iterator[None]:
    """Raise NoRoomError where a file cannot be stored; the log has the reason."""
    try:
        yield
    except OSError as error:
        logger.exception("An upload could not be stored.")
        raise NoRoomError from error


def upload_refusal(request: HttpRequest) -> Refusal | None:
    """Return why a file of this request was not taken, None where all is well."""
    found: Refusal | None = request.META.get(_REFUSAL)
    return found


def _wanted(request: HttpRequest) -> bool:
    view = request.resolver_match.func if request.resolver_match else None
    takes = getattr(getattr(view, "cls", view), "takes_files", False)
    return bool(takes and request.user.is_authenticated)


def _size(count: int) -> str:
    return f"{count >> 20} MiB" if count >> 20 else f"{count} bytes"
