"""The auction of a call: what it would come to, and holding it, all reports written."""

from __future__ import annotations

import time
from time import process_time_ns
from typing import Any, Final, NamedTuple

import numpy as np
import pytest
from checked import NO_CHECKS, checked_core
from checked import PRICE as MIDDLE
from passes import fill
from results import Results
from scale import Scale
from targets import UNCROSS_MS, hold

from engine import (
    BUY,
    COMMAND_DTYPE,
    REPORT_DTYPE,
    SELL,
    SUBMIT,
    UNCROSS,
    OrderBook,
    Phase,
    trades_of,
)
from engine.budgets import at_most
from engine.measurement import no_collection
from engine.records import RecordArray

TITLE = "an auction, ms"
DEVIATION: Final = 100
LOTS_MAX: Final = 100
# Ticks between prices: a level holds hundreds of orders, or as good as none holds two. The target
# is for books that venues have; the other is there to see what the worst ones cost.
SPACINGS: Final = {"dense": 1, "sparse": 2**40}
TARGETS: Final = {"dense": UNCROSS_MS, "sparse": None}
# What else there is, and between which prices. Where one order has details, and where accounts are
# paid, the orders of an auction are looked at one by one.
CALLS: Final = [
    ("nothing else", "dense"),
    ("nothing else", "sparse"),
    ("an iceberg", "dense"),
    ("an iceberg", "sparse"),
    ("1,000 accounts", "dense"),
    ("100,000 accounts", "dense"),
]
ACCOUNTS: Final = {"1,000 accounts": 1_000, "100,000 accounts": 100_000}
FAR: Final = -(2**62)
# How far the limits of each side lie from the middle, in deviations, on their own side of it.
DISTANCES: Final = {"half of the orders": 0.0, "one in eleven": 1.34}


class Expected(NamedTuple):
    """What an auction must come to, found from sorted arrays."""

    price: int
    volume: int
    pairs: np.ndarray[Any, np.dtype[np.int64]]
    """Buyer, seller and lots of each trade."""


def collected(count: int, spacing: int, distance: float) -> RecordArray:
    """Return limit orders of both sides around a price, in any order, with ids in any order."""
    draw = np.random.default_rng(97)
    commands = np.zeros(count, dtype=COMMAND_DTYPE)
    commands["kind"] = SUBMIT
    commands["side"] = draw.choice([BUY, SELL], count)
    away = draw.normal(distance, 1.0, count) * -commands["side"]
    whole = np.rint(DEVIATION * away).astype(np.int64)
    commands["price"] = MIDDLE + whole * spacing
    if spacing > 1:
        commands["price"] += draw.integers(0, spacing, count)
    commands["quantity"] = draw.integers(1, LOTS_MAX + 1, count)
    commands["order_id"] = draw.permutation(count) + 1
    return commands


def empty_book(beside: str) -> OrderBook:
    """Return a book in a call, of a core with accounts where they are asked for."""
    accounts = ACCOUNTS.get(beside)
    book = OrderBook() if accounts is None else checked_core(1, accounts, NO_CHECKS).book(0)
    book.set_phase(Phase.OPENING_CALL)
    return book


def best_price(commands: RecordArray) -> tuple[int, int]:
    """Return the price and the volume of the auction of limit orders, without a reference."""
    limits = np.unique(commands["price"])
    lots_at = {}
    for side in (BUY, SELL):
        own = commands[commands["side"] == side]
        lots = np.zeros(len(limits), dtype=np.int64)
        np.add.at(lots, np.searchsorted(limits, own["price"]), own["quantity"])
        lots_at[side] = lots
    bought = np.cumsum(lots_at[BUY][::-1])[::-1]
    sold = np.cumsum(lots_at[SELL])
    # Between limits there may be a price: buyers as at the limit above, sellers as below.
    gaps = np.flatnonzero(np.diff(limits) > 1)
    lowest = np.concatenate([limits, limits[gaps] + 1])
    highest = np.concatenate([limits, limits[gaps + 1] - 1])
    bought = np.concatenate([bought, bought[gaps + 1]])
    sold = np.concatenate([sold, sold[gaps]])
    volume, surplus = np.minimum(bought, sold), bought - sold
    tied = volume == volume.max()
    tied &= np.abs(surplus) == np.abs(surplus[tied]).min()
    presses = (surplus[tied] > 0).all()
    price = highest[tied].max() if presses else lowest[tied].min()
    return int(price), int(volume.max())


def expected(commands: RecordArray) -> Expected:
    """Return price, volume and trades: both sides laid end to end and cut where an order ends."""
    price, volume = best_price(commands)
    ends, ids = [], []
    for side in (BUY, SELL):
        own = commands[(commands["side"] == side) & (side * commands["price"] >= side * price)]
        own = own[np.argsort(-side * own["price"].astype(np.int64), kind="stable")]
        ends.append(np.cumsum(own["quantity"]))
        ids.append(own["order_id"].astype(np.int64))
    cuts = np.union1d(*ends)
    cuts = np.union1d(cuts[cuts < volume], [volume])
    parties = [own[np.searchsorted(end, cuts)] for end, own in zip(ends, ids, strict=True)]
    return Expected(price, volume, np.stack([*parties, np.diff(cuts, prepend=0)], axis=1))


def check(book: OrderBook, reports: RecordArray, wanted: Expected) -> None:
    """Check the reports of an auction, trade by trade, and that nothing is left to trade."""
    trades = trades_of(reports)
    assert len(reports) == 1 + 2 * len(trades)
    assert (reports["last_quantity"][0], reports["last_price"][0]) == (wanted.volume, wanted.price)
    assert (trades["price"] == wanted.price).all()
    found = [trades[name] for name in ("taker_order_id", "maker_order_id", "quantity")]
    np.testing.assert_array_equal(np.stack(found, axis=1).astype(np.int64), wanted.pairs)
    bid, ask = book.best_bid(), book.best_ask()
    assert bid is not None
    assert ask is not None
    assert bid < ask
    assert book.indicative() is None
    book.check_invariants()


@pytest.mark.benchmark(group="auctions", timer=time.process_time)
@pytest.mark.parametrize("trading", list(DISTANCES))
@pytest.mark.parametrize(("beside", "spacing"), CALLS)
def test_auction_pairs_whom_it_must(
    beside: str, trading: str, spacing: str, scale: Scale, results: Results, benchmark: Any
) -> None:
    commands = collected(scale.orders // 10, SPACINGS[spacing], DISTANCES[trading])
    wanted = expected(commands)
    if beside in ACCOUNTS:
        commands["account"] = commands["order_id"] % ACCOUNTS[beside]
    uncross = np.zeros(1, dtype=COMMAND_DTYPE)
    uncross["kind"] = UNCROSS
    out = np.zeros(1 + 2 * len(wanted.pairs), dtype=REPORT_DTYPE)
    out.view(np.uint8)[:] = 1
    asked, held = list[float](), list[float]()

    def load() -> tuple[tuple[OrderBook], dict[str, Any]]:
        book = empty_book(beside)
        fill(book.core, commands)
        if beside == "an iceberg":
            book.submit(BUY, FAR, 2, display_quantity=1)
        return (book,), {}

    def run(book: OrderBook) -> tuple[OrderBook, RecordArray]:
        with no_collection():
            before = process_time_ns()
            found = book.indicative()
            asked.append((process_time_ns() - before) / 1e6)
            before = process_time_ns()
            reports = book.match(uncross, out=out)
            held.append((process_time_ns() - before) / 1e6)
        assert found is not None
        assert found[:2] == wanted[:2]
        return book, reports

    book, reports = benchmark.pedantic(run, setup=load, rounds=scale.rounds * scale.passes)
    check(book, reports, wanted)
    target = TARGETS[spacing] if beside == "nothing else" else None
    cells: dict[str, Any] = {
        "prices": spacing,
        "that trade": trading,
        "beside": beside,
        "orders": len(commands),
        "trades": len(wanted.pairs),
        "indicative": min(asked),
        "uncross": min(held),
        "target": target,
    }
    benchmark.extra_info |= cells
    results.put(TITLE, (spacing, trading, beside), cells)
    if target is not None:
        hold(scale, at_most(f"{spacing}, {trading}: uncross, ms", min(held), target))
