"""Named starting points of a training job."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from training.spec.train import TrainSpec


@dataclass(frozen=True, slots=True)
class Preset:
    """A named starting point: a base model and a recipe, both of which may then be changed."""

    name: str
    help: str
    base_model: str
    spec: TrainSpec


_L6: Final = "cross-encoder/ms-marco-MiniLM-L6-v2"
_L12: Final = "cross-encoder/ms-marco-MiniLM-L12-v2"

PRESETS: Final[Mapping[str, Preset]] = {
    preset.name: preset
    for preset in (
        Preset(
            name="quick",
            help="One pass with short texts: minutes on a laptop, to see whether labels help.",
            base_model=_L6,
            spec=TrainSpec(max_length=256, warmup_steps=0.1),
        ),
        Preset(
            name="balanced",
            help="Three gentle passes, the best of which on the dev split is kept.",
            base_model=_L6,
            spec=TrainSpec(
                num_train_epochs=3,
                learning_rate=3e-5,
                warmup_steps=0.1,
                weight_decay=0.01,
                eval_strategy="epoch",
                load_best_model_at_end=True,
            ),
        ),
        Preset(
            name="thorough",
            help="Six slow passes of a deeper base with small batches, the best of which is kept.",
            base_model=_L12,
            spec=TrainSpec(
                num_train_epochs=6,
                per_device_train_batch_size=8,
                learning_rate=2e-5,
                warmup_steps=0.1,
                weight_decay=0.01,
                eval_strategy="epoch",
                load_best_model_at_end=True,
            ),
        ),
        Preset(
            name="agro",
            help="The recipe of the AGRO code reranker: one pass over a few hundred pairs.",
            base_model=_L12,
            spec=TrainSpec(),
        ),
        Preset(
            name="court-cases",
            help="The recipe of a court-case reranker: rare positives, prefixed texts, scored "
            "on the way.",
            base_model=_L6,
            spec=TrainSpec(
                eval_strategy="steps",
                eval_steps=500,
                logging_steps=100,
                validation_name="val",
                query_template="Query: {query}",
                passage_template="Candidate: {text}",
            ),
        ),
    )
}
