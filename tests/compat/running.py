"""A client's process: what it is told to do, as whom, and what came of it."""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.compat.environments import Environment, interpreter
from tests.processes import Address

CLIENT = Path(__file__).with_name("hub_client.py")
Step = tuple[str, dict[str, Any]]
_SECONDS = 240


@dataclass
class Hub:
    """A client of the hub at `address`, whose cache is below `home`."""

    environment: Environment
    address: Address
    home: Path

    def run(self, *steps: Step, token: str | None = None) -> list[Any]:
        """Do steps and return what each gave. Fails where one raised."""
        found = self.tried(*steps, token=token)
        failed = [each["trace"] for each in found if "error" in each]
        assert not failed, "\n".join(failed)
        return [each["ok"] for each in found]

    def refused(self, *steps: Step, token: str | None = None) -> list[list[str]]:
        """Do steps that must fail; return of each the names of its exception and their bases."""
        found = self.tried(*steps, token=token)
        passed = [step for step, each in zip(steps, found, strict=True) if "ok" in each]
        assert not passed
        return [each["error"] for each in found]

    def tried(self, *steps: Step, token: str | None = None) -> list[dict[str, Any]]:
        """Do steps; return of each what it gave (`ok`), or its `error` with its `message`."""
        return told(self.environment, CLIENT, steps, self._environment(token), self.home)

    def _environment(self, token: str | None) -> dict[str, str]:
        """Nothing of ours but the path; the switch of tests that no hub is asked is off."""
        host, port = self.address
        given = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "HF_HOME": str(self.home / "hf"),
            "HF_ENDPOINT": f"http://{host}:{port}",
            "OMP_NUM_THREADS": "1",
            "TOKENIZERS_PARALLELISM": "false",
        }
        return given | ({"HF_TOKEN": token} if token else {})


def told(
    environment: Environment, program: Path, steps: Sequence[Step], variables: dict[str, str],
    folder: Path,
) -> list[dict[str, Any]]:  # fmt: skip
    """Have a client's own interpreter do steps, and return what it says of each."""
    done = subprocess.run(
        [interpreter(environment), str(program)],
        input=json.dumps(steps),
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=variables,
        timeout=_SECONDS,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found: list[dict[str, Any]] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def all_of(environments: Sequence[Environment]) -> Any:
    """What a test is run with: the oldest and the newest client, and with `-m compat` the rest."""
    import pytest

    last = len(environments) - 1
    return [
        pytest.param(each, id=each.name, marks=() if at in (0, last) else pytest.mark.compat)
        for at, each in enumerate(environments)
    ]
