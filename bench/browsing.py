"""The pages of queries and candidates at a million candidates and a million judgments.

Every page is asked for as a browser does it, through middleware, view and template, and followed
for two pages more. Filters that let nothing through are among them on purpose.
"""

import html
import re
import sys
import time
from collections.abc import Iterator
from typing import Final

from bench._database import own_database

GOAL_MS: Final = 300
_NEXT: Final = re.compile(r'href="([^"]*)" rel="next"|rel="next" href="([^"]*)"')
_PAGES: Final = 3
_QUERIES: Final = (
    "",
    "q=work",
    "q=12345",
    "q=nothing",
    "order=-text",
    *(
        f"show={show}{order}"
        for show in (
            "open",
            "judged",
            "people",
            "relevant",
            "irrelevant",
            "skipped",
            "flagged",
            "empty",
        )
        for order in ("", "&order=-text")
    ),
)
_CANDIDATES: Final = (
    "",
    *(
        f"q={words}"
        for words in ("{word}", "{start}", "{word}+{other}", "0012345", "nothing", "p7")
    ),
    *(
        f"show={show}{order}"
        for show in ("wanted", "open", "judged", "people", "nobody", "flagged", "skipped")
        for order in ("", "&order=-id")
    ),
    "grade=0",
    "grade=1",
    "judge=judge",
    "judge=manager",
    "run=bm25",
    "run=bm25&order=rank",
    "run=bm25&order=rank&q={word}",
    "run=bm25&order=rank&q={start}",
    "run=bm25&q={word}&show=judged&grade=1",
)


def addresses() -> Iterator[str]:
    from bench._million import words_make

    words = words_make()
    for parameters in _QUERIES:
        yield f"/projects/million/queries/?{parameters}"
    for parameters in _CANDIDATES:
        filled = parameters.format(word=words[17], other=words[4000], start=words[17][:3])
        yield f"/projects/million/candidates/?{filled}"


def measure() -> bool:
    """Print the milliseconds of every page, and say whether the goal is met."""
    from django.test import Client

    from accounts.models import User

    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(username="manager"))
    client.get("/projects/million/queries/")  # templates are read once
    every: list[float] = []
    for address in addresses():
        following = address
        times: list[float] = []
        while following and len(times) < _PAGES:
            begun = time.perf_counter()
            answer = client.get(following)
            times.append(1_000 * (time.perf_counter() - begun))
            if answer.status_code != 200:
                raise RuntimeError(f"{following} answered {answer.status_code}")
            found = _NEXT.search(answer.content.decode())
            following = html.unescape(found[1] or found[2]) if found else ""
        every += times
        shown = " ".join(f"{ms:6.0f}" for ms in times)
        sys.stdout.write(f"{shown:>22} ms  {address.removeprefix('/projects/million/')}\n")
    every.sort()
    p95 = every[int(len(every) * 0.95)]
    met = p95 <= GOAL_MS
    sys.stdout.write(
        f"{len(every)} pages: median {every[len(every) // 2]:.0f} ms, p95 {p95:.0f} ms"
        f" (goal {GOAL_MS}: {'met' if met else 'missed'}), slowest {every[-1]:.0f} ms\n"
    )
    return met


def main() -> int:
    with own_database():
        from django.conf import settings

        # As collected ones; no page is asked for its images.
        plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
        from accounts.models import Role
        from accounts.services import member_set, project_create, user_create
        from annotate.services.indexing import passages_read
        from bench._million import million_make

        manager, judge = (
            user_create(username=name, password="x" * 12) for name in ("manager", "judge")
        )
        project = project_create(slug="million", name="Million", owner=manager)
        member_set(project=project, user=judge, role=Role.ANNOTATOR)
        seconds = million_make(project, people=[judge], run="bm25")
        sys.stdout.write(f"a million candidates and judgments made in {seconds:.0f} s\n")
        begun = time.perf_counter()
        number = passages_read(seconds=3_600)
        sys.stdout.write(
            f"{number} passages read for the search in {time.perf_counter() - begun:.0f} s,"
            " in the background\n"
        )
        return 0 if measure() else 1


if __name__ == "__main__":
    sys.exit(main())
