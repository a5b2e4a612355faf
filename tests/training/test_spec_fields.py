"""The recipe names every wrong key at once, and describes its keys for forms and schemas."""

import dataclasses

import pytest

from training.spec.base import SpecError
from training.spec.field import SpecField
from training.spec.losses import LOSSES
from training.spec.presets import PRESETS
from training.spec.train import TrainSpec


def errors_of(**values: object) -> dict[str, str]:
    with pytest.raises(SpecError) as caught:
        TrainSpec.from_dict(values)
    return caught.value.errors


def test_every_wrong_key_is_reported_at_once_with_the_nearest_known_name() -> None:
    errors = errors_of(learning_rte=1e-5, zzz=1, seed="x", num_train_epochs=0, bf16=1)
    assert errors == {
        "learning_rte": "Unknown key. Did you mean learning_rate?",
        "zzz": "Unknown key.",
        "seed": "Must be a whole number.",
        "num_train_epochs": "Must be above 0.",
        "bf16": "Must be true or false.",
    }


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("learning_rate", float("nan"), "Must be a number."),
        ("learning_rate", True, "Must be a number."),
        pytest.param("learning_rate", 10**400, "Must be at most 1.", id="number-beyond-floats"),
        pytest.param("max_length", 10**400, "Must be at most 32768.", id="whole-beyond-floats"),
        ("learning_rate", 2, "Must be at most 1."),
        ("max_length", 7, "Must be at least 8."),
        ("max_length", 64.5, "Must be a whole number."),
        ("max_length", float("inf"), "Must be a whole number."),
        ("max_steps", 0, "Must be -1 (no limit) or at least 1."),
        ("loss", "HingeLoss", f"Must be one of {', '.join(LOSSES)}."),
        ("loss", ["BinaryCrossEntropyLoss"], f"Must be one of {', '.join(LOSSES)}."),
        ("eval_strategy", "never", "Must be one of no, steps, epoch."),
        ("seed", None, "May not be null."),
        ("pos_weight", 0, "Must be above 0."),
        ("load_best_model_at_end", True, "Needs eval_strategy steps or epoch."),
        ("eval_steps", 5, "Needs eval_strategy steps; leave it out else."),
    ],
)
def test_a_value_out_of_bounds_is_refused_with_its_bound(
    name: str, value: object, message: str
) -> None:
    assert errors_of(**{name: value}) == {name: message}


@pytest.mark.parametrize("name", ["Dev", "a b", "", "x" * 33, "val\n", "eval/x", 3])
def test_a_validation_name_that_would_break_the_log_is_refused(name: object) -> None:
    assert set(errors_of(validation_name=name)) == {"validation_name"}


def test_two_ways_to_say_the_warm_up_are_refused_together() -> None:
    assert set(errors_of(warmup_ratio=0.1, warmup_steps=10)) == {"warmup_ratio"}


def test_whole_numbers_may_arrive_as_floats_and_nulls_where_null_means_something() -> None:
    spec = TrainSpec.from_dict({"seed": 7.0, "pos_weight": None, "eval_steps": None})
    assert spec.seed == 7
    assert isinstance(spec.seed, int)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_survives_a_round_trip(name: str) -> None:
    spec = PRESETS[name].spec
    assert TrainSpec.from_dict(spec.to_dict()) == spec


def test_the_seed_presets_are_the_recipes_of_the_reference_cards() -> None:
    agro, court = PRESETS["agro"], PRESETS["court-cases"]
    assert agro.base_model == "cross-encoder/ms-marco-MiniLM-L12-v2"
    assert court.base_model == "cross-encoder/ms-marco-MiniLM-L6-v2"
    for spec in (agro.spec, court.spec):
        assert (spec.per_device_train_batch_size, spec.per_device_eval_batch_size) == (16, 16)
        assert (spec.num_train_epochs, spec.learning_rate) == (1, 5e-5)
    assert (agro.spec.eval_strategy, court.spec.eval_strategy) == ("no", "steps")
    assert court.spec.validation_name == "val"
    assert court.spec.templates.pair(query="q", text="t", title="x") == (
        "Query: q",
        "Candidate: t",
    )


def told(key: SpecField) -> list[tuple[str, str]]:
    """The choices that have a line of their own."""
    return list(zip(key.choices, key.meanings, strict=True)) if key.meanings else []


def test_every_key_describes_itself_and_its_default_is_within_its_own_bounds() -> None:
    described = list(TrainSpec.described())
    assert [key.name for key in described] == [f.name for f in dataclasses.fields(TrainSpec)]
    for key in described:
        assert key.help.endswith(".")
        assert key.clean(key.default) == key.default
        schema = key.json_schema()
        assert schema["description"].startswith(key.help)
        assert all(f"`{name}`: {line}" in schema["description"] for name, line in told(key))
        assert schema["default"] == key.plain(key.default)


def test_a_schema_carries_the_bounds() -> None:
    schemas = {key.name: key.json_schema() for key in TrainSpec.described()}
    assert schemas["learning_rate"]["exclusiveMinimum"] == 0
    assert schemas["pos_weight"]["type"] == ["number", "null"]
    assert schemas["eval_strategy"]["enum"] == ["no", "steps", "epoch"]
    assert schemas["max_length"]["maximum"] == 32_768
