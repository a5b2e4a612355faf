"""The form of a job that is run again: filled as the job was, and what differs is marked."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.html import format_html

from training.forms.spec import spec_formfield
from training.kinds import SPECS
from training.ml.search.languages import stemmed_language
from training.models import TrainingJob
from training.spec.field import SpecField
from training.templatetags.values import setting


class Again:
    """What a job asked for, with `changes` of its recipe by key, to fill the form of its kind.

    `marks` says of each key what is remarkable: that it is changed, or what its default would be.
    """

    def __init__(self, job: TrainingJob, changes: Mapping[str, str]) -> None:
        self.job = job
        self._keys = {key.name: key for key in SPECS[job.kind].described()}
        self.changes = {name: value for name, value in changes.items() if name in self._keys}
        self.marks = dict(self._marks())

    def initial(self) -> dict[str, Any]:
        """Return what the fields begin with; a folder of the server is not told."""
        values = {
            name: spec_formfield(self._keys[name], value).initial
            for name, value in self.job.recipe.items()
            if name in self._keys
        }
        values["base_model"] = "" if self._of_a_folder else self.job.base_model
        if self.job.snapshot_id is not None:
            values["snapshot"] = self.job.snapshot_id
        if self.job.reranker is not None:
            values["reranker"] = self.job.reranker.name
        return values | self.changes

    def fill(self, fields: Mapping[str, forms.Field]) -> None:
        """Give the form's fields their values and marks."""
        for name, value in self.initial().items():
            fields[name].initial = value
        for name, (changed, mark) in self.marks.items():
            kind = "mark changed" if changed else "mark"
            words = format_html('<strong class="{}">{}</strong>', kind, mark)
            fields[name].help_text = format_html("{} {}", words, fields[name].help_text or "")

    @property
    def _of_a_folder(self) -> bool:
        return self.job.base_model.startswith("/")

    def _marks(self) -> Iterator[tuple[str, tuple[bool, str]]]:
        job = f"job {self.job.short_id}"
        if self._of_a_folder:
            yield (
                "base_model",
                (True, f"Name the path of {self.job.base_shown} again, which {job} had."),
            )
        for name, key in self._keys.items():
            had = self.job.recipe.get(name, key.default)
            if name in self.changes and self.changes[name] != str(had):
                yield name, (True, f"Changed; {job} had {setting(had)}.")
            elif had != self._default(key) and (had or key.default):
                yield name, (False, f"As in {job}; default: {_shown(key.default)}.")

    def _default(self, key: SpecField) -> Any:
        """A key's default; what a job that names no language has is its project's."""
        project = self.job.project
        return stemmed_language(project.language) if key.name == "language" else key.default


def _shown(default: Any) -> str:
    return setting(list(default) if isinstance(default, tuple) else default)
