"""The facts of a real run for tests of cards."""

import json
from typing import Any

from tests.tiny_run import tiny_run


def facts_of(preset: str = "court-cases", **changes: Any) -> dict[str, Any]:
    """Stored facts: as they come back from JSON."""
    found: dict[str, Any] = json.loads(json.dumps(tiny_run(preset).outcome.facts))
    return found | changes
