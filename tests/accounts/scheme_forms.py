"""What the form of a new project sends."""

from typing import Any

NO = {"value": "0", "name": "No"}
YES = {"value": "1", "name": "Yes", "relevant": "on"}


def new_project(*grades: dict[str, str], slug: str = "fresh", **fields: Any) -> dict[str, Any]:
    """Return a new project whose grades are No and, where none are given, Yes."""
    rows = [NO, *(grades or [YES])]
    body = {"slug": slug, "name": "N", "overlap": 1, **fields}
    body |= {"form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": 0}
    return body | {
        f"form-{at}-{name}": value for at, row in enumerate(rows) for name, value in row.items()
    }
