"""Run by a client's own interpreter: does what it is told, and prints what came of it as JSON.

    echo '[["whoami", {}], ["download", {"repo": "…", "file": "…"}]]' | python hub_client.py

It imports nothing of ours. HF_ENDPOINT says where the hub is, HF_TOKEN who asks.
"""

import json
import subprocess
import sys
import traceback
from hashlib import sha256
from pathlib import Path
from typing import Any


def whoami() -> Any:
    from huggingface_hub import HfApi

    found = HfApi().whoami()
    return {"name": found["name"], "orgs": [org["name"] for org in found["orgs"]]}


def info(repo: str, revision: str | None = None, blobs: bool = False) -> Any:
    from huggingface_hub import HfApi

    found: Any = HfApi().model_info(repo, revision=revision, files_metadata=blobs)
    return {
        "id": found.id,
        "sha": found.sha,
        "private": found.private,
        "pipeline": found.pipeline_tag,
        "library": found.library_name,
        "created": found.created_at.isoformat(),
        "modified": found.last_modified.isoformat(),
        "card": found.card_data.to_dict() if found.card_data else None,
        "files": {
            each.rfilename: [each.size, each.lfs["sha256"] if each.lfs else each.blob_id]
            for each in found.siblings
        },
    }


def refs(repo: str) -> Any:
    from huggingface_hub import HfApi

    found = HfApi().list_repo_refs(repo, include_pull_requests=True)
    return {
        "branches": {each.name: each.target_commit for each in found.branches},
        "tags": {each.name: each.target_commit for each in found.tags},
    }


def files(repo: str, revision: str | None = None) -> Any:
    from huggingface_hub import HfApi

    return sorted(HfApi().list_repo_files(repo, revision=revision))


def tree(
    repo: str,
    revision: str | None = None,
    path: str | None = None,
    recursive: bool = False,
    expand: bool = False,
) -> Any:
    from huggingface_hub import HfApi

    found = HfApi().list_repo_tree(
        repo, path, revision=revision, recursive=recursive, expand=expand
    )
    return {each.path: getattr(each, "size", None) for each in found}


def paths(repo: str, paths: list[str], revision: str | None = None, expand: bool = False) -> Any:
    from huggingface_hub import HfApi

    found = HfApi().get_paths_info(repo, paths, revision=revision, expand=expand)
    return {each.path: getattr(each, "size", None) for each in found}


def commits(repo: str, revision: str | None = None) -> Any:
    from huggingface_hub import HfApi

    return [each.commit_id for each in HfApi().list_repo_commits(repo, revision=revision)]


def models(author: str | None = None, search: str | None = None, limit: int | None = None) -> Any:
    from huggingface_hub import HfApi

    return [each.id for each in HfApi().list_models(author=author, search=search, limit=limit)]


def exists(repo: str, revision: str | None = None, file: str | None = None) -> Any:
    from huggingface_hub import HfApi

    api = HfApi()
    if file:
        return api.file_exists(repo, file, revision=revision)
    return api.revision_exists(repo, revision) if revision else api.repo_exists(repo)


def download(
    repo: str,
    file: str,
    revision: str | None = None,
    offline: bool = False,
    token: str | None = None,
) -> Any:
    from huggingface_hub import hf_hub_download

    path = hf_hub_download(repo, file, revision=revision, local_files_only=offline, token=token)
    return sha256(Path(path).read_bytes()).hexdigest()


def snapshot(repo: str, revision: str | None = None) -> Any:
    from huggingface_hub import snapshot_download

    folder = Path(snapshot_download(repo, revision=revision))
    files = [each for each in folder.rglob("*") if each.is_file()]
    return {str(each.relative_to(folder)): sha256(each.read_bytes()).hexdigest() for each in files}


def command(words: list[str]) -> Any:
    hf = [sys.executable, "-m", "huggingface_hub.cli.hf"]
    found = subprocess.run([*hf, *words], capture_output=True, text=True, check=False)
    return {"status": found.returncode, "said": found.stdout + found.stderr}


def card(repo: str) -> Any:
    from huggingface_hub import ModelCard

    found = ModelCard.load(repo)
    return {"text": found.text, "data": found.data.to_dict()}


def scores(repo: str, pairs: Any, revision: str | None = None) -> Any:
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(repo, revision=revision, device="cpu")
    return {"scores": [float(each) for each in model.predict(pairs)]}


def plain(repo: str, pairs: Any, revision: str | None = None) -> Any:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(repo, revision=revision).eval()
    tokenizer = AutoTokenizer.from_pretrained(repo, revision=revision)
    read = tokenizer(
        [query for query, _ in pairs],
        [passage for _, passage in pairs],
        padding=True,
        truncation=True,
        return_tensors="pt",
    )
    with torch.no_grad():
        return {"scores": torch.sigmoid(model(**read).logits[:, 0]).tolist()}


def create(repo: str, private: bool | None = None, again: bool = False) -> Any:
    from huggingface_hub import HfApi

    return str(HfApi().create_repo(repo, private=private, exist_ok=again))


def push_cross_encoder(folder: str, repo: str) -> Any:
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(folder, device="cpu")
    return {"url": model.push_to_hub(repo, exist_ok=True)}


def push_plain(folder: str, repo: str) -> Any:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model: Any = AutoModelForSequenceClassification.from_pretrained(folder)
    model.push_to_hub(repo)
    AutoTokenizer.from_pretrained(folder).push_to_hub(repo)


def upload_folder(folder: str, repo: str, revision: str | None = None, pull: bool = False) -> Any:
    from huggingface_hub import HfApi

    found = HfApi().upload_folder(
        repo_id=repo, folder_path=folder, revision=revision, create_pr=pull, commit_message="Try"
    )
    return {"oid": found.oid, "url": str(found.commit_url)}


def upload_file(path: str, repo: str, to: str, parent: str | None = None) -> Any:
    from huggingface_hub import HfApi

    found: Any = HfApi().upload_file(
        path_or_fileobj=path, path_in_repo=to, repo_id=repo, parent_commit=parent
    )
    return {"oid": found.oid}


def delete_file(path: str, repo: str) -> Any:
    from huggingface_hub import HfApi

    return {"oid": HfApi().delete_file(path, repo).oid}


def tag(repo: str, name: str) -> Any:
    from huggingface_hub import HfApi

    HfApi().create_tag(repo, tag=name)


def delete_repo(repo: str) -> Any:
    from huggingface_hub import HfApi

    HfApi().delete_repo(repo)


def main() -> None:
    results: list[dict[str, Any]] = []
    for name, arguments in json.load(sys.stdin):
        try:
            results.append({"ok": globals()[name](**arguments)})
        except BaseException as error:
            named = [each.__name__ for each in type(error).__mro__]
            told = {"error": named, "message": str(error), "trace": traceback.format_exc()}
            results.append(told)
    print("\n" + json.dumps(results))


if __name__ == "__main__":
    main()
