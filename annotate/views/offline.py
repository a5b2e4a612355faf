"""The judging page's service worker: below the page, since its address bounds what it may serve."""

from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import Right, member_for


@require_safe
@never_cache
def judge_worker(request: HttpRequest, slug: str) -> HttpResponse:
    member_for(request.user, slug, Right.JUDGE)
    return HttpResponse(_script(), content_type="text/javascript; charset=utf-8")


@cache
def _script() -> str:
    found = finders.find("judge-worker.js")
    assert isinstance(found, str)  # it is part of the code
    return Path(found).read_text("utf-8")
