"""Accounts with every check: against the bare match, where each refuses, and what they take."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from time import perf_counter_ns
from typing import Any, Final, NamedTuple

import numpy as np
import pytest
from checked import (
    EVERY_CHECK,
    GROUPS,
    LOT,
    NO_CHECKS,
    PRICE,
    SYMBOL,
    TICK,
    Checks,
    checked_core,
    checked_venue,
    loaded_checked_core,
)
from crowd import crowd_apart
from latency import percentiles_ns
from passes import fill, loaded_core, new_core, room, timed
from results import Results
from scale import BATCH, Scale
from tapes import ACCOUNTS, PRELOAD, Tape, TapeMaker
from targets import ACCOUNTS_RATIO, CHECKS_NS, CROWD_BYTES, ORDER_VALIDATION_MS, RISK_CHAIN_MS, hold

from engine import (
    BUY,
    SELL,
    AccountFlag,
    CommandKind,
    Core,
    Engine,
    ExecutionReport,
    Limit,
    MarginMode,
    OrderBook,
    RateLimit,
    RejectReason,
    SwitchScope,
)
from engine.budgets import at_most
from engine.measurement import no_collection
from engine.records import RecordArray, commands_of

TITLE: Final = "accounts and every check, ns a command"
WAYS: Final = {"bare": None, "with accounts": NO_CHECKS, "every check": EVERY_CHECK}
BOOKS_OF_THE_CROWD: Final = 10
MEBIBYTE: Final = 2**20
NANOSECONDS_A_MILLISECOND: Final = 1_000_000
CHUNK: Final = 64
Call = Callable[[], ExecutionReport]
# What the bare match knows nothing of: fees, and the reports of the commands that bring accounts.
OF_ACCOUNTS: Final = ("sequence_number", "fee")


def loaded(tape: Tape, checks: Checks | None) -> Core:
    return loaded_core(tape) if checks is None else loaded_checked_core(tape, checks)


def reports(core: Core, commands: RecordArray) -> Iterator[RecordArray]:
    """Yield the reports of one batch after the other, in a buffer that the next one is given."""
    out = room(BATCH)
    for start in range(0, len(commands), BATCH):
        yield core.match(commands[start : start + BATCH], out=out)


def check_that_all_is_the_same(tape: Tape) -> int:
    """Check that accounts and checks change no report but for its fee; return the trades."""
    plain, checked = new_core(tape.books), checked_core(tape.books, tape.accounts, EVERY_CHECK)
    fees, paid = 0, checked.house(0)
    both = zip(reports(plain, tape.commands), reports(checked, tape.commands), strict=True)
    for expected, found in both:
        fees += int(found["fee"].sum())
        for name in OF_ACCOUNTS:
            expected[name] = found[name] = 0
        assert found.tobytes() == expected.tobytes()
    assert checked.house(0) - paid == fees != 0
    assert checked.trade_count == plain.trade_count > 0
    return plain.trade_count


@pytest.mark.benchmark(group="accounts", timer=time.process_time)
@pytest.mark.parametrize("many", list(ACCOUNTS_RATIO))
@pytest.mark.parametrize("name", list(PRELOAD))
def test_accounts_and_checks_make_the_same_trades_at_little_more(
    name: str, many: str, scale: Scale, tapes: TapeMaker, results: Results, benchmark: Any
) -> None:
    accounts = ACCOUNTS if many == "a thousand" else scale.accounts
    tape = tapes.tape(name, scale.commands, scale.seeds[0], accounts)
    trades = check_that_all_is_the_same(tape)
    out, commands = room(BATCH), tape.commands[tape.preload :]
    ns: dict[str, list[float]] = {way: [] for way in WAYS}
    ends: dict[str, tuple[int, int]] = {}

    def run() -> None:
        # In turn from either end, so that none always comes after the same one.
        ways = list(WAYS) if len(ns["bare"]) % 2 == 0 else list(WAYS)[::-1]
        for way in ways:
            core = loaded(tape, WAYS[way])
            ns[way].append(timed(core, commands, "all", BATCH, out) / len(commands))
            ends[way] = core.trade_count, len(core)

    benchmark.pedantic(run, rounds=scale.rounds * scale.passes)
    assert set(ends.values()) == {(trades, ends["bare"][1])}

    bare, plain, checked = (np.array(ns[way]) for way in WAYS)
    ratio, checks = float(np.median(checked / bare)), float(np.median(checked - plain))
    target = ACCOUNTS_RATIO[many]
    cells: dict[str, Any] = {"workload": name, "accounts": accounts}
    cells |= {way: float(np.median(ns[way])) for way in WAYS}
    cells |= {"ratio": ratio, "target": target, "the checks": checks}
    limits = [at_most(f"{name}, {many} accounts: ratio", ratio, target)]
    # The thousand accounts of one small book are warm.
    if name == "thin" and many == "a thousand":
        cells["target "] = CHECKS_NS
        limits.append(at_most("the checks of a command, ns", checks, CHECKS_NS))
    benchmark.extra_info |= cells
    results.put(TITLE, (name, many), cells)
    results.remark("accounts", "Accounts: medians, the ratio and the checks of pairs in turn.")
    hold(scale, *limits)


class Refusal(NamedTuple):
    """One check that is made to refuse, while none of the others does."""

    changed: dict[str, Any]
    reason: RejectReason


def limit(which: Limit, value: int, reason: RejectReason) -> Refusal:
    return Refusal({"limits": {**EVERY_CHECK.limits, which: value}}, reason)


def rate(which: RateLimit, value: int) -> Refusal:
    rates = {**EVERY_CHECK.rates, which: value}
    return Refusal({"rates": rates}, RejectReason.RATE_LIMITED)


def bound(name: str, value: int, reason: RejectReason) -> Refusal:
    return Refusal({"bounds": {**EVERY_CHECK.bounds, name: value}}, reason)


def notional(name: str, value: int, reason: RejectReason) -> Refusal:
    return Refusal({"notional": {**EVERY_CHECK.notional, name: value}}, reason)


def switched_off(**fields: int) -> Refusal:
    return Refusal({"switch": fields}, RejectReason.TRADING_DISABLED)


# The orders of `retail` are of some 20 lots, at most 1,000, near a price of 1,000,000.
REFUSALS: Final = {
    "quantity": limit(Limit.ORDER_QUANTITY, 100, RejectReason.ORDER_QUANTITY_LIMIT),
    "value": limit(Limit.ORDER_VALUE, 10**8, RejectReason.ORDER_VALUE_LIMIT),
    "open orders": limit(Limit.OPEN_ORDERS, 2, RejectReason.OPEN_ORDERS_LIMIT),
    "distance": limit(Limit.PRICE_DISTANCE, 30, RejectReason.PRICE_TOO_FAR),
    "duplicate": limit(Limit.DUPLICATE_WINDOW, 2**62, RejectReason.DUPLICATE_ORDER),
    "position": limit(Limit.POSITION, 50, RejectReason.POSITION_LIMIT),
    "net exposure": limit(Limit.NET_EXPOSURE, 10**8, RejectReason.NET_EXPOSURE_LIMIT),
    "gross exposure": limit(Limit.GROSS_EXPOSURE, 10**8, RejectReason.GROSS_EXPOSURE_LIMIT),
    "daily loss": limit(Limit.DAILY_LOSS, 10**5, RejectReason.DAILY_LOSS_LIMIT),
    "drawdown": limit(Limit.DRAWDOWN, 10**5, RejectReason.DRAWDOWN_LIMIT),
    "orders in 10 s": rate(RateLimit.ORDERS_PER_TEN_SECONDS, 10),
    "orders a minute": rate(RateLimit.ORDERS_PER_MINUTE, 10),
    "orders a day": rate(RateLimit.ORDERS_PER_DAY, 10),
    "cancels a minute": rate(RateLimit.CANCELS_PER_MINUTE, 1),
    "factor of a rate": rate(RateLimit.FACTOR, 1),
    "lowest price": bound("min_price", 999_990, RejectReason.PRICE_TOO_LOW),
    "highest price": bound("max_price", 1_000_010, RejectReason.PRICE_TOO_HIGH),
    "smallest quantity": bound("min_quantity", 5, RejectReason.QUANTITY_TOO_SMALL),
    "largest quantity": bound("max_quantity", 100, RejectReason.QUANTITY_TOO_LARGE),
    "smallest value": notional("min_value", 5 * 10**6, RejectReason.VALUE_TOO_SMALL),
    "largest value": notional("max_value", 10**8, RejectReason.VALUE_TOO_LARGE),
    "margin": Refusal({"deposit": 10**7}, RejectReason.INSUFFICIENT_FUNDS),
    "leverage": Refusal({"leverage": 100, "deposit": 2 * 10**8}, RejectReason.INSUFFICIENT_FUNDS),
    "permission": Refusal({"flags": AccountFlag.SUSPENDED}, RejectReason.NOT_PERMITTED),
    "venue off": switched_off(selector=0),
    "account off": switched_off(selector=SwitchScope.BY_ACCOUNT, account=1),
    "group off": switched_off(selector=SwitchScope.BY_GROUP, self_trade_group=GROUPS - 1),
    "instrument off": switched_off(selector=SwitchScope.BY_INSTRUMENT, instrument=1),
}


def refused(tape: Tape, checks: Checks) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return how many commands of a tape are refused, by reason."""
    core = checked_core(tape.books, tape.accounts, checks)
    counts = np.zeros(256, dtype=np.int64)
    for some in reports(core, tape.commands):
        counts += np.bincount(some["reject_reason"], minlength=256)
    core.check_invariants()
    return counts


@pytest.mark.benchmark(group="checks that refuse", timer=time.process_time)
@pytest.mark.parametrize("check", list(REFUSALS))
def test_each_check_refuses(
    check: str, scale: Scale, tapes: TapeMaker, results: Results, benchmark: Any
) -> None:
    tape = tapes.tape("retail", scale.commands, scale.seeds[0])
    changed, reason = REFUSALS[check]
    checks = EVERY_CHECK._replace(**changed)
    counts = refused(tape, checks)
    assert counts[reason] > 0
    # An order that was refused is not there to be canceled.
    others = {RejectReason.NONE, RejectReason.UNKNOWN_ORDER, reason}
    assert {RejectReason(number) for number in np.flatnonzero(counts).tolist()} <= others
    if check == "leverage":
        loose = checks._replace(leverage=EVERY_CHECK.leverage)
        assert refused(tape, loose)[reason] < counts[reason]

    out, commands, best = room(BATCH), tape.commands[tape.preload :], list[float]()

    def run() -> None:
        core = loaded_checked_core(tape, checks)
        best.append(timed(core, commands, "all", BATCH, out) / len(commands))

    benchmark.pedantic(run, rounds=scale.rounds)
    cells: dict[str, Any] = {"check": check, "reason": reason.name}
    cells |= {"commands": len(tape.commands), "refused": int(counts[reason])}
    cells |= {"share": cells["refused"] / len(tape.commands), "ns a command": min(best)}
    benchmark.extra_info |= cells
    results.put("checks that refuse", check, cells)


@pytest.mark.benchmark(group="checks that refuse", timer=time.process_time)
def test_a_refused_order_looks_for_no_id(scale: Scale, results: Results, benchmark: Any) -> None:
    """However many ids of callers lie before the next one that the engine would assign."""
    asked = commands_of(BATCH, CommandKind.SUBMIT, side=BUY, price=PRICE, quantity=2**30, account=1)
    out, cores = room(BATCH), dict[int, Core]()
    for count in (0, scale.orders):
        numbers = np.arange(1, count + 1, dtype=np.uint64)
        rests = {"side": SELL, "price": PRICE, "quantity": 1, "order_id": numbers}
        cores[count] = checked_core(1, 2, NO_CHECKS)
        fill(cores[count], commands_of(count, CommandKind.SUBMIT, **rests))
    ns: dict[int, list[float]] = {count: [] for count in cores}

    def run() -> None:
        for count, core in cores.items():
            ns[count].append(timed(core, asked, "all", BATCH, out) / BATCH)
            assert set(out["reject_reason"][:BATCH].tolist()) == {RejectReason.INSUFFICIENT_FUNDS}

    benchmark.pedantic(run, rounds=scale.rounds)
    for count, core in cores.items():
        assert (len(core), core.next_order_id) == (count, 1)
        cells: dict[str, Any] = {
            "ids in use": count,
            "refused": BATCH,
            "ns an order": min(ns[count]),
        }
        results.put("an order without an id that is refused, ns", count, cells)
    benchmark.extra_info["ns"] = {str(count): min(some) for count, some in ns.items()}


class Orders(NamedTuple):
    """Orders on both sides of one price, of which some trade and some rest."""

    sides: list[int]
    prices: list[int]
    lots: list[int]
    accounts: list[int]


def orders(count: int) -> Orders:
    """Return orders of a thousand accounts."""
    draw = np.random.default_rng(83)
    return Orders(
        draw.choice([BUY, SELL], count).tolist(),
        (PRICE + np.rint(20 * draw.standard_normal(count)).astype(np.int64)).tolist(),
        draw.integers(1, 100, count).tolist(),
        draw.integers(0, ACCOUNTS, count).tolist(),
    )


def calls_of_engine(asked: Orders, venue: Engine) -> Iterator[Call]:
    """Yield each order as a submit with strings."""
    for side, price, lots, account in zip(*asked, strict=True):
        yield partial(
            venue.submit,
            SYMBOL,
            side="buy" if side == BUY else "sell",
            price=f"{price * TICK}",
            quantity=f"{lots * LOT}",
            account=account,
        )


def calls_of_book(asked: Orders, book: OrderBook) -> Iterator[Call]:
    """Yield each order as a submit in ticks and lots."""
    for side, price, lots, account in zip(*asked, strict=True):
        yield partial(book.submit, side, price, lots, account=account)


def submit_all(calls: Iterator[Call], durations: array[int]) -> None:
    """Time each call, a few at a time; nothing is refused."""
    while some := list(islice(calls, CHUNK)):
        with no_collection():
            for call in some:
                before = perf_counter_ns()
                report = call()
                durations.append(perf_counter_ns() - before)
                assert report.reject_reason == RejectReason.NONE


@pytest.mark.benchmark(group="risk-checked submit")
@pytest.mark.parametrize("face", ["Engine.submit with strings", "submit of a book of a Core"])
def test_a_submit_with_every_check_is_far_below_the_budgets(
    face: str, scale: Scale, results: Results, benchmark: Any
) -> None:
    asked, durations = orders(scale.calls * 10), array("q")
    venue, core = checked_venue(ACCOUNTS, EVERY_CHECK), checked_core(1, ACCOUNTS, EVERY_CHECK)
    in_decimals, in_ticks = calls_of_engine(asked, venue), calls_of_book(asked, core.book(0))
    ours, other = in_decimals, in_ticks
    if face.startswith("submit"):
        ours, other = in_ticks, in_decimals
    benchmark.pedantic(submit_all, args=(ours, durations), rounds=1)
    submit_all(other, array("q"))
    assert 0 < len(core) < len(asked.prices)
    assert core.trade_count > 0
    assert venue.state_hash() == core.state_hash()

    percentiles = percentiles_ns(np.array(durations, dtype=np.int64))
    cells: dict[str, Any] = {"call": face, **percentiles}
    budgets = [(f"GoDark / {name}", name, budget) for name, budget in ORDER_VALIDATION_MS.items()]
    budgets.append(("Bot Core / p99.9", "p99.9", RISK_CHAIN_MS))
    limits = []
    for column, name, budget in budgets:
        milliseconds = percentiles[name] / NANOSECONDS_A_MILLISECOND
        cells[column] = budget / milliseconds
        limits.append(at_most(f"{face}: {name}, ms", milliseconds, budget))
    benchmark.extra_info |= cells
    results.put("a risk-checked submit, ns of wall time", face, cells)
    hold(scale, *limits)


@pytest.mark.benchmark(group="memory", timer=time.process_time)
@pytest.mark.parametrize("mode", list(MarginMode), ids=lambda mode: mode.name.lower())
def test_a_million_accounts_fit_with_ten_positions_each(
    mode: MarginMode, scale: Scale, results: Results, benchmark: Any
) -> None:
    accounts, positions = scale.accounts, scale.accounts * BOOKS_OF_THE_CROWD
    crowd = benchmark.pedantic(crowd_apart, args=(accounts, BOOKS_OF_THE_CROWD, mode), rounds=1)
    assert crowd.trades == positions // 2
    assert crowd.positions_right == crowd.positions_asked > 0
    cells: dict[str, Any] = {"mode": mode.name, "accounts": accounts, "positions": positions}
    cells |= {"ns an order": crowd.ns_per_order, "bytes a position": crowd.core_bytes / positions}
    cells["target"] = CROWD_BYTES / MEBIBYTE
    if crowd.grown_bytes is not None:
        cells["resident"] = crowd.grown_bytes / positions
    if crowd.peak_bytes is not None:
        cells["peak, MiB"] = crowd.peak_bytes / MEBIBYTE
        hold(scale, at_most("peak of the process, bytes", crowd.peak_bytes, CROWD_BYTES))
    benchmark.extra_info |= cells
    results.put("accounts with positions", mode.name, cells)
