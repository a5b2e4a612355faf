"""What all dialects of rerank requests have in common: asking, answering, refusing."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from http import HTTPStatus
from math import exp
from typing import Any, ClassVar, Final

from django.conf import settings
from rest_framework import serializers

from models_app.models import Version

# What clients send that were told of no model.
NOT_NAMED: Final = "default/not-specified"
CHUNKS_MOST: Final = 100


class Kind(Enum):
    """Why a request is refused."""

    INVALID = "invalid"
    TOO_MANY = "too many documents"
    TOO_LARGE = "too large"
    TOO_LONG = "too long"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not found"
    BUSY = "busy"
    FAILED = "failed"
    DOWN = "down"


STATUS: Final[Mapping[Kind, HTTPStatus]] = {
    Kind.INVALID: HTTPStatus.BAD_REQUEST,
    Kind.TOO_MANY: HTTPStatus.BAD_REQUEST,
    Kind.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Kind.TOO_LONG: HTTPStatus.BAD_REQUEST,
    Kind.UNAUTHORIZED: HTTPStatus.UNAUTHORIZED,
    Kind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Kind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Kind.BUSY: HTTPStatus.TOO_MANY_REQUESTS,
    Kind.FAILED: HTTPStatus.INTERNAL_SERVER_ERROR,
    Kind.DOWN: HTTPStatus.SERVICE_UNAVAILABLE,
}


class RefusedError(Exception):
    """A rerank request that gets no scores; `seconds` is when to try again, 0 where never.

    `errors` are messages by field.
    """

    def __init__(
        self,
        kind: Kind,
        message: str,
        *,
        seconds: int = 0,
        errors: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.kind, self.message, self.seconds = kind, message, seconds
        self.errors = errors or {}


@dataclass(frozen=True, slots=True)
class Document:
    """A document to be ranked; the title is empty where there is none."""

    text: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A rerank request, whatever its dialect.

    `model` is empty where none is named; `top` the number of results, None for all; `raw` wants
    logits instead of scores in (0, 1). For the others see `training.ml.serving.asked.Ask`.
    """

    query: str
    documents: Sequence[Document]
    model: str = ""
    top: int | None = None
    with_documents: bool = False
    raw: bool = False
    chunks: int = 1
    tokens: int | None = None
    truncate: bool = True
    keep_end: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """A document's place in the request, its score, and itself where it was asked for."""

    index: int
    score: float
    document: Document | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """What came of a request: the best results first."""

    asked: Asked
    version: Version
    results: Sequence[Result]
    tokens: int
    id: str
    created: int

    @property
    def model(self) -> str:
        """The model as it was named, or, where it was not, as it is called."""
        return self.asked.model or str(self.version)


def results_of(asked: Asked, logits: Sequence[float]) -> list[Result]:
    """Return the best results first, those of equal scores in the order of the request."""
    order = sorted(range(len(logits)), key=lambda place: -logits[place])
    return [
        Result(
            place,
            logits[place] if asked.raw else sigmoid(logits[place]),
            asked.documents[place] if asked.with_documents else None,
        )
        for place in order[: asked.top]
    ]


def sigmoid(logit: float) -> float:
    """Return a logit's score in (0, 1), as `CrossEncoder.predict` does, in double precision."""
    if logit >= 0:
        return 1 / (1 + exp(-logit))
    return exp(logit) / (1 + exp(logit))


class DocumentsField(serializers.Field[Any, Any, Any, Any]):
    """A list of texts, or of objects with a `text` and maybe a `title`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.error_messages["required"] = "Send a list of texts."

    def to_internal_value(self, data: Any) -> list[Document]:
        if not isinstance(data, list):
            raise serializers.ValidationError("Send a list of texts.")
        if not data:
            raise serializers.ValidationError("There is no document to rank.")
        most = settings.RERANK_MAX_DOCUMENTS
        if len(data) > most:
            said = f"At most {most:,} documents are ranked at once; these are {len(data):,}."
            raise RefusedError(Kind.TOO_MANY, said, errors={self.field_name or "": said})
        return [self._document(place, each) for place, each in enumerate(data)]

    def to_representation(self, value: Any) -> Any:
        return value

    def _document(self, place: int, sent: Any) -> Document:
        if isinstance(sent, str):
            return Document(readable(sent))
        if isinstance(sent, dict):
            fields = _names(self.context.get("rank_fields"))
            found = [sent.get(name) for name in fields if sent.get(name) is not None]
            title = sent.get("title", "") if "title" not in fields else ""
            if found and all(isinstance(each, str | int | float) for each in found):
                text = "\n".join(map(str, found))
                return Document(readable(text), readable(title) if isinstance(title, str) else "")
        raise serializers.ValidationError(f"Document {place} is no text, and has no “text”.")


def _names(rank_fields: Any) -> Sequence[str]:
    """Return the fields of a document that are read; what is no list of names has an error of its
    own."""
    named = isinstance(rank_fields, list) and all(isinstance(name, str) for name in rank_fields)
    return rank_fields if named and rank_fields else ("text",)


class QueryField(serializers.CharField):
    """The query: any text that is not blank, as it was sent."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("Send a text.")
        return readable(data)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if isinstance(data, str) and not data.strip():
            raise serializers.ValidationError("The query is blank.")
        return super().run_validation(data)


def readable(text: str) -> str:
    """Return a text without halves of surrogate pairs, which no tokenizer reads."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def whole(**options: Any) -> serializers.IntegerField:
    """Return a field for a whole number from 1, or null."""
    return serializers.IntegerField(min_value=1, required=False, allow_null=True, **options)


def flag() -> serializers.BooleanField:
    """Return a field for true, false or null."""
    return serializers.BooleanField(required=False, allow_null=True, default=None)


class Form(serializers.Serializer[Any]):
    """The fields of a request; null is as good as nothing, and unknown ones are left alone."""

    model = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, max_length=300, default=""
    )
    query = QueryField()


class Dialect(ABC):
    """A way to ask for a ranking, to answer, and to refuse."""

    form: ClassVar[type[Form]]
    documents: ClassVar[tuple[str, str]] = ("documents", "return_documents")
    """Its fields for the documents, and for whether these are to be in the answer."""
    statuses: ClassVar[Mapping[Kind, HTTPStatus]] = {}

    def asked(self, body: Any) -> Asked:
        """Read a request's body. Raises RefusedError."""
        if not isinstance(body, Mapping):
            raise RefusedError(Kind.INVALID, "Send a JSON object.")
        form = self.form(data=body, context={"rank_fields": body.get("rank_fields")})
        if not form.is_valid():
            errors = {name: str(said[0]) for name, said in form.errors.items()}
            message = " ".join(f"{name}: {said}" for name, said in errors.items())
            raise RefusedError(Kind.INVALID, message, errors=errors)
        said = form.validated_data
        model, (documents, returned) = said["model"] or "", self.documents
        asked = Asked(
            model="" if model == NOT_NAMED else model,
            query=said["query"],
            documents=said[documents],
            with_documents=bool(said.get(returned)),
        )
        return replace(asked, **self.wishes(said))

    @abstractmethod
    def wishes(self, said: dict[str, Any]) -> dict[str, Any]:
        """Return what valid fields ask for beside that, as fields of `Asked`."""

    @abstractmethod
    def answer(self, ranked: Ranked) -> Any:
        """Return the body of an answer."""

    @abstractmethod
    def refusal(self, refused: RefusedError, status: HTTPStatus) -> dict[str, Any]:
        """Return the body of a refusal."""

    def status(self, kind: Kind) -> HTTPStatus:
        """Return the status of a refusal."""
        return self.statuses.get(kind, STATUS[kind])
