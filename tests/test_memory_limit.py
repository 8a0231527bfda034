"""When memory ends in the middle of a command, the engine says so and goes no further."""

from __future__ import annotations

import subprocess
import sys

import pytest

SWEEP_WITHOUT_ROOM = """
import resource
import numpy as np
import engine

orders = 400_000
commands = np.zeros(orders, engine.COMMAND_DTYPE)
commands["kind"], commands["side"] = engine.SUBMIT, engine.SELL
commands["price"], commands["quantity"] = 100, 1
book = engine.OrderBook()
book.match(commands, detail="trades")
assert len(book) == orders

# Enough for a few more objects, not for 800,000 reports.
pages = int(open("/proc/self/statm").read().split()[0])
limit = pages * resource.getpagesize() + (16 << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    book.submit(engine.BUY, 100, orders)
except MemoryError:
    print("MemoryError")
try:
    book.submit(engine.BUY, 99, 1)
except engine.InvariantError as error:
    print("InvariantError", "is_whole_" in str(error))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits its own memory as Linux does")
def test_a_command_that_memory_cut_short_stops_the_engine() -> None:
    run = subprocess.run(
        [sys.executable, "-c", SWEEP_WITHOUT_ROOM], capture_output=True, text=True, check=False
    )
    assert run.stdout.split("\n")[:2] == ["MemoryError", "InvariantError True"], run.stderr
