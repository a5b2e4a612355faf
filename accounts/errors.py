"""What Django answers where no view has: a problem body below /api/, a page elsewhere.

Django has logged the error by then, an exception with its traceback.
"""

from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views import defaults

from accounts.problems import problem_answer


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer a request that Django refuses to read: too large, too many fields, a wrong host."""
    if not request.path.startswith("/api/"):
        return defaults.bad_request(request, exception)
    if isinstance(exception, RequestDataTooBig):
        message = "The body is too large; send less at once."
        return problem_answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)
    return problem_answer(HTTPStatus.BAD_REQUEST, "The request cannot be read.")


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Answer a request whose handling has crashed."""
    if not request.path.startswith("/api/"):
        return defaults.server_error(request)
    message = "Something broke. The error was logged on the server; try again in a moment."
    return problem_answer(HTTPStatus.INTERNAL_SERVER_ERROR, message)
