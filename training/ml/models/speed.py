"""How fast a model reads pairs while it learns."""

from time import monotonic

from training.ml.group import group_now
from training.ml.models.split import SplitCrossEncoder


class Speed:
    """Pairs and tokens a second over steps alone, without what is scored or kept between them.

    `seconds` is what all steps took since it was made.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._begun = 0.0
        self._since = 0.0
        self._read = (0, 0)

    def start(self, model: SplitCrossEncoder) -> None:
        """What the model has read before does not count."""
        self._read = model.read

    def step_begin(self) -> None:
        self._begun = monotonic()

    def step_end(self) -> None:
        taken = monotonic() - self._begun
        self.seconds += taken
        self._since += taken

    def values(self, model: SplitCrossEncoder) -> dict[str, float]:
        """Return the speeds since they were last asked for; nothing where no step was made."""
        pairs, tokens = (now - then for now, then in zip(model.read, self._read, strict=True))
        seconds, self._since, self._read = self._since, 0.0, model.read
        if not seconds:
            return {}
        return {
            # Of several processes each reads as much as this one, more or less.
            "pairs_per_second": round(pairs * group_now().size / seconds, 3),
            "tokens_per_second": round(tokens * group_now().size / seconds, 1),
        }
