"""What every API call is made of: its base class, its caller, strict input, pages."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import pagination
from accounts.models import User


class StrictSerializer(serializers.Serializer[Any]):
    """Input whose every key is known: a misspelt one is an error and never lost.

    For model serializers as well: `class X(StrictSerializer, ModelSerializer[Y])`. Keys that are
    there to be read only are refused too; `fixed` gives the reason where there is one to know.
    """

    fixed: ClassVar[Mapping[str, str]] = {}
    besides: Collection[str] = ()  # what the call knows as well, for the message of an unknown key

    def to_internal_value(self, data: Any) -> Any:
        errors = self._refused(data) if isinstance(data, Mapping) else {}
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            found = error.detail if isinstance(error.detail, dict) else {}
            raise serializers.ValidationError({**found, **errors}) from error
        if errors:
            raise serializers.ValidationError(errors)
        return value

    def _refused(self, data: Mapping[str, Any]) -> dict[str, Any]:
        writable = [name for name, field in self.fields.items() if not field.read_only]
        known = [*writable, *self.besides]
        return {
            str(key): [self.fixed.get(key) or _unknown(key, self.fields, known)]
            for key in data
            if key not in writable
        }


class Parameters(StrictSerializer):
    """The query parameters of a call; none, unless a call declares its own."""


class OneForm(DefaultContentNegotiation):
    """Answers in the one form that a call has, whatever `Accept` says, and leaves `?format=` to it.

    DRF would answer 406, and 404 to a `format` that it does not know.
    """

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: Any = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)


class ApiView(APIView):
    """A call of the API.

    `parameters` are its query parameters, for the call and for OpenAPI. Where it lists,
    `pagination_class` says how, and `orders` which names `?order=` knows beyond the usual ones.
    `takes_files` lets its form bring files. With `only_reads` a token that may only read can POST.
    """

    content_negotiation_class = OneForm
    parameters: ClassVar[type[Parameters]] = Parameters
    pagination_class: ClassVar[type[pagination.NewestFirst]] = pagination.NewestFirst
    orders: ClassVar[Mapping[str, str]] = {}
    takes_files: ClassVar[bool] = False
    only_reads: ClassVar[bool] = False


def caller(request: Request) -> User:
    """Return the identified caller of an API request."""
    if not isinstance(request.user, User):
        raise TypeError("API views are only for identified callers")
    return request.user


def validated(serializer: serializers.BaseSerializer[Any]) -> dict[str, Any]:
    """Return the serializer's data, or raise what becomes a 400 with `errors` per field."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def validated_by(serializer: serializers.Serializer[Any], data: object) -> dict[str, Any]:
    """Return what `validated` would, by a serializer that is made once for all calls."""
    try:
        return dict(serializer.run_validation(data))
    except serializers.ValidationError as error:
        raise serializers.ValidationError(serializers.as_serializer_error(error)) from error


def asked(
    view: ApiView, request: Request, besides: Collection[str] = frozenset()
) -> dict[str, Any]:
    """Return a call's query parameters; one that it does not know (or `besides`) is a 400."""
    sent = {key: value for key, value in request.query_params.items() if key not in besides}
    parameters = view.parameters(data=sent)
    parameters.besides = besides
    return validated(parameters)


def filters(view: ApiView, request: Request) -> dict[str, Any]:
    """Return what a list is asked for besides its page."""
    return asked(view, request, pagination.PARAMETERS)


def paginated(view: ApiView, request: Request, rows: QuerySet[Any], serializer: Any) -> Response:
    """Answer with one cursor page of `rows`; an unknown query parameter is a 400."""
    filters(view, request)
    paginator = view.pagination_class()
    page = paginator.page(rows, request, view)
    return paginator.response(serializer(page, many=True).data)


def _unknown(key: str, fields: Mapping[str, Any], known: Collection[str]) -> str:
    if key in fields:
        return "This is not for a caller to set."
    return f"Unknown. Known are {', '.join(sorted(known))}." if known else "Unknown."
