"""Which spec a kind of job has."""

from collections.abc import Mapping
from typing import Final

from training.kinds import JobKind
from training.pool_spec import PoolSpec
from training.score_spec import ScoreSpec
from training.spec import TrainSpec
from training.spec_base import Spec

SPECS: Final[Mapping[str, type[Spec]]] = {
    JobKind.TRAIN.value: TrainSpec,
    JobKind.POOL.value: PoolSpec,
    JobKind.SCORE.value: ScoreSpec,
}
