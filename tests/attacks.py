"""What the attacks on the compiled face share: batches on other threads, programs that may die."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from engine import BUY, COMMAND_DTYPE, SELL, SUBMIT, EngineError

__all__ = ["Batches", "Index", "Meanwhile", "crossing", "run_script"]


def crossing(count: int) -> np.ndarray:
    """Return bids and asks in turn, each pair of which trades."""
    commands = np.zeros(count, COMMAND_DTYPE)
    commands["kind"], commands["price"], commands["quantity"] = SUBMIT, 7, 1
    commands["side"][::2], commands["side"][1::2] = BUY, SELL
    return commands


def run_script(script: str, *arguments: str) -> str:
    """Run a program of its own, which may die; return what it printed."""
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr[-2000:] or f"ended by signal {-found.returncode}"
    return found.stdout


class Batches:
    """Begins batches on another thread, and waits until one is under way.

    A batch may be refused: the one before it runs yet, or was the same.
    """

    def __init__(self, run: Callable[[], Any], is_busy: Callable[[], bool]) -> None:
        self.run = run
        self.is_busy = is_busy
        self.threads: list[threading.Thread] = []

    def begin(self) -> None:
        while not self.is_busy():
            self.threads.append(threading.Thread(target=self._run))
            self.threads[-1].start()
            while self.threads[-1].is_alive() and not self.is_busy():
                pass

    def _run(self) -> None:
        with suppress(EngineError):
            self.run()

    def end(self) -> None:
        for thread in self.threads:
            thread.join()
        self.threads.clear()


class Meanwhile(int):
    """An integer that lets a batch begin before it says its value."""

    batches: Batches

    def __new__(cls, value: int, batches: Batches) -> Meanwhile:
        made = super().__new__(cls, value)
        made.batches = batches
        return made

    def __hash__(self) -> int:
        self.batches.begin()
        return super().__hash__()


class Index:
    """The same for what asks for an index."""

    def __init__(self, value: int, batches: Batches) -> None:
        self.value = value
        self.batches = batches

    def __index__(self) -> int:
        self.batches.begin()
        return self.value
