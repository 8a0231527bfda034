"""The kills that take longer than a test: a process under load, killed at random moments.

    python long_kills.py --kills 1000 [--seed S] [--modes async,group,sync] [--directory DIR]

Exit status 0: what was answered was there after each of them, and nothing twice. Otherwise the
assertion that failed is raised, and the directory is as it was found.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from durable import MODES
from kills import Figures, kill_often

from engine._console import print_lines, progress_bar


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill as often as it is asked for."""
    options = _parser().parse_args(arguments)
    seen = Figures(*(0 for _ in Figures._fields))
    directory = Path(tempfile.mkdtemp(prefix="kills-", dir=options.directory))
    with progress_bar("killing", options.kills) as done:
        for figures in kill_often(directory, options.modes, options.seed, options.kills):
            seen = Figures(*(sum(pair) for pair in zip(seen, figures, strict=True)))
            done(1)
    shutil.rmtree(directory)
    print_lines(
        f"{seen.kills:,} kills: nothing answered was lost, nothing is there twice",
        f"{seen.commands:,} commands were kept, {seen.unanswered:,} of them without an answer",
        f"{seen.before_an_answer:,} kills came before the first answer,"
        f" {seen.torn:,} left a torn tail, {seen.from_snapshots:,} times a snapshot was loaded",
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="long_kills.py", description="Kill a process that trades, again and again."
    )
    parser.add_argument("--kills", type=int, required=True, help="how often")
    parser.add_argument("--seed", type=int, default=1, help="of the first directory (default 1)")
    parser.add_argument(
        "--modes", type=_modes, default=MODES, help="of durability (default all three, in turn)"
    )
    parser.add_argument("--directory", type=Path, help="where journals are kept meanwhile")
    return parser


def _modes(text: str) -> tuple[str, ...]:
    modes = tuple(text.split(","))
    if not set(modes) <= set(MODES):
        raise argparse.ArgumentTypeError(f"was {text!r}, must be of {', '.join(MODES)}")
    return modes


if __name__ == "__main__":
    sys.exit(main())
