"""What a figure was measured on: without it a figure says nothing."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine._version import __version__

__all__ = ["Machine", "machine"]

GIBIBYTE: Final = 2**30
CPU: Final = Path("/proc/cpuinfo")
MEMORY: Final = Path("/proc/meminfo")


@dataclass(frozen=True)
class Machine:
    """A machine and what ran on it.

    Attributes
    ----------
    processor : str
        Its name as the system tells it.
    cores : int
        Processors that the system sees; how many of them this process may use is `usable`.
    usable : int
        Processors that this process may use.
    memory_bytes : int or None
        All of it; None where the system doesn't tell.
    load : float or None
        Processes that ran or waited to run, over the last minute; None where it isn't told.
    system, python, numpy, engine : str
        Versions.
    """

    processor: str
    cores: int
    usable: int
    memory_bytes: int | None
    load: float | None
    system: str
    python: str
    numpy: str
    engine: str

    def lines(self) -> list[str]:
        """Return it as lines of text for people."""
        memory = "" if self.memory_bytes is None else f", {self.memory_bytes / GIBIBYTE:.0f} GiB"
        load = "unknown" if self.load is None else f"{self.load:.1f}"
        cores = f"{self.cores} cores"
        if self.usable != self.cores:
            cores += f" ({self.usable} usable)"
        return [
            f"machine   {self.processor}, {cores}{memory}, load {load}",
            f"system    {self.system}",
            f"versions  engine {self.engine}, Python {self.python}, NumPy {self.numpy}",
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return it as a dictionary for JSON."""
        return asdict(self)


def machine() -> Machine:
    """Describe this machine, now.

    Examples
    --------
    >>> [line.split()[0] for line in machine().lines()]
    ['machine', 'system', 'versions']
    """
    cores = os.cpu_count() or 1
    return Machine(
        processor=_processor(),
        cores=cores,
        usable=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores,
        memory_bytes=_memory_bytes(),
        load=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        numpy=np.__version__,
        engine=__version__,
    )


def _processor() -> str:
    told = _value(CPU, "model name")
    return told or platform.processor() or platform.machine()


def _memory_bytes() -> int | None:
    told = _value(MEMORY, "MemTotal")
    return None if told is None else int(told.split()[0]) * 1_024


def _value(path: Path, name: str) -> str | None:
    """Return what a file of `name: value` lines says, None where there is no such file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((line.split(":")[1].strip() for line in lines if line.startswith(name)), None)
