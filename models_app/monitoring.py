"""What Prometheus reads of the registry."""

from collections.abc import Iterator

from accounts.monitoring import Figure
from models_app.models import Reranker, Version


def figures() -> Iterator[Figure]:
    """Return how many rerankers and versions all projects have."""
    yield Figure("arbiter_rerankers", "Rerankers.", Reranker.objects.published().count())
    yield Figure("arbiter_versions", "Published versions.", Version.objects.count())
