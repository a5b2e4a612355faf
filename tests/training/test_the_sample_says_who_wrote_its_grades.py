"""The sample's grades were written with a language model; source and project say so."""

import pytest

from accounts.models import Project
from annotate.models import Source
from annotate.services.importing import import_file
from training.services import sample

pytestmark = pytest.mark.django_db


def test_its_source_and_its_description(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []

    def asked(**fields: object) -> object:
        given.append(str(fields["source_name"]))
        return import_file(**fields)  # type: ignore[arg-type]

    list(sample._import(sample._project()))
    assert "with a language model" in Project.objects.get().description
