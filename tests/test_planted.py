"""The test of the tests: each bug planted in a build of the core is found by the comparison.

The build has all the bugs in it, switched off; `engine._core.plant` switches one on. The comparison
runs in a process of its own, because it imports that build and not the installed one.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import planted
import pytest
from kept import read_kept

import engine
from engine import _core

TESTS = Path(__file__).parent
COMMANDS_MAX = 16  # of a shrunk stream: a person reads that many, and accounts need some
BUGS = (
    "LIFO_IN_LEVEL",
    "WORST_PRICE_FIRST",
    "TAKER_PRICE",
    "IOC_RESTS",
    "PARTIAL_FILL_DEMOTES",
    "SIZE_DOWN_LOSES_PRIORITY",
    "CROSSING_REPLACE_RESTS",
    "DUPLICATE_ID_ACCEPTED",
    "FOK_FILLS_PARTIALLY",
    "POST_ONLY_TAKES",
    "CANCEL_KEEPS_LEVEL_TOTAL",
    "REJECT_CONSUMES_ID",
    "ICEBERG_KEEPS_PRIORITY",
    "HIDDEN_BEFORE_SHOWN",
    "SELF_TRADE_ALLOWED",
    "ALL_OR_NONE_FILLS_PARTIALLY",
    "PROTECTED_TAKES_ANY_PRICE",
    "STOP_TRIGGERS_THE_WRONG_WAY",
    "TRAIL_FOLLOWS_BACK",
    "EXPIRED_ONE_LATE",
    "DAY_OUTLIVES_THE_CLOSE",
    "OTHER_IS_NOT_CANCELED",
    "RELEASED_WITH_ALL",
    "AUCTION_IGNORES_HIDDEN",
    "AUCTION_AT_THE_WRONG_END",
    "RESIDUAL_TO_NEWEST",
    "TOP_ORDER_OUTLIVES_A_BETTER",
    "MIDPOINT_ROUNDS_UP",
    "DARK_MINIMUM_AT_ENTRY",
    "PEG_TRADES_BEFORE_IT_MOVES",
    "BAND_EXCLUDES_ITS_BOUNDS",
    "OLDEST_REDUCE_ONLY_FIRST",
    "PLAN_IGNORES_POSITIONS",
    "MAKER_PAYS_AS_TAKER",
    "MARGIN_OF_ONE_SIDE",
    "HOLD_OUTLIVES_ITS_ORDER",
    "ONE_ORDER_TOO_MANY",
    "PART_RELEASES_NOTHING",
    "CLOSING_ORDER_HOLDS",
    "ISOLATED_GAINS_ARE_CROSS",
    "FUNDING_ROUNDS_DOWN",
    "LOSER_KEEPS_THE_REST",
    "SALE_BELOW_BANKRUPTCY",
    "LAST_IN_RANK_GIVES_FIRST",
    "WATCH_FORGETS_FUNDING",
    "CANCELED_COUNTS_AS_REPLACED",
)


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the package, built with the planted bugs."""
    directory = tmp_path_factory.mktemp("planted")
    tools = ("scikit_build_core", "Cython", "pybind11")
    isolation = [] if None in map(find_spec, tools) else ["--no-build-isolation"]
    run(
        *("-m", "pip", "install", "--quiet", "--no-deps", *isolation),
        *("--target", str(directory), "-Ccmake.define.ENGINE_PLANTED_BUGS=ON"),
        str(TESTS.parent),
    )
    return directory


def run(*arguments: str, allowed: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
    """Run this Python; any other exit status, say of a crash, is a failure with what it said."""
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=TESTS
    )
    if done.returncode not in allowed:
        pytest.fail(f"exit status was {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def compare(package: Path, bug: str, keep_at: Path) -> subprocess.CompletedProcess[str]:
    """Compare the build, with a bug switched on, with the reference."""
    arguments = ("planted.py", str(package), bug, str(keep_at))
    return run(*arguments, allowed=(0, planted.FOUND))


def test_nothing_is_found_without_a_bug(package: Path, tmp_path: Path) -> None:
    done = compare(package, "", tmp_path / "none.json")
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found_and_shrunk(bug: str, package: Path, tmp_path: Path) -> None:
    keep_at = tmp_path / f"{bug.lower()}.json"
    done = compare(package, bug, keep_at)
    assert done.returncode == planted.FOUND, f"{bug} was not found"
    commands = read_kept(keep_at).commands
    assert 1 <= len(commands) <= COMMANDS_MAX, done.stdout


def test_an_unknown_bug_is_refused(package: Path, tmp_path: Path) -> None:
    done = run(
        *("planted.py", str(package), "NO_SUCH_BUG", str(tmp_path / "none.json")), allowed=(1,)
    )
    assert "NO_SUCH_BUG" in done.stderr


def test_the_installed_build_has_no_bugs_in_it() -> None:
    with pytest.raises(engine.EngineError, match="LIFO_IN_LEVEL"):
        _core.plant("LIFO_IN_LEVEL")
