"""Run by a client's own interpreter: ranks what it is told to, and prints what came of it as JSON.

    echo '[["cohere_v2", {"url": "...", "token": "...", …}]]' | python rerank_client.py

It imports nothing of ours. Each client returns `[[index, score], …]`, in the order it was given.
"""

import json
import sys
import traceback
from typing import Any

Ranking = list[tuple[int, float]]


def cohere_v2(
    url: str, token: str, model: str, query: str, texts: list[str], top: int | None = None
) -> Ranking:
    import cohere

    client: Any = cohere.ClientV2(api_key=token, base_url=url)
    found = client.rerank(model=model, query=query, documents=texts, top_n=top)
    assert found.meta.api_version.version == "2"
    return _listed(found.results)


def cohere_v1(
    url: str, token: str, model: str, query: str, texts: list[str], top: int | None = None
) -> Ranking:
    import cohere

    client: Any = cohere.Client(api_key=token, base_url=url)
    documents = [{"text": each} for each in texts]
    asked = {"model": model, "query": query, "documents": documents, "top_n": top}
    found = client.rerank(**asked, return_documents=True, max_chunks_per_doc=3)
    assert all(each.document.text == texts[each.index] for each in found.results)
    return _listed(found.results)


def langchain(url: str, token: str, model: str, query: str, texts: list[str], top: int) -> Ranking:
    from langchain_cohere import CohereRerank
    from langchain_core.documents import Document

    ranker: Any = CohereRerank(cohere_api_key=token, base_url=url, model=model, top_n=top)
    rows = [Document(each, metadata={"at": at}) for at, each in enumerate(texts)]
    found = ranker.compress_documents(rows, query)
    return [(each.metadata["at"], each.metadata["relevance_score"]) for each in found]


def _llama(ranker: Any, query: str, texts: list[str]) -> Ranking:
    from llama_index.core.schema import NodeWithScore, TextNode

    nodes = [NodeWithScore(node=TextNode(text=each, id_=str(at)), score=0.5)
             for at, each in enumerate(texts)]  # fmt: skip
    found = ranker.postprocess_nodes(nodes, query_str=query)
    return [(int(each.node.node_id), each.score) for each in found]


def llama_cohere(
    url: str, token: str, model: str, query: str, texts: list[str], top: int
) -> Ranking:
    from llama_index.postprocessor.cohere_rerank import CohereRerank

    ranker = CohereRerank(api_key=token, base_url=url, model=model, top_n=top)
    return _llama(ranker, query, texts)


def llama_jina(url: str, token: str, model: str, query: str, texts: list[str], top: int) -> Ranking:
    from llama_index.postprocessor.jinaai_rerank import JinaRerank

    ranker = JinaRerank(api_key=token, base_url=f"{url}/v1", model=model, top_n=top)
    return _llama(ranker, query, texts)


def llama_tei(url: str, token: str, model: str, query: str, texts: list[str], top: int) -> Ranking:
    from llama_index.postprocessor.tei_rerank import TextEmbeddingInference

    ranker = TextEmbeddingInference(base_url=url, auth_token=f"Bearer {token}", top_n=top)
    return _llama(ranker, query, texts)


def haystack_tei(
    url: str, token: str, model: str, query: str, texts: list[str], top: int
) -> Ranking:
    from haystack import Document
    from haystack.components.rankers import HuggingFaceTEIRanker
    from haystack.utils import Secret

    ranker: Any = HuggingFaceTEIRanker(url=url, top_k=top, token=Secret.from_token(token))
    rows = [Document(id=str(at), content=each) for at, each in enumerate(texts)]
    found = ranker.run(query=query, documents=rows)["documents"]
    return [(int(each.id), each.score) for each in found]


def haystack_cohere(
    url: str, token: str, model: str, query: str, texts: list[str], top: int
) -> Ranking:
    from haystack import Document
    from haystack.utils import Secret
    from haystack_integrations.components.rankers.cohere import CohereRanker

    key = Secret.from_token(token)
    ranker: Any = CohereRanker(model=model, top_k=top, api_key=key, api_base_url=url)
    rows = [Document(id=str(at), content=each) for at, each in enumerate(texts)]
    found = ranker.run(query=query, documents=rows)["documents"]
    return [(int(each.id), each.score) for each in found]


def voyage(url: str, token: str, model: str, query: str, texts: list[str], top: int) -> Ranking:
    import voyageai

    client: Any = voyageai.Client(api_key=token, base_url=f"{url}/v1")
    found = client.rerank(query, texts, model=model, top_k=top)
    assert found.total_tokens > 0
    assert all(each.document == texts[each.index] for each in found.results)
    return _listed(found.results)


def infinity(url: str, token: str, model: str, query: str, texts: list[str], top: int) -> Ranking:
    from infinity_client import AuthenticatedClient
    from infinity_client.api.default import rerank
    from infinity_client.models import RerankInput

    client = AuthenticatedClient(base_url=url, token=token)
    asked = RerankInput(query=query, documents=texts, model=model, top_n=top, return_documents=True)
    found: Any = rerank.sync(client=client, body=asked)
    assert found.object_ == "rerank"
    assert all(each.document == texts[each.index] for each in found.results)
    return _listed(found.results)


def _litellm(provider: str, base: str) -> Any:
    def ranked(url: str, token: str, model: str, query: str, texts: list[str], top: int) -> Ranking:
        import litellm

        found: Any = litellm.rerank(
            model=f"{provider}/{model}",
            query=query,
            documents=texts,
            top_n=top,
            api_base=f"{url}{base}",
            api_key=token,
        )
        return [(each["index"], each["relevance_score"]) for each in found.results]

    return ranked


def _listed(results: Any) -> Ranking:
    return [(each.index, each.relevance_score) for each in results]


CLIENTS: dict[str, Any] = {
    each.__name__: each
    for each in (
        cohere_v2, cohere_v1, langchain, llama_cohere, llama_jina, llama_tei, haystack_tei,
        haystack_cohere, voyage, infinity,
    )
} | {
    "litellm_cohere": _litellm("cohere", ""),
    "litellm_jina": _litellm("jina_ai", ""),
    "litellm_voyage": _litellm("voyage", "/compat/voyage"),
    "litellm_infinity": _litellm("infinity", ""),
    "litellm_vllm": _litellm("hosted_vllm", "/compat/vllm"),
    "litellm_tei": _litellm("huggingface", ""),
}  # fmt: skip


def main() -> None:
    """Print `{"ok": ranking}`, or `{"error": [the exception's class and its bases]}`, of each."""
    told = []
    for name, arguments in json.load(sys.stdin):
        try:
            told.append({"ok": CLIENTS[name](**arguments)})
        except Exception as error:
            names = [each.__name__ for each in type(error).__mro__]
            told.append({"error": names, "message": str(error), "trace": traceback.format_exc()})
    print(json.dumps(told))


if __name__ == "__main__":
    main()
