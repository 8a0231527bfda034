"""Instructions that a command executes, counted by callgrind: what no tenant of a machine disturbs.

    python benchmarks/instructions.py [--checked] [WORKLOAD ...]

applies each workload twice under valgrind, the second time with more commands, and divides what
that added by their number. What Python does around a batch of 1,024 is in it. With ``--checked``
a thousand accounts send the commands, with every check. A change is measured by running this before
and after.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from checked import EVERY_CHECK, checked_core
from passes import new_core, room
from scale import BATCH
from tapes import ACCOUNTS, PRELOAD

from engine.streams import read_commands, write_commands
from engine.workloads import workload

__all__ = ["instructions_per_command"]

COUNTED: Final = 100 * BATCH
"""Commands by which the two runs differ."""
SEED: Final = 7
COLLECTED: Final = re.compile(r"Collected : (\d+)")
BARE: Final = "bare"
CHECKED: Final = "checked"


def apply(path: Path, count: int, detail: str, way: str) -> None:
    """Apply the first commands of a stream in batches."""
    commands = read_commands(path)
    books = int(commands["instrument"].max()) + 1
    core = new_core(books) if way == BARE else checked_core(books, ACCOUNTS, EVERY_CHECK)
    out = room(BATCH, detail)
    for start in range(0, count, BATCH):
        core.match(commands[start : min(start + BATCH, count)], detail=detail, out=out)


def collected(path: Path, count: int, detail: str, way: str) -> int:
    """Return the instructions of a process that applies so many commands."""
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={os.devnull}"]
    command += [sys.executable, __file__, "--apply", str(path), str(count), detail, way]
    fixed = {**os.environ, "PYTHONHASHSEED": "0"}
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=fixed).stderr
    found = COLLECTED.search(said)
    assert found is not None, said
    return int(found[1])


def instructions_per_command(name: str, detail: str, way: str = BARE) -> float:
    """Return what a command of a workload executes, once its books are filled."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "commands.bin"
        write_commands(path, workload(name, COUNTED, seed=SEED).commands)
        preload = PRELOAD[name]
        few, many = (collected(path, preload + more, detail, way) for more in (0, COUNTED))
    return (many - few) / COUNTED


def main() -> None:
    """Print the instructions of each workload, with all reports and with trades only."""
    parser = ArgumentParser(description="Instructions a command, by callgrind.")
    parser.add_argument("--apply", nargs=4, metavar=("STREAM", "COUNT", "DETAIL", "WAY"))
    parser.add_argument("--checked", action="store_true", help="with accounts and every check")
    parser.add_argument("workloads", nargs="*", default=["thin", "retail", "venue"])
    asked = parser.parse_args()
    if asked.apply:
        path, count, detail, way = asked.apply
        apply(Path(path), int(count), detail, way)
        return
    way = CHECKED if asked.checked else BARE
    for name in asked.workloads:
        counts = {
            detail: instructions_per_command(name, detail, way) for detail in ("all", "trades")
        }
        print(name, *(f"{detail} {count:,.1f}" for detail, count in counts.items()))


if __name__ == "__main__":
    main()
