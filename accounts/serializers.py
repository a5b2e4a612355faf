"""What the accounts API takes and gives."""

from typing import Any

from rest_framework import serializers

from accounts.models import Grade, Member, Project, Role, User
from accounts.rest import StrictSerializer


class GradeSerializer(StrictSerializer, serializers.ModelSerializer[Grade]):
    """A grade of a label scheme; gain, target and relevant have defaults derived from the value."""

    class Meta:
        model = Grade
        fields = ["value", "name", "description", "gain", "target", "relevant"]
        extra_kwargs = {
            "value": {"min_value": 0, "max_value": 9},
            "gain": {"required": False},
            "target": {"required": False},
            "relevant": {"required": False},
        }


class LabelSchemeSerializer(StrictSerializer):
    """A label scheme: its grades, worst first."""

    grades = GradeSerializer(many=True, source="scheme")


class ProjectSerializer(StrictSerializer, serializers.ModelSerializer[Project]):
    """A project with its label scheme."""

    label_scheme = LabelSchemeSerializer(required=False, source="*")
    closed = serializers.BooleanField(required=False)

    class Meta:
        model = Project
        fields = [
            "slug", "name", "description", "guidelines", "label_scheme", "overlap", "blind",
            "language", "license", "sample_texts", "hourly_cost", "currency",
            "running_jobs", "waiting_jobs", "closed", "created_at",
        ]  # fmt: skip
        read_only_fields = ["created_at"]


class ProjectChangeSerializer(ProjectSerializer):
    """What may change of a project; what is left out stays."""

    fixed = {"slug": "A slug never changes: it is the team of the published models."}

    class Meta(ProjectSerializer.Meta):
        read_only_fields = ["slug", "created_at"]


class UserNameField(serializers.SlugRelatedField[User]):
    """A user by name; one with a NUL is nobody's, and PostgreSQL cannot be asked for it."""

    def to_internal_value(self, data: Any) -> User:
        if "\0" in str(data):
            self.fail("does_not_exist", slug_name=self.slug_field, value=data)
        return super().to_internal_value(data)


class MemberSerializer(StrictSerializer, serializers.ModelSerializer[Member]):
    """A member's user name and role."""

    user = UserNameField(slug_field="username", queryset=User.objects.all())
    role = serializers.ChoiceField(choices=Role.choices)

    class Meta:
        model = Member
        fields = ["user", "role", "created_at"]
        read_only_fields = ["created_at"]
