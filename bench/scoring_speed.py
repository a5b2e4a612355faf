"""Time the backends of scoring against `CrossEncoder.predict` in float32, and check their ranking.

    python -m bench.scoring_speed [--model FOLDER] [--queries 200] [--candidates 10]
        [--timed 96] [--rounds 3] [--steps 60] [--backends NAME,NAME]

The texts are docstrings of the standard library whose lengths vary as those of a court-case card do
(136 to 3,620 characters, about 1,057 on average, lognormal): their first sentences are the queries,
the rest the passages, and each query has its own passage and those that BM25 finds nearest. The
model is the packaged all-MiniLM-L6-v2 as a cross-encoder, taught for `--steps` batches on other
docstrings, so that it has a ranking to lose, or a reranker in `--model`. There are so many queries
because one whose first two passages change places changes its nDCG by 0.37.

All take turns in one process, over `--timed` pairs of all lengths; the best turn of each counts.
The ranking is that of all pairs. What the autotune chooses is timed in the same turns. The goal is
3.5 times the pairs per second of `predict` on two cores, at a change of nDCG@10 of 0.005 at most.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from sentence_transformers import CrossEncoder

from bench._goals import Goals
from training.ml.backends.choose import Scored, backend_choose
from training.ml.backends.fidelity import Floats, Limits, Yardstick
from training.ml.backends.host import kept_for
from training.ml.backends.known import BACKENDS
from training.ml.backends.trying import BATCH, conversion_load
from training.ml.data import Pair
from training.ml.models.encoder import packaged_folder
from training.ml.scoring import Forward, logits
from training.ml.search.bm25 import Bm25
from training.ml.search.tokens import Tokens
from training.ml.templates import Templates
from training.sample.docstrings import corpus_extract

SHORTEST: Final = 136
LONGEST: Final = 3620
MEAN: Final = 1057
LENGTH: Final = 512
TEMPLATES: Final = Templates(query="{query}", passage="{text}")
FACTOR: Final = 3.5
STOCK: Final = "CrossEncoder.predict"

Text = tuple[str, str]
"""A first sentence, and what follows it."""


def texts_make(queries: int) -> tuple[list[Text], list[Text]]:
    """Return the texts that are scored, with lengths as wanted, and others to learn from."""
    rng = np.random.default_rng(0)
    found: list[Text] = []
    for passage in corpus_extract().passages:
        first, _, rest = passage.text.partition("\n\n")
        if len(rest.strip()) >= SHORTEST and 20 <= len(first) <= 200:
            found.append((" ".join(first.split()), rest.strip()))
    lengths = np.array([len(rest) for _, rest in found])
    free = np.ones(len(found), dtype=np.bool_)
    wanted = np.clip(rng.lognormal(np.log(MEAN) - 0.32, 0.8, queries * 4), SHORTEST, LONGEST)
    scored: list[Text] = []
    for length in wanted:
        nearest = int(np.argmin(np.where(free, np.abs(lengths - length), np.inf)))
        free[nearest] = False
        first, rest = found[nearest]
        scored.append((first, rest[:LONGEST]))
    return scored, [text for text, left in zip(found, free, strict=True) if left]


def pairs_make(texts: Sequence[Text], queries: int, candidates: int) -> list[Pair]:
    """Judge each query's own passage as relevant among those that BM25 finds nearest."""
    index = Bm25([rest for _, rest in texts], Tokens("en").terms)
    pairs: list[Pair] = []
    for number, (first, _) in enumerate(texts[:queries]):
        near = [row for row, _ in index.top(first, 2 * candidates) if row != number]
        others = [row for row in range(len(texts)) if row not in near and row != number]
        rows = [number, *near, *others][:candidates]
        pairs += [_pair(number, first, row, texts[row][1]) for row in rows]
    return pairs


def _pair(query: int, first: str, row: int, text: str) -> Pair:
    own = float(query == row)
    return Pair(
        query_id=f"q{query}",
        query=first,
        passage_id=f"p{row}",
        title="",
        text=text,
        grade=own,
        gain=own,
        target=own,
        relevant=bool(own),
    )


def teach(model: CrossEncoder, texts: Sequence[Text], steps: int) -> None:
    """Teach the model to tell a sentence's own passage from seven others, in short batches."""
    rng = np.random.default_rng(1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    model.train()
    for _ in range(steps):
        rows = rng.choice(len(texts), 8, replace=False)
        queries = [texts[row][0] for row in rows for _ in rows]
        passages = [texts[row][1] for _ in rows for row in rows]
        features = model.tokenizer(
            queries, passages, truncation=True, max_length=96, padding=True, return_tensors="pt"
        )
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores = model(dict(features))["scores"].view(8, 8).float()
        loss = torch.nn.functional.cross_entropy(scores, torch.arange(8))
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    model.eval()
    print(f"taught for {steps} steps, last loss {loss.item():.3f}" if steps else "not taught")


@dataclass(slots=True)
class Way:
    """One way to score texts: its best turn in seconds of the clock."""

    name: str
    score: Callable[[Sequence[Text]], Floats]
    best: float = np.inf

    def turn(self, texts: Sequence[Text]) -> None:
        """Score them once."""
        start = time.perf_counter()
        self.score(texts)
        self.best = min(self.best, time.perf_counter() - start)


def ways_make(
    model: CrossEncoder, pairs: Sequence[Pair], folder: Path, wanted: Sequence[str]
) -> list[Way]:
    """Return `predict`, the wanted backends that are there, and what the autotune takes."""
    texts = [(pair.query, pair.text) for pair in pairs]
    kept = kept_for(folder, model, weights="bench")

    def way(name: str, forward: Forward) -> Way:
        return Way(name, lambda some: logits(model, some, batch_size=BATCH, forward=forward))

    def stock(some: Sequence[Text]) -> Floats:
        scores = model.predict(
            list(some), activation_fn=torch.nn.Identity(), show_progress_bar=False
        )
        return np.asarray(scores, dtype=np.float64)

    ways = [Way(STOCK, stock)]
    for name in wanted:
        backend = BACKENDS[name]
        missing = backend.missing(model)
        if missing:
            print(f"{name}: {missing}")
            continue
        start = time.perf_counter()
        forward = conversion_load(backend, model, texts, kept)
        print(f"{name}: ready after {time.perf_counter() - start:.1f} s", flush=True)
        ways.append(way(name, forward))
    scored = Scored(pairs=10**6, texts=texts, judged=pairs, of="bench", templates=TEMPLATES)
    start = time.perf_counter()
    choice, forward = backend_choose(model, scored, wanted="auto", kept=kept, log=print)
    print(f"autotune, {time.perf_counter() - start:.0f} s: {choice.line()}", flush=True)
    return [*ways, way(f"auto = {choice.backend}", forward)]


def main() -> None:
    """Run the measurement and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a reranker's folder; it is not taught")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--candidates", type=int, default=10)
    parser.add_argument("--timed", type=int, default=96)
    parser.add_argument("--backends", default=",".join(BACKENDS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=60)
    chosen = parser.parse_args()
    torch.manual_seed(0)
    folder = chosen.model or packaged_folder()
    model = CrossEncoder(str(folder), num_labels=1, device="cpu", max_length=LENGTH)
    scored, others = texts_make(chosen.queries)
    if chosen.model is None:
        teach(model, others, chosen.steps)
    pairs = pairs_make(scored, chosen.queries, chosen.candidates)
    texts = [(pair.query, pair.text) for pair in pairs]
    lengths = [len(text) for _, text in texts]
    print(
        f"{len(texts)} pairs, passages of {min(lengths)} to {max(lengths)} characters, "
        f"{np.mean(lengths):.0f} on average; {torch.get_num_threads()} threads",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as kept:
        ways = ways_make(model, pairs, Path(kept), chosen.backends.split(","))
        timed = sorted(texts, key=lambda text: len(text[1]))[:: max(1, len(texts) // chosen.timed)]
        for _ in range(chosen.rounds):
            for way in ways:
                way.turn(timed)
        goals = Goals()
        report(ways, pairs, len(timed), goals)
    goals.end()


def report(ways: Sequence[Way], pairs: Sequence[Pair], timed: int, goals: Goals) -> None:
    """Print every way beside `predict`: speed, and what became of scores and ranking."""
    texts = [(pair.query, pair.text) for pair in pairs]
    stock, yardstick = ways[0], Yardstick(pairs)
    exact = stock.score(texts)
    print(f"nDCG@10 of {STOCK}: {yardstick.ndcg(exact):.4f}")
    print(f"{'':24} {'pairs/s':>8} {'factor':>7} {'Spearman':>9} {'moved':>7} {'nDCG@10':>8}")
    for way in ways:
        found = yardstick.compare(exact, exact if way is stock else way.score(texts))
        change = "" if found.ndcg is None else f"{found.ndcg:+8.4f}"
        line = (
            f"{way.name:24} {timed / way.best:8.1f} {stock.best / way.best:7.2f}"
            f" {found.spearman:9.4f} {found.difference:7.4f} {change}"
        )
        print(f"{line}  {found.broken(Limits())}".rstrip(), flush=True)
    chosen = ways[-1]
    goals.least(chosen.name, stock.best / chosen.best, FACTOR, " times predict")
    if found.ndcg is not None:
        goals.most("its change of nDCG@10", abs(found.ndcg), Limits().ndcg)


if __name__ == "__main__":
    main()
