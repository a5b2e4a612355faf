"""What the tests of clients share: a registry with real models, served by the real web part."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from accounts.models import User
from accounts.services import token_create
from models_app.models import Version
from models_app.services.rerankers import alias_move
from tests.factory import Cast
from tests.models_app.published import make_public, publish
from tests.processes import Address, web_part
from tests.tiny_run import tiny_run


@dataclass
class Registry:
    """`library/finder`, private, with two versions of which the first is champion; and one that
    is public, `library/open`.
    """

    address: Address
    cast: Cast
    first: Version
    second: Version
    public: Version

    def token(self, user: User, scope: str = "read") -> str:
        return token_create(user=user, name="client", scope=scope).secret


@pytest.fixture
def registry(transactional_db: None, cast: Cast, tmp_path: Path) -> Iterator[Registry]:
    outcome = tiny_run("court-cases").outcome
    facts = dict(outcome.facts)
    first = publish(cast.project, outcome.folder, saved=True, by=cast.manager, facts=facts)
    second = publish(cast.project, tmp_path / "m", by=cast.manager, seed=1)
    public = publish(cast.project, outcome.folder, name="open", saved=True, facts=facts)
    make_public(public.reranker)
    alias_move(
        reranker=first.reranker,
        name="champion",
        version=first,
        reason="It is the better one.",
        moved_by=cast.manager,
    )
    with web_part() as address:
        yield Registry(address, cast, first, second, public)
