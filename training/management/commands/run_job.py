"""`manage.py run_job ID`: run a training job in this process."""

import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand

from training.process.running import job_run


class Command(BaseCommand):
    """Runs a job that waits; one that is finished or runs elsewhere is left alone."""

    help = "Run a training job that waits, in this process. Ctrl-C puts it back into the queue."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", type=UUID, help="the job's id")
        parser.add_argument(
            "--worker",
            default="",
            help="the supervisor's name for this process, which is its child",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        sys.exit(job_run(job_id=options["id"], worker=options["worker"]))
