"""Whether the queue keeps its promises while many people pull at it at once.

    python -m bench.judging_storm [--annotators 200] [--judgments 100000] [--overlap 1 2 3]

Simulated annotators, each a thread of one of several processes, lease and answer on a real
PostgreSQL until that many judgments count, at each overlap its part of them: some skip, some undo,
some answer twice, some walk away from what they hold and never return. Then the tables are read and
every promise is checked. A small version is among the tests.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from bench._database import own_database

if TYPE_CHECKING:  # models can be imported once Django is set up
    from accounts.models import Project, User

THREADS = 50  # of one process, an annotator each
SERVED = BoundedSemaphore(20)  # calls of one process at once, each with a connection, as requests
LEASE_SECONDS = 30  # of an abandoned item, so that it comes back within the measurement


def annotator(project: "Project", person: "User", seed: int) -> Counter[str]:
    """Judge until nothing is open any more; a tenth of the people walk away at some time."""
    from django.db import connection
    from django.utils import timezone

    from annotate.services.answers import Answer, Status
    from annotate.services.judging import judgments_record
    from annotate.services.leasing import tasks_lease

    chance, seen = random.Random(seed), Counter[str]()
    patience = chance.randint(3, 40) if chance.random() < 0.1 else 1 << 30
    empty = 0
    while empty < 3 and patience:
        patience -= 1
        count = chance.choice((1, 5, 10, 14))
        with SERVED, closing(connection):
            leases = tasks_lease(project=project, person=person, count=count)
        seen["leases"] += len(leases)
        empty = 0 if leases else empty + 1
        if not leases:
            time.sleep(LEASE_SECONDS / 2.5)  # what was abandoned comes back
            continue
        if not patience:
            seen["abandoned"] += len(leases)
            break
        batch = [
            Answer(id=uuid.uuid4(), candidate=row.candidate_id, skip="")
            if chance.random() < 0.01
            else Answer(id=uuid.uuid4(), candidate=row.candidate_id, grade=chance.randint(0, 1))
            for row in leases
        ]
        if chance.random() < 0.1:
            batch.append(Answer(id=uuid.uuid4(), withdraw=batch[-1].id))
        if chance.random() < 0.1:
            batch.append(batch[0])
        with SERVED, closing(connection):
            results = judgments_record(project=project, person=person, answers=batch)
        seen.update(result.status.value for result in results)
        lasting = min(row.expires_at for row in leases) > timezone.now()
        seen["late to live leases"] += lasting * sum(row.status is Status.LATE for row in results)
    return seen


def process(slug: str, first: int, count: int) -> None:
    """Run some of the annotators; print what became of their answers."""
    import django

    django.setup()
    from accounts.models import Project, User

    project = Project.objects.get(slug=slug)
    people = list(User.objects.filter(username__startswith="judge-").order_by("pk"))

    def run(number: int) -> Counter[str]:
        return annotator(project, people[number], number)

    with ThreadPoolExecutor(count) as pool:
        total = sum(pool.map(run, range(first, first + count)), Counter[str]())
    print(json.dumps(total))


def check(name: str, kept: bool, said: object) -> bool:
    """Print one promise and whether it was kept."""
    print(f"  {'kept' if kept else 'BROKEN'}: {name} ({said})")
    return kept


def checks(project: "Project", overlap: int, seen: Counter[str]) -> bool:
    """Read the tables and check every promise."""
    from django.db.models import Count
    from django.db.models.functions import Now

    from annotate.models import Candidate, Judgment, Lease

    counted = Judgment.objects.counted().filter(project=project)
    per_candidate = Counter(dict(counted.values_list("candidate").annotate(n=Count("pk"))))
    pairs = counted.values("candidate", "person").distinct().count()
    wanted = Candidate.objects.filter(project=project, wanted=True)
    short = project.candidates.count() * overlap - sum(per_candidate.values())
    people = counted.values("person").distinct().count()
    live = Lease.objects.filter(candidate__project=project, expires_at__gt=Now()).count()
    by_count = Counter(per_candidate.values())
    lates = seen["late to live leases"]
    served = people == project.members.count() - 1
    few = sum(per_candidate.values()) < 50 * people  # then some find nothing left when they come
    return all(
        [
            check("no candidate over its overlap", max(by_count) <= overlap, dict(by_count)),
            check("no pair judged twice by one person", pairs == counted.count(), pairs),
            check(
                "nothing starves: every candidate has its judgments", short == 0, f"{short} short"
            ),
            check("`wanted` says so", not wanted.exists(), wanted.count()),
            check("no answer to a live lease was late", lates == 0, f"{lates} late"),
            check("nobody waits for who walked away", live == 0, f"{seen['abandoned']} abandoned"),
            check("every annotator judged", served or few, people),
        ]
    )


def storm(overlap: int, annotators: int, judgments: int) -> bool:
    """Let everybody loose on one project; return whether all promises were kept."""
    from accounts.models import User
    from accounts.services import member_set, project_create
    from bench.judging import fill

    slug = f"storm-{overlap}"
    project = project_create(slug=slug, name="Storm", owner=User.objects.get(username="owner"))
    project.overlap = overlap
    project.save()
    for number in range(annotators):
        person, _ = User.objects.get_or_create(username=f"judge-{number}")
        member_set(project=project, user=person, role="annotator")
    fill(project, -(-judgments // overlap))
    begun, argv = time.perf_counter(), [sys.executable, "-m", "bench.judging_storm", "--part"]
    parts = [
        subprocess.Popen([*argv, slug, str(first), str(min(THREADS, annotators - first))],
                         stdout=subprocess.PIPE, text=True)
        for first in range(0, annotators, THREADS)
    ]  # fmt: skip
    seen: Counter[str] = Counter()
    for part in parts:
        said, _ = part.communicate()
        seen.update(json.loads(said) if said else {})
        if part.returncode:
            return check("every annotator ended well", False, part.returncode)
    seconds = time.perf_counter() - begun
    print(f"overlap {overlap}: {annotators} annotators, {seconds:.0f} s, {dict(seen)}")
    return checks(project, overlap, seen)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--annotators", type=int, default=200)
    parser.add_argument("--judgments", type=int, default=100_000)
    parser.add_argument("--overlap", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--part", nargs=3, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.part:
        process(wanted.part[0], int(wanted.part[1]), int(wanted.part[2]))
        return 0
    os.environ["JUDGING_LEASE_SECONDS"] = str(LEASE_SECONDS)
    with own_database():
        from accounts.services import user_create

        user_create(username="owner")
        share = -(-wanted.judgments // len(wanted.overlap))
        kept = [storm(each, wanted.annotators, share) for each in wanted.overlap]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
