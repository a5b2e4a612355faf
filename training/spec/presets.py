"""Named starting points of a training job."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from training.spec.held_out import HeldOutSpec
from training.spec.silver import FRESH_HEAD
from training.spec.train import TrainSpec


@dataclass(frozen=True, slots=True)
class Preset:
    """A named starting point: a base model and a recipe, both of which may then be changed."""

    name: str
    help: str
    base_model: str
    spec: TrainSpec


HeldOut = TypeVar("HeldOut", bound=HeldOutSpec)
_L6: Final = "cross-encoder/ms-marco-MiniLM-L6-v2"
_L12: Final = "cross-encoder/ms-marco-MiniLM-L12-v2"
# What a form begins with.
FIRST_PRESET: Final = "balanced"
# Few labels spoil a good base quickly: small steps, a look at dev on the way, the best kept. And
# they cannot teach a base without an output layer to compare texts at all.
_GENTLE: Final = TrainSpec(
    learning_rate=2e-5,
    warmup_steps=0.1,
    weight_decay=0.01,
    eval_strategy="steps",
    eval_steps=0.1,
    load_best_model_at_end=True,
    early_stopping_patience=3,
    silver=FRESH_HEAD,
)
_SILVER: Final = (
    "A base that is an embedder learns from the corpus first, once: about ten minutes more on two "
    "cores."
)
# What the published recipes left at the library's defaults stays there.
_AS_PUBLISHED: Final = TrainSpec(bf16=False, group_by_length=False)

PRESETS: Final[Mapping[str, Preset]] = {
    preset.name: preset
    for preset in (
        Preset(
            name="quick",
            help="One gentle pass with short texts, the best of which is kept: minutes on a "
            "laptop, to see whether labels help. " + _SILVER,
            base_model=_L6,
            spec=replace(_GENTLE, max_length=256),
        ),
        Preset(
            name="balanced",
            help="Two gentle passes, scored about ten times on the way, the best of which is kept. "
            + _SILVER,
            base_model=_L6,
            spec=replace(_GENTLE, num_train_epochs=2),
        ),
        Preset(
            name="thorough",
            help="Three gentle passes of a deeper base, three times over with seeds of their own: "
            "the best is kept, and the spread shows what chance does. " + _SILVER,
            base_model=_L12,
            spec=replace(_GENTLE, num_train_epochs=3, seeds=3),
        ),
        Preset(
            name="agro",
            help="The recipe of the AGRO code reranker: one pass over a few hundred pairs.",
            base_model=_L12,
            spec=_AS_PUBLISHED,
        ),
        Preset(
            name="court-cases",
            help="The recipe of a court-case reranker: rare positives, prefixed texts, scored "
            "on the way.",
            base_model=_L6,
            spec=replace(
                _AS_PUBLISHED,
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


def held_out_preset(name: str, kind: type[HeldOut]) -> HeldOut:
    """Return a preset's recipe for a job without a dev split: what looks at one is left out."""
    known = {each.name for each in kind.described()}
    spec = PRESETS[name].spec
    shared = {key: value for key, value in spec.to_dict().items() if key in known}
    return kind.from_dict(shared)
