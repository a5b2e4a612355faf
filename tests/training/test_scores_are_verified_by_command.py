"""`manage.py verify_scores` says which versions score as when they were saved."""

import json
import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.factory import Cast
from tests.models_app.published import model_folder, publish
from tests.tiny_run import tiny_run
from training.ml.models.golden import GOLDEN, golden_read

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_names_the_versions_that_do_not(cast: Cast, tmp_path: Path) -> None:
    run = tiny_run("court-cases").outcome.folder
    publish(cast.project, run, saved=True, by=cast.manager)
    said = StringIO()
    call_command("verify_scores", stdout=said)
    assert "ok      library/finder@v1: 24 golden pairs, off by" in said.getvalue()
    changed = tmp_path / "changed"
    shutil.copytree(run, changed)
    golden = json.loads((changed / GOLDEN).read_text())
    golden["pairs"][0]["score"] -= 0.002
    (changed / GOLDEN).write_text(json.dumps(golden))
    publish(cast.project, changed, saved=True, by=cast.manager)
    said = StringIO()
    with pytest.raises(SystemExit):
        call_command("verify_scores", stdout=said)
    assert "broken  library/finder@v2: 24 golden pairs, off by 2.0e-03" in said.getvalue()
    call_command("verify_scores", "library/finder@v1", stdout=StringIO())
    # One that does not load scores nothing.
    publish(cast.project, model_folder(tmp_path / "m"), name="other", saved=True, by=cast.manager)
    with pytest.raises(SystemExit):
        call_command("verify_scores", "library/other", stdout=StringIO())
    for name in ("library/none", "library/finder@v9", "nothing"):
        with pytest.raises(CommandError, match="There is no version"):
            call_command("verify_scores", name)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pairs": [{"query": "a"}]}', '{"pairs": []}'])
def test_what_is_no_contract_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / GOLDEN).write_text(text)
    assert golden_read(tmp_path) is None
