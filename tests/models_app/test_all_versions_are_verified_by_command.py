"""All versions are verified by one command, which names what differs and fails."""

import io

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command

from models_app.models import Version
from tests.factory import Cast
from tests.models_app.published import version_row


def test_it_passes_over_whole_versions(cast: Cast, version: Version) -> None:
    out = io.StringIO()
    call_command("verify_models", stdout=out)
    assert out.getvalue() == "library/finder@v1: ok\n"


def test_it_names_a_damaged_file_and_fails(cast: Cast, version: Version) -> None:
    sha256 = version.artifacts.get(path="vocab.txt").sha256
    storages["blobs"].delete(f"{sha256[:2]}/{sha256[2:4]}/{sha256}")
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 version"):
        call_command("verify_models", stdout=out)
    assert "vocab.txt: it is missing from the storage" in out.getvalue()


def test_a_commit_that_does_not_follow_from_its_rows_is_named(cast: Cast, version: Version) -> None:
    version_row(reranker=version.reranker, number=2, revision="0" * 40, base_model="b", job=None)
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("verify_models", stdout=out)
    damaged = out.getvalue().partition("library/finder@v2: DAMAGED\n")[2]
    assert "  revision: its rows give" in damaged
