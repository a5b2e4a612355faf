"""A system is called the same in the log of a job as in the tables of its version."""

from models_app.figures import SYSTEMS
from tests.tiny_run import tiny_run
from training.ml.models.names import SYSTEM_NAMES


def test_names_are_those_of_the_tables() -> None:
    for name, said in SYSTEM_NAMES.items():
        assert said.casefold() == SYSTEMS[name].casefold(), name


def test_a_run_tells_of_its_systems_so() -> None:
    lines = [line for line in tiny_run("agro").reporter.lines if " has nDCG@10 " in line]
    for name in ("BM25", "untouched base", "this version"):
        assert any(f"test: {name} has" in line for line in lines), name
    assert not any("first_stage" in line or "bm25" in line for line in lines)
