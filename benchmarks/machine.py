"""What a figure was measured on: without it a figure says nothing."""

from __future__ import annotations

import shlex
import sys

from compiled import compiler_version

from engine.measurement import machine

__all__ = ["command_line", "description"]


def command_line() -> str:
    """Return what was called, to be called again."""
    return shlex.join(["python", "-m", "pytest", *sys.argv[1:]])


def description() -> list[str]:
    """Return lines that say where and with what was measured, and how busy the machine was."""
    about = machine().lines()
    about[1] += f", {compiler_version()}"
    return [*about, f"command   {command_line()}"]
