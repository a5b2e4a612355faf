"""What forms of jobs on a snapshot have in common: the snapshot and the model are checked."""

from django import forms

from accounts.models import Project, User
from annotate.models import Snapshot
from training.forms.spec import said_here
from training.selectors.base_models import base_checked
from training.services.jobs import snapshot_trainable


class OnSnapshotForm(forms.Form):
    """A form with the fields `snapshot` and `base_model`, for a project and who asks in it."""

    project: Project
    user: User

    def clean_snapshot(self) -> Snapshot:
        snapshot: Snapshot = self.cleaned_data["snapshot"]
        with said_here("snapshot"):
            snapshot_trainable(snapshot)
        return snapshot

    def clean_base_model(self) -> str:
        name: str = self.cleaned_data["base_model"]
        with said_here("base_model"):
            base_checked(name, project=self.project, user=self.user)
        return name
