"""The test of the tests: each bug planted in a build of the core is found.

The build has all the bugs in it, switched off; one is switched on by name, in the environment. Bugs
of orders, books and accounts are found by the comparison with the reference, those of journals,
snapshots, recovery and shards by the test that is named here. Both run in processes of their own,
because they are of that build and not of the installed one.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import planted
import pytest
from kept import read_kept

TESTS = Path(__file__).parent
ROOT = TESTS.parent
COMMANDS_MAX = 16  # of a shrunk stream: a person reads that many, and accounts need some
FAILED = 1
"""How a program of C++ tests ends, and pytest, when a test has failed."""
SECONDS_MAX = 300

COMPARED = (
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
    "FILLABLE_AT_THE_MARK",
    "LAST_IN_RANK_GIVES_FIRST",
    "WATCH_FORGETS_FUNDING",
    "CANCELED_COUNTS_AS_REPLACED",
    "TRANSFER_BY_ONE_MODE",
    "TRANSFER_NEEDS_NOTHING",
)
FOUND_BY = {
    "APPLIED_BEFORE_APPENDED": "tests/test_durability.py"
    "::test_a_closed_engine_takes_nothing_and_says_so",
    "REFUSED_CALL_STAYS": "csrc/tests/test_journal.cpp"
    "::where there is no space nothing is appended, and it goes on when there is",
    "CUT_BACK_UNSYNCED": "csrc/tests/test_journal_crash.cpp"
    "::what was refused never comes back, whatever a power cut leaves",
    "FAILED_SYNC_FORGOTTEN": "csrc/tests/test_journal_crash.cpp"
    "::a failure of any operation, once or for good, loses and adds nothing",
    "GROUP_BOUND_IGNORED": "csrc/tests/test_journal_crash.cpp"
    "::a power cut in any operation, and one more while it is recovered, loses nothing promised",
    "SEGMENT_LEFT_UNSYNCED": "csrc/tests/test_journal_crash.cpp"
    "::a power cut in any operation, and one more while it is recovered, loses nothing promised",
    "LAST_LIFE_UNSYNCED": "csrc/tests/test_journal_crash.cpp"
    "::a power cut behind a kill loses nothing that was there when the journal went on",
    "SEGMENT_NAME_UNSYNCED": "csrc/tests/test_journal_crash.cpp"
    "::a power cut in any operation, and one more while it is recovered, loses nothing promised",
    "SEGMENT_REMOVED_TOO_EARLY": "tests/test_snapshots.py"
    "::test_segments_are_removed_behind_the_oldest_kept_only",
    "SNAPSHOT_RENAMED_UNSYNCED": "csrc/tests/test_snapshot_file.cpp"
    "::a failure or a power cut in any operation leaves the old snapshot or the new one",
    "SNAPSHOT_NAME_UNSYNCED": "csrc/tests/test_journal_crash.cpp"
    "::a power cut in any operation, and one more while it is recovered, loses nothing promised",
    "LOCK_NOT_HELD": "tests/test_durability.py::test_a_directory_is_open_once_in_a_process",
    "TORN_TAIL_ACCEPTED": "csrc/tests/test_journal_damage.cpp"
    "::a last segment that is cut at any byte is torn there, or clean between blocks",
    "LAST_ENTRY_UNCHECKED": "csrc/tests/test_journal_damage.cpp"
    "::every flipped bit is noticed; it is a torn tail only where nothing says it was synced",
    "CHAIN_BEGINS_ANEW": "tests/test_journal_damage.py"
    "::test_segments_of_another_journal_are_noticed",
    "LAST_ENTRY_APPLIED_AGAIN": "csrc/tests/test_journal.cpp"
    "::reading can begin behind any entry, and knows the chain there",
    "SNAPSHOT_UNCHECKED": "csrc/tests/test_snapshot_file.cpp"
    "::every cut and every flipped bit is noticed",
    "TIME_NOT_RESTORED": "tests/test_image.py::test_a_restart_at_any_point_changes_no_byte",
    "NEXT_ID_NOT_RESTORED": "tests/test_image.py::test_a_restart_at_any_point_changes_no_byte",
    "QUEUE_PLACE_NOT_RESTORED": "tests/test_image.py::test_a_restart_at_any_point_changes_no_byte",
    "STOPS_NOT_RESTORED": "tests/test_image.py::test_a_restart_at_any_point_changes_no_byte",
    "EXPIRIES_NOT_RESTORED": "tests/test_image.py::test_a_restart_at_any_point_changes_no_byte",
    "RESENDS_NOT_RESTORED": "tests/test_durability.py"
    "::test_what_is_sent_again_after_a_crash_is_told_its_first_result",
    "MERGED_BY_SHARD": "csrc/tests/test_shards.cpp"
    "::shards say byte for byte what one engine says, with any number of workers",
    "TRADE_IDS_OF_THE_SHARD": "csrc/tests/test_shards.cpp"
    "::shards say byte for byte what one engine says, with any number of workers",
    "LOSS_STAYS_BEHIND": "tests/test_shard_account_moves.py"
    "::test_with_a_position_go_its_margin_that_of_its_orders_and_its_loss",
    "FUNDING_PAID_AGAIN": "tests/test_shard_account_moves.py"
    "::test_accounts_are_told_what_one_engine_tells_them_whatever_moves",
}


class Build(NamedTuple):
    """The package and the programs of C++ tests, built with the planted bugs."""

    package: Path
    programs: Path


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    directory = tmp_path_factory.mktemp("planted")
    built = Build(directory / "package", directory / "build" / "csrc" / "tests")
    tools = ("scikit_build_core", "Cython", "pybind11")
    isolation = [] if None in map(find_spec, tools) else ["--no-build-isolation"]
    run(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", *isolation),
        *("--target", str(built.package), f"-Cbuild-dir={directory / 'build'}"),
        *("-Ccmake.define.ENGINE_PLANTED_BUGS=ON", "-Ccmake.define.ENGINE_BUILD_TESTS=ON"),
        str(ROOT),
    )
    return built


def run(
    *command: str, bug: str = "", allowed: tuple[int, ...] = (0,)
) -> subprocess.CompletedProcess[str]:
    """Run a command with a bug; any other exit status is a failure with what it said."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=TESTS,
        env={**os.environ, "ENGINE_PLANTED_BUG": bug},
        timeout=SECONDS_MAX if bug else None,
    )
    if done.returncode not in allowed:
        pytest.fail(f"exit status was {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def compare(build: Build, bug: str, keep_at: Path) -> subprocess.CompletedProcess[str]:
    """Compare the build, with a bug switched on, with the reference."""
    command = (sys.executable, "planted.py", str(build.package), "compare", str(keep_at))
    return run(*command, bug=bug, allowed=(0, planted.FOUND))


def run_test(build: Build, test: str, bug: str) -> subprocess.CompletedProcess[str]:
    """Run a test of the build, in Python or in C++, with a bug switched on."""
    place, _, name = test.partition("::")
    if place.endswith(".cpp"):
        return run(str(build.programs / Path(place).stem), name, bug=bug, allowed=(0, FAILED))
    node = f"{ROOT / place}::{name}"
    command = (sys.executable, "planted.py", str(build.package), "run", node)
    return run(*command, bug=bug, allowed=(0, FAILED))


def test_every_bug_is_looked_for() -> None:
    text = (ROOT / "csrc" / "engine" / "types" / "planted.def").read_text(encoding="utf-8")
    assert re.findall(r"^BUG\((\w+)\)$", text, re.MULTILINE) == [*COMPARED, *FOUND_BY]


def test_nothing_is_found_without_a_bug(build: Build, tmp_path: Path) -> None:
    done = compare(build, "", tmp_path / "none.json")
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("bug", COMPARED)
def test_a_planted_bug_is_found_and_shrunk(bug: str, build: Build, tmp_path: Path) -> None:
    keep_at = tmp_path / f"{bug.lower()}.json"
    done = compare(build, bug, keep_at)
    assert done.returncode == planted.FOUND, f"{bug} was not found"
    commands = read_kept(keep_at).commands
    assert 1 <= len(commands) <= COMMANDS_MAX, done.stdout


@pytest.mark.parametrize("test", sorted(set(FOUND_BY.values())))
def test_nothing_is_wrong_without_a_bug(test: str, build: Build) -> None:
    done = run_test(build, test, "")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("bug", FOUND_BY)
def test_a_bug_planted_in_what_is_kept_is_found(bug: str, build: Build) -> None:
    done = run_test(build, FOUND_BY[bug], bug)
    assert done.returncode == FAILED, f"{bug} was not found by {FOUND_BY[bug]}"


def test_an_unknown_bug_is_refused(build: Build, tmp_path: Path) -> None:
    command = (sys.executable, "planted.py", str(build.package), "compare", str(tmp_path / "none"))
    done = run(*command, bug="NO_SUCH_BUG", allowed=(-signal.SIGABRT,))
    assert "ENGINE_PLANTED_BUG was NO_SUCH_BUG" in done.stderr


QUEUE = """
from engine import BUY, SELL, OrderBook

book = OrderBook()
for _ in range(2):
    book.submit(BUY, 100, 1)
print(book.submit(SELL, 100, 1).trades[0]["maker_order_id"])
"""


def test_the_installed_build_has_no_bugs_in_it() -> None:
    done = run(sys.executable, "-c", QUEUE, bug="LIFO_IN_LEVEL")
    assert done.stdout == "1\n"
