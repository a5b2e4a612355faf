"""Which backend scores a model's pairs on this host: the fastest one that is faithful.

Nothing is assumed: backends are timed in alternation on texts that are to be scored, and compared
with torch in float32 on the same pairs. What came of it is kept for this host and these weights.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sentence_transformers import CrossEncoder

from training.ml.backends.base import Backend, Texts
from training.ml.backends.choice import Choice, Trial
from training.ml.backends.fidelity import Limits
from training.ml.backends.kept import Kept
from training.ml.backends.known import BACKENDS
from training.ml.backends.trying import Tried, Trying, conversion_load
from training.ml.data import Pair
from training.ml.errors import BackendError
from training.ml.scoring import Forward, torch_forward
from training.ml.templates import Templates
from training.ml.tokenised import plain
from training.spec.score import AUTO, TORCH

WORTH: Final = 300.0
"""Seconds that torch would take for all that is to be scored, from which on a choice pays."""
GAIN: Final = 1.1
"""How many times as fast as torch a backend has to be to take its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What is to be scored: `pairs` in all, some of their texts, and judged pairs of the model.

    The judged pairs are those that nobody learned from and on which nothing is reported; `of` names
    them, so that what was decided by them is not taken for others.
    """

    pairs: int
    texts: Texts
    judged: Sequence[Pair] = ()
    of: str = "blind"
    templates: Templates


def backend_choose(
    model: CrossEncoder,
    scored: Scored,
    *,
    wanted: str,
    kept: Kept,
    log: Callable[[str], None],
    limits: Limits | None = None,
    worth: float = WORTH,
) -> tuple[Choice, Forward]:
    """Return the backend for `wanted`, `auto` or a backend's name, with what computes its logits.

    `auto` stays with torch where all is scored before a choice would pay. A backend that is named
    is used if it is faithful, else torch is, and the choice says why. Raises BackendError where
    what is named cannot be used here at all.
    """
    exact = torch_forward(model)
    if wanted == TORCH or not scored.texts:
        return Choice(TORCH, "as asked for" if wanted == TORCH else "nothing is scored"), exact
    named = _named(model, wanted)
    held = backend_held(model, scored, wanted=wanted, kept=kept, log=log)
    if held is not None:
        return held
    there = [named] if named else [each for each in _others() if not each.missing(model)]
    if not there or not plain(model):
        return Choice(TORCH, "nothing else is installed that can score with this model"), exact
    trying = Trying(model, scored.texts, kept)
    seconds = scored.pairs / trying.rate
    if wanted == AUTO and seconds < worth:
        why = f"all is scored within about {seconds:,.0f} s, before another one would pay"
        return Choice(TORCH, why), exact
    log(
        f"Trying {', '.join(each.name for each in there)}: torch scores {trying.rate:,.1f} pairs/s."
    )
    choice, tried = _decided(
        trying, there, scored, limits or Limits(), GAIN if wanted == AUTO else 0.0
    )
    kept.decide(f"{scored.of}-{wanted}", choice.to_dict())
    kept.only({BACKENDS[each["backend"]].files for each in kept.decisions()})
    return choice, tried.forward if tried else exact


def backend_held(
    model: CrossEncoder, scored: Scored, *, wanted: str, kept: Kept, log: Callable[[str], None]
) -> tuple[Choice, Forward] | None:
    """Return what was chosen for `wanted` on this host before, loaded; None where nothing was."""
    held = _held(kept, scored.of, wanted)
    if held is None:
        return None
    forward = _loaded(model, scored, held.backend, kept, log)
    return None if forward is None else (held, forward)


def _decided(
    trying: Trying, there: Sequence[Backend], scored: Scored, limits: Limits, least: float
) -> tuple[Choice, Tried | None]:
    """Try all, then judge the fastest first: what is slower than the choice is not judged.

    What takes torch's place is at least `least` times as fast.
    """
    tried, trials = trying.all(there)
    judging = trying.judging(scored.judged, scored.templates, of=scored.pairs)
    chosen: Tried | None = None
    for each in sorted(tried, key=lambda found: -found.factor):
        trial = Trial(each.name, factor=each.factor, rate=each.factor * trying.rate)
        if chosen is None and each.factor >= least:
            fidelity = judging.fidelity(each)
            trial = replace(trial, fidelity=fidelity, refused=fidelity.broken(limits))
            chosen = None if trial.refused else each
        trials.append(trial)
    if chosen is None:
        return Choice(TORCH, "no other one is faster and faithful", tuple(trials)), None
    return Choice(chosen.name, "it is faithful", tuple(trials)), chosen


def _held(kept: Kept, of: str, wanted: str) -> Choice | None:
    """Return what was decided before: for what is wanted, or for `auto` with the same outcome."""
    for name in dict.fromkeys((wanted, AUTO)):
        stored = kept.decision(f"{of}-{name}")
        if stored is not None and (name == wanted or stored["backend"] == wanted):
            return Choice.from_dict(stored)
    return None


def _loaded(
    model: CrossEncoder, scored: Scored, name: str, kept: Kept, log: Callable[[str], None]
) -> Forward | None:
    """Return what a decision named; None, said in the log, where it does not load any more."""
    try:
        return conversion_load(BACKENDS[name], model, scored.texts, kept)
    except Exception as error:
        # Foreign runtimes fail with errors of any type; the choice is then made anew.
        log(f"{name} was chosen here before and does not load: {error}")
        return None


def _named(model: CrossEncoder, wanted: str) -> Backend | None:
    if wanted == AUTO:
        return None
    backend = BACKENDS[wanted]
    missing = backend.missing(model)
    if not missing and not plain(model):
        missing = "the model's input is made by sentence-transformers alone"
    if missing:
        raise BackendError(
            f"The backend {wanted} cannot be used here: {missing}.",
            "Install it, or choose the backend auto, which takes what is there.",
        )
    return backend


def _others() -> list[Backend]:
    return [each for name, each in BACKENDS.items() if name != TORCH]
