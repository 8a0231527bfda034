"""The test of the tests, in a process of its own: is a bug found that was planted in the core?

    python planted.py DIRECTORY BUG FILE

compares the core of the package in DIRECTORY, with the bug of that name switched on ("" for none),
with the reference. Exit status 0: they agree. 3: they differ; what is printed says where, and the
shortest stream that shows it is kept in FILE.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SEEDS = 96
WATCHED_SEEDS = 8
LENGTH = 400
STORMS = 24
STORM_LENGTH = 150
FOUND = 3


def main() -> int:
    """Compare on seeded streams until something differs."""
    directory, bug, keep_at = sys.argv[1:]
    use_package(directory)
    import implementations
    from compare import Difference, find_difference
    from kept import keep
    from shrink import shrink_difference
    from streams import Stream

    from engine import _core

    core, reference = (implementations.load(name).core for name in implementations.NAMES)

    def difference(stream: Stream) -> Difference | None:
        return find_difference(stream, core, reference)

    _core.plant(bug)
    for seed, stream in random_streams():
        if difference(stream) is not None:
            shrunk = shrink_difference(stream, difference)
            source = f"what finds {bug}, shrunk from seed {seed} of {LENGTH} commands"
            keep(shrunk, Path(keep_at), source)
            print(f"{len(shrunk.commands)} commands: {difference(shrunk)}")  # noqa: T201
            return FOUND
    return 0


def random_streams() -> Iterator[tuple[int, Any]]:
    """Yield each seed with its stream, and with the same where all orders are of one account.

    The first seeds also with their storm, and with a stream of isolated positions.
    """
    from storms import storm
    from streams import random_stream
    from watched_streams import watched_stream

    for seed in range(SEEDS):
        stream = random_stream(seed, LENGTH)
        yield seed, stream
        commands = stream.commands.copy()
        commands["account"] = 0
        yield seed, stream.with_commands(commands)
        if seed < STORMS:
            yield seed, storm(seed, STORM_LENGTH)
        if seed < WATCHED_SEEDS:
            yield seed, watched_stream(seed, LENGTH)


def use_package(directory: str) -> None:
    """Import `engine` from a directory, whatever else is installed.

    An editable install answers imports with a finder of its own, before any path is looked at.
    """
    sys.meta_path[:] = [
        finder for finder in sys.meta_path if "editable" not in type(finder).__module__
    ]
    sys.path.insert(0, directory)
    import engine

    place = Path(engine.__file__ or "")
    if Path(directory).resolve() not in place.resolve().parents:
        raise ImportError(f"engine was imported from {place}, not from {directory}")


if __name__ == "__main__":
    sys.exit(main())
