"""Projects and members through the API: success, outsider, anonymous, role, method."""

import pytest
from django.test import Client

from accounts.models import Project
from tests.factory import Cast, bearer, make_judgment, make_queue, make_user

pytestmark = pytest.mark.django_db
JSON = "application/json"


def test_a_project_is_created_with_its_label_scheme(client: Client) -> None:
    ada = make_user("ada")
    body = {
        "slug": "code-search",
        "name": "Code search",
        "label_scheme": {"grades": [{"value": 0, "name": "No"}, {"value": 2, "name": "Yes"}]},
        "overlap": 2,
    }
    answer = client.post("/api/v1/projects/", body, JSON, **bearer(ada))
    assert answer.status_code == 201, answer.content
    grades = answer.json()["label_scheme"]["grades"]
    assert [(grade["value"], grade["gain"], grade["target"]) for grade in grades] == [
        (0, 0.0, 0.0),
        (2, 2.0, 1.0),
    ]
    listed = client.get("/api/v1/projects/", **bearer(ada)).json()["results"]
    assert [row["slug"] for row in listed] == ["code-search"]


def test_the_default_scheme_is_not_relevant_and_relevant(client: Client) -> None:
    ada = make_user("ada")
    answer = client.post("/api/v1/projects/", {"slug": "a", "name": "A"}, JSON, **bearer(ada))
    values = [grade["value"] for grade in answer.json()["label_scheme"]["grades"]]
    assert values == [0, 1]


@pytest.mark.parametrize("slug", ["api", "Static", "a--b", "-a", "a.git", "ä", "x" * 41, ""])
def test_a_slug_that_cannot_stand_in_an_address_is_refused(client: Client, slug: str) -> None:
    ada = make_user("ada")
    answer = client.post("/api/v1/projects/", {"slug": slug, "name": "A"}, JSON, **bearer(ada))
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["status"] == 400
    assert problem["title"] == "Bad Request"
    assert "slug" in problem["errors"]


def test_users_and_projects_share_one_namespace_whatever_the_case(client: Client) -> None:
    ada = make_user("ada")
    make_user("Grace")
    answer = client.post("/api/v1/projects/", {"slug": "grace", "name": "G"}, JSON, **bearer(ada))
    assert answer.status_code == 400
    assert answer.json()["errors"] == {"slug": ["This name is taken."]}


def test_a_grade_in_use_cannot_be_left_out(client: Client, cast: Cast) -> None:
    make_judgment(make_queue(cast.project)[0], cast.annotator, grade=1)
    scheme = {"label_scheme": {"grades": [{"value": 0, "name": "No"}, {"value": 2, "name": "Yes"}]}}
    answer = client.patch("/api/v1/projects/library/", scheme, JSON, **bearer(cast.owner))
    assert answer.status_code == 400
    assert "1 Relevant" in answer.json()["errors"]["label_scheme"][0]
    assert [grade.value for grade in cast.project.grades.all()] == [0, 1]


def test_members_are_added_and_the_last_owner_stays(client: Client, cast: Cast) -> None:
    make_user("newcomer")
    path = "/api/v1/projects/library/members/"
    body = {"user": "newcomer", "role": "annotator"}
    assert client.post(path, body, JSON, **bearer(cast.manager)).status_code == 201
    body = {"user": cast.owner.username, "role": "viewer"}
    answer = client.post(path, body, JSON, **bearer(cast.owner))
    assert answer.status_code == 400
    assert "at least one owner" in answer.json()["detail"]


def test_who_may_not_is_told_apart_from_who_may_not_know(client: Client, cast: Cast) -> None:
    for path in ("/api/v1/projects/library/", "/api/v1/projects/nothing/"):
        assert client.get(path).status_code == 401
        assert client.get(path)["WWW-Authenticate"].startswith("Bearer")
        assert client.get(path, **bearer(cast.outsider)).status_code == 404
    change = {"name": "Other"}
    path = "/api/v1/projects/library/"
    assert client.patch(path, change, JSON, **bearer(cast.annotator)).status_code == 403
    assert client.patch(path, change, JSON, **bearer(cast.owner, "read")).status_code == 403
    assert client.put(path, change, JSON, **bearer(cast.owner)).status_code == 405
    assert client.delete(path, **bearer(cast.manager)).status_code == 403


def test_an_owner_deletes_a_project_with_its_judgments(client: Client, cast: Cast) -> None:
    make_judgment(make_queue(cast.project)[0], cast.annotator, grade=1)
    answer = client.delete("/api/v1/projects/library/", **bearer(cast.owner))
    assert answer.status_code == 204
    assert not Project.objects.filter(slug="library").exists()


def test_a_bad_token_is_401_in_problem_form(client: Client, db: None) -> None:
    answer = client.get("/api/v1/projects/", HTTP_AUTHORIZATION="Bearer arb_wrong")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"] == "This token is unknown, expired or revoked."


def test_a_manager_neither_makes_nor_removes_owners(client: Client, cast: Cast) -> None:
    path = "/api/v1/projects/library/members/"
    for name in (cast.manager.username, cast.owner.username):
        for role in ("owner", "viewer"):
            if (name, role) == (cast.manager.username, "viewer"):
                continue
            answer = client.post(path, {"user": name, "role": role}, JSON, **bearer(cast.manager))
            assert answer.status_code == 403, (name, role)
    gone = client.delete(f"{path}{cast.owner.username}/", **bearer(cast.manager))
    assert gone.status_code == 403
    body = {"user": cast.manager.username, "role": "owner"}
    assert client.post(path, body, JSON, **bearer(cast.owner)).status_code == 201


def test_a_project_is_closed_and_opened_again(client: Client, cast: Cast) -> None:
    path = "/api/v1/projects/library/"
    make_queue(cast.project)
    lease = {"count": 1}

    def leased() -> int:
        answer = client.post(f"{path}tasks/lease/", lease, JSON, **bearer(cast.annotator))
        return len(answer.json()["items"])

    closed = client.patch(path, {"closed": True}, JSON, **bearer(cast.owner))
    assert closed.json()["closed"] is True
    assert leased() == 0
    client.patch(path, {"closed": False}, JSON, **bearer(cast.owner))
    assert leased() == 1


def test_an_address_that_is_none_answers_with_a_problem(client: Client) -> None:
    ada = make_user("ada")
    for path in ("/api/v1/nope/", "/api/nope", "/api/v1/projects/x/nope/"):
        answer = client.get(path, **bearer(ada))
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
        assert client.post(path, {}, JSON).status_code == 401
