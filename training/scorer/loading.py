"""A version as the scorer serves it: loaded from the registry, on the fastest faithful backend."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

from config.folders import private_folder
from models_app.models import Version
from training.ml.backends.base import Texts
from training.ml.backends.choice import Choice
from training.ml.backends.choose import Scored, backend_choose, backend_held
from training.ml.backends.host import kept_for
from training.ml.backends.kept import Kept
from training.ml.models.find import Base, base_find
from training.ml.models.golden import Golden, golden_read
from training.ml.models.published import Published, served_load
from training.ml.scoring import Forward
from training.process.scratch import BACKENDS
from training.selectors.base_models import version_request
from training.selectors.judged import BLIND, judged_of, judged_snapshot, name_of
from training.spec.score import AUTO

log = logging.getLogger(__name__)

# Texts of judged pairs on which backends are tried: of every length.
SAMPLE: Final = 128


@dataclass(frozen=True, slots=True)
class Loaded:
    """A version that serves; `judged_by` names what a backend is chosen by, see `judged_of`."""

    version: Version
    published: Published
    kept: Kept
    judged_by: str
    golden: Golden | None

    @property
    def judged(self) -> bool:
        """Whether there are judged pairs, by which a backend can be chosen before any request."""
        return self.judged_by != BLIND


def version_load(revision: str) -> Loaded:
    """Load a version by its commit. Raises Version.DoesNotExist, and BaseModelError where its
    files are gone, damaged, or those of a model that scores nothing.
    """
    version = Version.objects.select_related("reranker__project").get(revision=revision)
    with _files(version) as base:
        published, golden = served_load(base), golden_read(base.folder)
    root, weights = Path(settings.ARBITER_HOME) / BACKENDS, base.info.weights_sha256
    kept = kept_for(root, published.model, weights=weights)
    snapshot = judged_snapshot(version, version.reranker.project)
    return Loaded(version, published, kept, name_of(snapshot), golden)


def backend_before(loaded: Loaded) -> tuple[Choice, Forward] | None:
    """Return the backend that was chosen on this host before, loaded; None where none was."""
    scored = Scored(
        pairs=0, texts=(), of=loaded.judged_by, templates=loaded.published.templates
    )  # fmt: skip
    model = loaded.published.model
    return backend_held(model, scored, wanted=AUTO, kept=loaded.kept, log=log.info)


def backend_now(loaded: Loaded, texts: Texts) -> Choice:
    """Choose the backend by the judged pairs, or by `texts` alone, and keep what was chosen.

    It takes minutes.
    """
    model, templates = loaded.published.model, loaded.published.templates
    judged, of = judged_of(loaded.version, loaded.version.reranker.project)
    if judged:
        chosen = sorted(judged, key=lambda pair: len(pair.text))[:: 1 + len(judged) // SAMPLE]
        texts = [
            templates.pair(query=pair.query, title=pair.title, text=pair.text) for pair in chosen
        ]
    scored = Scored(pairs=0, texts=texts, judged=judged, of=of, templates=templates)
    choice, _ = backend_choose(
        model, scored, wanted=AUTO, kept=loaded.kept, log=log.info, worth=0.0
    )  # fmt: skip
    return choice


@contextmanager
def _files(version: Version) -> Iterator[Base]:
    """Yield a version's files in a folder of ours, each checked against its sha256."""
    scratch = private_folder(Path(settings.ARBITER_HOME) / "scratch")
    with tempfile.TemporaryDirectory(prefix="scorer-", dir=scratch) as folder:
        yield base_find(version_request(str(version), version, Path(folder)))
