"""How a recipe tells what it is doing: a job's process stores it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Any, Protocol


class Reporter(Protocol):
    """Receives the course of a run. An exception raised here ends the run."""

    def stage(self, name: str) -> None:
        """A numbered step of the recipe begins; `progress` starts again at 0."""

    def base(self, facts: Mapping[str, Any]) -> None:
        """The base model is loaded: what was asked for and what it is, `BaseInfo.to_dict`."""

    def progress(self, done: int, total: int) -> None:
        """`done` of `total` units of the stage are through: training steps, or scored pairs.

        While trials run, those of the running trial.
        """

    def kept(self, step: int, steps: int) -> None:
        """A checkpoint holds the training after `step` of `steps` optimiser steps.

        While a trial runs it is its own.
        """

    def log(self, line: str) -> None:
        """One line for people, without a line break."""

    def metric(self, step: int, epoch: float, values: Mapping[str, float]) -> None:
        """Values measured after `step` optimiser steps, such as `loss` or `dev_ndcg@10`.

        While a trial runs they are its own.
        """

    def trial(
        self,
        number: int,
        of: int,
        changes: Mapping[str, Any],
        state: str,
        values: Mapping[str, float],
        seconds: float | None,
    ) -> None:
        """Trial `number`, from 1, of `of` is `running`, `done` or `failed`, or chosen as `best`.

        `changes` are the keys of the recipe in which it differs from the job's, with their values;
        `values` its figures on the dev split (`ndcg@10` with `ndcg@10_low` and `ndcg@10_high`,
        `average_precision`, …), empty until they are known; `seconds` what it took so far.
        """


class Stages:
    """Announces the stages of a run and keeps how long each took, in seconds."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Announce stage `name` and time the block."""
        self._reporter.stage(name)
        start = monotonic()
        yield
        self.seconds[name] = monotonic() - start
