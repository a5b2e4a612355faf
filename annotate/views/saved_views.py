"""Views are saved and deleted from the lists that they are of."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.access import member_for
from annotate.models import Listed
from annotate.selectors.views import views_for
from annotate.services.views import view_delete, view_save

_PAGES = {Listed.QUERIES: "annotate:query-list", Listed.CANDIDATES: "annotate:candidate-list"}


@require_POST
def view_add(request: HttpRequest, slug: str, listed: Listed) -> HttpResponse:
    member = member_for(request.user, slug)
    parameters = QueryDict(request.POST.get("parameters", ""))
    try:
        view_save(
            member=member,
            listed=listed,
            name=request.POST.get("name", "").strip(),
            parameters=parameters.dict(),
            shared="shared" in request.POST,
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages), extra_tags="bad")
    return redirect(f"{reverse(_PAGES[listed], args=[slug])}?{parameters.urlencode()}")


@require_POST
def view_remove(request: HttpRequest, slug: str, listed: Listed, pk: int) -> HttpResponse:
    member = member_for(request.user, slug)
    view_delete(member=member, view=get_object_or_404(views_for(member, listed), pk=pk))
    return redirect(_PAGES[listed], slug)
