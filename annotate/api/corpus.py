"""`…/queries/`, `…/passages/` and `…/candidates/` one by one: add, edit, withdraw, restore.

Withdrawing and restoring repeat without harm: what is so already stays as it is.
"""

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Right, project_for
from accounts.pagination import ById
from accounts.rest import ApiView, caller, filters, paginated, validated
from accounts.schema import ProblemSerializer
from annotate.api import browsing
from annotate.api.corpus_serializers import (
    CandidateDetailOutput,
    CandidateInput,
    OptionalReasonInput,
    PassageDetailOutput,
    PassageEdit,
    PassageInput,
    PassageOutput,
    PassageParameters,
    QueryDetailOutput,
    QueryEdit,
    QueryInput,
    ReasonInput,
)
from annotate.selectors.browsing import query_by
from annotate.selectors.corpus import candidate_by, passage_by, passages_of
from annotate.services import withdrawing
from annotate.services.corpus import (
    candidate_add,
    passage_add,
    passage_edit,
    query_add,
    query_edit,
)


class QueryList(browsing.QueryList):
    @extend_schema(request=QueryInput, responses={201: QueryDetailOutput})
    def post(self, request: Request, slug: str) -> Response:
        """Add a query."""
        project = project_for(request.user, slug, Right.MANAGE)
        data = validated(QueryInput(data=request.data))
        query = query_add(project=project, by=caller(request), **data)
        query.refresh_from_db()
        return Response(QueryDetailOutput(query).data, status=status.HTTP_201_CREATED)


class QueryDetail(ApiView):
    @extend_schema(responses=QueryDetailOutput)
    def get(self, request: Request, slug: str, pk: str) -> Response:
        """Show a query with its earlier wordings, also a withdrawn or erased one."""
        query = query_by(project_for(request.user, slug), pk)
        return Response(QueryDetailOutput(query).data)

    @extend_schema(request=QueryEdit, responses={200: QueryDetailOutput, 409: ProblemSerializer})
    def patch(self, request: Request, slug: str, pk: str) -> Response:
        """Edit a query. Another text is a new revision: judgments on the old one become history."""
        query = query_by(project_for(request.user, slug, Right.MANAGE), pk)
        data = validated(QueryEdit(data=request.data))
        query_edit(query=query, by=caller(request), **data)
        return Response(QueryDetailOutput(query).data)


class QueryWithdraw(ApiView):
    @extend_schema(request=ReasonInput, responses=QueryDetailOutput)
    def post(self, request: Request, slug: str, pk: str) -> Response:
        """Withdraw a query. It is judged, exported and frozen no longer; nothing of it is lost."""
        query = query_by(project_for(request.user, slug, Right.MANAGE), pk)
        data = validated(ReasonInput(data=request.data))
        withdrawing.queries_withdraw(
            project=query.project, by=caller(request), queries=[query.pk], **data
        )
        query.refresh_from_db()
        return Response(QueryDetailOutput(query).data)


class QueryRestore(ApiView):
    @extend_schema(request=OptionalReasonInput, responses=QueryDetailOutput)
    def post(self, request: Request, slug: str, pk: str) -> Response:
        """Restore a query that was withdrawn. What was erased stays erased."""
        query = query_by(project_for(request.user, slug, Right.MANAGE), pk)
        data = validated(OptionalReasonInput(data=request.data))
        withdrawing.queries_restore(
            project=query.project, by=caller(request), queries=[query.pk], **data
        )
        query.refresh_from_db()
        return Response(QueryDetailOutput(query).data)


class PassageList(ApiView):
    parameters = PassageParameters
    pagination_class = ById
    orders = {"created_at": "created_at"}

    @extend_schema(responses=PassageOutput(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List passages."""
        project = project_for(request.user, slug)
        rows = passages_of(project, search=filters(self, request).get("q", ""))
        return paginated(self, request, rows, PassageOutput)

    @extend_schema(request=PassageInput, responses={201: PassageDetailOutput})
    def post(self, request: Request, slug: str) -> Response:
        """Add a passage."""
        project = project_for(request.user, slug, Right.MANAGE)
        data = validated(PassageInput(data=request.data))
        passage = passage_add(project=project, by=caller(request), **data)
        passage.refresh_from_db()
        return Response(PassageDetailOutput(passage).data, status=status.HTTP_201_CREATED)


class PassageDetail(ApiView):
    @extend_schema(responses=PassageDetailOutput)
    def get(self, request: Request, slug: str, pk: str) -> Response:
        """Show a passage with its earlier wordings, also a withdrawn or erased one."""
        passage = passage_by(project_for(request.user, slug), pk)
        return Response(PassageDetailOutput(passage).data)

    @extend_schema(
        request=PassageEdit, responses={200: PassageDetailOutput, 409: ProblemSerializer}
    )
    def patch(self, request: Request, slug: str, pk: str) -> Response:
        """Edit a passage. Another text or title is a new revision, as with queries."""
        passage = passage_by(project_for(request.user, slug, Right.MANAGE), pk)
        data = validated(PassageEdit(data=request.data))
        passage_edit(passage=passage, by=caller(request), **data)
        return Response(PassageDetailOutput(passage).data)


class PassageWithdraw(ApiView):
    @extend_schema(request=ReasonInput, responses=PassageDetailOutput)
    def post(self, request: Request, slug: str, pk: str) -> Response:
        """Withdraw a passage. Its candidates are judged, exported and frozen no longer."""
        passage = passage_by(project_for(request.user, slug, Right.MANAGE), pk)
        data = validated(ReasonInput(data=request.data))
        withdrawing.passages_withdraw(
            project=passage.project, by=caller(request), passages=[passage.pk], **data
        )
        passage.refresh_from_db()
        return Response(PassageDetailOutput(passage).data)


class PassageRestore(ApiView):
    @extend_schema(request=OptionalReasonInput, responses=PassageDetailOutput)
    def post(self, request: Request, slug: str, pk: str) -> Response:
        """Restore a passage that was withdrawn. What was erased stays erased."""
        passage = passage_by(project_for(request.user, slug, Right.MANAGE), pk)
        data = validated(OptionalReasonInput(data=request.data))
        withdrawing.passages_restore(
            project=passage.project, by=caller(request), passages=[passage.pk], **data
        )
        passage.refresh_from_db()
        return Response(PassageDetailOutput(passage).data)


class CandidateList(browsing.CandidateList):
    @extend_schema(request=CandidateInput, responses={201: CandidateDetailOutput})
    def post(self, request: Request, slug: str) -> Response:
        """Make a passage a candidate of a query."""
        project = project_for(request.user, slug, Right.MANAGE)
        data = validated(CandidateInput(data=request.data))
        query, passage = query_by(project, data["query"]), passage_by(project, data["passage"])
        made = candidate_add(project=project, by=caller(request), query=query, passage=passage)
        made.refresh_from_db()
        return Response(CandidateDetailOutput(made).data, status=status.HTTP_201_CREATED)


class CandidateDetail(ApiView):
    @extend_schema(responses=CandidateDetailOutput)
    def get(self, request: Request, slug: str, pk: str) -> Response:
        """Show a candidate, also a withdrawn one."""
        candidate = candidate_by(project_for(request.user, slug), pk)
        return Response(CandidateDetailOutput(candidate).data)


class CandidateWithdraw(ApiView):
    @extend_schema(request=ReasonInput, responses=CandidateDetailOutput)
    def post(self, request: Request, slug: str, pk: str) -> Response:
        """Withdraw a candidate. Its query and its passage stay."""
        candidate = candidate_by(project_for(request.user, slug, Right.MANAGE), pk)
        data = validated(ReasonInput(data=request.data))
        withdrawing.candidates_withdraw(
            project=candidate.project, by=caller(request), candidates=[candidate.pk], **data
        )
        candidate.refresh_from_db()
        return Response(CandidateDetailOutput(candidate).data)


class CandidateRestore(ApiView):
    @extend_schema(request=OptionalReasonInput, responses=CandidateDetailOutput)
    def post(self, request: Request, slug: str, pk: str) -> Response:
        """Restore a candidate that was withdrawn."""
        candidate = candidate_by(project_for(request.user, slug, Right.MANAGE), pk)
        data = validated(OptionalReasonInput(data=request.data))
        withdrawing.candidates_restore(
            project=candidate.project, by=caller(request), candidates=[candidate.pk], **data
        )
        candidate.refresh_from_db()
        return Response(CandidateDetailOutput(candidate).data)
