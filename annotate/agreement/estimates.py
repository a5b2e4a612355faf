"""Point estimates, from statsmodels where it has the measure. Pure.

Krippendorff's alpha is computed here: the one library that is kept well (krippendorff) stands
under the GPL, which an Apache-2.0 product cannot ship; the tests hold our form to it.
"""

import numpy as np
from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa

from annotate.agreement import forms
from annotate.agreement.figures import ALPHA, COHEN
from annotate.agreement.observed import Floats, Ints, Units
from annotate.agreement.tallies import fleiss_size


def cohen_of(table: Floats, measure: str) -> float:
    """Return Cohen's kappa of one confusion table (k, k); NaN where it is not defined."""
    kind = COHEN[measure]
    weights = forms.cohen_weights(len(table), kind)
    if np.isnan(forms.cohen(table, weights)):
        return float("nan")
    given = None if kind == "nominal" else kind
    return float(cohens_kappa(table, wt=given, return_results=False))


def cohen_mean_of(tables: Floats, measure: str) -> float:
    """Return the mean of the pairs' kappas, from tables (p, k, k); see `forms.mean_over_pairs`."""
    kappas = np.array([cohen_of(table, measure) for table in tables], dtype=np.float64)
    return float(forms.mean_over_pairs(kappas, tables.sum(axis=(-2, -1))))


def fleiss_of(units: Units) -> float:
    """Return Fleiss' kappa of the candidates with the most common number of judgments."""
    counts = units.counts[units.sizes == fleiss_size(units.sizes)]
    if np.count_nonzero(counts.sum(axis=0)) < 2:
        return float("nan")
    return float(fleiss_kappa(counts))


def alpha_of(coincidences: Floats, measure: str, values: Ints) -> float:
    """Return Krippendorff's alpha of one coincidence matrix (k, k)."""
    return float(forms.alpha(coincidences, ALPHA[measure], values))
