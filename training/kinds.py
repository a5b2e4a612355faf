"""Kinds of jobs: the spec that each has, and the stages that it goes through."""

from collections.abc import Mapping
from typing import Final

from django.db import models

from training.spec.base import Spec
from training.spec.evaluate import EvaluateSpec
from training.spec.held_out import CurveSpec, DoubtSpec
from training.spec.pool import PoolSpec
from training.spec.score import ScoreSpec
from training.spec.train import TrainSpec


class JobKind(models.TextChoices):
    """What a job does; only `train` publishes a version."""

    TRAIN = "train", "Train"
    POOL = "pool", "Build candidates"
    SCORE = "score", "Score candidates"
    CURVE = "curve", "Learning curve"
    DOUBT = "doubt", "Check labels"
    EVALUATE = "evaluate", "Evaluate a model"


class Stage(models.TextChoices):
    """The numbered steps of all kinds of jobs, as people see them; see `STAGES`."""

    CLAIM = "claim", "Claim"
    LOAD = "load", "Load"
    BASELINE = "baseline", "Baseline"
    SILVER = "silver", "Silver"
    MINE = "mine", "Mine"
    TEACH = "teach", "Teach"
    TRAIN = "train", "Train"
    EVALUATE = "evaluate", "Evaluate"
    REGISTER = "register", "Register"
    BM25 = "bm25", "BM25"
    ENCODE = "encode", "Encode"
    SEARCH = "search", "Search"
    SCORE = "score", "Score"
    STORE = "store", "Store"
    FINISH = "finish", "Finish"


STAGES: Final[dict[JobKind, tuple[Stage, ...]]] = {
    JobKind.TRAIN: (
        Stage.CLAIM, Stage.LOAD, Stage.BASELINE, Stage.SILVER, Stage.MINE, Stage.TEACH,
        Stage.TRAIN, Stage.EVALUATE, Stage.REGISTER, Stage.FINISH,
    ),
    JobKind.POOL: (
        Stage.CLAIM, Stage.LOAD, Stage.BM25, Stage.ENCODE, Stage.SEARCH, Stage.STORE, Stage.FINISH,
    ),
    JobKind.SCORE: (Stage.CLAIM, Stage.LOAD, Stage.SCORE, Stage.FINISH),
    JobKind.CURVE: (
        Stage.CLAIM, Stage.LOAD, Stage.SILVER, Stage.MINE, Stage.TRAIN, Stage.EVALUATE,
        Stage.FINISH,
    ),
    JobKind.DOUBT: (
        Stage.CLAIM, Stage.LOAD, Stage.SILVER, Stage.MINE, Stage.TRAIN, Stage.EVALUATE,
        Stage.FINISH,
    ),
    JobKind.EVALUATE: (
        Stage.CLAIM, Stage.LOAD, Stage.BASELINE, Stage.EVALUATE, Stage.FINISH,
    ),
}  # fmt: skip
# They train several models, each scored on what it has not seen, and publish none.
HELD_OUT: Final = (JobKind.CURVE, JobKind.DOUBT)
# What is counted in a stage; pairs in all others.
UNITS: Final[dict[Stage, str]] = {
    Stage.SILVER: "parts",
    Stage.MINE: "texts",
    Stage.TRAIN: "steps",
    Stage.BM25: "passages",
    Stage.ENCODE: "texts",
    Stage.SEARCH: "passages",
    Stage.STORE: "queries",
}

SPECS: Final[Mapping[str, type[Spec]]] = {
    JobKind.TRAIN.value: TrainSpec,
    JobKind.POOL.value: PoolSpec,
    JobKind.SCORE.value: ScoreSpec,
    JobKind.CURVE.value: CurveSpec,
    JobKind.DOUBT.value: DoubtSpec,
    JobKind.EVALUATE.value: EvaluateSpec,
}
