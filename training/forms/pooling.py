"""The form of a new pooling job, made from the one definition of its spec."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField

from accounts.models import Project, User
from annotate.selectors.pooling import Poolable
from training.forms.again import Again
from training.forms.spec import language_choices, said_here, spec_formfield
from training.ml.models.names import PACKAGED
from training.selectors.base_models import base_checked
from training.spec.base import SpecError
from training.spec.pool import ALL, LISTED, WITHOUT_CANDIDATES, PoolSpec

FIRST: Final = ("bm25_depth", "bi_encoder_depth")
WHICH: Final = ("queries", "query_ids")
LABELS: Final[Mapping[str, str]] = {
    "queries": "Queries",
    "query_ids": "Names of queries, one a line",
    "bm25_depth": "Passages by BM25",
    "bi_encoder_depth": "Passages by the bi-encoder",
    "base_model": "Bi-encoder",
    "language": "Language",
    "bm25_run": "Run of BM25",
    "bi_encoder_run": "Run of the bi-encoder",
    "max_length": "Tokens read",
    "batch_size": "Batch size",
}


class PoolForm(forms.Form):
    """A new pooling job. The fields of the spec have the names of its keys."""

    def __init__(
        self,
        *args: Any,
        project: Project,
        user: User,
        there: Poolable,
        again: Again | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.project, self.user = project, user
        self.label_suffix = ""
        values = PoolSpec().to_dict()
        for key in PoolSpec.described():
            self.fields[key.name] = spec_formfield(key, values[key.name])
        self.fields["query_ids"].help_text = "As your files and exports name them."
        which = self.fields["queries"]
        assert isinstance(which, forms.ChoiceField), "a key with choices"
        which.choices = [
            (WITHOUT_CANDIDATES, f"Queries without candidates: {there.bare:,}"),
            (ALL, f"All queries: {there.queries:,}"),
            (LISTED, "Those named below"),
        ]
        which.help_text = "Candidates that are there already keep their judgments."
        language_choices(self.fields["language"], project.language)
        self.fields["base_model"] = forms.CharField(
            max_length=200,
            initial=PACKAGED,
            help_text="The bi-encoder: a model of sentence-transformers on the Hub, or a folder's "
            "path. The packaged one needs no network.",
            widget=forms.TextInput(attrs={"class": "mono"}),
        )
        for name, label in LABELS.items():
            self.fields[name].label = label
        if again is not None:
            again.fill(self.fields)

    def clean_base_model(self) -> str:
        name: str = self.cleaned_data["base_model"]
        with said_here("base_model"):
            if base_checked(name, project=self.project, user=self.user).revision:
                raise ValidationError({"base_model": f"{name} is a reranker; name a bi-encoder."})
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        names = [key.name for key in PoolSpec.described()]
        try:
            PoolSpec.from_dict({name: data[name] for name in names if name in data})
        except SpecError as error:
            for name, message in error.errors.items():
                self.add_error(name, message)
        return data

    def arguments(self) -> dict[str, Any]:
        """Return what `pool_create` takes."""
        recipe = {key.name: self.cleaned_data[key.name] for key in PoolSpec.described()}
        return {"base_model": self.cleaned_data["base_model"], "recipe": recipe}

    def which(self) -> list[BoundField]:
        """The fields that say for which queries."""
        return [self[name] for name in WHICH]

    def first(self) -> list[BoundField]:
        """The fields that most people set."""
        return [self[name] for name in (*FIRST, "base_model")]

    def rest(self) -> list[BoundField]:
        """The other keys of the spec."""
        named = {*FIRST, *WHICH}
        return [self[key.name] for key in PoolSpec.described() if key.name not in named]

    def rest_open(self) -> bool:
        """Whether one of the other keys is wrong."""
        return any(field.errors for field in self.rest())
