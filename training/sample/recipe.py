"""The recipe of the sample's first reranker: its set-up trains it, `bench.sample` measures it."""

from typing import Final

from training.spec.presets import PRESETS, Preset
from training.spec.silver import FRESH_HEAD
from training.spec.train import TrainSpec

PRESET: Final[Preset] = PRESETS["quick"]


def sample_recipe() -> TrainSpec:
    """Return the recipe; the silver stage is for where no base with an output layer can be had."""
    return TrainSpec.from_dict(
        {
            **PRESET.spec.to_dict(),
            # Most docstrings say what they do in their first sentences; what has learned from a
            # teacher alone takes larger steps than a published reranker. Two passes ranked no
            # better, and took more than three minutes where dev did not stop them.
            "max_length": 96,
            "num_train_epochs": 1.5,
            "learning_rate": 5e-5,
            "silver": FRESH_HEAD,
            "silver_pairs": 20_000,
        }
    )
