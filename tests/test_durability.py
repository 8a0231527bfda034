"""Durable engines: what was answered is there again, from every face, in every mode."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from attacks import run_script
from durable import (
    GAS,
    MODES,
    OIL,
    buy,
    contents,
    crashed,
    figures,
    instrument,
    orders,
    segments,
)
from golden_journals import trade_by_every_face
from test_engine_accounts import LISTING

from engine import (
    Currency,
    Engine,
    EngineBusyError,
    EngineError,
    ExecType,
    Instrument,
    JournalError,
    JournalLockedError,
    Listing,
    RejectReason,
    _store,
)
from engine._journal import Journal
from engine._journal import read as read_journal
from engine._recovery import Held
from engine._schema import REPORT_DTYPE
from engine._store import NOTE_BYTES
from engine.errors import CommandError, GridError


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "venue"


def test_every_command_of_every_face_is_there_again(path: Path, mode: str) -> None:
    in_memory = Engine(accounts=True, resend_window=65_536)
    trade_by_every_face(in_memory)
    with Engine.open(path, durability=mode, accounts=True) as venue:
        trade_by_every_face(venue)
        before = figures(venue)
        assert before == figures(in_memory)
        assert len(venue) > 3
        killed = crashed(path)
        assert venue.sequence == venue._store.journal.sequence > 50
        venue.sync()
        assert venue.synced_sequence == venue.sequence
    for directory in (path, killed):
        with Engine.open(directory, durability=mode) as again:
            assert figures(again) == before
            again.check_invariants()
            assert (again.recovery.epoch, again.recovery.torn_bytes) == (2, 0)
            assert again.recovery.sequence == again.sequence


def test_it_goes_on_where_it_was_over_many_openings(path: Path, mode: str) -> None:
    in_memory = Engine(resend_window=65_536)
    in_memory.add_instrument(OIL)
    for epoch in range(1, 8):
        with Engine.open(path, durability=mode) as venue:
            if epoch == 1:
                venue.add_instrument(OIL)
            assert figures(venue) == figures(in_memory)
            assert venue.recovery.epoch == epoch
            commands = orders(5, first=10 * epoch)
            assert venue.match(commands).tobytes() == in_memory.match(commands).tobytes()
    assert len(segments(path)) == 7


def test_nothing_is_there_that_was_not_done(path: Path) -> None:
    """Opened and closed without a command, again and again, and with calls that raise."""
    with Engine.open(path) as venue:
        venue.add_instrument(OIL)
        buy(venue, "71.00")
        before, sequence = figures(venue), venue.sequence
        for wrong in (
            lambda: venue.submit("OIL", side="buy", price="71.001", quantity=1),
            lambda: venue.submit("GAS", side="buy", price=1, quantity=1),
            lambda: venue.match(np.zeros(3, REPORT_DTYPE)),
            lambda: venue.add_instrument(OIL),
            lambda: venue.add_listing(Listing(instruments=[GAS, OIL])),
            lambda: venue.add_currency("USD", unit=1),
        ):
            with pytest.raises((EngineError, GridError, CommandError)):
                wrong()
        commands = orders(5)
        commands["kind"][4] = 99
        with pytest.raises(CommandError, match="99"):
            venue.match(commands)
        assert (figures(venue), venue.sequence) == (before, sequence)
    for _ in range(3):
        with Engine.open(path) as venue:
            assert (figures(venue), venue.sequence) == (before, sequence)


# -- what a directory was made with


def test_a_new_directory_has_the_parameters_that_are_asked_for_or_its_own(tmp_path: Path) -> None:
    asked = {"max_orders": 5, "max_cascade": 2, "accounts": True, "resend_window": 9}
    with Engine.open(tmp_path / "asked", **asked) as venue:
        assert venue._parameters == asked
    with Engine.open(tmp_path / "own") as venue:
        assert venue._parameters == Engine(resend_window=65_536)._parameters
    with Engine.open(tmp_path / "asked") as venue:
        assert venue._parameters == asked
    with Engine.open(tmp_path / "asked", **asked) as venue:
        assert venue._parameters == asked


@pytest.mark.parametrize("is_snapshot_there", [False, True])
@pytest.mark.parametrize(
    ("name", "value"),
    [("max_orders", 6), ("max_cascade", 3), ("accounts", True), ("resend_window", 0)],
)
def test_other_parameters_than_those_there_are_refused(
    path: Path, name: str, value: int, is_snapshot_there: bool
) -> None:
    with Engine.open(path, max_orders=5, max_cascade=2, resend_window=9) as venue:
        if is_snapshot_there:
            venue.snapshot()
    before = contents(path)
    with pytest.raises(EngineError, match=rf"^{name} was {value!r}, that of the engine there is"):
        Engine.open(path, **{name: value})
    assert contents(path) == before
    Engine.open(path).close()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"durability": "fsync"}, "durability was 'fsync', not one of async, group, sync"),
        ({"group_bytes": 0}, "must be above 0"),
        ({"group_ms": 0}, "must be above 0"),
        ({"segment_bytes": 0}, "must be above 0"),
        ({"snapshot_bytes": 0}, "snapshot_bytes was 0, must be at least 1"),
        ({"snapshot_seconds": 0}, "snapshot_seconds was 0, must be above 0"),
        ({"snapshots": 0}, "snapshots was 0, must be at least 1"),
        ({"snapshots": 1_000_001}, "snapshots was 1000001, must be at least 1 and at most 1,000,0"),
        ({"snapshots": -(10**5000)}, "snapshots was an integer of 16610 bits, must be at least 1"),
        ({"snapshot_seconds": -(10**5000)}, "snapshot_seconds was an integer of 16610 bits, must"),
    ],
)
def test_what_is_no_way_to_keep_a_journal_is_refused(
    path: Path, wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(JournalError, match=message):
        Engine.open(path, **wrong)
    assert not path.exists()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"snapshots": None}, "snapshots was None, of NoneType, not an integer"),
        ({"snapshots": 2.5}, "snapshots was 2.5, of float, not an integer"),
        ({"snapshot_bytes": "1"}, "snapshot_bytes was '1', of str, not a number"),
        ({"progress": 5}, "progress was 5, of int, not callable"),
    ],
)
def test_what_is_of_another_kind_is_refused_before_there_is_a_directory(
    path: Path, wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        Engine.open(path, **wrong)
    assert not path.exists()


def test_a_refused_beginning_leaves_the_directory_free(path: Path) -> None:
    with pytest.raises(OverflowError, match="max_orders"):
        Engine.open(path, max_orders=-1)
    with Engine.open(path, max_orders=3) as venue:
        assert venue.recovery.epoch == 1


# -- what is added


def large_listing(count: int) -> Listing:
    return Listing(
        instruments=[
            Instrument(
                symbol=f"OPTION-{number:05}-{'C' if number % 2 else 'P'}",
                tick_size="0.01",
                lot_size="0.001",
                min_price="0.05",
                max_price="123456.78",
                max_quantity=10_000,
            )
            for number in range(count)
        ]
    )


def test_a_misspelt_word_of_open_is_told_with_the_nearest(path: Path) -> None:
    told = r"^open\(\) got an unexpected keyword argument 'durabilty': nearest is 'durability'$"
    with pytest.raises(TypeError, match=told):
        Engine.open(path, durabilty="sync")  # type: ignore[call-arg]
    assert not path.exists()


def test_a_listing_of_thousands_is_a_note_in_pieces(path: Path) -> None:
    listing = large_listing(2_000)
    with Engine.open(path) as venue:
        venue.add_listing(listing)
        assert venue.sequence > 2
        pieces = [note for _, note in read_journal(path) if isinstance(note, bytes)]
        assert len(pieces) == venue.sequence
        assert max(map(len, pieces)) == NOTE_BYTES + 1
        venue.submit(listing.instruments[-1].symbol, side="buy", price=7, quantity=1)
        before = figures(venue)
    with Engine.open(path) as venue:
        assert venue.instruments == listing.instruments
        assert figures(venue) == before


def test_instruments_that_are_alike_come_back_each_as_it_was_told(path: Path) -> None:
    """One of them is checked, the others are named anew; what differs in anything is told apart."""
    kinds: list[dict[str, Any]] = [
        {"tick_size": "0.1", "lot_size": 1},
        {"tick_size": "0.10", "lot_size": 1},
        {"tick_size": "0.1", "lot_size": 1, "max_price": 50},
        {"tick_size": "0.1", "lot_size": 1, "kind": "linear", "quote": "USD", "max_leverage": 2},
    ]
    instruments = [
        Instrument(symbol=f"X{number}", **kinds[number % len(kinds)]) for number in range(40)
    ]
    with Engine.open(path) as venue:
        for instrument in instruments[:16]:
            venue.add_instrument(instrument)
        venue.add_listing(Listing(instruments=instruments[16:24]))
        venue.snapshot()
        for instrument in instruments[24:]:
            venue.add_instrument(instrument)
        before = figures(venue)
    for snapshots in (1, 0):
        if not snapshots:
            for file in path.glob("snapshot-*"):
                file.unlink()
        with Engine.open(path) as venue:
            assert (venue.recovery.snapshot != "") == bool(snapshots)
            assert repr(venue.instruments) == repr(tuple(instruments))
            assert [each.terms() for each in venue.instruments] == [
                each.terms() for each in instruments
            ]
            assert figures(venue) == before


def test_a_listing_that_was_not_written_whole_is_not_there_and_harms_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first pieces are in the journal, and what is added next must not be taken for its end."""
    monkeypatch.setattr(_store, "NOTE_BYTES", 500)
    with Engine.open(path) as venue:
        venue.add_instrument(OIL)
        venue.add_listing(large_listing(20))
        last = venue.sequence
    assert last > 6
    (segment,) = segments(path)
    os.truncate(segment, segment.stat().st_size - 200)
    with Engine.open(path) as venue:
        assert (venue.recovery.sequence, venue.recovery.torn_file) == (last - 1, segment.name)
        assert venue.instruments == (OIL,)
        venue.match(orders(3))
        venue.add_instrument(GAS)
        venue.match(orders(3, first=4))
        before = figures(venue)
    with Engine.open(path) as venue:
        assert venue.instruments == (OIL, GAS)
        assert figures(venue) == before
        venue.add_listing(large_listing(20))
    with Engine.open(path) as venue:
        assert len(venue.instruments) == 22


def test_what_is_added_is_in_the_journal_before_it_is_there(path: Path) -> None:
    """What the journal can't take is not added."""
    venue = Engine.open(path, accounts=True)
    venue._store.journal.close()
    for add in (
        lambda: venue.add_currency("USD", unit=1),
        lambda: venue.add_listing(Listing(currencies=LISTING.currencies[:1])),
        lambda: venue.add_listing(LISTING),
    ):
        with pytest.raises(EngineError):
            add()
    assert (venue.currencies, venue.instruments) == ((), ())


def test_what_is_added_by_one_thread_while_another_trades_is_refused_or_kept(path: Path) -> None:
    """Never is it in the journal but not in the engine, or in other order."""
    venue = Engine.open(path, durability="async", snapshot_bytes=None)
    venue.add_instrument(OIL)
    added, refused, is_done = [], [0], threading.Event()

    def add() -> None:
        number = 0
        while not is_done.is_set() and number < 200:
            try:
                venue.add_instrument(instrument(f"S{number}"))
            except EngineBusyError:
                refused[0] += 1
                continue
            added.append(f"S{number}")
            number += 1

    thread = threading.Thread(target=add)
    thread.start()
    for number in range(40):
        commands = orders(2_000, first=1 + 2_000 * number)
        commands["instrument"] = np.arange(2_000) % 8
        while True:
            try:
                venue.match(commands, detail="trades")
                break
            except EngineBusyError:
                continue
    is_done.set()
    thread.join()
    before = figures(venue)
    venue.close()
    with Engine.open(path) as venue:
        assert [instrument.symbol for instrument in venue.instruments] == ["OIL", *added]
        assert figures(venue) == before


def test_an_engine_that_is_held_takes_nothing(path: Path) -> None:
    with Engine.open(path) as venue:
        venue.add_instrument(OIL)
        before, sequence = figures(venue), venue.sequence
        refused = []

        def ask() -> None:
            for call in (
                lambda: buy(venue, "71.00"),
                lambda: venue.match(orders(1)),
                lambda: venue.add_instrument(GAS),
                venue.state_hash,
                venue.snapshot,
            ):
                with pytest.raises(EngineBusyError):
                    call()
                refused.append(call)

        with Held(venue._core):
            thread = threading.Thread(target=ask)
            thread.start()
            thread.join()
            with pytest.raises(EngineBusyError, match="held"):
                buy(venue, "71.00")
        assert len(refused) == 5
        assert (figures(venue), venue.sequence) == (before, sequence)
        buy(venue, "71.00")
        assert venue.sequence == sequence + 1


# -- closed, in memory, elsewhere


def test_a_closed_engine_takes_nothing_and_says_so(path: Path) -> None:
    venue = Engine.open(path)
    venue.add_instrument(OIL)
    buy(venue, "71.00")
    venue.close()
    venue.close()
    before, files = figures(venue), contents(path)
    calls: list[Callable[[], object]] = [
        lambda: buy(venue, "71.00"),
        lambda: venue.book("OIL").submit(side=1, price=1, quantity=1),
        lambda: venue.match(orders(3)),
        lambda: venue.match(orders(3), detail="trades"),
        lambda: venue.cancel(1),
        lambda: venue.cancel(7),
        lambda: venue.replace(1, price=70),
        lambda: venue.mass_cancel(),
        lambda: venue.set_price("OIL", "mark", 70),
        lambda: venue.advance_time(9),
        lambda: venue.add_instrument(GAS),
        lambda: venue.add_listing(Listing(instruments=[GAS])),
        venue.sync,
        venue.snapshot,
        lambda: venue.sequence,
    ]
    for call in calls:
        with pytest.raises(JournalError, match="closed"):
            call()
    assert figures(venue) == before
    assert contents(path) == files
    assert str(venue.best_bid("OIL")) == "71.00"


def test_an_engine_in_memory_has_no_journal() -> None:
    with Engine() as venue:
        for call in (
            venue.sync,
            venue.snapshot,
            lambda: venue.recovery,
            lambda: venue.sequence,
            lambda: venue.synced_sequence,
        ):
            with pytest.raises(JournalError, match=r"an engine in memory .*Engine\.open"):
                call()
        venue.close()
        venue.add_instrument(OIL)
    buy(venue, "71.00")
    assert len(venue) == 1


def test_a_directory_is_open_once_in_a_process(path: Path) -> None:
    with Engine.open(path) as venue:
        before = contents(path)
        for _ in range(2):
            with pytest.raises(JournalLockedError, match="open elsewhere"):
                Engine.open(path)
        with pytest.raises(JournalLockedError):
            Journal(path)
        assert contents(path) == before
        venue.add_instrument(OIL)
    with Engine.open(path) as venue:
        assert venue.instruments == (OIL,)


def test_a_directory_is_open_in_one_process(path: Path) -> None:
    program = (
        "import sys\n"
        "from engine import Engine, JournalLockedError\n"
        "try:\n"
        "    Engine.open(sys.argv[1])\n"
        "except JournalLockedError as error:\n"
        "    print(type(error).__name__, error.file, error.errno)\n"
    )
    with Engine.open(path):
        before = contents(path)
        done = subprocess.run(
            [sys.executable, "-c", program, path], capture_output=True, text=True, check=True
        )
        assert done.stdout.split()[:2] == ["JournalLockedError", "LOCK"]
        assert contents(path) == before


def test_an_engine_that_is_forgotten_gives_its_directory_free(path: Path) -> None:
    venue = Engine.open(path)
    venue.add_instrument(OIL)
    buy(venue, "71.00", "72.00")
    before = figures(venue)
    del venue
    with pytest.warns(ResourceWarning, match=r"was dropped without close\(\)"):
        gc.collect()
    with Engine.open(path) as venue:
        assert figures(venue) == before


def test_an_exception_closes_it(path: Path) -> None:

    def fail() -> None:
        with Engine.open(path) as venue:
            venue.add_instrument(OIL)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with Engine.open(path) as again:
        assert again.instruments == (OIL,)


def test_the_path_is_text_or_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Engine.open("a/b") as venue:
        venue.add_instrument(OIL)
    with Engine.open(tmp_path / "a" / "b") as venue:
        assert venue.instruments == (OIL,)
        monkeypatch.chdir("/")
        venue.snapshot()


FORKS = """
import os, signal, sys, time, warnings
from engine import Engine, Instrument, JournalBrokenError

warnings.simplefilter("ignore", DeprecationWarning)  # that a process with threads forks
venue = Engine.open(sys.argv[1], durability=sys.argv[2])
venue.add_instrument(Instrument(symbol="OIL", tick_size=1, lot_size=1))
while venue.synced_sequence < venue.sequence and sys.argv[2] == "group":
    time.sleep(0.001)
time.sleep(0.05)  # the journal's thread waits for more

def refused():
    count = 0
    for call in (lambda: venue.submit("OIL", side="buy", price=1, quantity=1), venue.sync):
        try:
            call()
        except JournalBrokenError:
            count += 1
    return count

child = os.fork()
if child == 0:
    signal.alarm(30)
    count = refused()
    venue.close()
    sys.exit(count)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), refused())
venue.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_is_refused_and_ends(path: Path, mode: str) -> None:
    """It has no thread of the journal's, and must not wait for one."""
    assert run_script(FORKS, str(path), mode) == "2 0\n"
    with Engine.open(path) as venue:
        assert len(venue) == 1


# -- clocks and ids


def test_a_clock_that_goes_back_is_not_followed(path: Path) -> None:
    """Time stays where it was, and a replay comes to the same, whatever its own clock says."""
    random = Random(5)
    times = [1_000_000 - 900 * number + random.randrange(500) for number in range(40)]
    clock = iter(times)
    with Engine.open(path, clock=lambda: next(clock)) as venue:
        venue.add_instrument(OIL)
        seen = []
        for number in range(20):
            report = venue.submit("OIL", side="buy", price=71, quantity=1)
            assert report.exec_type == ExecType.NEW
            seen.append(venue.time)
            venue.match(orders(1, first=500 + number))
        assert seen == sorted(seen)
        assert venue.time == max(times)
        before = figures(venue)
    with Engine.open(path, clock=lambda: 5) as venue:
        assert figures(venue) == before
        report = venue.submit("OIL", side="buy", price=71, quantity=1)
        assert venue.time == before["time"]
        after = figures(venue)
    with Engine.open(path) as venue:
        assert figures(venue) == after


@pytest.mark.parametrize("is_snapshot_taken", [False, True])
def test_what_is_sent_again_after_a_crash_is_told_its_first_result(
    path: Path, mode: str, is_snapshot_taken: bool
) -> None:
    """Byte for byte, in one batch or alone, also through the friendly face and when refused."""
    commands = orders(90)
    commands["account"] = commands["command_id"] % 2
    commands["quantity"][::10] = -1
    with Engine.open(path, durability=mode) as venue:
        venue.add_instrument(OIL)
        first = [venue.match(commands[at : at + 1]).tobytes() for at in range(60)]
        if is_snapshot_taken:
            venue.snapshot()
        first += [venue.match(commands[at : at + 1]).tobytes() for at in range(60, 90)]
        entered = venue.submit("OIL", side="sell", price=80, quantity=2, command_id=1_000)
        killed = crashed(path)
    with Engine.open(killed, durability=mode) as venue:
        before = figures(venue)
        again = [venue.match(commands[at : at + 1]).tobytes() for at in range(90)]
        assert again == first
        assert venue.match(commands).tobytes() == b"".join(first)
        report = venue.submit("OIL", side="sell", price=80, quantity=2, command_id=1_000)
        assert report.reports.tobytes() == entered.reports.tobytes()
        assert figures(venue) == before
        killed_again = crashed(killed)
    with Engine.open(killed_again) as venue:
        assert figures(venue) == before
        assert venue.match(commands).tobytes() == b"".join(first)


def test_a_bracket_has_no_command_id_where_commands_may_be_sent_again(path: Path) -> None:
    """Its second order would be taken for the first one, sent again."""
    terms: dict[str, Any] = {
        "side": "buy",
        "price": "71.00",
        "quantity": 5,
        "stop_loss": "70.50",
        "take_profit": "72.00",
    }
    with Engine.open(path) as venue:
        venue.add_instrument(OIL)
        with pytest.raises(CommandError, match="command_id was 7, must be 0 for a bracket"):
            venue.submit_bracket("OIL", **terms, command_id=7)
        assert len(venue) == 0
        bracket = venue.submit_bracket("OIL", **terms)
        assert bracket.entry is not None
        assert len(venue) == 3
    in_memory = Engine()
    in_memory.add_instrument(OIL)
    bracket = in_memory.submit_bracket("OIL", **terms, command_id=7)
    assert bracket.stop_loss.command_id == 7


def test_refusals_are_entries_too(path: Path) -> None:
    with Engine.open(path, max_orders=1) as venue:
        venue.add_instrument(OIL)
        sequence = venue.sequence
        state = venue.state_hash()
        buy(venue, "71.00", "72.00", time_in_force="ioc")
        refused = venue.submit("OIL", side="buy", price=1, quantity=1, expiry=1, timestamp=9)
        assert refused.reject_reason == RejectReason.EXPIRY_PASSED
        assert venue.sequence == sequence + 3
        assert venue.counters().rejects[RejectReason.EXPIRY_PASSED] == 1
        before = figures(venue)
        assert before["state"] != state
    with Engine.open(path) as venue:
        assert figures(venue) == before


def test_progress_is_told_of_many_commands_without_a_note(path: Path) -> None:
    with Engine.open(path, durability="async") as venue:
        venue.add_instrument(OIL)
        commands = orders(300_000, quantity=1)
        commands["command_id"] = 0
        commands["side"] = np.where(np.arange(len(commands)) % 2, 1, -1)
        commands["price"] = 7_100
        venue.match(commands, detail="trades")
        before = figures(venue)
    told: list[int] = []
    with Engine.open(path, progress=told.append) as venue:
        assert figures(venue) == before
    assert told == sorted(told)
    assert len(told) > 1
    assert 2 < told[-1] <= 300_002


@pytest.mark.parametrize("seed", range(40))
def test_what_can_be_added_can_be_read_again(seed: int) -> None:
    """A listing is its JSON, and an engine takes from there what it took from here."""
    random = Random(seed)
    unit = random.choice(("0.01", "1e-8", "0.000000000000000001", 1, "0.25"))
    currency = Currency(name=random.choice(("USD", "Ω", 'a"b', "x" * 64)), unit=unit)
    terms: dict[str, Any] = {
        "symbol": random.choice(("OIL", "Ö/L", "a\\b", "y" * 40)),
        "tick_size": random.choice(("0.01", "2.5", 1, "1e-3", "0.00000001")),
        "lot_size": random.choice((1, "0.001", 100, "2.5")),
    }
    if random.random() < 0.5:
        terms |= {"maker_fee": "-0.0001", "taker_fee": random.choice(("0.001", "0.00045"))}
    if random.random() < 0.5:
        terms["max_price"] = random.choice((10_000, "12345", 1_000_000))
    listing = Listing(currencies=[currency], instruments=[Instrument(**terms)])
    again = Listing.from_dict(json.loads(json.dumps(listing.to_dict())))
    assert again == listing
    there, here = Engine(), Engine()
    there.add_listing(again)
    here.add_listing(listing)
    assert figures(there) == figures(here)
