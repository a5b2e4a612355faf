"""The training log on a version's page has four significant digits, however it was stored."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.factory import PASSWORD, Cast
from tests.models_app.published import facts_made, publish


def page_with(client: Client, cast: Cast, folder: Path, log: dict[str, Any]) -> str:
    publish(cast.project, folder, facts=facts_made() | {"log": log})
    client.login(username=cast.viewer.username, password=PASSWORD)
    return client.get("/library/finder/versions/1/").content.decode()


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (0.006932899344, "0.006933"),
        (0.6931471805599453, "0.6931"),
        (0.31, "0.31"),
        (1.0, "1"),
        (12345.678, "12346"),
        (1.23456e-7, "1.235e-07"),
        (0.0, "0"),
        (-1, "-1"),
        (None, "–"),
    ],
)
def test_a_figure_is_rounded_and_stands_on_the_right(
    client: Client, cast: Cast, tmp_path: Path, stored: float | None, shown: str
) -> None:
    log = {"columns": ["Step", "Training Loss"], "rows": [[1234567, stored]], "best_step": None}
    table = (
        page_with(client, cast, tmp_path, log).split('id="training-log"')[1].split("</table>")[0]
    )
    assert re.findall(r'<td class="number">(.*?)</td>', table) == ["1234567", shown]


def test_what_a_line_stands_for_is_said_where_there_is_such_a_line(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    log = {"columns": ["Epoch", "Step"], "rows": [[-1, -1], [0.5, 4]], "best_step": 4}
    page = page_with(client, cast, tmp_path, log)
    assert "in 2 lines. A step of -1 is the untouched base. The saved checkpoint is that of" in page


def test_what_there_is_not_is_not_spoken_of(client: Client, cast: Cast, tmp_path: Path) -> None:
    log = {"columns": ["Epoch", "Step"], "rows": [[0.5, 4]], "best_step": None}
    page = page_with(client, cast, tmp_path, log)
    assert "in 1 line.</caption>" in page
