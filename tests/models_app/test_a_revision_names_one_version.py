"""A revision names one version: main, an alias, a tag, a sha or the beginning of one."""

from pathlib import Path

import pytest

from models_app.models import Version
from models_app.revisions import version_resolve
from models_app.services.rerankers import alias_move
from tests.factory import Cast
from tests.models_app.published import publish, version_row


def test_main_is_the_newest_until_there_is_a_champion(
    cast: Cast, version: Version, tmp_path: Path
) -> None:
    newer = publish(cast.project, tmp_path / "b", seed=1)
    assert version_resolve(version.reranker, "main") == newer
    alias_move(
        reranker=version.reranker, name="champion", version=version, reason="x", by_setup=True
    )
    assert version_resolve(version.reranker, "main") == version
    assert version_resolve(version.reranker, "v2") == newer


def test_a_short_sha_that_fits_two_names_none(cast: Cast, version: Version) -> None:
    ninth = "0" if version.revision[8] != "0" else "1"
    twin = version.revision[:8] + ninth * 32
    version_row(reranker=version.reranker, number=2, revision=twin, base_model="b", job=None)
    assert version_resolve(version.reranker, version.revision[:9]) == version
    with pytest.raises(Version.DoesNotExist):
        version_resolve(version.reranker, version.revision[:8])


def test_another_rerankers_commit_is_unknown(cast: Cast, version: Version, tmp_path: Path) -> None:
    other = publish(cast.project, tmp_path / "o", name="other")
    with pytest.raises(Version.DoesNotExist, match="of library/finder"):
        version_resolve(version.reranker, other.revision)


@pytest.mark.parametrize("revision", ["v0", "v01", "V1", "HEAD", "", "refs/heads/main", "v1\n"])
def test_what_is_no_revision_names_nothing(version: Version, revision: str) -> None:
    with pytest.raises(Version.DoesNotExist):
        version_resolve(version.reranker, revision)
