"""What the hub's calls answer with, from stored rows alone; all names are the clients' own."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from accounts.models import Member, Token, User
from models_app.cards.front_matter import front_data
from models_app.models import CHAMPION, Alias, Artifact, Reranker, Version
from models_app.objects import lfs_kept, pointer_of

MAIN: Final = "main"
NO_COMMIT: Final = "0" * 40
NO_REFS: Final[Mapping[str, list[Any]]] = {
    "branches": [], "tags": [], "converts": [], "pullRequests": [],
}  # fmt: skip
_FILE_MODE: Final = b"100644"
_FOLDER_MODE: Final = b"40000"


def moment(value: datetime) -> str:
    """Return a time in UTC to the millisecond, as clients parse it."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def model_answer(
    reranker: Reranker,
    version: Version,
    *,
    newest: Version,
    files: Sequence[Artifact],
    blobs: bool,
    downloads: int,
) -> dict[str, Any]:
    """Return what `model_info` reads; with `blobs` files have their size and blob."""
    head = front_data(version.facts)
    weights = [file for file in files if file.path.endswith(".safetensors")]
    parameters = (version.facts.get("model") or {}).get("parameters")
    return {
        **model_summary(reranker, version, newest=newest, head=head, downloads=downloads),
        "cardData": head,
        "siblings": [{"rfilename": file.path, **(_blob(file) if blobs else {})} for file in files],
        "safetensors": (
            {"parameters": {"F32": parameters}, "total": parameters}
            if parameters and weights
            else None
        ),
        "usedStorage": sum(file.size for file in files),
    }


def empty_answer(reranker: Reranker) -> dict[str, Any]:
    """Return what `model_info` reads of a name that has no version yet."""
    return {
        **_named(reranker),
        "sha": NO_COMMIT,
        "tags": [],
        "siblings": [],
        "lastModified": moment(reranker.created_at),
    }


def model_summary(
    reranker: Reranker,
    version: Version,
    *,
    newest: Version,
    head: Mapping[str, Any],
    downloads: int,
) -> dict[str, Any]:
    """Return what a list of models says of each; `head` is the front matter of its card."""
    return {
        **_named(reranker),
        "sha": version.revision,
        "likes": 0,
        "downloads": downloads,
        "tags": _tags(head),
        "pipeline_tag": head.get("pipeline_tag"),
        "library_name": head.get("library_name"),
        "lastModified": moment(newest.created_at),
    }


def _named(reranker: Reranker) -> dict[str, Any]:
    """Return what is true of a name, with or without versions."""
    return {
        "_id": _identity("reranker", reranker.pk),
        "id": reranker.repo_id,
        "modelId": reranker.repo_id,
        "author": reranker.project.slug,
        "private": not reranker.public,
        "gated": False,
        "disabled": False,
        "createdAt": moment(reranker.created_at),
    }


def _identity(kind: str, key: int) -> str:
    """Return an id of the form that the Hub's have: 24 hexadecimal digits."""
    return hashlib.sha256(f"{kind} {key}".encode()).hexdigest()[:24]


def _tags(head: Mapping[str, Any]) -> list[str]:
    """Return the tags of a model as the Hub makes them up of its card's front matter."""
    named = ("library_name", "pipeline_tag", "tags", "language")
    found = [tag for name in named for tag in _listed(head.get(name))]
    found += [f"license:{each}" for each in _listed(head.get("license"))]
    found += [f"base_model:{each}" for each in _listed(head.get("base_model"))]
    return list(dict.fromkeys(found))


def _listed(value: Any) -> list[str]:
    """Return the texts of a value that is one, or several; people write both."""
    several = value if isinstance(value, list) else [value]
    return [each for each in several if isinstance(each, str) and each]


def refs_answer(
    main: Version, versions: Iterable[Version], aliases: Iterable[Alias], *, pulls: bool
) -> dict[str, Any]:
    """Return what `list_repo_refs` reads."""
    branches = [(MAIN, main), *((alias.name, alias.version) for alias in aliases)]
    return {
        "branches": [_ref("heads", name, version) for name, version in branches],
        "tags": [_ref("tags", version.tag, version) for version in versions],
        "converts": [],
        **({"pullRequests": []} if pulls else {}),
    }


def _ref(kind: str, name: str, version: Version) -> dict[str, str]:
    return {"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": version.revision}


def commit_answer(version: Version, *, aliases: Iterable[str]) -> dict[str, Any]:
    """Return a commit as `list_repo_commits` reads it."""
    named = ", ".join(sorted(aliases, key=lambda name: (name != CHAMPION, name)))
    return {
        "id": version.revision,
        "title": f"{version.tag}{f' ({named})' if named else ''}",
        "message": f"Based on {version.base_model}" if version.base_model else "",
        "authors": [],
        "date": moment(version.created_at),
    }


def tree_answer(
    files: Sequence[Artifact], *, below: str = "", recursive: bool = False, last: Version | None
) -> list[dict[str, Any]]:
    """Return the files and folders below a path as `list_repo_tree` reads them.

    `last` is the commit that is said to have made each, where it is wanted.
    """
    start = f"{below}/" if below else ""
    inside = [file for file in files if file.path.startswith(start)]
    folders = sorted(
        {
            start + "/".join(parts[:depth])
            for file in inside
            for parts in [file.path.removeprefix(start).split("/")]
            for depth in range(1, len(parts))
        }
    )
    entries = [_folder(files, path, last) for path in folders]
    entries += [file_entry(file, last=last) for file in inside]
    entries = [each for each in entries if recursive or "/" not in each["path"][len(start) :]]
    return sorted(entries, key=lambda each: each["path"])


def file_entry(file: Artifact, *, last: Version | None) -> dict[str, Any]:
    """Return a file as it stands in a tree."""
    blob = _blob(file)
    entry = {"type": "file", "oid": file.oid, "size": file.size, "path": file.path}
    if "lfs" in blob:
        lfs = blob["lfs"]
        entry["lfs"] = {
            "oid": lfs["sha256"],
            "size": lfs["size"],
            "pointerSize": lfs["pointerSize"],
        }
    return entry | _last(last)


def folder_entry(
    files: Sequence[Artifact], path: str, *, last: Version | None
) -> dict[str, Any] | None:
    """Return a folder as it stands in a tree, None where no file is below it."""
    return _folder(files, path, last) if any(f.path.startswith(f"{path}/") for f in files) else None


def _folder(files: Sequence[Artifact], path: str, last: Version | None) -> dict[str, Any]:
    oid = tree_oid([(file.path.removeprefix(f"{path}/"), file.oid) for file in files
                    if file.path.startswith(f"{path}/")])  # fmt: skip
    return {"type": "directory", "oid": oid.hex(), "size": 0, "path": path} | _last(last)


def _last(version: Version | None) -> dict[str, Any]:
    if version is None:
        return {}
    return {
        "lastCommit": {
            "id": version.revision,
            "title": version.tag,
            "date": moment(version.created_at),
        }
    }


def tree_oid(files: Iterable[tuple[str, str]]) -> bytes:
    """Return the id of a git tree of files, given by path and blob: 20 bytes. Source: git."""
    own: dict[str, tuple[bytes, bytes]] = {}
    below: dict[str, list[tuple[str, str]]] = {}
    for path, oid in files:
        first, _, rest = path.partition("/")
        if rest:
            below.setdefault(first, []).append((rest, oid))
        else:
            own[first] = _FILE_MODE, bytes.fromhex(oid)
    for name, inside in below.items():
        own[f"{name}/"] = _FOLDER_MODE, tree_oid(inside)  # git sorts folders as if they had it
    content = b"".join(
        mode + b" " + name.rstrip("/").encode() + b"\0" + oid
        for name, (mode, oid) in sorted(own.items(), key=lambda item: item[0].encode())
    )
    head = f"tree {len(content)}\0".encode()
    return hashlib.sha1(head + content, usedforsecurity=False).digest()


def _blob(file: Artifact) -> dict[str, Any]:
    """Return size and blob of a file as `model_info(files_metadata=True)` reads them."""
    found: dict[str, Any] = {"size": file.size, "blobId": file.oid}
    if lfs_kept(file.path, file.size):
        pointer = len(pointer_of(file.sha256, file.size))
        found["lfs"] = {"sha256": file.sha256, "size": file.size, "pointerSize": pointer}
    return found


def whoami_answer(user: User, members: Iterable[Member], token: Token | None) -> dict[str, Any]:
    """Return what `whoami` reads: the caller, the projects they belong to, and their token."""
    role = "write" if token is None else str(token.scope)
    named = "session" if token is None else token.name
    return {
        "type": "user",
        "id": _identity("user", user.pk),
        "name": user.username,
        "fullname": user.display_name,
        "isPro": False,
        "orgs": [
            {
                "type": "org",
                "id": _identity("project", member.project.pk),
                "name": member.project.slug,
                "fullname": member.project.name,
                "roleInOrg": member.role,
            }
            for member in members
        ],
        "auth": {
            "type": "access_token",
            "accessToken": {"displayName": named, "role": role},
        },
    }
