"""What forms of jobs on a snapshot have in common: the snapshot and the model are checked."""

from django import forms

from accounts.models import Project, User
from annotate.models import Snapshot
from training.forms.spec import said_here
from training.selectors.base_models import base_checked
from training.services.jobs import snapshot_trainable, teacher_checked


class OnSnapshotForm(forms.Form):
    """A form with the fields `snapshot` and `base_model`, for a project and who asks in it."""

    project: Project
    user: User

    def clean_snapshot(self) -> Snapshot:
        snapshot: Snapshot = self.cleaned_data["snapshot"]
        with said_here("snapshot"):
            self.snapshot_check(snapshot)
        return snapshot

    @staticmethod
    def snapshot_check(snapshot: Snapshot) -> None:
        """Raise ValidationError for a snapshot that the job could do nothing with."""
        snapshot_trainable(snapshot)

    def clean_base_model(self) -> str:
        name: str = self.cleaned_data["base_model"]
        with said_here("base_model"):
            base_checked(name, project=self.project, user=self.user)
        return name

    # Of fields that some of these forms have.

    def clean_silver_teacher(self) -> str | None:
        return self._teacher("silver_teacher")

    def clean_teacher(self) -> str | None:
        return self._teacher("teacher")

    def _teacher(self, key: str) -> str | None:
        name: str | None = self.cleaned_data[key]
        with said_here(key):
            teacher_checked(name, project=self.project, user=self.user, key=key)
        return name
