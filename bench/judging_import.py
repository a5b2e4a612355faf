"""Whether people can go on judging while a large file is imported into their project.

    python -m bench.judging_import [--candidates 1000000] [--annotators 20]

Starts the product's own gunicorn on an embedded database of its own. Annotators judge as the page
does, each a judgment every two seconds, in a project of ten thousand candidates: first alone, then
while `manage.py import_data` imports that many candidates into it. Prints how long their calls
took both times, and how fast the import was beside them.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench._database import own_database
from bench._judges import Connection, Figures, Judge
from bench.importing import jsonl_make, rows_make
from bench.judging import fill, headers_of, told, web

if TYPE_CHECKING:  # models can be imported once Django is set up
    from accounts.models import Project, User

PACE = 2.0  # seconds between two judgments of one annotator
ALONE = 20.0
HELD = 10_000  # candidates that the project holds before the import
ROOT = Path(__file__).resolve().parent.parent


async def judge_until(
    judges: Sequence[Judge], alone: float, importer: list[str], figures: Figures
) -> tuple[Figures, float]:
    """Judge alone for some seconds, then until the import has ended; return what was seen alone,
    and the seconds of the import."""
    until = time.perf_counter() + 24 * 3600
    people = [asyncio.create_task(judge.run(until)) for judge in judges]
    await asyncio.sleep(alone)
    before = Figures(list(figures.lease), list(figures.judgment), figures.acknowledged)
    figures.clear()
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(*importer, cwd=ROOT, stdout=subprocess.DEVNULL)
    ended = asyncio.create_task(process.wait())
    done, _ = await asyncio.wait([ended, *people], return_when=asyncio.FIRST_COMPLETED)
    for each in done - {ended}:
        each.result()
    seconds = time.perf_counter() - began
    for person in people:
        person.cancel()
    if process.returncode:
        raise RuntimeError(f"the import ended with {process.returncode}")
    return before, seconds


def measure(project: "Project", people: "Sequence[User]", path: Path, candidates: int) -> None:
    figures = Figures()
    importer = [
        sys.executable, "manage.py", "import_data", project.slug, str(path), "--format", "pairs",
    ]  # fmt: skip
    with web(path.parent) as (port, _):
        judges = [
            Judge(
                api=f"/api/v1/projects/{project.slug}/",
                calls=Connection(port, headers),
                figures=figures,
                pace=PACE,
                coming=PACE,
                page=True,
                number=number,
                judges=len(people),
            )
            for number, headers in enumerate(headers_of(people, page=True))
        ]
        alone, seconds = asyncio.run(judge_until(judges, ALONE, importer, figures))
    for name, seen in (("alone", alone), ("beside the import", figures)):
        print(f"{name}: {seen.acknowledged:,} judgments, load {os.getloadavg()[0]:.1f}")
        print(told("lease", seen.lease))
        print(told("judgment", seen.judgment))
    print(f"import beside them: {candidates / seconds:,.0f} candidates/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--candidates", type=int, default=1_000_000)
    parser.add_argument("--annotators", type=int, default=20)
    wanted = parser.parse_args()
    with own_database() as folder:
        from accounts.services import member_set, project_create, user_create

        people = [user_create(username=f"judge-{n}") for n in range(wanted.annotators)]
        project = project_create(slug="bench", name="Bench", owner=people[0])
        for person in people[1:]:
            member_set(project=project, user=person, role="annotator")
        fill(project, HELD)
        path = folder / "candidates.jsonl"
        jsonl_make(path, rows_make(wanted.candidates, start=HELD, labels=False))
        measure(project, people, path, wanted.candidates)


if __name__ == "__main__":
    main()
