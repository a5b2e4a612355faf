"""The sample corpus comes out the same every time, under names that last."""

import ast
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from training.sample import sample_passages
from training.sample.docstrings import MAX_CHARS, MIN_CHARS, Corpus, corpus_extract, corpus_read


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return corpus_extract()


def test_a_second_extraction_gives_the_same_corpus(corpus: Corpus) -> None:
    assert corpus_extract() == corpus  # another process, another hash seed


def test_what_libraries_do_to_the_standard_library_does_not_show(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def warning_once(_self: logging.Logger) -> None:
        """Warn the first time only, as transformers adds it to every logger."""

    monkeypatch.setattr(logging.Logger, "warning_once", warning_once, raising=False)
    name = "logging.Logger.warning_once"
    assert name in {it.name for it in corpus_read(["logging"]).passages}
    assert name not in {it.name for it in corpus_extract().passages}
    assert corpus_extract() == corpus


def test_the_corpus_has_the_size_of_a_small_search_engine(corpus: Corpus) -> None:
    assert 4_000 <= len(corpus.passages) <= 6_000
    assert all(MIN_CHARS <= len(it.text) <= MAX_CHARS for it in corpus.passages)
    assert max(len(it.text) for it in corpus.passages) < MAX_CHARS  # nothing was cut


def test_names_are_unique_sorted_and_public(corpus: Corpus) -> None:
    names = [it.name for it in corpus.passages]
    assert names == sorted(set(names))
    assert not [name for name in names if any(part.startswith("_") for part in name.split("."))]
    assert all(it.title.startswith(it.name) for it in corpus.passages)


def test_nothing_of_this_process_leaks_into_a_passage(corpus: Corpus) -> None:
    assert not [it.name for it in corpus.passages if " at 0x" in it.title + it.text]
    for path in (sys.executable, sys.prefix, sys.base_prefix):
        assert not [it.name for it in corpus.passages if path in it.title + it.text]
    titles = {it.name: it.title for it in corpus.passages}
    shown = titles["platform.architecture"]
    assert shown == "platform.architecture(executable=..., bits='', linkage='')"
    assert "safe='/'" in titles["urllib.parse.quote"]


@pytest.mark.parametrize(
    "name",
    ["json.loads", "pathlib.Path.glob", "str.split", "open", "os.path.join", "threading.local",
     "socket.socket.settimeout", "uuid.uuid4", "dict.get", "typing.Optional", "itertools"],
)  # fmt: skip
def test_a_passage_has_the_name_everybody_uses(corpus: Corpus, name: str) -> None:
    assert name in {it.name for it in corpus.passages}


def test_an_alias_leads_to_the_name_that_was_kept(corpus: Corpus) -> None:
    names = {it.name for it in corpus.passages}
    assert set(corpus.aliases.values()) <= names
    assert not set(corpus.aliases) & names
    assert corpus.aliases["os.error"] == "OSError"
    assert corpus.aliases["cProfile.run"] == "profile.run"


def test_texts_are_not_repeated_under_one_last_name(corpus: Corpus) -> None:
    seen = [(it.name.rpartition(".")[2], it.text) for it in corpus.passages]
    assert len(seen) == len(set(seen))


def test_a_title_shows_the_parameters_without_annotations(corpus: Corpus) -> None:
    titles = {it.name: it.title for it in corpus.passages}
    assert titles["textwrap.indent"] == "textwrap.indent(text, prefix, predicate=None)"
    assert titles["pathlib.PurePath.suffix"] == "pathlib.PurePath.suffix"
    call = ast.parse(titles["textwrap.shorten"].replace("**kwargs", "**{}")).body[0]
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)


def test_a_module_that_is_missing_is_skipped() -> None:
    found = corpus_read(["no_such_module", "colorsys"])
    assert {it.name.split(".")[0] for it in found.passages} == {"colorsys"}
    assert "no_such_module" not in sys.modules


def test_sample_passages_is_the_corpus(corpus: Corpus) -> None:
    assert sample_passages() == corpus.passages


def test_the_sample_as_data_needs_neither_django_nor_torch() -> None:
    heavy = "{'django', 'torch', 'numpy', 'sentence_transformers'} & set(sys.modules)"
    code = f"import sys, training.sample as s; s.judgments_resolve(); sys.exit(str({heavy} or ''))"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.stderr.strip() == ""
