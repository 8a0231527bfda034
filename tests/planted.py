"""The test of the tests, in a process of its own: is a bug found that was planted in the core?

    python planted.py DIRECTORY compare FILE
    python planted.py DIRECTORY run TEST

Both are of the package in DIRECTORY, with the bug switched on that ENGINE_PLANTED_BUG names.
`compare` compares its core with the reference. Exit status 0: they agree. 3: they differ; what is
printed says where, and the shortest stream that shows it is kept in FILE. `run` runs a test, by its
node id, up to its first failure, and ends as pytest does.
"""

from __future__ import annotations

import os
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
    """Do what was asked for."""
    directory, action, argument = sys.argv[1:]
    use_package(directory)
    found = {"compare": compare, "run": run}[action](argument)
    require_package(directory)
    return found


def run(test: str) -> int:
    """Run a test."""
    import pytest

    return pytest.main(["-x", "-q", "-p", "no:cacheprovider", test])


def compare(keep_at: str) -> int:
    """Compare on seeded streams until something differs."""
    import implementations
    from compare import Difference, find_difference
    from kept import keep
    from shrink import shrink_difference
    from streams import Stream

    core, reference = (implementations.load(name).core for name in implementations.NAMES)

    def difference(stream: Stream) -> Difference | None:
        return find_difference(stream, core, reference)

    bug = os.environ.get("ENGINE_PLANTED_BUG", "")
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

    The first seeds also with their storm, and with streams of isolated positions and of families.
    """
    from family_streams import family_stream
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
            yield seed, family_stream(seed, LENGTH)


def use_package(directory: str) -> None:
    """Let `engine` be imported from a directory, whatever else is installed.

    An editable install answers imports with a finder of its own, before any path is looked at.
    """
    sys.meta_path[:] = [
        finder for finder in sys.meta_path if "editable" not in type(finder).__module__
    ]
    sys.path.insert(0, directory)


def require_package(directory: str) -> None:
    """Refuse to have seen another `engine` than that of a directory."""
    import engine

    place = Path(engine.__file__ or "")
    if Path(directory).resolve() not in place.resolve().parents:
        raise ImportError(f"engine was imported from {place}, not from {directory}")


if __name__ == "__main__":
    sys.exit(main())
