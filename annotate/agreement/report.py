"""All there is to say of how far people agree in a project, in one value. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np

from annotate.agreement.conflicts import Conflict, conflicts_of
from annotate.agreement.figures import NOMINAL, Figure, Figures
from annotate.agreement.measures import JudgePair, measure
from annotate.agreement.observed import Ints, Judgments, Observed, Scheme, observe
from annotate.agreement.resampling import CONFIDENCE, SAMPLES, SEED
from annotate.agreement.slices import Slice, slices_of
from annotate.agreement.systems import PAIRS_MAX as RANKED_PAIRS_MAX
from annotate.agreement.systems import Rankings, Run, rankings_of
from annotate.frozen.splitting import clusters_of
from annotate.frozen.twins import twin_pairs

PREFERRED: Final = Scheme((0, 1, 2), ("First", "Second", "Tie"), (0.0,) * 3, (False,) * 3)
"""What people say of a pair, as a scheme without an order. Not by sides: these are drawn anew for
each person, so that a habit of preferring one is no agreement."""
RESAMPLING: Final = {"samples": SAMPLES, "seed": SEED, "confidence": CONFIDENCE, "unit": "query"}


@dataclass(frozen=True, slots=True)
class Material:
    """What is measured: judgments with their passages' texts and titles, queries, and runs.

    `text` and `title` have an entry per judgment, numbers that tell them apart. `queries` are the
    texts of all queries among the judgments. `facets` are the team's own parts: by the name of a
    key of metadata, the candidates of each of its values. `preferences` are of pairs in place of
    candidates, their grades places in PREFERRED.
    """

    scheme: Scheme
    judgments: Judgments
    text: Ints
    title: Ints
    queries: Mapping[int, str]
    runs: Mapping[str, Run]
    facets: Mapping[str, Mapping[str, Ints]] = field(default_factory=dict)
    preferences: Judgments | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two judges; `rankings` is None where their labels' rankings were not compared."""

    one: int
    other: int
    table: list[list[int]]
    figures: Figures
    rankings: Rankings | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far people agree, over the judgments that hold and count.

    `judges` are people by their keys, and import sources by theirs below 0; `candidates` and
    `queries` those with any judgment. `grades` and `relevant` are specific agreement. `pairs` are
    those that share the most candidates, `pairs_total` how many share any. `conflicts` are those
    that differ most, `conflicts_total` how many there are. `preferences` are figures of pairs of
    candidates, nominal ones only; empty where nobody has compared any.
    """

    judgments: int
    candidates: int
    queries: int
    judges: list[int]
    scheme: Scheme
    figures: Figures
    grades: list[Figure]
    relevant: Figure | None
    slices: list[Slice]
    pairs: list[Pair]
    pairs_total: int
    conflicts: list[Conflict]
    conflicts_total: int
    preferences: Figures
    resampling: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return asdict(self)


def agreement_measure(material: Material) -> Agreement:
    """Measure all of it; seconds for a million judgments."""
    rows = material.judgments
    observed = observe(rows, material.scheme)
    found = measure(observed, whole=True)
    lengths = {query: len(text) for query, text in material.queries.items()}
    proposed = {name: run.candidate for name, run in material.runs.items()}
    total, conflicts = conflicts_of(
        rows.candidate,
        _groups(rows.query, material.queries),
        material.text,
        material.title,
        np.array(material.scheme.values, dtype=np.float64)[rows.grade],
    )
    return Agreement(
        judgments=len(rows.candidate),
        candidates=len(np.unique(rows.candidate)),
        queries=len(material.queries),
        judges=np.unique(rows.judge).tolist(),
        scheme=material.scheme,
        figures=found.figures,
        grades=found.grades,
        relevant=found.relevant,
        slices=slices_of(observed, found.figures, lengths, proposed, material.facets),
        pairs=[
            _pair(observed, pair, material.runs if row < RANKED_PAIRS_MAX else None)
            for row, pair in enumerate(found.pairs)
        ],
        pairs_total=len(observed.pairs.of_whom()[0]),
        conflicts=conflicts,
        conflicts_total=total,
        preferences=_preferences(material.preferences),
        resampling=RESAMPLING,
    )


def _preferences(rows: Judgments | None) -> Figures:
    if rows is None or not len(rows.candidate):
        return {}
    figures = measure(observe(rows, PREFERRED)).figures
    return {name: figures[name] for name in NOMINAL}


def _pair(observed: Observed, pair: JudgePair, runs: Mapping[str, Run] | None) -> Pair:
    compared = None if runs is None else rankings_of(observed, pair.one, pair.other, runs)
    return Pair(pair.one, pair.other, pair.table.tolist(), pair.figures, compared)


def _groups(query: Ints, texts: Mapping[int, str]) -> Ints:
    """Return for each query the group of its twins, as a number."""
    named = {str(key): text for key, text in texts.items()}
    clusters = clusters_of(named, twin_pairs(named))
    keys = np.array([int(key) for cluster in clusters for key in cluster], dtype=np.int64)
    group = np.repeat(np.arange(len(clusters)), [len(cluster) for cluster in clusters])
    order = np.argsort(keys)
    return group[order][np.searchsorted(keys[order], query)] if len(keys) else query
