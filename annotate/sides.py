"""Which of two candidates a person is shown on the left: drawn for each, the same every time."""

import hashlib


def first_is_left(project: int, seed: int, person: int, pair: int) -> bool:
    """Say whether the pair's first candidate is on this person's left; so it is in half of all.

    Two people see a pair the other way round as often as not, so that a habit of preferring one
    side neither favours a candidate nor makes people agree.
    """
    digest = hashlib.sha256(f"{project}:{seed}:{person}:{pair}:side".encode()).digest()
    return digest[0] < 128
