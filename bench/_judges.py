"""Simulated annotators over HTTP, in one process that spends little: sockets, one event loop."""

import asyncio
import json
import math
import random
import re
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_STOCK = Path(__file__).parent.parent / "static" / "js" / "judging" / "stock.js"


def _of_the_page(name: str) -> int:
    """Return one of the numbers by which the judging page holds items ahead."""
    found = re.search(rf"^(?:export )?const {name} = ([\d_]+);", _STOCK.read_text(), re.MULTILINE)
    if found is None:
        raise SystemExit(f"{_STOCK} says no {name} any more")
    return int(found[1])


AHEAD, STEP, CLIMB = map(_of_the_page, ("AHEAD", "STEP", "CLIMB"))
SHARE, KNOWN, MOST = map(_of_the_page, ("SHARE", "KNOWN", "MOST"))
LASTS = _of_the_page("LASTS") / 1000  # seconds


class Connection:
    """One kept HTTP/1.1 connection; one call at a time."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self.port = port
        self.head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.lock = asyncio.Lock()
        self.writer: asyncio.StreamWriter | None = None

    async def post(self, path: str, body: object) -> tuple[Any, float]:
        """Return the JSON answered and the seconds from the request's first byte to the last."""
        async with self.lock:
            payload = json.dumps(body).encode()
            begun = time.perf_counter()
            if self.writer is None:
                self.reader, self.writer = await asyncio.open_connection(
                    "127.0.0.1", self.port, limit=1 << 20
                )
            self.writer.write(
                f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{self.head}"
                f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n".encode()
                + payload
            )
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            lowered = head.lower()
            length = int(lowered.partition("content-length:")[2].partition("\r\n")[0])
            answer = await self.reader.readexactly(length)
            seconds = time.perf_counter() - begun
            if "connection: close" in lowered:
                self.writer.close()
                self.writer = None
            status = head.split(" ", 2)[1]
            if status != "200":
                raise RuntimeError(f"{path} answered {status}: {answer[:300]!r}")
            return json.loads(answer), seconds


@dataclass
class Figures:
    """What the annotators saw: seconds of each call, and how many judgments were acknowledged."""

    lease: list[float] = field(default_factory=list)
    judgment: list[float] = field(default_factory=list)
    acknowledged: int = 0
    idle: int = 0

    def clear(self) -> None:
        self.lease.clear()
        self.judgment.clear()
        self.acknowledged = self.idle = 0


@dataclass
class Judge:
    """An annotator who makes a judgment each `pace` seconds, as the page does or call by call."""

    api: str
    calls: Connection
    figures: Figures
    pace: float
    coming: float  # seconds within which everybody begins
    page: bool
    number: int
    judges: int = 1  # who may judge, this one included
    queue: list[str] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    outbox: list[dict[str, Any]] = field(default_factory=list)
    sending: bool = False
    fetching: bool = False
    remaining: int = 0
    answered: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.number)

    async def run(self, until: float) -> None:
        tasks: set[asyncio.Task[None]] = set()
        due = time.perf_counter() + self.chance.random() * self.coming
        while (now := time.perf_counter()) < until:
            if due > now:
                await asyncio.sleep(due - now)
            due = max(due + self.pace, time.perf_counter() - self.pace)  # nobody makes up for much
            if not self.page:
                await self.refill(1)
            elif not self.fetching and len(self.queue) < (wanted := self.wanted())[1]:
                held = len(self.queue)
                count = max(min(wanted[0] + 1, held + CLIMB), held) + len(self.outbox)
                tasks.add(asyncio.create_task(self.refill(min(count, MOST))))
            if not self.queue:
                self.figures.idle += 1
                continue
            self.answer(self.queue.pop(0))
            if not self.page:
                await self.send()
            elif not self.sending:
                tasks.add(asyncio.create_task(self.send()))
        await asyncio.gather(*tasks)

    def wanted(self) -> tuple[int, int]:
        """Return how many items the page would hold, and below how many it fetches more."""
        lasting = math.ceil(LASTS / self.pace) if self.answered > KNOWN else 0
        share = max(self.remaining // SHARE // self.judges, AHEAD)
        ahead = min(max(lasting + STEP, AHEAD), MOST, share)
        return ahead, ahead - min(STEP, math.ceil(ahead / 2))

    def answer(self, candidate: str) -> None:
        self.gone.add(candidate)
        self.answered += 1
        self.remaining -= 1
        seconds = round(self.chance.uniform(0.3, 0.6), 2)
        grade = self.chance.randint(0, 1)
        self.outbox.append(
            {"id": str(uuid.uuid4()), "candidate": candidate, "grade": grade, "seconds": seconds}
        )

    async def refill(self, count: int) -> None:
        self.fetching = True
        wish: dict[str, Any] = {"count": count}
        if self.page:
            wish["known"] = list(self.queue)
        found, seconds = await self.calls.post(f"{self.api}tasks/lease/", wish)
        self.remaining = found["remaining"]
        self.fetching = False
        self.figures.lease.append(seconds)
        known = {*self.queue, *self.gone}
        items = [item["candidate"] for item in found["items"]]
        self.queue += [item for item in items if item not in known]

    async def send(self) -> None:
        """Send what waits, one request at a time, as the page's outbox does."""
        self.sending = True
        while self.outbox:
            batch, self.outbox = self.outbox[:50], self.outbox[50:]
            found, seconds = await self.calls.post(f"{self.api}judgments/", {"judgments": batch})
            self.figures.judgment.append(seconds)
            bad = [row for row in found["results"] if row["code"] >= 300]
            if bad:
                raise RuntimeError(f"refused: {bad[:2]}")
            self.figures.acknowledged += len(batch)
        self.sending = False
