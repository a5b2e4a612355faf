"""Errors of the API as RFC 9457 problem details: `type, title, status, detail`, and `errors`."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.views import exception_handler

from accounts.access import LoginRequiredError

MEDIA_TYPE: Final = "application/problem+json"


class ConflictError(exceptions.APIException):
    """409: the call contradicts what is already there; `errors` are messages by field, if any."""

    errors: Mapping[str, list[str]] | None = None
    status_code = HTTPStatus.CONFLICT
    default_detail = "This contradicts what is already there."
    default_code = "conflict"


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception into a problem body; the handler that DRF calls for every API error.

    Django's ValidationError, as services raise it, is a 400 with `errors` per field. Anything
    that is not an expected error returns None, which makes it a 500.
    """
    error = _as_api_error(error)
    response = exception_handler(error, context)
    if response is None:
        return None
    status = HTTPStatus(response.status_code)
    if isinstance(error, exceptions.ValidationError):
        errors = _listed(as_serializer_error(error))
        response.data = {**problem(status, _first_message(errors)), "errors": errors}
    else:
        response.data = problem(status, str(response.data.get("detail", status.phrase)))
        if isinstance(error, ConflictError) and error.errors:
            response.data["errors"] = error.errors
    response.content_type = MEDIA_TYPE
    return response


def problem(status: HTTPStatus, detail: str) -> dict[str, Any]:
    """Return the members that every problem body has."""
    return {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail}


def problem_answer(status: HTTPStatus, detail: str) -> JsonResponse:
    """Answer with a problem body outside of any API view."""
    return JsonResponse(problem(status, detail), status=status, content_type=MEDIA_TYPE)


def _listed(errors: Any) -> Any:
    """Return errors in the one shape that callers meet: lists of messages, in objects per field."""
    if isinstance(errors, dict):
        return {str(field): _listed(inner) for field, inner in errors.items()}
    if not isinstance(errors, list):
        return [str(errors)]
    if any(isinstance(inner, dict | list) for inner in errors):  # per item; {} where it is right
        return {str(at): _listed(inner) for at, inner in enumerate(errors) if inner}
    return [str(message) for message in errors]


def _as_api_error(error: Exception) -> Exception:
    if isinstance(error, LoginRequiredError):
        return exceptions.NotAuthenticated("Send a token or log in.")
    if isinstance(error, DjangoValidationError):
        return exceptions.ValidationError(
            error.message_dict
            if hasattr(error, "error_dict")
            else {"non_field_errors": error.messages}
        )
    return error


def _first_message(errors: Any) -> str:
    """Return the first message of a nested error structure, with the field it is about."""
    if isinstance(errors, dict):
        for field, inner in errors.items():
            message = _first_message(inner)
            return message if field == "non_field_errors" else f"{field}: {message}"
    if isinstance(errors, list) and errors:
        return _first_message(errors[0])
    return str(errors)
