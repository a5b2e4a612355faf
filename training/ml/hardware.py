"""The machine that a run was measured on."""

import os
import platform
import resource
from pathlib import Path
from typing import Any

import psutil
import torch


def hardware_facts(device: str) -> dict[str, Any]:
    """Describe this machine and the process's peak memory; sizes in bytes."""
    gpus = [torch.cuda.get_device_name(n) for n in range(torch.cuda.device_count())]
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if platform.system() == "Darwin" else 1024
    return {
        "device": device,
        "gpus": gpus,
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "memory_bytes": psutil.virtual_memory().total,
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
        "system": f"{platform.system()} {platform.machine()}",
    }


def cpu_name() -> str:
    """Return the processor's name as its maker gives it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
