"""The registry's pages open for those who may see them, and show the evidence."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from accounts.models import User
from models_app.models import Alias, Review, Version
from models_app.services.rerankers import alias_move
from tests.factory import PASSWORD, Cast
from tests.models_app.published import facts_made, make_public, publish

PAGE = "/library/finder"
VERSION = "/library/finder/versions/1/"
LIBRARY = "/projects/library/"
PAGES = (PAGE, VERSION, f"{LIBRARY}rerankers/", LIBRARY, f"{PAGE}/compare/")


def as_user(client: Client, user: User) -> Client:
    client.login(username=user.username, password=PASSWORD)
    return client


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_members_open_it_outsiders_and_the_anonymous_do_not(
    client: Client, cast: Cast, version: Version, path: str
) -> None:
    anonymous = client.get(path)
    assert anonymous.status_code == 302
    assert anonymous["Location"].startswith("/accounts/login/")
    assert client.get(path.replace("library", "nobody"))["Location"].startswith("/accounts/login/")
    assert as_user(client, cast.viewer).get(path).status_code == 200
    # These pages take the forms on them, from those who may.
    takes = path in (VERSION, "/projects/library/rerankers/")
    assert client.post(path).status_code == (403 if takes else 405)
    assert client.delete(path).status_code == 405
    assert as_user(client, cast.outsider).get(path).status_code == 404


def test_a_version_page_shows_its_evidence(client: Client, cast: Cast, version: Version) -> None:
    page = text(as_user(client, cast.viewer), VERSION)
    for part in (
        "On 40 test queries this version ranks better than the first stage, BM25 and the untouched",
        "0.810",
        "+0.170",
        "F1, threshold chosen on dev",
        "61 positives",
        version.revision,
        version.artifacts.get(path="model.safetensors").sha256,
        "Asked for <code>cross-encoder/ms-marco-MiniLM-L6-v2</code>",
        "the packaged weights were used",
        "0123456789ab</code>",
        'href="/projects/library/snapshots/5a5a',
        f'href="/projects/library/jobs/{version.job}/"',
        'id="training-log"',
        "curl -fH",
        "Nobody has reviewed this version yet",
        "Framework Versions",
    ):
        assert part in page, part


def test_what_is_not_shown_to_be_better_is_not_called_better(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    facts = facts_made()
    words = {"first_stage": "better", "bm25": "undecided", "base": "worse"}
    for row in facts["verdict"]["against"]:
        row["word"] = words[row["system"]]
    facts["verdict"]["warnings"] = ["The test split has only 7 relevant pairs."]
    publish(cast.project, tmp_path / "m", facts=facts)
    page = text(as_user(client, cast.viewer), VERSION)
    assert "ranks better than the first stage; it ranks worse than the untouched base" in page
    assert "it is not shown to differ from BM25 (0.170 higher)." in page
    assert "four times in five these queries show a difference in nDCG@10 of 0.136 against" in page
    assert "only 7 relevant pairs" in page


def test_what_chance_reaches_too_is_said_beside_the_verdict(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    facts = facts_made()
    (split,) = facts["evaluation"]["splits"]
    chance = {"metric": "nDCG@10", "system": "random_order", "value": 0.82, "n": 40}
    split["rows"].append({**chance, "low": None, "high": None})
    for row in facts["verdict"]["against"]:
        row |= {"word": "undecided", "delta": 0.0, "detectable": None}
    publish(cast.project, tmp_path / "m", facts=facts)
    page = text(as_user(client, cast.viewer), VERSION)
    said = "Its nDCG@10 of 0.810 is not above the 0.820 that a random order"
    assert page.partition("Read the card")[0].count(said) == 1
    assert "has for each of them the nDCG@10 of" in page
    assert "four times in five" not in page


def test_a_version_without_any_evidence_still_opens(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    publish(
        cast.project, tmp_path / "m", metrics={}, lineage={}, facts={}, snapshot_digest="", by=None
    )
    page = text(as_user(client, cast.viewer), VERSION)
    assert "No paired comparison was stored" in page
    assert "No ranking metrics were stored" in page
    assert text(client, PAGE)
    assert text(client, "/rerankers/")


def test_a_card_with_a_script_in_it_is_harmless(client: Client, cast: Cast, tmp_path: Path) -> None:
    facts = facts_made() | {"model": {"name": "<script>alert(1)</script><img src=x onerror=y>"}}
    publish(cast.project, tmp_path / "m", facts=facts)
    page = text(as_user(client, cast.viewer), VERSION)
    assert "<script>alert" not in page
    assert "onerror=y>" not in page.replace("&gt;", "")


def test_lists_name_only_what_the_visitor_may_read(
    client: Client, cast: Cast, version: Version
) -> None:
    assert "library/finder" in text(as_user(client, cast.viewer), "/rerankers/")
    assert "library/finder" in text(client, "/rerankers/?q=find")
    assert "Nothing fits" in text(client, "/rerankers/?q=zzz")
    assert "library/finder" not in text(as_user(client, cast.outsider), "/rerankers/")
    make_public(version.reranker)
    assert "library/finder" in text(client, "/rerankers/")
    client.logout()
    assert client.get("/rerankers/").status_code == 302


def test_a_public_page_shows_the_card_and_nothing_of_the_project(
    client: Client, cast: Cast, version: Version
) -> None:
    make_public(version.reranker)
    alias_move(
        reranker=version.reranker,
        name="champion",
        version=version,
        reason="a private reason",
        moved_by=cast.owner,
    )
    Review.objects.create(
        version=version, reviewer=cast.owner, verdict="approve", comment="a private word"
    )
    for visitor in (None, cast.outsider):
        if visitor:
            as_user(client, visitor)
        for path in (PAGE, VERSION):
            page = text(client, path)
            assert "champion" in page
            for secret in (
                "a private",
                "/projects/library/",
                f"/jobs/{version.job}",
                "Somebody",
                "library-manager",
            ):
                assert secret not in page, (path, secret)  # fmt: skip


def test_a_manager_moves_an_alias_with_a_reason(
    client: Client, cast: Cast, version: Version
) -> None:
    as_user(client, cast.manager)
    assert f'action="{VERSION}"' in text(client, VERSION)
    refused = client.post(VERSION, {"alias": "main", "reason": "x"})
    assert "cannot be an alias" in refused.content.decode()
    assert client.post(VERSION, {"alias": "champion"}).status_code == 200
    assert not Alias.objects.exists()
    moved = client.post(VERSION, {"alias": "champion", "reason": "Best so far."})
    assert (moved.status_code, moved["Location"]) == (302, VERSION)
    assert Alias.objects.get().version == version
    page = text(client, VERSION)
    assert "champion is v1 now" in page
    assert "Best so far." in page
    assert "is the champion." in text(client, PAGE)


def test_a_reviewer_adds_a_review(client: Client, cast: Cast, version: Version) -> None:
    as_user(client, cast.reviewer)
    wordless = client.post(VERSION, {"verdict": "reject"})
    assert "Say what should change" in wordless.content.decode()
    assert not Review.objects.exists()
    body = {"verdict": "reject", "comment": "Try <b>longer</b> passages."}
    assert client.post(VERSION, body).status_code == 302
    page = text(client, VERSION)
    assert "Try &lt;b&gt;longer&lt;/b&gt; passages." in page
    assert "Changes wanted" in page


@pytest.mark.parametrize(
    ("action", "body", "roles"),
    [
        ("aliases/", {"alias": "champion", "reason": "x"}, ("reviewer", "annotator", "viewer")),
        ("reviews/", {"verdict": "approve"}, ("annotator", "viewer")),
        ("verify/", {}, ("annotator", "viewer")),
    ],
)
def test_who_may_not_act_is_refused(
    client: Client,
    cast: Cast,
    version: Version,
    action: str,
    body: dict[str, str],
    roles: tuple[str, ...],
) -> None:
    url = VERSION + action
    assert client.post(url, body)["Location"].startswith("/accounts/login/")
    for role in roles:
        assert as_user(client, getattr(cast, role)).post(url, body).status_code == 403
        page = text(client, VERSION)
        assert all(f'name="{field}"' not in page for field in body)
        assert f'action="{url}"' not in page
    assert as_user(client, cast.outsider).post(url, body).status_code == 404
    assert as_user(client, cast.owner).delete(url).status_code == 405
    assert not Alias.objects.exists()
    assert not Review.objects.exists()


def test_settings_are_for_managers(client: Client, cast: Cast, version: Version) -> None:
    url = f"{PAGE}/settings/"
    assert as_user(client, cast.reviewer).post(url, {"public": "on"}).status_code == 403
    answer = as_user(client, cast.manager).post(url, {"public": "on", "description": "Finds."})
    assert answer.status_code == 302
    assert "Finds." in text(client, PAGE)
    version.reranker.refresh_from_db()
    assert version.reranker.public


def test_stored_files_are_hashed_again_on_request(
    client: Client, cast: Cast, version: Version
) -> None:
    as_user(client, cast.reviewer)
    answer = client.post(f"{VERSION}verify/", HTTP_HX_REQUEST="true")
    assert "All 5 files have the sha256" in answer.content.decode()
    assert client.post(f"{VERSION}verify/").status_code == 302
    assert "All files are as published" in text(client, VERSION)


def test_a_project_without_rerankers_says_how_to_get_one(client: Client, cast: Cast) -> None:
    as_user(client, cast.viewer)
    assert "Owners and managers start training jobs" in text(client, f"{LIBRARY}rerankers/")
    assert "None yet. A training job, which owners and managers" in text(client, LIBRARY)
    as_user(client, cast.manager)
    for path in (f"{LIBRARY}rerankers/", LIBRARY):
        assert f'href="{LIBRARY}jobs/new/"' in text(client, path)


@pytest.mark.parametrize("path", ["/projects/new", "/rerankers", "/API/v1", "/static/none"])
def test_our_own_addresses_are_no_reranker(client: Client, cast: Cast, path: str) -> None:
    """A missing slash is mended, as before; nothing asks the registry."""
    answer = as_user(client, cast.viewer).get(path)
    if path in {"/projects/new", "/rerankers"}:
        assert (answer.status_code, answer["Location"]) == (301, f"{path}/")
    else:
        assert answer.status_code == 404
        with pytest.raises(Resolver404):
            resolve(path)


def test_an_unknown_version_is_404(client: Client, cast: Cast, version: Version) -> None:
    assert as_user(client, cast.viewer).get("/library/finder/versions/9/").status_code == 404
    assert client.get("/library/nothing").status_code == 404
    assert client.get("/library/finder/")["Location"] == PAGE


def test_the_page_names_no_person_who_left(client: Client, cast: Cast, tmp_path: Path) -> None:
    publish(cast.project, tmp_path / "m", by=cast.manager)
    cast.manager.delete()
    assert "Published" in text(as_user(client, cast.viewer), VERSION)


def test_who_makes_a_reranker_public_is_told_what_its_card_names(
    client: Client, cast: Cast, version: Version
) -> None:
    client.force_login(cast.manager)
    page = client.get("/library/finder").content.decode()
    assert "the card names the base model, the snapshot and the job" in page
    make_public(version.reranker)
    client.logout()
    card = b"".join(client.get("/api/v1/rerankers/library/finder/versions/1/files/README.md"))
    for named in (version.snapshot_digest, str(version.job)):
        assert named in card.decode()
