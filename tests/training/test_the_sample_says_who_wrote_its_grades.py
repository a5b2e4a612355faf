"""The sample's grades were written with a language model; their source and project say so."""

import pytest

from accounts.models import Project
from annotate.models import Judgment
from training.sample import sample_guidelines
from training.services.sample import GRADES, sample_load


@pytest.mark.django_db
def test_their_source_is_named_for_it_and_the_project_says_so() -> None:
    start = sample_load()
    assert next(start).startswith("The sample project")
    assert "written by Arbiter's authors with a language model" in Project.objects.get().description
    assert next(start).startswith("sample.zip: ")
    names = Judgment.objects.values_list("source__name", flat=True).order_by().distinct()
    assert list(names) == ["Arbiter's authors, with a language model"]


def test_each_grade_says_what_it_means() -> None:
    guidelines = sample_guidelines()
    for grade in GRADES:
        assert str(grade["name"]) in guidelines
        assert str(grade["description"]).endswith(".")
        assert len(str(grade["description"])) <= 200
