"""What a figure was measured on: without it a figure says nothing."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from pathlib import Path

import numpy as np
from compiled import compiler_version

import engine

__all__ = ["command_line", "description"]


def processor() -> str:
    """Return the name of the processor, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":")[1].strip() for line in lines if "model name" in line), "unknown")


def command_line() -> str:
    """Return what was called, to be called again."""
    return shlex.join(["python", "-m", "pytest", *sys.argv[1:]])


def description() -> list[str]:
    """Return lines that say where and with what was measured, and how busy the machine was."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return [
        f"machine   {processor()}, {os.cpu_count()} cores, load {load}",
        f"system    {platform.system()} {platform.release()}, {compiler_version()}",
        f"versions  engine {engine.__version__}, Python {platform.python_version()},"
        f" NumPy {np.__version__}",
        f"command   {command_line()}",
    ]
