"""What a pooling job does: which systems propose how many passages, for which queries.

No Django and no torch, as `training.spec.train`; the model that encodes is the job's `base_model`.
"""

from dataclasses import dataclass
from typing import Final

from training.ml.models.names import BI_ENCODER, BM25
from training.ml.search.languages import LANGUAGES
from training.spec.base import Spec, key

WITHOUT_CANDIDATES: Final = "without_candidates"
ALL: Final = "all"
LISTED: Final = "listed"
DEEPEST: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSpec(Spec):
    """The spec of a pooling job. Build it from outside input with `from_dict` only."""

    bm25_depth: int = key(
        "integer",
        20,
        "Passages that BM25 proposes for each query; 0 leaves BM25 out.",
        group="systems",
        minimum=0,
        maximum=DEEPEST,
    )
    bi_encoder_depth: int = key(
        "integer",
        20,
        "Passages that the bi-encoder proposes for each query; 0 leaves it out.",
        group="systems",
        minimum=0,
        maximum=DEEPEST,
    )
    queries: str = key(
        "choice",
        WITHOUT_CANDIDATES,
        "Which queries get candidates: those `without_candidates`, `all`, or those in `query_ids`.",
        group="queries",
        choices=(WITHOUT_CANDIDATES, ALL, LISTED),
    )
    query_ids: tuple[str, ...] = key(
        "names",
        (),
        "Names of the queries that are `listed`, as exports name them.",
        group="queries",
    )
    language: str | None = key(
        "choice",
        None,
        "Whose words BM25 stems; null: the project's language, English where it has none.",
        group="systems",
        choices=LANGUAGES,
        nullable=True,
    )
    bm25_run: str = key(
        "text", "pool-bm25", "Run that keeps BM25's ranks and scores.", group="systems"
    )
    bi_encoder_run: str = key(
        "text",
        "pool-bi-encoder",
        "Run that keeps the bi-encoder's ranks and scores.",
        group="bi-encoder",
    )
    max_length: int = key(
        "integer",
        256,
        "Tokens of a passage that the bi-encoder reads.",
        group="bi-encoder",
        minimum=8,
        maximum=32_768,
    )
    batch_size: int = key(
        "integer", 32, "Texts encoded at once.", group="bi-encoder", minimum=1, maximum=4096
    )

    @property
    def systems(self) -> dict[str, tuple[str, int]]:
        """Run and depth of each system that takes part, BM25 first."""
        both = {
            BM25: (self.bm25_run, self.bm25_depth),
            BI_ENCODER: (self.bi_encoder_run, self.bi_encoder_depth),
        }
        return {name: (run, depth) for name, (run, depth) in both.items() if depth}

    def conflicts(self) -> dict[str, str]:
        errors: dict[str, str] = {}
        if not (self.bm25_depth or self.bi_encoder_depth):
            errors["bm25_depth"] = "One of the two systems has to propose something."
        if self.bm25_run == self.bi_encoder_run:
            errors["bi_encoder_run"] = "The two systems keep their ranks in different runs."
        if bool(self.query_ids) != (self.queries == LISTED):
            errors["query_ids"] = "Goes with `queries` listed, and only with that."
        return errors
