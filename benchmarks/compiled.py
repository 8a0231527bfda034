"""Programs and modules compiled for the benchmarks, kept until their source or flags change."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Final

__all__ = ["MODULE_FLAGS", "compiled", "compiler", "compiler_version"]

MODULE_FLAGS: Final = (
    *("-O3", "-DNDEBUG", "-std=c++20", "-fPIC", "-shared", "-fvisibility=hidden", "-w"),
    f"-I{sysconfig.get_path('include')}",
)
"""What the core is built with: CMake's Release, with -O3."""


@functools.cache
def compiler() -> tuple[str, ...] | None:
    """Return the command of the C++ compiler, None when there is none; CXX names another."""
    names = [os.environ["CXX"]] if os.environ.get("CXX") else ["c++", "g++", "clang++"]
    for name in names:
        words = shlex.split(name)
        if shutil.which(words[0]) is not None:
            return tuple(words)
    return None


@functools.cache
def compiler_version() -> str:
    """Return the first line that the compiler says about itself."""
    command = compiler()
    if command is None:
        return "none"
    said = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    return said.stdout.splitlines()[0]


def compiled(source: Path, flags: Sequence[str], cache: Path, suffix: str = "") -> Path:
    """Compile one source file, unless that was done before.

    Parameters
    ----------
    source
        A C++ file.
    flags
        What the compiler is told besides it.
    cache
        Where compiled files are kept.
    suffix
        Of the file that is made.

    Returns
    -------
    Path
        The program or shared object, ``{cache}/{hash}/{stem}{suffix}``.
    """
    command = compiler()
    assert command is not None, "a C++ compiler is needed: ask compiler() first"
    # -march=native means another thing on another machine.
    about = (*command, *flags, compiler_version(), platform.node(), platform.machine())
    key = hashlib.sha256(repr(about).encode() + source.read_bytes()).hexdigest()[:16]
    made = cache / key / f"{source.stem}{suffix}"
    if not made.exists():
        made.parent.mkdir(parents=True, exist_ok=True)
        half = made.with_name(f"{made.name}.{os.getpid()}")
        subprocess.run([*command, *flags, str(source), "-o", str(half)], check=True)
        half.replace(made)
    return made
