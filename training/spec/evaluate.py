"""What an evaluation does: a model that is there already, measured on a snapshot.

No Django and no torch, as `training.spec.train`; the model is the job's `base_model`.
"""

from dataclasses import dataclass

from training.ml.search.languages import LANGUAGES
from training.ml.templates import DEFAULT_PASSAGE, DEFAULT_QUERY, Templates
from training.spec.base import Spec, key


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateSpec(Spec):
    """The spec of an evaluation. Build it from outside input with `from_dict` only."""

    query_template: str = key(
        "template",
        DEFAULT_QUERY,
        "What the model reads of a query: {query}. A version of this registry reads what it was "
        "published with, whatever this says.",
        group="texts",
    )
    passage_template: str = key(
        "template",
        DEFAULT_PASSAGE,
        "What it reads of a passage: {title} and {text}.",
        group="texts",
    )
    max_length: int = key(
        "integer",
        512,
        "Tokens of a query and a passage together; what is longer is cut. A version has its own.",
        group="texts",
        minimum=8,
        maximum=32_768,
    )
    per_device_eval_batch_size: int = key(
        "integer", 16, "Pairs scored at once.", group="evaluation", minimum=1, maximum=4096
    )
    language: str | None = key(
        "choice",
        None,
        "Whose words BM25 stems; null: the project's language, English where it has none.",
        group="evaluation",
        choices=LANGUAGES,
        nullable=True,
    )
    seed: int = key(
        "integer",
        42,
        "Seed of the intervals, the paired tests and the order of ties.",
        group="evaluation",
        minimum=0,
        maximum=2**32 - 1,
    )

    @property
    def templates(self) -> Templates:
        """The templates, ready to be filled."""
        return Templates(query=self.query_template, passage=self.passage_template)
