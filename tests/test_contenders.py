"""The harness that compares with other libraries: what it says of right, wrong and hanging ones."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

# The modules of the harness are imported by name, as it does itself.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks" / "contenders"))

from contest import Kind, Limits, Outcome, best_of, difference, run_once
from roster import ADAPTERS, CONTENDERS, OURS, OURS_IN_BATCHES, Contender, Tells
from stream import Stream, make_stream
from tables import MARKERS, between, row_names, short, write_between

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = 1_000
LIMITS = Limits(seconds=60.0, grace=60.0)
HERE = Path(sys.executable)
# A fake starts from the plain book, which is right, and does one thing otherwise.
FAKE = """
import sys, time
sys.path.insert(0, {adapters!r})
from sorted_lists import Contender as Right

class Contender(Right):
    chunk = 16

    def limit(self, *order):
        {line}
        super().limit(*order)

    def trades(self):
        return {trades}
"""


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Stream:
    return make_stream("retail", COMMANDS, 3, tmp_path_factory.mktemp("streams"))


def fake(directory: Path, line: str = "pass", trades: str = "self.fills") -> Contender:
    """Return a contender whose adapter is written here."""
    path = directory / "fake.py"
    text = FAKE.format(adapters=str(ADAPTERS), line=line, trades=trades)
    path.write_text(text, encoding="utf-8")
    return Contender("fake", path)


def ran(contender: Contender, stream: Stream, limits: Limits = LIMITS) -> Outcome:
    return run_once(contender, HERE, stream, limits, lambda _applied: None)


@pytest.mark.parametrize("name", [OURS, OURS_IN_BATCHES, "sortedcontainers"])
@pytest.mark.parametrize("workload", ["thin", "retail"])
def test_ours_and_the_plain_book_are_right(name: str, workload: str, tmp_path: Path) -> None:
    contender = next(each for each in CONTENDERS if each.name == name)
    stream = make_stream(workload, COMMANDS, 5, tmp_path)
    heard: list[int] = []
    here = replace(contender, requirement="")
    outcome = run_once(here, HERE, stream, LIMITS, heard.append)
    assert (outcome.kind, outcome.why) == (Kind.RIGHT, "")
    assert outcome.applied == stream.commands == COMMANDS
    assert outcome.trades == len(stream.trades) > 10
    assert outcome.cpu_ns > 0
    assert heard[-1] == stream.preload + stream.commands


def test_one_that_hangs_is_killed_and_reported(stream: Stream, tmp_path: Path) -> None:
    hanging = fake(tmp_path, "self.fills and time.sleep(1_000)")
    outcome = ran(hanging, stream, Limits(seconds=0.5, grace=2.5))
    assert outcome.kind is Kind.HUNG
    assert outcome.why.startswith("killed after 3 s of silence, ")
    assert outcome.why.endswith(f" of {stream.preload + stream.commands:,} done")
    assert not outcome.is_timed


def test_threads_that_never_end_do_not_keep_the_process(stream: Stream, tmp_path: Path) -> None:
    line = (
        "import threading; self.books and threading.Thread(target=time.sleep, args=(60,)).start()"
    )
    outcome = ran(fake(tmp_path, f"{line}; self.books = 0"), stream)
    assert outcome.kind is Kind.RIGHT
    assert outcome.threads >= 2


def test_a_wrong_trade_is_found_and_has_no_time(stream: Stream, tmp_path: Path) -> None:
    wrong = "[(*fill[:3], fill[3] + (at == 7)) for at, fill in enumerate(self.fills)]"
    outcome = ran(fake(tmp_path, trades=wrong), stream)
    assert outcome.kind is Kind.WRONG
    assert outcome.why.startswith("trade 7 was maker ")
    assert not outcome.is_timed


def test_a_trade_too_few_is_found(stream: Stream, tmp_path: Path) -> None:
    outcome = ran(fake(tmp_path, trades="self.fills[:-1]"), stream)
    count = len(stream.trades)
    assert outcome.kind is Kind.WRONG
    assert outcome.why == f"{count - 1:,} trades, must be {count:,}"


def test_one_that_is_slow_is_checked_as_far_as_it_came(stream: Stream, tmp_path: Path) -> None:
    slow = fake(tmp_path, "self.fills and sum(range(500_000))")
    outcome = ran(slow, stream, Limits(seconds=1.0, grace=60.0))
    assert outcome.kind is Kind.SLOW
    assert 0 < outcome.trades < len(stream.trades)
    assert outcome.why.endswith(f" of {stream.preload + stream.commands:,} in 1 s")


def test_one_that_fails_says_why(stream: Stream, tmp_path: Path) -> None:
    outcome = ran(fake(tmp_path, "raise RuntimeError('no such book')"), stream)
    assert (outcome.kind, outcome.why) == (Kind.FAILED, "RuntimeError: no such book")


def test_what_a_library_prints_is_no_answer(stream: Stream, tmp_path: Path) -> None:
    outcome = ran(fake(tmp_path, "print('{}')"), stream)
    assert outcome.kind is Kind.RIGHT


def test_ids_that_are_not_told_are_not_compared() -> None:
    right = np.array([[1, 2, 100, 5], [3, 2, 101, 6]])
    assert difference(np.array([[-1, -1, 100, 5], [3, -1, 101, 6]]), right, Tells.ALL) == ""
    found = difference(np.array([[-1, 9, 100, 5], [3, 2, 101, 6]]), right, Tells.ALL)
    assert found.startswith("trade 0 was taker 9, price 100, quantity 5, must be maker 1, taker 2")


def test_what_was_traded_at_a_price_is_compared_with_the_sum() -> None:
    right = np.array([[1, 2, 100, 5], [3, 2, 100, 6], [4, 2, 101, 1], [5, 6, 101, 1]])
    levels = np.array([[-1, 2, 100, 11], [-1, 2, 101, 1], [-1, 6, 101, 1]])
    assert difference(levels, right, Tells.LEVELS) == ""
    assert difference(levels + np.array([0, 0, 0, 1]), right, Tells.LEVELS) != ""


def test_books_one_after_the_other_have_the_trades_of_each_in_order(stream: Stream) -> None:
    everything = stream.preload + stream.commands
    one, other = (stream.answer(everything, by_book) for by_book in (False, True))
    assert not np.array_equal(one, other)
    assert sorted(map(tuple, one)) == sorted(map(tuple, other))
    first = stream.trades[stream.trades["instrument"] == 0]["price"]
    assert np.array_equal(other[: len(first), 2], first)


def test_the_best_round_counts_unless_one_went_wrong() -> None:
    rounds = [Outcome(Kind.RIGHT, 10, cpu_ns=ns) for ns in (300, 200, 250)]
    assert best_of(rounds) is rounds[1]
    bad = Outcome(Kind.HUNG, 3, why="killed")
    assert best_of([*rounds, bad]) is bad
    assert best_of([bad]) is bad


def test_a_table_has_no_rate_of_one_that_is_wrong() -> None:
    some = [replace(CONTENDERS[0], name=name) for name in (OURS, "twice", "wrong")]
    outcomes = {
        OURS: Outcome(Kind.RIGHT, 10, cpu_ns=1_000),
        "twice": Outcome(Kind.RIGHT, 10, cpu_ns=2_000),
        "wrong": Outcome(Kind.WRONG, 10, cpu_ns=10, why="trade 0"),
    }
    rows = short(some, {"thin": outcomes})[2:]
    assert rows[0].endswith("| 10,000,000 | - |")
    assert rows[1].endswith("| 5,000,000 | 2.0 × |")
    assert rows[2].endswith("| wrong | - |")


def test_a_page_gets_its_table_between_the_markers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{MARKERS[0]}\nold\n{MARKERS[1]}\nafter\n", encoding="utf-8")
    write_between(page, ["| a |", "| --- |"])
    text = page.read_text(encoding="utf-8")
    assert text == f"before\n{MARKERS[0]}\n\n| a |\n| --- |\n\n{MARKERS[1]}\nafter\n"
    with pytest.raises(ValueError, match="once each"):
        between("a page without them")


@pytest.mark.parametrize("page", ["README.md", "docs/contenders.md"])
def test_pages_have_a_row_for_each_contender(page: str) -> None:
    names = row_names((ROOT / page).read_text(encoding="utf-8"))
    assert {each.name for each in CONTENDERS} - set(names) == set()


def test_everyone_has_an_adapter_and_all_but_ours_a_version() -> None:
    assert len({each.name for each in CONTENDERS}) == len(CONTENDERS)
    for each in CONTENDERS:
        assert each.adapter.is_file()
        is_ours = each.name in {OURS, OURS_IN_BATCHES}
        assert bool(each.version) is not is_ours, each.name
    assert {each.adapter.name for each in CONTENDERS} == {
        path.name for path in ADAPTERS.iterdir() if path.suffix == ".py"
    }


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--only", OURS, "--workload", "thin", "--rounds", "1", "--markdown"], 0, "## thin: 300"),
        (["--only", "nobody"], 2, "--only was nobody, must be one of: engine, batches"),
        (["--write-readme", "--workload", "deep"], 2, "--write-readme needs all contenders"),
        (["--rounds", "0"], 2, "--rounds was 0, must be at least 1"),
    ],
    ids=["ours", "unknown name", "half a table", "no rounds"],
)
def test_the_command(arguments: list[str], status: int, said: str, tmp_path: Path) -> None:
    command: list[Any] = [sys.executable, ROOT / "benchmarks" / "contenders", *arguments]
    command += ["--commands", "300", "--cache", tmp_path]
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"COLUMNS": "999"}
    )
    assert done.returncode == status, done.stderr
    assert said in done.stdout + done.stderr
