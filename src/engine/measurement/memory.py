"""How much memory this process has, as far as the system tells."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

__all__ = ["fill_pools", "peak_bytes", "resident_bytes"]

KIBIBYTE: Final = 1_024
POOLED: Final = range(1, KIBIBYTE)
"""Sizes of arrays, bytes, whose memory NumPy keeps when they are gone."""
POOL_PIECES: Final = 7
"""So much of each size."""
STATUS: Final = Path("/proc/self/status")


def resident_bytes() -> int | None:
    """Return how much memory of this process is in use; None where the system doesn't tell."""
    return _status("VmRSS:")


def peak_bytes() -> int | None:
    """Return the most memory that this program ever had in use; not what ran before it."""
    return _status("VmHWM:")


def fill_pools() -> None:
    """Let NumPy keep now what it would come to keep, 4 MB at most.

    It keeps the memory of small arrays, some of each size. A program whose arrays are of all sizes
    fills that in minutes and looks meanwhile as if it lost memory; after this it is level.
    """
    pieces = [np.empty(size, np.uint8) for size in POOLED for _ in range(POOL_PIECES)]
    del pieces


def _status(name: str) -> int | None:
    try:
        lines = STATUS.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * KIBIBYTE for line in lines if line.startswith(name)), None)
