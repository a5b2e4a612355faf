"""Clients of other rerankers, unmodified: pointed at Arbiter, they get the scores of a version."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from sentence_transformers import CrossEncoder

from accounts.services import token_create
from tests.compat.environments import Environment
from tests.compat.running import told
from tests.factory import Cast
from tests.models_app.published import publish
from tests.processes import Address, web_part
from tests.scorer import scorer_process
from tests.tiny import tiny_cross_encoder

CLIENT = Path(__file__).with_name("rerank_client.py")
QUERY = "how to read a file"
TEXTS = ["open a file and read it", "sort a list", "join two strings with a text", "read json"]

COHERE = Environment("cohere-7.3", ("cohere==7.3.1",), alone=True)
LANGCHAIN = Environment("langchain-cohere-0.6", ("langchain-cohere==0.6.0",), alone=True)
LLAMA = Environment(
    "llama-index",
    (
        "llama-index-postprocessor-cohere-rerank==0.10.0",
        "llama-index-postprocessor-tei-rerank==0.6.0",
        "llama-index-postprocessor-jinaai-rerank==0.6.0",
    ),
    alone=True,
)
HAYSTACK = Environment(
    "haystack-2.31", ("haystack-ai==2.31.0", "cohere-haystack==9.5.0"), alone=True
)
VOYAGE = Environment("voyageai-0.5", ("voyageai==0.5.0",), alone=True)
INFINITY = Environment("infinity-client-0.0.78", ("infinity-client==0.0.78",), alone=True)
LITELLM = Environment("litellm-1.106", ("litellm==1.106.0",), alone=True)


@dataclass
class Ranker:
    """Arbiter at `address`, with a version whose scores are known."""

    address: Address
    token: str
    model: str
    expected: list[float]
    home: Path

    def tried(self, environment: Environment, *clients: str, **changed: Any) -> list[Any]:
        """Have clients rank the texts; return what each gave, or its error."""
        host, port = self.address
        asked = {
            "url": f"http://{host}:{port}",
            "token": self.token,
            "model": self.model,
            "query": QUERY,
            "texts": TEXTS,
            "top": 3,
            **changed,
        }
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "HAYSTACK_TELEMETRY_ENABLED": "False",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        }
        steps = [(name, asked) for name in clients]
        return told(environment, CLIENT, steps, variables, self.home)


@pytest.fixture
def ranker(
    transactional_db: None, cast: Cast, settings: Settings, tmp_path: Path
) -> Iterator[Ranker]:
    folder = tiny_cross_encoder(tmp_path / "model", seed=3)
    version = publish(cast.project, folder, saved=True, by=cast.manager)
    model: CrossEncoder = CrossEncoder(str(folder), device="cpu")
    expected = [float(each) for each in model.predict([(QUERY, text) for text in TEXTS])]
    issued = token_create(user=cast.viewer, name="service", default_model="library/finder")
    settings.SCORER_URL = f"unix://{tmp_path}/run/scorer.sock"
    with scorer_process(), web_part() as address:
        yield Ranker(address, issued.secret, str(version), expected, tmp_path)


@pytest.mark.parametrize(
    ("environment", "clients"),
    [
        pytest.param(COHERE, ("cohere_v2", "cohere_v1"), id="cohere"),
        *(
            pytest.param(environment, clients, id=environment.name, marks=pytest.mark.compat)
            for environment, clients in (
                (LANGCHAIN, ("langchain",)),
                (LLAMA, ("llama_cohere", "llama_jina", "llama_tei")),
                (HAYSTACK, ("haystack_tei", "haystack_cohere")),
                (VOYAGE, ("voyage",)),
                (INFINITY, ("infinity",)),
                (
                    LITELLM,
                    (
                        "litellm_cohere", "litellm_jina", "litellm_voyage", "litellm_infinity",
                        "litellm_vllm", "litellm_tei",
                    ),
                ),
            )
        ),
    ],
)  # fmt: skip
def test_each_client_gets_the_versions_scores(
    ranker: Ranker, environment: Environment, clients: tuple[str, ...]
) -> None:
    found = ranker.tried(environment, *clients)
    best = sorted(range(len(TEXTS)), key=lambda place: -ranker.expected[place])
    for client, each in zip(clients, found, strict=True):
        assert "ok" in each, f"{client}: {each['trace']}"
        # litellm's own shape of TEI's answer is the only one that no `top` shortens.
        ranked = each["ok"][:3]
        assert [place for place, _ in ranked] == best[:3], client
        scores = [score for _, score in ranked]
        expected = [ranker.expected[place] for place in best[:3]]
        assert scores == pytest.approx(expected, abs=1e-6), client


def test_cohere_raises_what_its_users_catch(ranker: Ranker) -> None:
    refused: dict[str, dict[str, Any]] = {
        "NotFoundError": {"model": "library/nothing"},
        "UnauthorizedError": {"token": "nonsense"},
        "BadRequestError": {"texts": []},
        "ApiError": {"texts": ["a" * 5_000_000]},
    }
    for name, changed in refused.items():
        (found,) = ranker.tried(COHERE, "cohere_v2", **changed)
        assert name in found["error"], found
