"""Defects that real engines had, where no test of a rule shows that they are absent.

docs/defects.md names for each class of defects the tests that do; one of these tests reads it. Cost
is judged by what is counted (reports, bytes) and by what would hardly end, not by a clock.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from implementations import Implementation
from streams import random_stream
from views import at, fills, ladder, other, queue

from engine import (
    CANCEL,
    COMMAND_DTYPE,
    IOC,
    MARKET,
    SUBMIT,
    ExecType,
    OrderFlag,
    OrderStatus,
    RejectReason,
    ReportFlag,
    Side,
)

ROOT = Path(__file__).resolve().parent.parent
DEFECTS = ROOT / "docs" / "defects.md"
DANGERS = ROOT / "docs" / "dangers.md"
CLASSES = "ABCDEFGHIJKLMNOPQST"  # R, replication, is of what the engine does not do
CATALOGUE = ROOT.parent / "shared" / "BUGS.md"
CLASSES_BY_ENTRY = "IJKLMNOQST"  # of special orders, numbers, memory, journals, accounts, cost
# What was refused, or is said of a position, though it may name the order that was sent for it.
OF_NO_ORDER = (
    *(ExecType.REJECTED, ExecType.DONE, ExecType.LIQUIDATED, ExecType.DELEVERAGED),
    *(ExecType.SOCIALIZED, ExecType.WARNED),
)
LOTS = ["order_id", "leaves_quantity"]
SHOWN = ["order_id", "displayed_quantity"]
NAMED_TEST = re.compile(r"`((?:tests|csrc|benchmarks)/[\w/]+\.(?:py|cpp))::([^`]+)`")


@pytest.fixture
def many(implementation: Implementation) -> int:
    """So many that work on all of them at every command would take minutes, in C++ too."""
    return 100_000 if implementation.name == "core" else 5_000


def submits(side: Side, prices: Any, quantity: int = 1) -> np.ndarray:
    """Return orders of one side at these prices, with the ids 1, 2, ..."""
    commands = np.zeros(len(prices), dtype=COMMAND_DTYPE)
    commands["kind"], commands["side"], commands["quantity"] = SUBMIT, side, quantity
    commands["price"] = prices
    commands["order_id"] = np.arange(1, len(prices) + 1)
    return commands


def memory_of(core: Any) -> int:
    """Return the bytes that an engine uses; the reference does not count its own."""
    return getattr(core, "memory_bytes", 0)


def test_a_sweep_visits_thousands_of_prices_best_first(book: Any, side: Side) -> None:
    random = Random(1)
    prices = random.sample(range(-20_000, 20_000), 2_000)
    prices += [side * random.randrange(2**20, 2**62) for _ in range(1_000)]
    book.match(submits(side, prices))
    gone = set(random.sample(range(1, len(prices) + 1), len(prices) // 3))
    for order_id in gone:
        book.cancel(order_id)
    left = [price for order_id, price in enumerate(prices, 1) if order_id not in gone]
    left.sort(key=lambda price: -side * price)
    levels = book.depth(len(left))[0 if side == Side.BUY else 1]
    assert levels["price"].tolist() == left
    report = book.submit(other(side), 0, len(left) + 1, order_type=MARKET)
    assert report.trades["price"].tolist() == left
    assert report.order_status == OrderStatus.CANCELED


def test_a_long_queue_keeps_its_order_through_everything(book: Any, side: Side) -> None:
    """All orders have the same time and price: nothing but the order of entry decides."""
    random = Random(2)
    waiting = {}
    for order_id in random.sample(range(1, 10_000), 400):
        waiting[order_id] = random.randint(2, 9)
        book.submit(side, at(side), waiting[order_id], order_id)
    for _ in range(600):
        order_id = random.choice(list(waiting))
        action = random.choice(("cancel", "reduce", "replace", "fill"))
        if action == "cancel":
            book.cancel(order_id)
            del waiting[order_id]
        elif action == "fill":
            first = next(iter(waiting))
            lots = random.randint(1, waiting[first])
            assert fills(book.submit(other(side), at(side), lots)) == [(first, at(side), lots)]
            waiting[first] -= lots
            waiting = {order_id: lots for order_id, lots in waiting.items() if lots}
        elif waiting[order_id] > 1:
            waiting[order_id] -= 1
            if action == "reduce":
                book.reduce(order_id, 1)
            else:
                book.replace(order_id, at(side), waiting[order_id])
        if len(waiting) < 20:
            break
    assert queue(book, side) == list(waiting.items())
    report = book.submit(other(side), at(side), sum(waiting.values()))
    assert [maker for maker, _, _ in fills(report)] == list(waiting)


@pytest.mark.parametrize(("maker", "taker"), [(1, 2), (2, 1), (2**64 - 1, 1)])
def test_neither_ids_nor_times_decide_who_made_the_price(
    book: Any, side: Side, maker: int, taker: int
) -> None:
    book.submit(side, at(side, 5), 3, maker, timestamp=9)
    report = book.submit(other(side), at(side), 3, taker, timestamp=1)
    assert fills(report) == [(maker, at(side, 5), 3)]


@pytest.mark.parametrize("seed", range(200, 206))
def test_each_report_accounts_for_every_lot(implementation: Implementation, seed: int) -> None:
    """Every event is one of these: lots come in, trade, go out, or change by a command.

    Two orders of one owner that shrink instead of trading lose as much as each other. What enters
    after the order that it waited for has as much as that one traded, if that is less. Reduce-only
    orders lose what a position does not leave them, and say so.
    """
    stream = random_stream(seed, 2_000)
    core = stream.new_core(implementation.core)
    open_lots: Counter[int] = Counter()
    filled: Counter[int] = Counter()
    lost: list[tuple[int, bool, int]] = []
    ended: dict[int, set[int]] = defaultdict(set)
    for report in core.match(stream.commands):
        if report["exec_type"] in OF_NO_ORDER:
            continue
        order_id, lots = int(report["order_id"]), int(report["leaves_quantity"])
        if report["exec_type"] == ExecType.NEW:
            assert open_lots[order_id] == 0
            filled[order_id] = 0
        was, last = open_lots[order_id], int(report["last_quantity"])
        if report["exec_type"] == ExecType.TRADE:
            assert last > 0
            assert lots == was - last
            filled[order_id] += last
        elif report["exec_type"] in (ExecType.CANCELED, ExecType.EXPIRED):
            assert (lots, last) == (0, was)
        elif report["flags"] & ReportFlag.REDUCE_ONLY:
            assert report["order_flags"] & OrderFlag.REDUCE_ONLY
            assert lots > 0
            is_asked = report["exec_type"] in (ExecType.NEW, ExecType.REPLACED)
            keeps = report["flags"] & ReportFlag.KEPT_PRIORITY
            assert lots < was or (is_asked and not keeps)
        elif report["exec_type"] == ExecType.TRIGGERED and lots != was:
            assert report["order_flags"] & OrderFlag.ONE_TRIGGERS_OTHER
            assert 0 < lots < was
            assert lots in ended[int(report["command_id"])]
        elif report["exec_type"] in (ExecType.TRIGGERED, ExecType.RESTATED):
            assert lots == was
        elif report["flags"] & (ReportFlag.SELF_TRADE | ReportFlag.KEPT_PRIORITY):
            assert 0 < lots < was
        assert int(report["filled_quantity"]) == filled[order_id]
        if report["flags"] & ReportFlag.SELF_TRADE:
            lost.append((int(report["sequence_number"]), lots == 0, was - lots))
        open_lots[order_id] = lots
        if lots == 0:
            ended[int(report["command_id"])].add(filled[order_id])
    live: Counter[int] = Counter()
    for number in range(core.instrument_count):
        book = core.book(number)
        for orders in (*(book.orders(side) for side in Side), book.waiting()):
            live.update(dict(zip(*(orders[name].tolist() for name in LOTS), strict=True)))
    assert +open_lots == live
    require_equal_losses(lost)


def require_equal_losses(lost: list[tuple[int, bool, int]]) -> None:
    """Require that an order that became smaller did so beside one that lost all, and as much."""
    gone = {number: lots for number, is_gone, lots in lost if is_gone}
    for number, is_gone, lots in lost:
        assert is_gone or lots in (gone.get(number - 1), gone.get(number + 1))


@pytest.mark.parametrize("seed", range(210, 214))
def test_depth_is_what_the_orders_add_up_to(implementation: Implementation, seed: int) -> None:
    """Each level is the lots and the orders that are shown there; what is hidden is in none."""
    stream = random_stream(seed, 300)
    core = stream.new_core(implementation.core)
    for index, command in enumerate(stream.commands):
        core.match(stream.commands[index : index + 1])
        number = int(command["instrument"])
        if number >= core.instrument_count:
            continue
        book = core.book(number)
        details = book.details()
        shown = dict(zip(*(details[name].tolist() for name in SHOWN), strict=True))
        for side, best in ((Side.BUY, book.best_bid()), (Side.SELL, book.best_ask())):
            lots: Counter[int] = Counter()
            orders: Counter[int] = Counter()
            for order in book.orders(side):
                is_hidden = bool(order["flags"] & OrderFlag.HIDDEN)
                leaves = int(order["leaves_quantity"])
                part = shown.get(int(order["order_id"]), leaves)
                assert 0 <= part <= leaves
                assert (part == 0) == is_hidden
                if not is_hidden:
                    lots[int(order["price"])] += part
                    orders[int(order["price"])] += 1
            assert ladder(book, side) == [(price, lots[price], orders[price]) for price in lots]
            assert best == next(iter(lots), None)


@pytest.mark.parametrize("power", range(0, 64, 3))
def test_ids_in_strides_of_powers_of_two_are_all_different(book: Any, power: int) -> None:
    ids = sorted({(number << power) % 2**64 for number in range(1, 200)} - {0})
    for life in range(2):
        for place, order_id in enumerate(ids):
            book.submit(Side.BUY, place % 7, 1 + place, order_id)
        for place, order_id in enumerate(ids):
            assert book.order(order_id).leaves_quantity == 1 + place
            assert book.submit(Side.BUY, 1, 1, order_id).reject_reason == (
                RejectReason.DUPLICATE_ORDER_ID
            )
        for order_id in Random(life).sample(ids, len(ids)):
            assert book.cancel(order_id).exec_type == ExecType.CANCELED
            assert book.cancel(order_id).reject_reason == RejectReason.UNKNOWN_ORDER
        assert len(book) == 0


def test_orders_that_died_leave_nothing_behind(make_core: Any, many: int) -> None:
    """Every way to die, over and over: the engine is as small after the tenth time as after one."""
    core = make_core({})
    book = core.book(0)
    sizes = []
    for _ in range(10):
        commands = submits(Side.SELL, np.arange(many // 10) % 100, quantity=3)
        book.match(commands)
        book.submit(Side.BUY, 100, 3 * (many // 30), time_in_force=IOC)
        rest = book.orders(Side.SELL)["order_id"]
        for order_id in rest[::3].tolist():
            book.reduce(order_id, 3)
        for order_id in rest[1::3].tolist():
            book.cancel(order_id)
        for order_id in rest[2::3].tolist():
            book.submit(Side.BUY, 100, 3, order_id + many)
        assert len(book) == 0
        sizes.append(memory_of(core))
    assert len(set(sizes)) == 1


def test_prices_that_are_powers_of_two_apart_are_different(book: Any, side: Side) -> None:
    """An index that keeps some bits of a price only would find one where another is."""
    apart = {0, *(2**power for power in range(63)), *(-(2**power) for power in range(64))}
    prices = sorted(apart, key=lambda price: -side * price)
    for price in Random(3).sample(prices, len(prices)):
        book.submit(side, price, 2)
    assert [level[0] for level in ladder(book, side)] == prices
    for price in prices:
        order_id = int(book.orders(side, price)["order_id"][0])
        assert book.replace(order_id, price, 1).leaves_quantity == 1
    assert {level[1:] for level in ladder(book, side)} == {(1, 1)}


def test_one_order_sweeps_a_hundred_thousand(book: Any, side: Side, many: int) -> None:
    """An engine that calls itself for each maker would run out of stack."""
    book.match(submits(side, np.full(many, at(side))))
    report = book.submit(other(side), at(side), many + 1)
    assert report.trades["maker_order_id"].tolist() == list(range(1, many + 1))
    assert (report.leaves_quantity, len(book)) == (1, 1)


def test_a_small_order_touches_one_of_a_hundred_thousand(
    make_core: Any, side: Side, many: int
) -> None:
    core = make_core({})
    book = core.book(0)
    book.match(submits(side, np.full(many, at(side)), quantity=2))
    book.submit(other(side), at(side), 2)
    before = memory_of(core)
    report = book.submit(other(side), 0, 1, order_type=MARKET)
    assert len(report.reports) == 3  # accepted, and the two halves of one trade
    assert memory_of(core) == before


def test_distance_between_prices_costs_nothing(make_core: Any, side: Side, many: int) -> None:
    """The best price goes from one end of 64 bits to the other; a walk there would never end."""
    core = make_core({})
    book = core.book(0)
    ends = (side * (2**63 - 1), -side * (2**63 - 1))
    commands = np.zeros((many // 10, 4), dtype=COMMAND_DTYPE)
    for column, price in enumerate(ends):
        commands[:, column] = submits(side, [price])[0]
        commands["order_id"][:, column] = 1 + column
    commands["kind"][:, 2:] = CANCEL
    commands["order_id"][:, 2:] = (1, 2)
    book.match(commands[: many // 100].ravel())  # with room for as many as come at a time
    before = memory_of(core)
    reports = book.match(commands.ravel())
    assert set(reports["exec_type"].tolist()) == {ExecType.NEW, ExecType.CANCELED}
    assert memory_of(core) == before


def test_a_command_does_not_look_at_the_whole_book(book: Any, side: Side, many: int) -> None:
    """As many commands as orders, each with its questions: a scan at each would take minutes."""
    random = Random(4)
    prices = random.sample(range(-(2**40), 2**40), many // 2) * 2
    book.match(submits(side, prices))
    for order_id in random.sample(range(1, many + 1), many // 2):
        assert book.cancel(order_id).leaves_quantity == 0
        assert book.order(order_id) is None
        assert len(book.depth(1)[0 if side == Side.BUY else 1]) == 1
    assert len(book) == many - many // 2


def test_every_class_of_defects_has_its_tests() -> None:
    rows = {
        line.split("|")[1].strip()[:1]: NAMED_TEST.findall(line)
        for line in DEFECTS.read_text(encoding="utf-8").splitlines()
        if re.match(r"\| [A-Z] ", line)
    }
    assert [letter for letter in rows if rows[letter]] == list(CLASSES)


def test_every_entry_of_these_classes_has_its_tests() -> None:
    if not CATALOGUE.is_file():
        pytest.skip(f"no catalogue: {CATALOGUE} is not there")
    wanted, letter = [], ""
    for line in CATALOGUE.read_text(encoding="utf-8").splitlines():
        heading = re.match(r"## ([A-Z])\.", line)
        letter = heading[1] if heading else letter
        entry = re.match(r"\| (BUG-\d+) ", line)
        if entry and letter in CLASSES_BY_ENTRY:
            wanted.append(entry[1])
    rows = {
        line.split("|")[1].strip(): NAMED_TEST.findall(line)
        for line in DEFECTS.read_text(encoding="utf-8").splitlines()
        if line.startswith("| BUG-")
    }
    assert [entry for entry in rows if rows[entry]] == wanted


@pytest.mark.parametrize("page", [DEFECTS, DANGERS], ids=lambda page: page.stem)
def test_every_test_that_is_named_exists(page: Path) -> None:
    named = NAMED_TEST.findall(page.read_text(encoding="utf-8"))
    missing = []
    for file, name in named:
        path = ROOT / file
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        wanted = f"def {name}(" if file.endswith(".py") else f'TEST("{name}")'
        if wanted not in text:
            missing.append(f"{file}::{name}")
    assert named
    assert not missing
