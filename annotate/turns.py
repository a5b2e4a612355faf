"""Which of a person's items are checks: decided by their running number, the same every time.

The database function `annotate_turn_draw` gives the same numbers; a test compares them.
"""

import hashlib
from typing import Final

_PER_DIGEST: Final = 16  # draws of two bytes each


def turn_draw(project: int, seed: int, person: int, number: int) -> float:
    """Return where the item with this running number stands, in [0, 1); 65,536 steps.

    A draw below the gold rate is a check, one below gold and repeat rate together a repeat.
    """
    block, place = divmod(number, _PER_DIGEST)
    digest = hashlib.sha256(f"{project}:{seed}:{person}:{block}".encode()).digest()
    return int.from_bytes(digest[2 * place : 2 * place + 2], "big") / 65_536
