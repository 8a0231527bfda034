"""An environment for each contender, made once and kept below a cache directory."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

from roster import Contender

__all__ = ["InstallError", "interpreter"]

READY: Final = "ready"
PIP_SECONDS: Final = 600.0


class InstallError(Exception):
    """A contender can't be installed; the message says what pip said."""


def interpreter(contender: Contender, cache: Path) -> Path:
    """Return the Python that has a contender installed; install it if need be.

    Raises
    ------
    InstallError
        When pip can't.
    """
    if not contender.requirement:
        return Path(sys.executable)
    version = f"py{sys.version_info.major}{sys.version_info.minor}"
    place = cache / "environments" / f"{contender.distribution}-{contender.version}-{version}"
    python = place / "bin" / "python"
    if not (place / READY).exists():
        shutil.rmtree(place, ignore_errors=True)
        venv.create(place, with_pip=True, symlinks=True)
        _install(python, contender.requirement)
        (place / READY).touch()
    return python


def _install(python: Path, requirement: str) -> None:
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        said = subprocess.run(
            [*command, requirement], capture_output=True, text=True, timeout=PIP_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise InstallError(f"pip took more than {PIP_SECONDS:.0f} s") from None
    if said.returncode:
        lines = [line for line in said.stderr.splitlines() if "ERROR" in line]
        raise InstallError((lines or said.stderr.splitlines() or ["pip failed"])[-1].strip())
