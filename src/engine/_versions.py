"""Which versions of what are here: the first thing a bug report needs."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from typing import Final

from engine._version import __version__

__all__ = ["show_versions", "versions"]

LIBRARIES: Final = (
    "numpy",
    "rich",
    "hdrhistogram",
    "matplotlib",
    "zstandard",
    "sortedcontainers",
    "prometheus-client",
)


def versions() -> dict[str, str]:
    """Return the version of the library, of Python, of the system and of what it can use.

    Examples
    --------
    >>> list(versions())[:3]
    ['engine', 'python', 'system']
    """
    build = getattr(sys, "_is_gil_enabled", lambda: True)()
    found = {
        "engine": __version__,
        "python": f"{platform.python_version()} {platform.python_implementation()}"
        f"{'' if build else ', free-threaded'}",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }
    for library in LIBRARIES:
        try:
            found[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            found[library] = "not installed"
    return found


def show_versions() -> None:
    """Print `versions`, one a line.

    Examples
    --------
    >>> show_versions()  # doctest: +ELLIPSIS
    engine            ...
    python            ...
    """
    sys.stdout.write("".join(f"{name:<17} {version}\n" for name, version in versions().items()))
