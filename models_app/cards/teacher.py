"""A card's section on the teacher: whose scores were learned beside the grades."""

from collections.abc import Mapping
from typing import Any

from models_app.cards.markup import inline


def teacher_view(teacher: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What the section on a teacher needs; None where there was none."""
    if not teacher:
        return None
    share, agreement = teacher["weight"], teacher["agreement"]
    version = f"{teacher['version']}, " if teacher.get("version") else ""
    revision = f", revision {teacher['revision']}" if teacher.get("revision") else ""
    return {
        "name": inline(
            f"{version or teacher['loaded'] + ', '}{_article(teacher['kind'])}{revision}, weights "
            f"{teacher['weights_sha256'][:12]}"
        ),
        "pairs": f"{teacher['pairs']:,}, judged and mined",
        "share": f"{share:.0%} of the target of a judged pair is the teacher's score, "
        f"{1 - share:.0%} its grade on the teacher's scale",
        "agreement": f"{agreement['value']:.1%} (n = {agreement['n']:,})"
        if agreement["n"]
        else None,
    }


def _article(kind: str) -> str:
    return f"an {kind}" if kind[:1] in "aeiou" else f"a {kind}"
