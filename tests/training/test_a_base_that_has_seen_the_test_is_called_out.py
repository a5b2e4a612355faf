"""A base of the registry that learned from queries of today's test split is called out.

That a job says so, in its log and on its card, is shown with the job that publishes one version.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from accounts.services import project_create
from annotate.models import Snapshot as SnapshotRow
from models_app.cards import card_render
from models_app.cards.evidence import weaknesses
from models_app.models import Version
from models_app.verdict import verdict_of
from tests.factory import Cast
from tests.models_app.published import facts_made, lineage_made, publish
from tests.training.jobs import frozen_snapshot, label_project
from training.ml.data import Snapshot
from training.process.preparing import snapshot_fetch
from training.selectors.exposure import Exposure, exposure_of

pytestmark = pytest.mark.django_db(transaction=True)
VERDICT: dict[str, Any] = {
    "split": "test", "metric": "nDCG@10", "queries": 8, "positives": 30, "alpha": 0.05,
    "power": 0.8, "correction": "holm", "against": [], "warnings": [],
}  # fmt: skip


def trained(cast: Cast, folder: Path, row: SnapshotRow, base: Version | None = None) -> Version:
    lineage = lineage_made(None)
    if base is not None:
        lineage["base_model"] = {"revision": base.revision}
    digest = row.digest or ""
    return publish(cast.project, folder, snapshot_digest=digest, lineage=lineage)


def queries(snapshot: Snapshot, split: str) -> set[str]:
    return {pair.query for pair in snapshot.splits[split]}


def test_train_queries_of_the_base_are_counted_in_dev_and_test(cast: Cast, tmp_path: Path) -> None:
    label_project(cast.project)
    first, second = (frozen_snapshot(cast.project, seed=seed) for seed in (1, 2))
    old, new = (snapshot_fetch(row, tmp_path / str(row.pk)) for row in (first, second))
    seen = queries(old, "train")
    wanted = {split: len(queries(new, split) & seen) for split in ("dev", "test")}
    assert all(wanted.values())
    version = trained(cast, tmp_path / "v1", first)
    found = exposure_of(version, new, cast.project)
    assert (found.dev, found.test, found.unread) == (wanted["dev"], wanted["test"], ())
    assert (found.dev_queries, found.test_queries) == (
        len(queries(new, "dev")),
        len(queries(new, "test")),
    )
    same = exposure_of(version, old, cast.project)
    assert (same.dev, same.test, list(same.lines())) == (0, 0, [])
    # The base's base has seen them, too; another project's copy of the texts is the same test.
    third = trained(cast, tmp_path / "v2", second, base=version)
    assert exposure_of(third, new, cast.project).test == wanted["test"]
    elsewhere = project_create(slug="copy", name="Copy", owner=cast.owner)
    assert exposure_of(version, new, elsewhere, cast.owner).test == wanted["test"]


def test_what_cannot_be_told_is_said(cast: Cast, tmp_path: Path) -> None:
    label_project(cast.project)
    row = frozen_snapshot(cast.project)
    version = publish(cast.project, tmp_path / "v1")  # its snapshot is not here
    found = exposure_of(version, snapshot_fetch(row, tmp_path / "s"), cast.project)
    assert (found.dev, found.test, found.unread) == (0, 0, ("library/finder@v1",))
    facts = facts_made() | {"exposure": found.to_dict()}
    assert any("library/finder@v1" in line for line in weaknesses(facts))


def test_twins_and_dev_count_and_what_is_not_ones_to_see_stays_unread(
    cast: Cast, tmp_path: Path
) -> None:
    label_project(cast.project)
    row = frozen_snapshot(cast.project)
    version = trained(cast, tmp_path / "v1", row)
    old = snapshot_fetch(row, tmp_path / "s")
    learned, chosen = (sorted(queries(old, split)) for split in ("train", "dev"))

    def tested(*texts: str) -> Snapshot:
        pairs = [replace(old.splits["test"][0], query=text, query_id=text) for text in texts]
        return Snapshot(old.manifest, {**old.splits, "test": tuple(pairs)})

    twin = " ".join(reversed(learned[0].upper().split()))
    new = tested(twin, chosen[0], "something else entirely")
    found = exposure_of(version, new, cast.project)
    assert (found.test, found.test_in_dev, found.test_queries) == (1, 1, 3)
    assert any("chosen and calibrated by 1 of the 3" in line for line in found.lines())
    elsewhere = project_create(slug="spy", name="Spy", owner=cast.outsider)
    for asker in (cast.outsider, None):
        spied = exposure_of(version, new, elsewhere, asker)
        assert (spied.test, spied.test_in_dev, spied.unread) == (0, 0, (str(version),))


def test_the_verdict_says_it_beside_what_it_weakens() -> None:
    exposure = Exposure(0, 3, 5, 8, test_in_dev=2).to_dict()
    facts = facts_made() | {"verdict": VERDICT, "exposure": exposure, "base": {}}
    facts["champion"] = {"version": "library/finder@v1", "missing": None, "exposure": exposure}
    said = verdict_of(facts)
    assert said is not None
    assert "The base model was trained on 3 of the 8 test queries" in said.text
    assert "The champion library/finder@v1 was chosen and calibrated by 2 of the 8" in said.text
    own = verdict_of({"verdict": VERDICT, "exposure": exposure})
    assert own is not None
    assert "This version was trained on 3 of the 8 test queries: its figures" in own.text
    clean = verdict_of({"verdict": VERDICT, "base": {}, "exposure": Exposure(2, 0, 5, 8).to_dict()})
    assert clean is not None
    assert clean.warnings == []
    unknown = Exposure(0, 0, 5, 8, unread=("library/finder@v1",)).to_dict()
    blind = verdict_of({"verdict": VERDICT, "base": {}, "exposure": unknown})
    assert blind is not None
    assert "Which queries library/finder@v1 was trained on cannot be told" in blind.text


def test_the_card_states_the_count() -> None:
    facts = facts_made() | {"exposure": Exposure(0, 3, 5, 8).to_dict()}
    assert "trained on 3 of the 8 test queries" in " ".join(weaknesses(facts))
    assert not any("dev queries" in line for line in weaknesses(facts))
    assert not any("trained on" in line for line in weaknesses(facts_made()))
    assert card_render({"exposure": facts["exposure"]}).count("trained on 3 of the 8") == 1
