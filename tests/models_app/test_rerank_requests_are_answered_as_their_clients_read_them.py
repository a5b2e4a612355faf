"""Each dialect of rerank requests: what is read, answered and refused, with real scores."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings
from sentence_transformers import CrossEncoder

from accounts.services import token_create
from models_app.models import DailyUse, Use, Version
from models_app.services.rerankers import alias_move
from tests.factory import Cast
from tests.models_app.published import make_public, publish
from tests.scorer import scorer_thread
from tests.tiny_run import tiny_run

QUERY = "how to read a file"
TEXTS = ["open a file and read it", "sort a list", "join two strings with a text", "read json"]
MODEL = "library/finder"
BASE: dict[str, Any] = {"model": MODEL, "query": QUERY, "documents": TEXTS}
TEI: dict[str, Any] = {"query": QUERY, "texts": TEXTS}


@pytest.fixture
def version(transactional_db: None, cast: Cast, settings: Settings) -> Iterator[Version]:
    outcome = tiny_run("court-cases").outcome
    facts = dict(outcome.facts)
    settings.SCORER_BACKENDS = False
    with scorer_thread(settings):
        yield publish(cast.project, outcome.folder, saved=True, by=cast.manager, facts=facts)


@pytest.fixture
def predicted() -> list[float]:
    """What sentence-transformers gives, with the templates that were published."""
    folder = tiny_run("court-cases").outcome.folder
    said = json.loads((folder / "arbiter.json").read_text())
    model: CrossEncoder = CrossEncoder(str(folder), device="cpu", max_length=said["max_length"])
    query = said["query_template"].format(query=QUERY)
    # Without a title, a template is without what joins it to the text.
    passage = said["passage_template"].replace("{title} ", "")
    pairs = [(query, passage.format(text=text)) for text in TEXTS]
    return [float(score) for score in model.predict(pairs)]


class Caller:
    """Sends JSON with a token of the cast's viewer."""

    def __init__(self, cast: Cast, default_model: str = "") -> None:
        self.token = token_create(user=cast.viewer, name="c", default_model=default_model).secret

    def __call__(
        self, path: str, body: Any, status: HTTPStatus = HTTPStatus.OK, token: str | None = None
    ) -> Any:
        token = self.token if token is None else token
        self.response = Client().post(
            path,
            body if isinstance(body, bytes) else json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )
        assert self.response.status_code == status, self.response.content
        return json.loads(self.response.content)


def scores(results: list[dict[str, Any]], key: str = "relevance_score") -> list[float]:
    """Scores in the order of the request; the results' own order is from best to worst."""
    assert all(one[key] >= other[key] for one, other in pairwise(results))
    return [each[key] for each in sorted(results, key=lambda each: int(each["index"]))]


def test_cohere_and_jina(version: Version, cast: Cast, predicted: list[float]) -> None:
    call = Caller(cast)
    found = call("/v2/rerank", BASE)
    assert scores(found["results"]) == pytest.approx(predicted, abs=1e-6)
    assert set(found["results"][0]) == {"index", "relevance_score"}
    assert found["meta"]["api_version"] == {"version": "2"}
    assert call.response["X-Arbiter-Version"] == "library/finder@v1"
    assert call.response["X-Arbiter-Commit"] == version.revision
    assert call.response["X-Arbiter-Backend"] == "torch"
    # Null is as good as nothing, and what nobody knows is left alone.
    nulls = dict.fromkeys(["top_n", "max_tokens_per_doc", "relevant_spans", "priority", "news"])
    assert call("/v2/rerank", BASE | nulls)["results"] == found["results"]
    assert call("/v2/rerank", BASE | {"top_n": 2})["results"] == found["results"][:2]
    old = call("/v1/rerank", BASE | {"return_documents": True, "documents": [
        TEXTS[0], {"text": TEXTS[1]}, {"name": TEXTS[2], "text": "no"}, {"text": TEXTS[3]}],
        "rank_fields": ["text"]})  # fmt: skip
    assert old["meta"]["api_version"] == {"version": "1"}
    texts = {each["index"]: each["document"]["text"] for each in old["results"]}
    assert texts == {0: TEXTS[0], 1: TEXTS[1], 2: "no", 3: TEXTS[3]}
    assert old["usage"]["total_tokens"] > 4 * len(QUERY.split())
    by_name = call(
        "/v1/rerank", BASE | {"documents": [{"name": TEXTS[2]}], "rank_fields": ["name"]}
    )
    assert by_name["results"][0]["relevance_score"] == pytest.approx(predicted[2], abs=1e-6)


def test_voyage(version: Version, cast: Cast, predicted: list[float]) -> None:
    found = Caller(cast)("/v1/rerank", BASE | {"top_k": None, "truncation": True})
    assert scores(found["data"]) == pytest.approx(predicted, abs=1e-6)
    assert (found["object"], found["model"]) == ("list", MODEL)
    assert found["usage"]["total_tokens"] > 0
    asked = BASE | {"top_k": 1, "return_documents": True}
    best = Caller(cast)("/compat/voyage/v1/rerank", asked)["data"]
    assert [each["document"] for each in best] == [TEXTS[best[0]["index"]]]


def test_tei(version: Version, cast: Cast, predicted: list[float]) -> None:
    call = Caller(cast, default_model=f"{MODEL}@v1")
    found = call("/rerank", TEI)
    assert scores(found, "score") == pytest.approx(predicted, abs=1e-6)
    assert set(found[0]) == {"index", "score"}
    raw = call("/rerank", TEI | {"raw_scores": True, "return_text": True})
    assert [each["index"] for each in raw] == [each["index"] for each in found]
    assert {each["index"]: each["text"] for each in raw} == dict(enumerate(TEXTS))
    assert min(scores(raw, "score")) < 0 or max(scores(raw, "score")) > 1
    assert call("/compat/tei/rerank", TEI) == found


def test_infinity_and_vllm(version: Version, cast: Cast, predicted: list[float]) -> None:
    call = Caller(cast, default_model=MODEL)
    found = call("/rerank", BASE | {"model": "default/not-specified"})
    assert scores(found["results"]) == pytest.approx(predicted, abs=1e-6)
    assert found["object"] == "rerank"
    assert found["model"] == "library/finder@v1"
    assert {"id", "created", "usage"} <= set(found)
    assert {each["document"] for each in found["results"]} == {None}
    own = call("/compat/infinity/rerank", BASE | {"return_documents": True, "top_n": 1})
    assert own["results"][0]["document"] in TEXTS
    for path, more in (("/compat/vllm/v1/rerank", {}), ("/rerank", {"truncate_prompt_tokens": 40})):
        found = call(path, BASE | more)
        assert scores(found["results"]) == pytest.approx(predicted, abs=1e-6)
        assert {each["document"]["text"] for each in found["results"]} == set(TEXTS)


def test_a_model_is_named_by_alias_tag_or_commit(
    version: Version, cast: Cast, tmp_path: Path
) -> None:
    outcome = tiny_run("quick").outcome
    second = publish(
        cast.project, outcome.folder, saved=True, by=cast.manager, facts=dict(outcome.facts)
    )
    alias_move(reranker=version.reranker, name="champion", version=version, reason="It is better.",
               moved_by=cast.manager)  # fmt: skip
    call = Caller(cast)
    meant = {
        MODEL: version,
        f"{MODEL}@champion": version,
        f"{MODEL}@v2": second,
        f"{MODEL}@{second.revision}": second,
    }
    answers = {}
    for name, expected in meant.items():
        answers[name] = call("/v2/rerank", BASE | {"model": name})
        assert call.response["X-Arbiter-Commit"] == expected.revision
        assert answers[name]["model"] == name
    assert answers[MODEL]["results"] != answers[f"{MODEL}@v2"]["results"]
    counted = DailyUse.objects.filter(use=Use.RERANK).values_list("version__number", "count")
    assert dict(counted) == {1: 2, 2: 2}


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/v2/rerank", b"{", 400, {"message": "JSON parse error"}),
        ("/v2/rerank", [], 400, {"message": "Send a JSON object."}),
        ("/v2/rerank", {"query": "a"}, 400, {"message": "documents: Send a list of texts."}),
        ("/v2/rerank", BASE | {"documents": []}, 400, {"message": "no document"}),
        ("/v2/rerank", BASE | {"documents": "a"}, 400, {"message": "list of texts"}),
        ("/v2/rerank", BASE | {"documents": [{"body": 1}]}, 400, {"message": "Document 0"}),
        ("/v2/rerank", BASE | {"query": " "}, 400, {"message": "query: The query is blank."}),
        ("/v2/rerank", BASE | {"query": 7}, 400, {"message": "query: Send a text."}),
        ("/v2/rerank", BASE | {"top_n": 0}, 400, {"message": "top_n: "}),
        ("/v2/rerank", BASE | {"relevant_spans": {"n": 1}}, 400, {"message": "relevant_spans: "}),
        ("/v1/rerank", BASE | {"documents": [{"text": "a"}], "rank_fields": 5}, 400,
         {"message": "rank_fields: "}),
        ("/v1/rerank", BASE | {"documents": [{"text": "a"}], "rank_fields": [{}]}, 400,
         {"message": "rank_fields: "}),
        ("/v2/rerank", BASE | {"model": None}, 400, {"message": "Name a model"}),
        ("/v2/rerank", BASE | {"model": "finder"}, 404, {"message": "no reranker 'finder'"}),
        ("/v2/rerank", BASE | {"model": "x/../y"}, 404, {"message": "no reranker"}),
        ("/v2/rerank", BASE | {"model": f"{MODEL}@v9"}, 404, {"message": "no version 9"}),
        ("/v2/rerank", BASE | {"documents": ["a"] * 10_000}, 400, {"message": "At most 1,000"}),
        ("/v1/rerank", BASE | {"documents": ["a" * 10_000_000]}, 413,
         {"detail": "At most 4,194,304"}),
        ("/v1/rerank", BASE | {"top_k": 3, "documents": []}, 400, {"detail": "no document"}),
        ("/v1/rerank", BASE | {"truncation": False, "documents": ["a b " * 90]}, 400,
         {"detail": "this model reads 64"}),
        ("/rerank", TEI, 422, {"error": "Name a model", "error_type": "Validation"}),
        ("/rerank", TEI | {"texts": ["a"] * 10_000}, 413,
         {"error": "At most 1,000", "error_type": "Validation"}),
        ("/rerank", TEI | {"model": MODEL, "truncate": False, "texts": ["a b " * 90]}, 413,
         {"error": "this model reads 64", "error_type": "Validation"}),
        ("/rerank", {}, 422, {"error": "query", "error_type": "Validation"}),
        ("/compat/nobody/rerank", BASE, 404, {}),
    ],
)  # fmt: skip
def test_what_cannot_be_ranked_is_refused_in_words(
    version: Version, cast: Cast, path: str, body: Any, status: int, said: dict[str, str]
) -> None:
    if not said:
        assert Client().post(path, body, content_type="application/json").status_code == status
        return
    found = Caller(cast)(path, body, HTTPStatus(status))
    for key, words in said.items():
        assert words in found[key]
    assert not DailyUse.objects.exists()


def test_infinity_and_vllm_refuse_in_their_own_shapes(version: Version, cast: Cast) -> None:
    call = Caller(cast)
    found = call("/rerank", BASE | {"documents": []}, HTTPStatus.UNPROCESSABLE_ENTITY)
    assert found["detail"] == [
        {
            "loc": ["body", "documents"],
            "msg": "There is no document to rank.",
            "type": "value_error",
        }
    ]
    found = call("/compat/infinity/rerank", BASE | {"model": "a/b"}, HTTPStatus.NOT_FOUND)
    assert found["error"]["code"] == 404
    found = call("/compat/vllm/rerank", BASE | {"documents": []}, HTTPStatus.BAD_REQUEST)
    assert (found["error"]["param"], found["error"]["type"]) == ("documents", "BadRequestError")


def test_scores_are_for_members_with_a_token(version: Version, cast: Cast) -> None:
    make_public(version.reranker)
    call = Caller(cast)
    unknown = call("/v2/rerank", BASE, HTTPStatus.UNAUTHORIZED, token="nonsense")
    assert "unknown" in unknown["message"]
    assert "Bearer" in call.response["WWW-Authenticate"]
    assert "token" in call("/v2/rerank", BASE, HTTPStatus.UNAUTHORIZED, token="")["message"]
    stranger = token_create(user=cast.outsider, name="s").secret
    hidden = call("/v2/rerank", BASE, HTTPStatus.NOT_FOUND, token=stranger)
    absent = call("/v2/rerank", BASE | {"model": "x/finder"}, HTTPStatus.NOT_FOUND, token=stranger)
    assert hidden["message"].replace("library", "x") == absent["message"]
    assert call("/rerank", TEI, HTTPStatus.UNAUTHORIZED, token="")["error_type"] == "Unauthorized"


def test_only_posts_are_rerank_requests(version: Version, cast: Cast) -> None:
    headers = {"Authorization": f"Bearer {Caller(cast).token}"}
    for path in ("/v1/rerank", "/v2/rerank", "/rerank", "/compat/tei/rerank"):
        assert Client().get(path, headers=headers).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_halves_of_characters_and_blank_documents_are_ranked(version: Version, cast: Cast) -> None:
    body = json.dumps(BASE | {"documents": ["\ud83d a", "", "\x00", "  "], "query": "\udc00?"})
    assert len(Caller(cast)("/v2/rerank", body.encode())["results"]) == 4


def test_equal_documents_stay_in_the_order_of_the_request(version: Version, cast: Cast) -> None:
    same = BASE | {"documents": [TEXTS[0], TEXTS[1], TEXTS[0], TEXTS[1], TEXTS[0]]}
    found = Caller(cast)("/v2/rerank", same)["results"]
    order = [each["index"] for each in found]
    assert order in ([0, 2, 4, 1, 3], [1, 3, 0, 2, 4])
    assert len({each["relevance_score"] for each in found}) == 2


def test_without_a_scorer_callers_are_told_when_to_come_again(
    version: Version, cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    settings.SCORER_URL = f"unix://{tmp_path}/none.sock"
    call = Caller(cast)
    found = call("/v2/rerank", BASE, HTTPStatus.SERVICE_UNAVAILABLE)
    assert (found["message"], call.response["Retry-After"]) == (
        "The scorer does not answer; try again.", "2",
    )  # fmt: skip
    found = call("/rerank", TEI | {"model": MODEL}, HTTPStatus.FAILED_DEPENDENCY)
    assert found["error_type"] == "Backend"


def test_a_version_made_elsewhere_scores_without_templates(
    version: Version, cast: Cast, tmp_path: Path
) -> None:
    from tests.tiny import tiny_cross_encoder

    folder = tiny_cross_encoder(tmp_path / "outside", seed=5)
    outside = publish(cast.project, folder, name="outside", saved=True, by=cast.manager)
    found = Caller(cast)("/v2/rerank", BASE | {"model": str(outside)})["results"]
    model: CrossEncoder = CrossEncoder(str(folder), device="cpu")
    expected = [float(each) for each in model.predict([(QUERY, text) for text in TEXTS])]
    assert scores(found) == pytest.approx(expected, abs=1e-6)


def test_a_request_asks_the_database_little(
    version: Version, cast: Cast, django_assert_max_num_queries: Any
) -> None:
    call = Caller(cast)
    call("/v2/rerank", BASE)
    # Token, reranker, member, champion, newest version; and the request is counted.
    with django_assert_max_num_queries(6, connection=connection):
        call("/v2/rerank", BASE)
