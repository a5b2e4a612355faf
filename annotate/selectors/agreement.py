"""Agreement, measured now. Loads scipy and statsmodels: not to be imported by web processes."""

from accounts.models import Project
from annotate.agreement.report import Agreement, agreement_measure
from annotate.selectors.agreement_rows import material_of


def agreement_of(project: Project, *, with_imported: bool = False) -> Agreement:
    """Measure how far the people of a project agree; seconds for a million judgments.

    `with_imported` counts each import source as one more judge.
    """
    return agreement_measure(material_of(project, with_imported=with_imported))
