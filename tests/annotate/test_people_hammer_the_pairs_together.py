"""Real threads on real connections: no pair over the overlap, none twice, no deadlock."""

import random
from collections import Counter

import pytest
from django.db.models import Count

from accounts.models import User
from accounts.services import project_update
from annotate.models import Pair, PairLease, PairScheme, Preference
from annotate.services.answers import Status
from annotate.services.pairing import pairs_make, pairs_request
from tests.annotate.pairing import compare, leased, make_pairs, prefer, tie, withdraw
from tests.annotate.test_annotators_hammer_the_queue_together import together
from tests.factory import Cast, make_annotator


def compare_until_nothing_is_open(cast: Cast, person: User, seed: int) -> Counter[Status]:
    chance, seen = random.Random(seed), Counter[Status]()
    for _ in range(300):
        leases = leased(cast.project, person, chance.randint(1, 4))
        if not leases:
            return seen
        makers = [prefer, tie]
        answers = [chance.choice(makers)(lease.pair) for lease in leases]
        chance.shuffle(answers)
        if chance.random() < 0.2:
            answers.append(withdraw(answers[-1].id))
        if chance.random() < 0.2:
            answers.append(answers[0])
        seen.update(row.status for row in compare(cast.project, person, *answers))
    raise AssertionError("the pairs never ended")


def make_again(cast: Cast) -> Counter[Status]:
    """Make the pairs anew while people compare them."""
    for _ in range(5):
        pairs_request(project=cast.project)
        pairs_make(project_id=cast.project.pk)
    return Counter()


@pytest.mark.django_db(transaction=True)
def test_8_people_compare_60_pairs_exactly_twice(cast: Cast) -> None:
    project_update(project=cast.project, overlap=2)
    pairs = make_pairs(cast.project, queries=4, passages=6, scheme=PairScheme.ALL)
    people = [make_annotator(cast.project, f"judge-{number}") for number in range(8)]
    seen = together(
        lambda: make_again(cast),
        *(
            lambda person=person, seed=seed: compare_until_nothing_is_open(cast, person, seed)
            for seed, person in enumerate(people)
        ),
    )
    assert set(sum(seen, Counter())) <= {Status.CREATED, Status.REPEATED}  # none is late
    slots = Preference.objects.counted().values("pair").annotate(n=Count("pk"))
    assert {row["n"] for row in slots} == {2}
    assert len(slots) == len(pairs) == 60
    given = Preference.objects.counted().values_list("pair", "person")
    assert len(set(given)) == len(given) == 120
    assert not PairLease.objects.exists()
    assert not Pair.objects.filter(wanted=True).exists()
    assert all(Preference.objects.filter(person=person).exists() for person in people)
