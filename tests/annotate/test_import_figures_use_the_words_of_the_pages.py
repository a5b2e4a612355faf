"""What an import brought is counted under the words that its pages use."""

from annotate.models import Import
from annotate.selectors.imports import created_counts


def test_rows_of_tables_are_not_named_as_tables_are() -> None:
    row = Import(created={"proposals": 5, "judgments": 3, "queries": 2, "judgments_replaced": 1})
    assert created_counts(row) == [
        ("queries", 2), ("imported labels", 3), ("ranks in runs", 5),
        ("imported labels replaced", 1),
    ]  # fmt: skip
