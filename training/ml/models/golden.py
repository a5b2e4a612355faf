"""A version's score contract: golden pairs, and the scores that it gave them when it was saved.

The pairs are the same for every version and of nobody's data: several languages and scripts, code,
short and long, with and without a title. They travel with the version, so that whoever loads it,
on whatever machine and with whatever libraries, can tell whether it scores as it did.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sentence_transformers import CrossEncoder

from training.ml.scoring import Forward, texts_score
from training.ml.templates import Templates

GOLDEN: Final = "golden.json"
LIMIT: Final = 1e-4
"""How far a score may be from what it was: processors and libraries round otherwise, by 1e-6."""
_BATCH: Final = 8

Texts = tuple[str, str, str]
"""Query, title, passage."""

PAIRS: Final[Sequence[Texts]] = (
    ("how to read a file line by line", "", "Iterate over the open file: a step gives one line."),
    ("how to read a file line by line", "Files", "A directory is removed with all that is in it."),
    ("capital of France", "France", "Paris is the capital and the largest city of France."),
    ("capital of France", "", "The river rises in the mountains and flows into the sea."),
    ("reset password", "Account", "Choose “Forgot password” and follow the link in the mail."),
    ("reset password", "", "Invoices are sent on the first working day of each month."),
    ("def add(a, b)", "", "def add(a, b):\n    return a + b"),
    ("sort a list in descending order", "", "values.sort(reverse=True)"),
    ("sort a list in descending order", "", "for key in mapping:\n    print(key, mapping[key])"),
    ("Kündigungsfrist Mietvertrag", "", "Die Kündigungsfrist für Wohnraum beträgt drei Monate."),
    ("Kündigungsfrist Mietvertrag", "", "Der Zug nach Hamburg fährt heute von Gleis sieben."),
    ("recette de crêpes", "Cuisine", "Mélangez la farine, les œufs et le lait ; laissez reposer."),
    ("天气预报", "", "明天多云,最高气温二十度。"),
    ("天气预报", "", "图书馆周一闭馆。"),
    ("погода завтра", "", "Завтра ожидается дождь, днём до пятнадцати градусов."),
    ("42", "", "The answer is 42."),
    ("2024-02-29", "Leap years", "A year has a 29 February where it can be divided by four."),
    ("who", "", "who"),
    ("?!", "", "..."),
    ("empty", "", ""),
    ("a very long passage", "", "the same words come again and again " * 100),
    ("appeal dismissed for want of jurisdiction", "Judgment",
     "The court has no jurisdiction over the claim, and the appeal is dismissed with costs."),
    ("side effects of ibuprofen", "", "Stomach pain and heartburn are among the frequent ones."),
    ("side effects of ibuprofen", "", "The museum shows paintings of the nineteenth century."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Golden:
    """The golden pairs of a version, with the scores that it gave them."""

    texts: Sequence[Texts]
    scores: Sequence[float]

    def difference(
        self, model: CrossEncoder, templates: Templates, forward: Forward | None = None
    ) -> float:
        """Return the largest difference of a score from what it was, computed by `forward`."""
        now = _scored(self.texts, model, templates, forward)
        return max(abs(one - other) for one, other in zip(now, self.scores, strict=True))


def golden_write(model: CrossEncoder, templates: Templates, folder: Path) -> None:
    """Write the golden pairs into a saved model's folder, with the scores that it gives them."""
    scores = _scored(PAIRS, model, templates, None)
    pairs = [
        {"query": query, "title": title, "text": text, "score": score}
        for (query, title, text), score in zip(PAIRS, scores, strict=True)
    ]
    said = json.dumps({"format": 1, "pairs": pairs}, ensure_ascii=False, indent=1)
    (folder / GOLDEN).write_text(said + "\n", encoding="utf-8")


def golden_read(folder: Path) -> Golden | None:
    """Return the golden pairs in a model's folder; None where there are none to be read."""
    try:
        found: Any = json.loads((folder / GOLDEN).read_text(encoding="utf-8"))
        pairs = [
            ((str(each["query"]), str(each["title"]), str(each["text"])), float(each["score"]))
            for each in found["pairs"]
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Golden([texts for texts, _ in pairs], [score for _, score in pairs]) if pairs else None


def _scored(
    texts: Sequence[Texts], model: CrossEncoder, templates: Templates, forward: Forward | None
) -> list[float]:
    read = [templates.pair(query=query, title=title, text=text) for query, title, text in texts]
    return texts_score(model, read, batch_size=_BATCH, forward=forward)
