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
        """`done` of `total` units of the stage are through: training steps, or scored pairs."""

    def log(self, line: str) -> None:
        """One line for people, without a line break."""

    def metric(self, step: int, epoch: float, values: Mapping[str, float]) -> None:
        """Values measured after `step` optimiser steps, such as `loss` or `dev_ndcg@10`."""


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
