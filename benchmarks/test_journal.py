"""What durability costs: journaled throughput, synced calls, replay, snapshots."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from journals import device_bytes_a_second, device_syncs_a_second, durable, in_memory, ran
from results import Results
from scale import Scale
from tapes import PRELOAD, TapeMaker
from targets import (
    DEVICE_SHARE,
    JOURNALED_SHARE,
    LOAD_MS,
    REPLAY_NS,
    SNAPSHOT_MS,
    SYNCED_SHARE,
    hold,
)

from engine import DEPOSIT, SET_ACCOUNT, SUBMIT, Engine, Instrument
from engine.budgets import at_least, at_most
from engine.records import RecordArray, commands_of

TITLE: Final = "a durable engine, ns a command of wall time"
BOOKS: Final = 10
PRICE: Final = 50_000
TICKS: Final = 5_000
RICH: Final = 10**12


@pytest.mark.benchmark(group="journal")
@pytest.mark.parametrize("name", list(PRELOAD))
def test_a_journaled_engine_keeps_up_and_comes_back(
    name: str,
    scale: Scale,
    tapes: TapeMaker,
    tmp_path: Path,
    results: Results,
    benchmark: Any,
) -> None:
    tape = tapes.tape(name, scale.commands, 7)
    timed = tape.commands[tape.preload :]
    kept, journaled, device = [], [], []
    written = 0

    def run() -> None:
        nonlocal written
        place = tmp_path / f"venue{len(journaled)}"
        device.append(device_bytes_a_second(tmp_path))
        kept.append(ran(in_memory(tape), timed))
        with durable(place, tape, snapshot_bytes=None) as venue:
            before = _bytes_of(place)
            journaled.append(ran(venue, timed))
            venue.sync()
            written = _bytes_of(place) - before
        hashes.append(venue.state_hash())

    hashes: list[str] = []
    benchmark.pedantic(run, rounds=scale.rounds)
    memory = in_memory(tape)
    ran(memory, timed)
    assert set(hashes) == {memory.state_hash()}

    last = tmp_path / f"venue{len(journaled) - 1}"
    replays = []
    for _ in range(scale.rounds):
        before = time.perf_counter()
        with Engine.open(last) as venue:
            replays.append((time.perf_counter() - before) / len(tape.commands) * 1e9)
            assert venue.state_hash() == memory.state_hash()
            assert venue.recovery.sequence == len(tape.commands) + tape.books + 1

    in_memory_ns, journaled_ns = (min(all_) / len(timed) * 1e9 for all_ in (kept, journaled))
    byte_count = written / len(timed)
    bound_ns = max(in_memory_ns / JOURNALED_SHARE, byte_count / (DEVICE_SHARE * max(device)) * 1e9)
    cells: dict[str, Any] = {
        "workload": name,
        "in memory": in_memory_ns,
        "journaled": journaled_ns,
        "bytes": byte_count,
        "device, MB a second": max(device) / 1e6,
        "ratio": bound_ns / journaled_ns,
        "target": 1.0,
        "replay": min(replays),
        "target ": REPLAY_NS,
    }
    benchmark.extra_info |= cells
    results.put(TITLE, name, cells)
    hold(
        scale,
        at_least(f"{name}: rate of what is asked for", bound_ns / journaled_ns, 1.0),
        at_most(f"{name}: replay, ns a command", min(replays), REPLAY_NS),
    )


def _bytes_of(place: Path) -> int:
    return sum(path.stat().st_size for path in place.glob("journal-*"))


@pytest.mark.benchmark(group="journal")
def test_a_synced_submit_costs_a_sync(
    scale: Scale, tmp_path: Path, results: Results, benchmark: Any
) -> None:
    count = scale.calls
    rates: list[tuple[float, float]] = []

    def run() -> None:
        device = device_syncs_a_second(tmp_path, 100, count)
        place = tmp_path / f"venue{len(rates)}"
        with Engine.open(place, durability="sync") as venue:
            venue.add_instrument(Instrument(symbol="OIL", tick_size=1, lot_size=1))
            book = venue.book("OIL")
            before = time.perf_counter()
            for number in range(1, count + 1):
                book.submit(1, number, 1)
            ours = count / (time.perf_counter() - before)
            assert venue.synced_sequence == venue.sequence == count + 2
        rates.append((ours, device))

    benchmark.pedantic(run, rounds=scale.rounds)
    ours, device = max(rates, key=lambda rate: rate[0] / rate[1])
    cells = {"submits": ours, "device": device, "ratio": ours / device, "target": SYNCED_SHARE}
    benchmark.extra_info |= cells
    results.put("a submit that is synced, a second", "sync", cells)
    hold(scale, at_least("synced submits of the device's syncs", ours / device, SYNCED_SHARE))


def perpetual(number: int) -> Instrument:
    return Instrument(
        symbol=f"P{number}",
        tick_size=1,
        lot_size=1,
        kind="linear",
        quote="USD",
        max_leverage=10,
        maker_fee="0.0002",
        taker_fee="0.0005",
    )


def crowd(venue: Engine, accounts: int, orders: int) -> None:
    """Give each account a position in each of the books, and let orders of theirs rest."""
    random = np.random.default_rng(1)
    numbers = np.arange(1, accounts + 1)
    venue.add_currency("USD", unit=1)
    for number in range(BOOKS):
        venue.add_instrument(perpetual(number))
    venue.match(commands_of(accounts, SET_ACCOUNT, account=numbers))
    venue.match(commands_of(accounts, DEPOSIT, account=numbers, quantity=RICH))
    for book in range(BOOKS):
        both = np.tile([1, -1], accounts // 2)
        lots = random.integers(1, 100, accounts // 2).repeat(2)
        parties = {"account": random.permutation(numbers), "side": both, "price": PRICE}
        venue.match(commands_of(accounts, SUBMIT, instrument=book, quantity=lots, **parties))
        venue.match(resting(random, book, accounts, orders // BOOKS))
    assert venue.order_count() == orders
    assert venue.trade_count == BOOKS * accounts // 2


def resting(random: np.random.Generator, book: int, accounts: int, count: int) -> RecordArray:
    side = random.choice([1, -1], count)
    placed = commands_of(count, SUBMIT, instrument=book, side=side)
    placed["account"] = random.integers(1, accounts + 1, count)
    placed["price"] = PRICE - side * random.integers(1, TICKS, count)
    placed["quantity"] = random.integers(1, 100, count)
    return placed


@pytest.mark.benchmark(group="journal")
def test_a_snapshot_of_orders_and_positions(
    scale: Scale, tmp_path: Path, results: Results, benchmark: Any
) -> None:
    orders = scale.orders
    accounts = max(2, orders // BOOKS)
    still, whole, load = [], [], []
    with Engine.open(tmp_path / "venue", accounts=True, snapshot_bytes=None) as venue:
        crowd(venue, accounts, orders)
        venue.sync()

        def run() -> None:
            core = venue.book("P0").core
            before = time.perf_counter()
            core.save()
            still.append(time.perf_counter() - before)
            before = time.perf_counter()
            venue.snapshot()
            whole.append(time.perf_counter() - before)

        benchmark.pedantic(run, rounds=scale.rounds)
        image = venue.book("P0").core.image_hash()
    for _ in range(scale.rounds):
        before = time.perf_counter()
        with Engine.open(tmp_path / "venue", snapshot_bytes=None) as again:
            load.append(time.perf_counter() - before)
            assert again.recovery.sequence == again.recovery.snapshot_sequence
            assert again.book("P0").core.image_hash() == image
    size = max(path.stat().st_size for path in (tmp_path / "venue").glob("snapshot-*"))
    cells: dict[str, Any] = {
        "orders": orders,
        "positions": BOOKS * accounts,
        "MB": size / 1e6,
        "stands still": min(still) * 1e3,
        "in all": min(whole) * 1e3,
        "target": SNAPSHOT_MS,
        "load": min(load) * 1e3,
        "target ": LOAD_MS,
    }
    benchmark.extra_info |= cells
    results.put("a snapshot, ms", "crowd", cells)
    hold(
        scale,
        at_most("a snapshot, ms", min(whole) * 1e3, SNAPSHOT_MS),
        at_most("a load, ms", min(load) * 1e3, LOAD_MS),
    )
