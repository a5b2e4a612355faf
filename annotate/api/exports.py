"""`/api/v1/projects/{slug}/export/`."""

from collections.abc import Iterable
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from accounts.access import member_for
from accounts.rest import ApiView, Parameters, asked
from accounts.schema import ProblemSerializer
from annotate.downloads import export_response
from annotate.exporting import FORMATS, WHATS
from annotate.selectors.browsing import sees_labels


def _one_of(names: Iterable[str]) -> dict[str, Any]:
    return {"invalid_choice": f"There is no “{{input}}”; choose one of {', '.join(names)}."}


class ExportParameters(Parameters):
    """What to export, and how."""

    format = serializers.ChoiceField(
        choices=list(FORMATS), default="jsonl", error_messages=_one_of(FORMATS)
    )
    what = serializers.ChoiceField(
        choices=list(WHATS),
        required=False,
        error_messages=_one_of(WHATS),
        help_text="Each current judgment, or the resolved grade of each pair. `beir` and `triplets`"
        " hold the latter only, and `qrels` does unless asked otherwise.",
    )


_FILES: Final = {
    (200, one.media_type.partition(";")[0]): OpenApiTypes.BINARY for one in FORMATS.values()
}


class Export(ApiView):
    parameters = ExportParameters

    @extend_schema(responses={**_FILES, 403: ProblemSerializer})
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        """Download judgments or resolved grades; streamed.

        A download that ends without its last chunk is not complete: something failed midway.
        """
        member = member_for(request.user, slug)
        if not sees_labels(member):
            raise PermissionDenied(
                "Where judging is blind or checks are among the items, only reviewers export."
            )
        wanted = asked(self, request)
        return export_response(member.project, wanted["format"], wanted.get("what"))
