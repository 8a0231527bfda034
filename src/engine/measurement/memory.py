"""How much memory this process has, as far as the system tells."""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["peak_bytes", "resident_bytes"]

KIBIBYTE: Final = 1_024
STATUS: Final = Path("/proc/self/status")


def resident_bytes() -> int | None:
    """Return how much memory of this process is in use; None where the system doesn't tell."""
    return _status("VmRSS:")


def peak_bytes() -> int | None:
    """Return the most memory that this program ever had in use; not what ran before it."""
    return _status("VmHWM:")


def _status(name: str) -> int | None:
    try:
        lines = STATUS.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * KIBIBYTE for line in lines if line.startswith(name)), None)
