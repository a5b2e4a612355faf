"""The dialects of hosted services: those of Cohere and Jina, which are all but one, and Voyage."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from rest_framework import serializers

from models_app.rerank.base import (
    CHUNKS_MOST,
    Dialect,
    DocumentsField,
    Form,
    Ranked,
    RefusedError,
    flag,
    whole,
)


class CohereForm(Form):
    """Fields of Cohere and Jina."""

    documents = DocumentsField()
    top_n = whole()
    return_documents = flag()
    max_chunks_per_doc = whole(max_value=CHUNKS_MOST)
    max_tokens_per_doc = whole()
    rank_fields = serializers.ListField(
        child=serializers.CharField(), required=False, allow_null=True, allow_empty=False
    )
    relevant_spans = serializers.JSONField(required=False, allow_null=True)

    def validate_relevant_spans(self, value: Any) -> None:
        """Refuse what would be missed in the answer."""
        if value is not None:
            raise serializers.ValidationError("Spans are not told here.")


class Cohere(Dialect):
    """Cohere's API of a version; the answer of the first also is what Jina's clients read."""

    form: ClassVar[type[Form]] = CohereForm

    def __init__(self, version: str) -> None:
        self._version = version

    def wishes(self, said: dict[str, Any]) -> dict[str, Any]:
        return {
            "top": said.get("top_n"),
            "chunks": said.get("max_chunks_per_doc") or 1,
            "tokens": said.get("max_tokens_per_doc"),
        }

    def answer(self, ranked: Ranked) -> Any:
        return {
            "id": ranked.id,
            "model": ranked.model,
            "results": [
                {
                    "index": each.index,
                    "relevance_score": each.score,
                    **({"document": {"text": each.document.text}} if each.document else {}),
                }
                for each in ranked.results
            ],
            "meta": {
                "api_version": {"version": self._version},
                "tokens": {"input_tokens": ranked.tokens},
            },
            "usage": {"total_tokens": ranked.tokens, "prompt_tokens": ranked.tokens},
        }

    def refusal(self, refused: RefusedError, status: HTTPStatus) -> dict[str, Any]:
        # Cohere's clients read `message`, Jina's and Voyage's `detail`.
        return {"message": refused.message, "detail": refused.message}


class Voyage(Dialect):
    """Voyage's API, which shares Cohere's address."""

    class VoyageForm(Form):
        """Fields of Voyage."""

        documents = DocumentsField()
        top_k = whole()
        return_documents = flag()
        truncation = flag()

    form: ClassVar[type[Form]] = VoyageForm

    @staticmethod
    def speaks(body: Any) -> bool:
        """Say whether a request is in this dialect and not in Cohere's."""
        return isinstance(body, Mapping) and ("top_k" in body or "truncation" in body)

    def wishes(self, said: dict[str, Any]) -> dict[str, Any]:
        return {"top": said.get("top_k"), "truncate": said["truncation"] is not False}

    def answer(self, ranked: Ranked) -> Any:
        return {
            "object": "list",
            "data": [
                {
                    "index": each.index,
                    "relevance_score": each.score,
                    **({"document": each.document.text} if each.document else {}),
                }
                for each in ranked.results
            ],
            "model": ranked.model,
            "usage": {"total_tokens": ranked.tokens},
        }

    def refusal(self, refused: RefusedError, status: HTTPStatus) -> dict[str, Any]:
        return {"detail": refused.message}
