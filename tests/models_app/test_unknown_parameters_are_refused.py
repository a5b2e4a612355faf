"""A query parameter that a call of the registry does not know is a 400 that names it."""

import pytest
from django.test import Client

from models_app.models import Version
from tests.factory import Cast, bearer

BASE = "/api/v1/rerankers/"


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("?serch=x", "project, search"),
        ("library/finder/versions/?serch=x", None),
        ("library/finder/versions/1/reviews/?serch=x", None),
        ("library/finder/aliases/champion/history/?serch=x", None),
        ("library/finder/compare/?a=1&b=1&serch=x", "a, b"),
    ],
)
def test_it_is_named(
    client: Client, cast: Cast, version: Version, path: str, known: str | None
) -> None:
    answer = client.get(BASE + path, **bearer(cast.viewer))
    assert answer.status_code == 400
    (message,) = answer.json()["errors"]["serch"]
    assert known is None or known in message
