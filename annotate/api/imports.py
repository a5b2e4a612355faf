"""`/api/v1/projects/{slug}/imports/`."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Right, member_for, project_for
from accounts.models import Member
from accounts.pagination import ById
from accounts.parsing import JsonObjectField
from accounts.rest import ApiView, StrictSerializer, caller, paginated, validated
from accounts.schema import ProblemSerializer
from accounts.uploads import UploadParser, room_needed
from annotate.models import Import, OnConflict
from annotate.selectors.imports import import_by, imports_of, seconds_left, sees_errors
from annotate.services.importing import import_cancel, import_create


class ImportInput(StrictSerializer):
    """A file and how to read it; docs/formats.md describes formats, mapping and label names.

    `mapping` ({our field: column of the file, or null}) and `label_names` ({label: grade}) are
    JSON objects. `source` names whose labels these are: the file's name without suffixes, unless
    given.
    """

    file = serializers.FileField(allow_empty_file=True)
    format = serializers.CharField(default="auto")
    mapping = JsonObjectField(required=False)
    label_names = JsonObjectField(required=False)
    on_conflict = serializers.ChoiceField(OnConflict.choices, default=OnConflict.REFUSE)

    def get_fields(self) -> dict[str, Any]:
        # Declared here, since DRF's own fields have an attribute of this name.
        source = serializers.CharField(required=False, allow_blank=True, max_length=120)
        return {**super().get_fields(), "source": source}


class ImportFault(serializers.Serializer[Any]):
    """What is wrong where; `member` is the file within a zip, `line` counts from 1."""

    line = serializers.IntegerField()
    field = serializers.CharField()
    message = serializers.CharField()
    member = serializers.CharField(allow_null=True)


class ImportOutput(serializers.ModelSerializer[Import]):
    """An import; `rows_read` grows while it runs, `errors` say why it failed.

    While it runs, `phase` says what is done, `read_share` how much of the file was read, and
    `seconds_left` is an estimate. `resumed` counts how often it went on after its worker had died.
    `errors` are the first of `error_count`. Errors quote labels: whoever does not manage the
    project gets only their number.
    """

    id = serializers.CharField(read_only=True)
    created = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    mapping = serializers.DictField(child=serializers.CharField(allow_null=True), read_only=True)
    label_names = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    created_by = serializers.CharField(
        source="created_by.username", allow_null=True, read_only=True
    )
    seconds_left = serializers.SerializerMethodField()

    class Meta:
        model = Import
        fields = [
            "id", "status", "name", "format", "mapping", "label_names", "on_conflict",
            "bytes_total", "phase", "read_share", "seconds_left", "resumed", "rows_read",
            "rows_created", "rows_unchanged", "rows_repeated", "created", "error_count", "seconds",
            "created_by", "created_at", "started_at", "finished_at",
        ]  # fmt: skip

    def get_seconds_left(self, row: Import) -> int | None:
        return seconds_left(row)

    def get_fields(self) -> dict[str, Any]:
        # Declared here, since DRF's own fields have attributes of these names.
        source = serializers.CharField(source="source_name", read_only=True)
        errors = ImportFault(many=True, read_only=True)
        return {**super().get_fields(), "source": source, "errors": errors}


class ImportWithoutErrors(ImportOutput):
    """An import as those see it who do not manage the project."""

    def to_representation(self, instance: Import) -> dict[str, Any]:
        return {**super().to_representation(instance), "errors": []}


class ImportList(ApiView):
    pagination_class = ById
    orders = {"created_at": "created_at"}
    parser_classes = [UploadParser]
    takes_files = True

    @extend_schema(responses=ImportOutput(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List a project's imports."""
        member = member_for(request.user, slug)
        return paginated(self, request, imports_of(member.project), _output(member))

    @extend_schema(
        request={"multipart/form-data": ImportInput},
        responses={202: ImportOutput, 507: ProblemSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Import a file, whole or not at all; ask for it until it has succeeded or failed."""
        project = project_for(request.user, slug, Right.MANAGE)
        wishes = validated(ImportInput(data=request.data))
        upload = wishes.pop("file")
        with room_needed():
            row = import_create(
                project=project,
                name=upload.name,
                upload=upload,
                created_by=caller(request),
                source_name=wishes.pop("source", ""),
                format_name=wishes.pop("format"),
                **wishes,
            )
        return Response(ImportOutput(row).data, status=status.HTTP_202_ACCEPTED)


class ImportDetail(ApiView):
    @extend_schema(responses=ImportOutput)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """Show how far an import is, what it made, or why it failed."""
        member = member_for(request.user, slug)
        row = import_by(member.project, pk)
        return Response(_output(member)(row).data)


class ImportCancel(ApiView):
    @extend_schema(request=None, responses={200: ImportOutput, 409: ProblemSerializer})
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Cancel an import that is not finished: nothing of its file is stored."""
        project = project_for(request.user, slug, Right.MANAGE)
        row = import_by(project, pk)
        import_cancel(row=row)
        row.refresh_from_db()
        return Response(ImportOutput(row).data)


def _output(member: Member) -> type[ImportOutput]:
    return ImportOutput if sees_errors(member) else ImportWithoutErrors
