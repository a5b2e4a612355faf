"""The dialects of servers that people run themselves: TEI's, Infinity's and vLLM's."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from rest_framework import serializers

from models_app.rerank.base import (
    Dialect,
    DocumentsField,
    Form,
    Kind,
    Ranked,
    RefusedError,
    flag,
    whole,
)


class Vllm(Dialect):
    """The API of vLLM: every result with its document."""

    # What no other client at the same address sends.
    own: ClassVar = frozenset({"truncate_prompt_tokens", "truncation_side", "use_activation"})

    class VllmForm(Form):
        """Fields of vLLM."""

        documents = DocumentsField()
        top_n = serializers.IntegerField(min_value=0, required=False, allow_null=True)
        use_activation = flag()
        truncation_side = serializers.ChoiceField(
            choices=("left", "right"), required=False, allow_null=True
        )
        truncate_prompt_tokens = serializers.IntegerField(
            min_value=-1, required=False, allow_null=True
        )

    form: ClassVar[type[Form]] = VllmForm

    @classmethod
    def speaks(cls, body: Any) -> bool:
        """Say whether a request holds what only this dialect knows."""
        return isinstance(body, Mapping) and not cls.own.isdisjoint(body)

    def wishes(self, said: dict[str, Any]) -> dict[str, Any]:
        tokens = said.get("truncate_prompt_tokens")
        return {
            "top": said.get("top_n") or None,
            "with_documents": True,
            "raw": said["use_activation"] is False,
            "tokens": tokens if tokens and tokens > 0 else None,
            "keep_end": said.get("truncation_side") == "left",
        }

    def answer(self, ranked: Ranked) -> Any:
        return {
            "id": ranked.id,
            "model": ranked.model,
            "usage": {"prompt_tokens": ranked.tokens, "total_tokens": ranked.tokens},
            "results": [
                {
                    "index": each.index,
                    "document": {"text": each.document.text if each.document else ""},
                    "relevance_score": each.score,
                }
                for each in ranked.results
            ],
        }

    def refusal(self, refused: RefusedError, status: HTTPStatus) -> dict[str, Any]:
        return {
            "error": {
                "message": refused.message,
                "type": status.phrase.title().replace(" ", "") + "Error",
                "param": next(iter(refused.errors), None),
                "code": int(status),
            }
        }


class Infinity(Dialect):
    """Infinity's API."""

    class InfinityForm(Form):
        """Fields of Infinity."""

        documents = DocumentsField()
        top_n = whole()
        return_documents = flag()
        raw_scores = flag()

    form: ClassVar[type[Form]] = InfinityForm
    statuses: ClassVar[Mapping[Kind, HTTPStatus]] = dict.fromkeys(
        (Kind.INVALID, Kind.TOO_MANY, Kind.TOO_LONG), HTTPStatus.UNPROCESSABLE_ENTITY
    )

    def wishes(self, said: dict[str, Any]) -> dict[str, Any]:
        return {"top": said.get("top_n"), "raw": bool(said["raw_scores"])}

    def answer(self, ranked: Ranked) -> Any:
        return {
            "object": "rerank",
            "results": [
                {
                    "relevance_score": each.score,
                    "index": each.index,
                    "document": each.document.text if each.document else None,
                }
                for each in ranked.results
            ],
            "model": ranked.model,
            "usage": {"prompt_tokens": ranked.tokens, "total_tokens": ranked.tokens},
            "id": ranked.id,
            "created": ranked.created,
        }

    def refusal(self, refused: RefusedError, status: HTTPStatus) -> dict[str, Any]:
        if status == HTTPStatus.UNPROCESSABLE_ENTITY:
            errors = refused.errors or {"": refused.message}
            return {
                "detail": [
                    {"loc": ["body", *([name] if name else [])], "msg": said, "type": "value_error"}
                    for name, said in errors.items()
                ]
            }
        return {
            "error": {
                "message": refused.message,
                "type": refused.kind.name.lower(),
                "param": None,
                "code": int(status),
            }
        }


class Tei(Dialect):
    """The API of Text Embeddings Inference; no model is named, and all is ranked."""

    documents: ClassVar[tuple[str, str]] = ("texts", "return_text")

    class TeiForm(Form):
        """Fields of TEI."""

        texts = DocumentsField()
        return_text = flag()
        raw_scores = flag()
        truncate = flag()
        truncation_direction = serializers.ChoiceField(
            choices=("left", "right", "Left", "Right"), required=False, allow_null=True
        )

    form: ClassVar[type[Form]] = TeiForm
    statuses: ClassVar[Mapping[Kind, HTTPStatus]] = {
        Kind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
        Kind.TOO_MANY: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        Kind.TOO_LONG: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        Kind.FAILED: HTTPStatus.FAILED_DEPENDENCY,
        Kind.DOWN: HTTPStatus.FAILED_DEPENDENCY,
    }
    types: ClassVar[Mapping[Kind, str]] = {
        Kind.BUSY: "Overloaded",
        Kind.FAILED: "Backend",
        Kind.DOWN: "Backend",
        Kind.UNAUTHORIZED: "Unauthorized",
        Kind.FORBIDDEN: "Forbidden",
        Kind.NOT_FOUND: "NotFound",
    }

    @staticmethod
    def speaks(body: Any) -> bool:
        """Say whether a request is in this dialect and not in Infinity's."""
        return isinstance(body, Mapping) and "texts" in body

    def wishes(self, said: dict[str, Any]) -> dict[str, Any]:
        return {
            "raw": bool(said["raw_scores"]),
            "truncate": said["truncate"] is not False,
            "keep_end": (said.get("truncation_direction") or "").lower() == "left",
        }

    def answer(self, ranked: Ranked) -> Any:
        return [
            {
                "index": each.index,
                "score": each.score,
                **({"text": each.document.text} if each.document else {}),
            }
            for each in ranked.results
        ]

    def refusal(self, refused: RefusedError, status: HTTPStatus) -> dict[str, Any]:
        return {
            "error": refused.message,
            "error_type": self.types.get(refused.kind, "Validation"),
        }
