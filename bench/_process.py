"""What a process uses, as its system tells it."""

import os
from pathlib import Path
from typing import Final

MIB: Final = 1 << 20


def memory(kind: str, process: int | str = "self") -> int:
    """Bytes that a process holds: VmRSS now, VmHWM at its peak, RssAnon without shared ones."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(kind)).split()[1]) * 1024


def peak_reset() -> None:
    """Let this process's VmHWM start anew."""
    Path("/proc/self/clear_refs").write_text("5")


def backend_seconds() -> float:
    """Processor seconds of our connection's server process; 0 where it runs elsewhere."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        stat = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
