"""The keys of a recipe that name a teacher: a model whose scores are learned beside the grades."""

from dataclasses import dataclass
from typing import Final

from training.spec.base import key
from training.spec.sets import SetSpec

# The losses whose targets are distances of any size, as those of a teacher are.
TAUGHT: Final = ("MarginMSELoss", "MSELoss")


@dataclass(frozen=True, slots=True, kw_only=True)
class TeachSpec(SetSpec):
    """Who teaches, and how much of it counts; with the keys of the training set."""

    teacher: str | None = key(
        "run",
        None,
        "Whose scores `MarginMSELoss` and `MSELoss` learn: a reranker or an embedder, named as a "
        "base model is; null: nobody's, these losses learn the grades.",
        group="teacher",
        nullable=True,
    )
    teacher_weight: float = key(
        "number",
        0.5,
        "Share of the teacher's score in the target of a judged pair; the rest is the grade, on "
        "the teacher's scale. 1: the teacher alone. Mined passages have the teacher alone.",
        group="teacher",
        minimum=0,
        maximum=1,
    )

    def teacher_conflict(self, loss: str | None) -> dict[str, str]:
        """Return a message where a teacher is named and the loss cannot learn from one."""
        if self.teacher is None or loss in (None, *TAUGHT):
            return {}
        return {"teacher": f"Only {' and '.join(TAUGHT)} learn from a teacher; name one, or none."}
