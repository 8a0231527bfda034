"""The attack on the edge that runs for an hour, and remembers what it found.

    python long_fuzz.py --minutes M --database DIR [--only NAME]

runs the properties of edge_attacks.py in turn with random examples. Those that failed are kept in
DIR and come first the next time. Exit status 0: all hold. 1: one does not, and what is printed is
the smallest example that was found, or where an example was that had no end.
"""

from __future__ import annotations

import argparse
import resource
import sys
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

import edge_attacks
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.errors import HypothesisWarning

from engine._console import print_lines

FOUND = 1
EXAMPLES = 300
"""Of one property, before the next has its turn."""
SECONDS_MAX = 60
"""That one example may take: what takes longer has no end."""
MEMORY_MAX = 8 * 2**30
"""Of addresses: what asks for more is told as a MemoryError, and not by the machine."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run for so many minutes, or until something does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--database", type=Path, required=True)
    parser.add_argument("--only", choices=edge_attacks.PROPERTIES)
    parser.add_argument("--examples", type=int, default=EXAMPLES)
    asked = parser.parse_args(arguments)
    names = [asked.only] if asked.only else list(edge_attacks.PROPERTIES)
    database = DirectoryBasedExampleDatabase(asked.database)
    until, rounds = monotonic() + 60 * asked.minutes, 0
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    warnings.simplefilter("error")
    # That an example is long is Hypothesis's care, and nothing that does not hold.
    warnings.simplefilter("ignore", HypothesisWarning)
    while True:
        for name in names:
            try:
                edge_attacks.run(
                    name, examples=asked.examples, database=database, seconds_max=SECONDS_MAX
                )
            except Exception:
                print_lines(f"{name}: does not hold", traceback.format_exc())
                return FOUND
            rounds += 1
            if monotonic() >= until:
                print_lines(f"all hold: {rounds * asked.examples:,} examples")
                return 0


if __name__ == "__main__":
    sys.exit(main())
