"""Which backend a scoring job uses, and the judged pairs that it is held to."""

from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from training.ml.backends.choice import Choice
from training.ml.backends.choose import Scored, backend_choose
from training.ml.backends.host import kept_for
from training.ml.errors import BackendError
from training.ml.models.published import Published
from training.ml.reporter import Reporter
from training.ml.scoring import Forward
from training.models import TrainingJob
from training.process.patience import patiently
from training.process.scratch import BACKENDS
from training.selectors.base_models import version_pinned
from training.selectors.judged import judged_of
from training.spec.score import AUTO


def backend_for(
    job: TrainingJob,
    published: Published,
    *,
    weights: str,
    wanted: str,
    before: str,
    pairs: int,
    texts: Sequence[tuple[str, str]],
    reporter: Reporter,
) -> tuple[Choice, Forward]:
    """Return what computes the scores of `pairs` pairs, of which `texts` are some, and say so.

    `wanted` is what the job asks for; one that goes on takes what it had `before`, where that is
    here, so that a run's scores come from one backend. Raises BackendError for a backend that is
    named and cannot be used.
    """
    judged, of = patiently(lambda: judged_of(version_pinned(job.base_revision), job.project))
    scored = Scored(pairs=pairs, texts=texts, judged=judged, of=of, templates=published.templates)
    kept = kept_for(Path(settings.ARBITER_HOME) / BACKENDS, published.model, weights=weights)

    def chosen(name: str) -> tuple[Choice, Forward]:
        return backend_choose(published.model, scored, wanted=name, kept=kept, log=reporter.log)

    try:
        choice, forward = chosen(before or wanted)
    except BackendError as error:
        if not before:
            raise
        reporter.log(f"The scores until here are from {before}. {error.message}")
        choice, forward = chosen(AUTO)
    reporter.log(choice.line())
    return choice, forward
