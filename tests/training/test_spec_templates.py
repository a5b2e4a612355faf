"""Templates make the texts a model reads, and leave nothing behind where a title is absent."""

import subprocess
import sys

import pytest

from training.ml.templates import Templates
from training.spec.base import SpecError
from training.spec.train import TrainSpec


@pytest.mark.parametrize(
    ("template", "titled", "untitled"),
    [
        ("{title} {text}", "T body", "body"),
        ("Candidate: {title} {text}", "Candidate: T body", "Candidate: body"),
        ("Candidate: {text}", "Candidate: body", "Candidate: body"),
        ("{title} | {text}.", "T | body.", "body."),
        ("{text} ({title})", "body (T)", "body"),
        ("{text}\n{title}", "body\nT", "body"),
        ("{{x}} {title} {{-}} {text}", "{x} T {-} body", "{x} body"),
    ],
)
def test_an_absent_title_leaves_no_stray_separator(
    template: str, titled: str, untitled: str
) -> None:
    templates = Templates(passage=template)
    assert templates.passage_text(title="T", text="body") == titled
    assert templates.passage_text(title="", text="body") == untitled
    assert templates.passage_text(title=" \n", text="body") == untitled


def test_texts_are_never_interpreted_and_keep_their_white_space() -> None:
    templates = Templates(query="Query: {query}")
    assert templates.pair(query="{text} {0}", text="  {title!r}\n", title="{query}") == (
        "Query: {text} {0}",
        "{query}   {title!r}\n",
    )


@pytest.mark.parametrize(
    ("name", "template", "message"),
    [
        ("query_template", "Query", "The placeholder {query} is missing."),
        ("query_template", "{text}", "Unknown placeholder {text}; this template knows {query}."),
        ("query_template", "{query} {", "Unbalanced brace; write {{ or }} for a brace."),
        ("query_template", "{query!r}", "A placeholder is a bare name, such as {query}."),
        ("query_template", "{query:>9}", "A placeholder is a bare name, such as {query}."),
        ("query_template", "{query}{query}", "Each placeholder may appear once."),
        (
            "query_template",
            "{query.__class__}",
            "Unknown placeholder {query.__class__}; this template knows {query}.",
        ),
        ("passage_template", "{title}", "The placeholder {text} is missing."),
        (
            "passage_template",
            "{text} {}",
            "Unknown placeholder {}; this template knows {title} and {text}.",
        ),
        ("passage_template", "{text}" + "x" * 500, "Must be text of at most 500 characters."),
        ("passage_template", 3, "Must be text of at most 500 characters."),
    ],
)
def test_a_wrong_template_is_refused_by_its_key(name: str, template: object, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        TrainSpec.from_dict({name: template})
    assert caught.value.errors == {name: message}


def test_the_recipe_can_be_checked_without_torch_and_without_django() -> None:
    code = (
        "import sys, training.spec.presets;"
        "print({'torch', 'django', 'transformers'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
