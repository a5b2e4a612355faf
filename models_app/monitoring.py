"""What Prometheus reads of the registry."""

from collections.abc import Iterator

from django.db.models import Sum

from accounts.monitoring import Figure
from models_app.models import DailyUse, Reranker, Use, Version


def figures() -> Iterator[Figure]:
    """Return how many rerankers and versions all projects have."""
    yield Figure("arbiter_rerankers", "Rerankers.", Reranker.objects.published().count())
    totals = dict(DailyUse.objects.order_by().values_list("use").annotate(Sum("count")))
    downloads, reranks = (totals.get(use.value, 0) for use in (Use.DOWNLOAD, Use.RERANK))
    yield Figure("arbiter_downloads", "Downloads of all versions.", downloads)
    yield Figure("arbiter_rerank_requests", "Rerank requests to all versions.", reranks)
    yield Figure("arbiter_versions", "Published versions.", Version.objects.count())
