"""The measures as functions of counts, for one table or thousands of resampled ones at once. Pure.

Arrays have any leading axes; a measure that the counts do not define is NaN there. For a single
table the point estimates come from statsmodels (see `estimates`); tests hold these forms to it, to
scikit-learn and to the library krippendorff on random data, and to the published examples.
"""

from typing import Final

import numpy as np

from annotate.agreement.observed import Floats, Ints

_NOTHING: Final = 1e-12


def percent(pairs: Floats) -> Floats:
    """Share of equal grades among all pairs of judgments on one candidate.

    `pairs` (…, k, k) counts ordered pairs of judgments by their two grades.
    """
    return _ratio(np.trace(pairs, axis1=-2, axis2=-1), pairs.sum(axis=(-2, -1)))


def specific(pairs: Floats, chosen: Floats) -> Floats:
    """Specific agreement on chosen grades, (k,) of 0 or 1: of those who gave one, who else did.

    The share of judgments with a chosen grade among the partners of judgments with one: for two
    judges 2a / (2a + b + c), the "positive agreement" of Cicchetti and Feinstein 1990 (J Clin
    Epidemiol 43, 551-558); for more of them summed over all pairs (Fleiss 1971, his equation 10).
    """
    return _ratio(
        np.einsum("...ij,i,j->...", pairs, chosen, chosen), np.einsum("...ij,i->...", pairs, chosen)
    )


def cohen_weights(steps: int, kind: str) -> Floats:
    """How far two grades are apart: `nominal` 0 or 1, `linear` in steps of the scheme, `quadratic`.

    Source: Cohen 1968, Psychological Bulletin 70, 213-220.
    """
    apart = np.abs(np.subtract.outer(np.arange(steps), np.arange(steps))).astype(np.float64)
    return {"nominal": (apart > 0).astype(np.float64), "linear": apart, "quadratic": apart**2}[kind]


def cohen(tables: Floats, weights: Floats) -> Floats:
    """Cohen's kappa of two judges: 1 - observed over expected disagreement.

    `tables` (…, k, k) counts candidates by the grades of the one and the other judge; what is
    expected is the product of their two distributions. Undefined where both gave one and the same
    grade throughout. Sources: Cohen 1960 (Educational and Psychological Measurement 20, 37-46),
    with weights Cohen 1968.
    """
    n = tables.sum(axis=(-2, -1))
    expected = np.einsum(
        "...i,ij,...j->...", tables.sum(axis=-1), weights, tables.sum(axis=-2), optimize=True
    )
    observed = np.einsum("...ij,ij->...", tables, weights)
    return 1 - _ratio(n * observed, expected)


def mean_over_pairs(kappas: Floats, candidates: Floats) -> Floats:
    """Mean of pairwise kappas (…, pairs), each weighing by the candidates that the two share.

    Light 1971 (Psychological Bulletin 76, 365-377) takes the plain mean, of judges who all see
    everything; pairs here share very different numbers. Pairs without a kappa are left out.
    """
    known = ~np.isnan(kappas)
    weight = np.where(known, candidates, 0.0)
    return _ratio((np.where(known, kappas, 0.0) * weight).sum(axis=-1), weight.sum(axis=-1))


def fleiss(units: Floats, agreeing: Floats, counts: Floats) -> Floats:
    """Fleiss' kappa, of candidates that all have the same number of judgments.

    `units` (…) is their number, `agreeing` (…) the sum over them of the share of agreeing pairs,
    `counts` (…, k) the judgments by grade. Source: Fleiss 1971, Psychological Bulletin 76, 378-382.
    """
    mean = _ratio(agreeing, units)
    share = _ratio(counts, counts.sum(axis=-1)[..., None])
    expected = (share**2).sum(axis=-1)
    return _ratio(mean - expected, np.where(expected > 1 - 1e-9, 0, 1 - expected))


def alpha(coincidences: Floats, level: str, values: Ints) -> Floats:
    """Krippendorff's alpha, for any number of judges and missing judgments.

    `coincidences` (…, k, k) counts ordered pairs of judgments on one candidate by their grades,
    each by 1 / (judgments on the candidate - 1); a candidate with one judgment is not in it.
    alpha = 1 - (n - 1) * sum(o * d) / sum(n_c * n_k * d), where the difference d of two grades is
    0 or 1 (`nominal`), the squared difference of their `values` (`interval`), or the squared number
    of judgments between them, both ends by half (`ordinal`). Undefined where all gave one grade.
    Source: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability (section C).
    """
    margins = coincidences.sum(axis=-1)
    n = margins.sum(axis=-1)
    if level == "nominal":
        apart = np.broadcast_to(1 - np.eye(len(values)), coincidences.shape)
    else:
        place = values.astype(np.float64)
        if level == "ordinal":  # the middle of each grade's judgments, when all stand in order
            place = np.cumsum(margins, axis=-1) - margins / 2
        apart = (place[..., :, None] - place[..., None, :]) ** 2
    observed = (coincidences * apart).sum(axis=(-2, -1))
    expected = np.einsum("...i,...ij,...j->...", margins, apart, margins, optimize=True)
    return 1 - _ratio((n - 1) * observed, expected)


def _ratio(above: Floats, below: Floats) -> Floats:
    """Divide, with NaN where there is nothing to divide by."""
    above, below = np.broadcast_arrays(above, below)
    out = np.full(above.shape, np.nan)
    return np.asarray(np.divide(above, below, out=out, where=np.abs(below) > _NOTHING))
