"""Settlement: who gets what of a window's trades, on core and reference; windows; hashes."""

from __future__ import annotations

import hashlib
import pickle
import random
from collections.abc import Callable
from copy import copy
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import (
    BUY,
    SELL,
    TRADE_DTYPE,
    CommandError,
    Currency,
    Engine,
    Instrument,
    SettlementError,
    fees_of,
    reference,
    settlement,
    trades_of,
)
from engine._contracts import contract_terms
from engine.records import RecordArray
from engine.settlement import (
    SettlementBatcher,
    SettlementTerms,
    batch_hash,
    spot_terms,
    venue_terms,
)

HIGHEST = 2**63 - 1
SECOND = 10**9
SPOT = SettlementTerms(base_currency=2, lot_units=10, quote_currency=1, value_factor=3)
OTHER = SettlementTerms(
    base_currency=1, lot_units=1, quote_currency=3, value_factor=1, fee_currency=2
)
PERPETUAL = SettlementTerms(quote_currency=1)
RECEIVED = SettlementTerms(
    base_currency=2, lot_units=10, quote_currency=1, value_factor=3, buyer_fee_currency=2
)
TERMS = [SPOT, OTHER, PERPETUAL, RECEIVED]

Row = tuple[int, int, int, int, int, int, int]
"""Instrument, side, price, quantity, maker and taker account, timestamp."""


@pytest.fixture(params=[settlement, reference], ids=["core", "reference"])
def functions(request: pytest.FixtureRequest) -> ModuleType:
    """Where the functions are taken from."""
    return request.param


def traded(*rows: Row) -> RecordArray:
    """Return trades."""
    trades = np.zeros(len(rows), TRADE_DTYPE)
    for trade, row in zip(trades, rows, strict=True):
        (
            trade["instrument"],
            trade["side"],
            trade["price"],
            trade["quantity"],
            trade["maker_account"],
            trade["taker_account"],
            trade["timestamp"],
        ) = row
    return trades


def rows(prices: st.SearchStrategy[int], lots: st.SearchStrategy[int]) -> Any:
    accounts = st.integers(0, 5)
    times = st.integers(7 * SECOND, 8 * SECOND - 1)
    sides = st.sampled_from([int(BUY), int(SELL)])
    row = st.tuples(st.integers(0, len(TERMS) - 1), sides, prices, lots, accounts, accounts, times)
    return st.lists(row, min_size=1, max_size=12)


SMALL = rows(st.integers(-5, 100), st.integers(1, 50))
WIDE = rows(st.integers(-(2**63), HIGHEST), st.integers(1, HIGHEST))
FEES = st.lists(st.integers(-9, 99) | st.integers(-(2**63), HIGHEST), min_size=24, max_size=24)


def outcome(call: Callable[[], Any]) -> Any:
    """Return what a call comes to, or which error."""
    try:
        return call()
    except (OverflowError, SettlementError) as error:
        return type(error)


@given(SMALL | WIDE, FEES, st.booleans())
def test_core_and_reference_make_the_same_batch(
    found: list[Row], fees: list[int], has_fees: bool
) -> None:
    trades = traded(*found)
    terms: dict[str, Any] = {}
    if has_fees:
        count = len(trades)
        terms["maker_fees"] = np.array(fees[:count])
        terms["taker_fees"] = np.array(fees[count : 2 * count])
        terms["fee_account"] = 4
    core = outcome(lambda: settlement.settle(trades, TERMS, **terms))
    expected = outcome(lambda: reference.settle(trades, TERMS, **terms))
    if isinstance(expected, type):
        assert core == expected
        return
    assert core.hash == expected.hash
    assert core.transfers.tolist() == expected.transfers.tolist()
    assert (core.batch_id, core.window_start, core.trade_count) == (7, 7 * SECOND, len(trades))


@given(SMALL, FEES, st.randoms(use_true_random=False))
def test_sums_are_zero_and_the_sequence_does_not_matter(
    found: list[Row], fees: list[int], draw: random.Random
) -> None:
    trades = traded(*found)
    paid = np.array(fees[: len(trades)]) // 2**20
    batch = settlement.settle(trades, TERMS, taker_fees=paid, fee_account=9)
    for currency in np.unique(batch.transfers["currency"]):
        of_it = batch.transfers[batch.transfers["currency"] == currency]
        assert sum(of_it["amount"].tolist()) == 0
    assert (batch.transfers["amount"] != 0).all()
    keys = batch.transfers[["account", "currency"]].tolist()
    assert keys == sorted(set(keys))
    places = list(range(len(trades)))
    draw.shuffle(places)
    other = settlement.settle(trades[places], TERMS, taker_fees=paid[places], fee_account=9)
    assert other.hash == batch.hash
    assert other.transfers.tolist() == batch.transfers.tolist()


def test_many_accounts_are_sorted_by_all_bytes_of_their_numbers() -> None:
    draw = np.random.default_rng(5)
    trades = traded(*[(0, 1, 2, 3, 0, 0, 0)] * 3000)
    trades["maker_account"] = draw.integers(0, 2**32, 3000, dtype=np.uint32)
    trades["taker_account"] = draw.integers(0, 2**32, 3000, dtype=np.uint32)
    transfers = settlement.net_trades(trades, TERMS)
    assert transfers.tolist() == reference.net_trades(trades, TERMS).tolist()
    assert len(transfers) > 10_000


@pytest.mark.parametrize("side", [BUY, SELL])
def test_spot_moves_base_to_the_buyer_and_quote_to_the_seller(
    side: int, functions: ModuleType
) -> None:
    transfers = functions.net_trades(traded((0, side, 100, 4, 7, 8, 0)), TERMS)
    assert transfers.tolist() == [
        (7, 1, 1200 * side),
        (7, 2, -40 * side),
        (8, 1, -1200 * side),
        (8, 2, 40 * side),
    ]


def test_below_zero_the_seller_pays(functions: ModuleType) -> None:
    transfers = functions.net_trades(traded((0, 1, -100, 4, 7, 8, 0)), TERMS)
    assert transfers.tolist() == [(7, 1, -1200), (7, 2, -40), (8, 1, 1200), (8, 2, 40)]


def test_a_derivative_moves_fees_and_nothing_else(functions: ModuleType) -> None:
    trades = traded((2, 1, 100, 4, 7, 8, 0))
    assert len(functions.net_trades(trades, TERMS)) == 0
    fees = {"maker_fees": np.array([-2]), "taker_fees": np.array([5]), "fee_account": 9}
    transfers = functions.net_trades(trades, TERMS, **fees)
    assert transfers.tolist() == [(7, 1, 2), (8, 1, -5), (9, 1, 3)]


def test_fees_are_in_their_own_currency(functions: ModuleType) -> None:
    fees = {"maker_fees": np.array([1]), "fee_account": 7}
    transfers = functions.net_trades(traded((1, 1, 100, 4, 7, 8, 0)), TERMS, **fees)
    assert transfers.tolist() == [(7, 1, -4), (7, 3, 400), (8, 1, 4), (8, 3, -400)]
    fees["fee_account"] = 8
    transfers = functions.net_trades(traded((1, 1, 100, 4, 7, 8, 0)), TERMS, **fees)
    assert (7, 2, -1) in transfers.tolist()
    assert (8, 2, 1) in transfers.tolist()


@pytest.mark.parametrize(
    ("side", "fees"),
    [(1, [(7, 1, -5), (8, 2, -3), (9, 1, 5), (9, 2, 3)]),
     (-1, [(7, 2, -5), (8, 1, -3), (9, 1, 3), (9, 2, 5)])],
)  # fmt: skip
def test_each_party_may_pay_its_fee_in_what_it_receives(
    side: int, fees: list[tuple[int, int, int]], functions: ModuleType
) -> None:
    """Of a buyer in the base, of a seller in the quote, whoever of them made the market."""
    trades = traded((3, side, 100, 4, 7, 8, 0))
    paid = {"maker_fees": np.array([5]), "taker_fees": np.array([3]), "fee_account": 9}
    moved = {tuple(key): amount for *key, amount in functions.net_trades(trades, TERMS).tolist()}
    found = {
        tuple(key): amount for *key, amount in functions.net_trades(trades, TERMS, **paid).tolist()
    }
    charged = {key: found[key] - moved.get(key, 0) for key in found}
    assert [(*key, amount) for key, amount in sorted(charged.items()) if amount] == fees


def test_what_is_bought_and_sold_again_is_not_there(functions: ModuleType) -> None:
    trades = traded((0, 1, 100, 4, 7, 8, 0), (0, -1, 100, 4, 7, 8, 0), (0, 1, 5, 1, 3, 3, 0))
    assert len(functions.net_trades(trades, TERMS)) == 0


# What cannot be settled.

WRONG: list[tuple[Row, type[Exception], str]] = [
    ((4, 1, 1, 1, 7, 8, 0), SettlementError, r"trades\[1\].instrument was 4, without terms"),
    ((0, 0, 1, 1, 7, 8, 0), SettlementError, r"trades\[1\].side was 0, not BUY=1 or SELL=-1"),
    ((0, 2, 1, 1, 7, 8, 0), SettlementError, r"trades\[1\].side was 2"),
    ((0, 1, 1, 0, 7, 8, 0), SettlementError, r"trades\[1\].quantity was 0, must be 1 or more"),
    ((0, 1, 1, -1, 7, 8, 0), SettlementError, r"trades\[1\].quantity was -1"),
    ((0, 1, 0, 2**60, 7, 8, 0), OverflowError, r"trades\[1\]:"),
    ((0, 1, 2**60, 4, 7, 8, 0), OverflowError, r"trades\[1\]:"),
    ((0, 1, HIGHEST, 2**59, 7, 8, 0), OverflowError, r"trades\[1\]:"),
    ((0, 1, -(2**63), 2**59, 7, 8, 0), OverflowError, r"trades\[1\]:"),
]


@pytest.mark.parametrize(("row", "error", "message"), WRONG)
def test_what_cannot_be_settled_is_named(
    row: Row, error: type[Exception], message: str, functions: ModuleType
) -> None:
    with pytest.raises(error, match=message):
        functions.net_trades(traded((0, 1, 1, 1, 7, 8, 0), row), TERMS)


def test_only_what_is_left_at_the_end_must_fit(functions: ModuleType) -> None:
    unit = [SettlementTerms(base_currency=2, lot_units=1, quote_currency=1, value_factor=1)]
    buy, sell = (0, 1, 1, HIGHEST, 7, 8, 0), (0, -1, 1, HIGHEST, 7, 8, 0)
    assert len(functions.net_trades(traded(buy, buy, sell, sell), unit)) == 0
    assert len(functions.net_trades(traded(buy, sell, buy), unit)) == 4
    with pytest.raises(OverflowError):
        functions.net_trades(traded(sell, buy, buy, buy), unit)


def test_the_trade_that_moves_a_sum_beyond_64_bits_is_named() -> None:
    unit = [SettlementTerms(base_currency=2, lot_units=1, quote_currency=1, value_factor=0)]
    trades = traded((0, 1, 1, 5, 1, 2, 0), (0, 1, 1, HIGHEST, 7, 8, 0), (0, 1, 1, 1, 3, 8, 0))
    with pytest.raises(OverflowError, match=r"trades\[1\]: what one of its accounts gets or pays"):
        settlement.net_trades(trades, unit)


def test_a_trade_that_moves_nothing_of_a_sum_is_not_named_for_it() -> None:
    """A buyer's fee would be of the base, and there is none: no account is paid anything."""
    unit = [
        SettlementTerms(base_currency=2, lot_units=1, quote_currency=1, buyer_fee_currency=2),
    ]
    trades = traded((0, 1, 1, 5, 1, 2, 0), (0, 1, 1, HIGHEST, 7, 0, 0), (0, 1, 1, 1, 3, 0, 0))
    with pytest.raises(OverflowError, match=r"trades\[1\]: what one of its accounts gets or pays"):
        settlement.net_trades(trades, unit)


def test_fees_need_an_account(functions: ModuleType) -> None:
    trades = traded((0, 1, 1, 1, 7, 8, 0))
    with pytest.raises(SettlementError, match="fee_account was not given, and there are fees"):
        functions.net_trades(trades, TERMS, maker_fees=np.array([1]))


@pytest.mark.parametrize(
    ("trades", "fees", "message"),
    [
        ([], None, "trades was of list"),
        (np.zeros(1), None, "trades.dtype was float64"),
        (np.zeros((1, 1), TRADE_DTYPE), None, "trades had 2 dimensions"),
        (np.zeros(4, TRADE_DTYPE)[::2], None, "trades was not contiguous"),
        (np.zeros(0, TRADE_DTYPE), np.zeros(2, np.int64), "maker_fees were 2, for 0 trades"),
        (traded((0, 1, 1, 1, 7, 8, 0)), np.zeros(1), "maker_fees.dtype was float64"),
    ],
)
def test_arrays_of_something_else_are_refused(trades: Any, fees: Any, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        settlement.net_trades(trades, TERMS, maker_fees=fees, fee_account=1)
    with pytest.raises(CommandError, match=message):
        SettlementBatcher(TERMS, fee_account=1).add(trades, maker_fees=fees)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"quote_currency": -1}, "quote_currency was -1, must be from 0 to 4294967294"),
        ({"quote_currency": 2**32 - 1}, "quote_currency was 4294967295"),
        ({"quote_currency": "USD"}, "quote_currency was 'USD', of str, not an int"),
        ({"quote_currency": 1, "lot_units": 1}, "lot_units was 1, and there is no base currency"),
        ({"quote_currency": 1, "value_factor": 2**63}, "value_factor was 9223372036854775808"),
        ({"quote_currency": 1, "base_currency": 2, "lot_units": None}, "lot_units was None"),
    ],
)
def test_terms_are_checked_as_a_whole(terms: dict[str, Any], message: str) -> None:
    with pytest.raises(SettlementError, match=message):
        SettlementTerms(**terms)


def test_units_are_found_for_a_spot_instrument() -> None:
    instrument = Instrument(symbol="ETH", tick_size="0.05", lot_size="0.02")
    currencies = {"base_currency": 2, "quote_currency": 1}
    terms = spot_terms(instrument, base_unit="0.01", quote_unit="0.0005", **currencies)
    assert (terms.lot_units, terms.value_factor) == (2, 2)
    for base, quote, what in (
        ("0.03", "0.001", "2 is 0.03, one lot is 0.02: choose a unit of 0.01"),
        ("0.02", "0.002", "1 is 0.002, one lot at one tick is worth 0.001: choose a unit of 0.001"),
        ("1e-25", "0.001", r"2 is 0.0+1, one lot is 20{23} units, more than 9"),
    ):
        with pytest.raises(SettlementError, match=f"^ETH: the smallest unit of currency {what}"):
            spot_terms(instrument, base_unit=base, quote_unit=quote, **currencies)


def test_units_are_those_of_the_contract_of_an_engine() -> None:
    terms = {"symbol": "ETH", "tick_size": "0.05", "lot_size": "0.02", "multiplier": 3}
    instrument = Instrument(**terms, kind="spot", base="ETH", quote="USD")
    currencies = {"base_currency": 1, "quote_currency": 0}
    found = spot_terms(instrument, base_unit="0.01", quote_unit="0.0005", **currencies)
    units = {"ETH": (1, Currency(name="ETH", unit="0.01"))}
    units["USD"] = (0, Currency(name="USD", unit="0.0005"))
    contract = contract_terms(instrument, units)
    assert (found.lot_units, found.value_factor) == (6, 6)
    assert (contract["lot_units"], contract["value_factor"]) == (6, 6)


def test_only_spot_instruments_have_spot_terms() -> None:
    swap = Instrument(
        symbol="OIL", tick_size=1, lot_size=1, kind="linear", quote="USD", max_leverage=2
    )
    with pytest.raises(SettlementError, match=r"^OIL: kind was 'linear', must be 'spot' or none$"):
        spot_terms(swap, base_currency=1, base_unit=1, quote_currency=0, quote_unit=1)


# Batches.


def test_a_batch_is_of_one_window(functions: ModuleType) -> None:
    trades = traded((0, 1, 1, 1, 7, 8, SECOND - 1), (0, 1, 1, 1, 7, 8, SECOND))
    with pytest.raises(SettlementError, match="trades were of"):
        functions.settle(trades, TERMS)
    with pytest.raises(SettlementError, match="trades"):
        functions.settle(trades[:0], TERMS)
    assert functions.settle(trades, TERMS, window_ns=2 * SECOND, batch_id=77).batch_id == 77


def test_a_hash_covers_every_number_and_the_batch_before() -> None:
    transfers = settlement.net_trades(traded((0, 1, 100, 4, 7, 8, 0)), TERMS)
    usual: dict[str, Any] = {
        "batch_id": 1,
        "window_start": 2,
        "window_ns": 3,
        "trade_count": 4,
        "transfers": transfers,
        "previous_hash": bytes(32),
    }
    text = b"engine.settlement/1\0" + bytes(32)
    text += b"".join(number.to_bytes(8, "little") for number in (1, 2, 3, 4, len(transfers)))
    assert batch_hash(**usual) == hashlib.sha256(text + transfers.tobytes()).digest()
    others = [
        {"batch_id": 9},
        {"window_start": 9},
        {"window_ns": 9},
        {"trade_count": 9},
        {"transfers": transfers[:2]},
        {"previous_hash": bytes(31) + b"1"},
    ]
    hashes = {batch_hash(**usual | other) for other in [{}, *others]}
    assert len(hashes) == 1 + len(others)
    for wrong in (b"", "a" * 32, bytes(33)):
        with pytest.raises(SettlementError, match="previous_hash was"):
            batch_hash(**usual | {"previous_hash": wrong})


# Windows.


def stream(count: int, seed: int) -> RecordArray:
    """Return trades with gaps of no, some and many windows between them."""
    draw = np.random.default_rng(seed)
    trades = np.zeros(count, TRADE_DTYPE)
    trades["timestamp"] = np.cumsum(draw.choice([0, 1, 3, 10, 35], count)).astype(np.uint64)
    trades["instrument"] = draw.integers(0, 3, count)
    trades["side"] = draw.choice([1, -1], count)
    trades["price"] = draw.integers(-5, 50, count)
    trades["quantity"] = draw.integers(1, 9, count)
    trades["maker_account"], trades["taker_account"] = draw.integers(0, 6, (2, count))
    return trades


@pytest.mark.parametrize("seed", range(20))
def test_a_stream_is_cut_the_same_however_it_comes(seed: int) -> None:
    trades, draw = stream(60, seed), np.random.default_rng(1000 + seed)
    fees = draw.integers(-3, 9, len(trades))
    batcher = SettlementBatcher(TERMS, window_ns=10, fee_account=5)
    cuts = [0, *sorted(draw.integers(0, len(trades) + 1, 12).tolist()), len(trades)]
    found = []
    for first, last in pairwise(cuts):
        found += batcher.add(trades[first:last], taker_fees=fees[first:last])
        if draw.random() < 0.3 and last:
            found += batcher.advance(int(trades["timestamp"][last - 1]))
    found += batcher.close()
    previous, expected = bytes(32), []
    numbers = trades["timestamp"] // 10
    for number in np.unique(numbers).tolist():
        own = numbers == number
        batch = reference.settle(
            trades[own],
            TERMS,
            window_ns=10,
            previous_hash=previous,
            taker_fees=fees[own],
            fee_account=5,
        )
        previous = batch.hash
        expected.append((number, previous, int(own.sum()), batch.transfers.tolist()))
    assert expected == [
        (batch.batch_id, batch.hash, batch.trade_count, batch.transfers.tolist()) for batch in found
    ]
    assert sum(batch.trade_count for batch in found) == len(trades)
    assert batcher.previous_hash == previous


def at(*times: int) -> RecordArray:
    return traded(*[(0, 1, 1, 1, 7, 8, time) for time in times])


def test_a_trade_of_a_closed_window_is_late() -> None:
    batcher = SettlementBatcher(TERMS, window_ns=10)
    assert batcher.add(at(25, 20, 29)) == []
    with pytest.raises(SettlementError, match=r"trades\[1\].timestamp was 19, in window 1, and"):
        batcher.add(at(30, 19))
    with pytest.raises(SettlementError, match=r"trades\[2\].timestamp was 29.*before 3 are closed"):
        batcher.add(at(21, 30, 29))
    assert batcher.trade_count == 3
    assert [batch.trade_count for batch in batcher.close()] == [3]
    with pytest.raises(SettlementError, match="in window 2, and windows before 3 are closed"):
        batcher.add(at(29))
    assert batcher.advance(55) == []
    with pytest.raises(SettlementError, match="in window 4, and windows before 5 are closed"):
        batcher.add(at(49))
    assert batcher.advance(0) == []
    assert batcher.add(at(50)) == []


@pytest.mark.parametrize("bad", [(4, 1, 1, 1, 7, 8, 31), (0, 1, 0, 2**60, 7, 8, 31)])
def test_whatever_raises_leaves_a_batcher_as_it_was(bad: Row) -> None:
    trades = at(20, 21, 22, 30)
    expected = SettlementBatcher(TERMS, window_ns=10)
    expected.add(trades)
    batcher = SettlementBatcher(TERMS, window_ns=10)
    batcher.add(trades[:1])
    for some in (traded(bad), np.concatenate([trades[1:], traded(bad)])):
        with pytest.raises((SettlementError, OverflowError), match=rf"trades\[{len(some) - 1}\]"):
            batcher.add(some)
        assert batcher.trade_count == 1
    assert [batch.trade_count for batch in batcher.add(trades[1:])] == [3]
    assert batcher.previous_hash == expected.previous_hash


def test_after_a_call_every_sum_of_the_open_window_fits() -> None:
    unit = [SettlementTerms(base_currency=2, lot_units=1, quote_currency=1, value_factor=0)]
    batcher = SettlementBatcher(unit, window_ns=10)
    batcher.add(traded((0, 1, 1, HIGHEST, 7, 8, 0)))
    with pytest.raises(OverflowError, match=r"trades\[0\]"):
        batcher.add(traded((0, 1, 1, 1, 7, 8, 1)))
    batcher.add(traded((0, 1, 1, 1, 7, 8, 1), (0, -1, 1, 5, 7, 8, 1)))
    (batch,) = batcher.close()
    assert batch.transfers.tolist() == [(7, 2, 4 - HIGHEST), (8, 2, HIGHEST - 4)]
    assert batch.trade_count == 3


def test_an_instrument_can_come_later() -> None:
    batcher = SettlementBatcher([SPOT], window_ns=10)
    batcher.add(at(1))
    with pytest.raises(SettlementError, match="instrument was 1, without terms"):
        batcher.add(traded((1, 1, 1, 1, 7, 8, 2)))
    assert batcher.add_instrument(OTHER) == 1
    batcher.add(traded((1, 1, 1, 1, 7, 8, 2)))
    batcher.add(traded((1, 1, 1, 1, 7, 8, 12)))
    assert [batch.trade_count for batch in batcher.close()] == [1]


def test_the_last_window_of_64_bits_is_settled() -> None:
    trades = at(2**64 - 1)
    batch = settlement.settle(trades, TERMS)
    assert batch.hash == reference.settle(trades, TERMS).hash
    assert batch.batch_id == (2**64 - 1) // SECOND


@pytest.mark.parametrize("window", [0, -1, 2**64])
def test_a_window_has_a_length(window: int) -> None:
    with pytest.raises((SettlementError, OverflowError), match=f"window_ns was {window}"):
        SettlementBatcher(window_ns=window)


def test_transfers_are_read_only() -> None:
    transfers = settlement.net_trades(at(1), TERMS)
    with pytest.raises(ValueError, match="read-only"):
        transfers["amount"] = 0


# -- of a venue with accounts

COINS = {"tick_size": "0.1", "lot_size": "0.1", "kind": "spot", "maker_fee": "-0.0001"}
VENUE = [
    Instrument(symbol="BTC-USD", base="BTC", quote="USD", taker_fee="0.0013", **COINS),
    Instrument(symbol="ETH-BTC", base="ETH", quote="BTC", taker_fee="0.0005", **COINS),
    Instrument(
        symbol="ETH-USD", base="ETH", quote="USD", taker_fee="0.002", fee_currency="received",
        **COINS,
    ),
    Instrument(
        symbol="OIL", tick_size="0.1", lot_size=1, kind="linear", quote="USD", taker_fee="0.0007",
        max_leverage=20,
    ),
]  # fmt: skip


def test_a_venues_batches_come_to_what_its_accounts_have() -> None:
    venue, draw = Engine(accounts=True), random.Random(8)
    units = {"USD": "0.01", "BTC": "1e-4", "ETH": "1e-3"}
    for name, unit in units.items():
        venue.add_currency(name, unit=unit)
    for instrument in VENUE:
        venue.add_instrument(instrument)
    accounts = range(1, 5)
    for account in accounts:
        venue.set_account(account)
        for name in units:
            venue.deposit(account, name, 100_000)
    batcher = SettlementBatcher(venue_terms(venue.instruments, venue.currencies), fee_account=0)
    batches = []
    for number in range(300):
        symbol, side = draw.choice(VENUE).symbol, draw.choice(("buy", "sell"))
        reports = venue.submit(
            symbol,
            side=side,
            price=draw.randint(30, 33),
            quantity=draw.randint(1, 20),
            account=draw.choice(accounts),
            timestamp=number * SECOND // 10,
        ).reports
        makers, takers = fees_of(reports)
        batches += batcher.add(trades_of(reports), maker_fees=makers, taker_fees=takers)
    batches += batcher.close()
    assert len(batches) > 20
    settled = dict.fromkeys([(account, name) for account in (0, *accounts) for name in units], 0)
    for batch in batches:
        for account, currency, amount in batch.transfers.tolist():
            settled[account, venue.currencies[currency].name] += amount
    for name in units:
        to_amount = venue.currency(name).to_amount
        assert to_amount(settled[0, name]) == venue.house(name)
        for account in accounts:
            found = venue.balance(account, name)
            oil = venue.account_position("OIL", account=account)
            assert found is not None
            assert oil is not None
            made = oil.realized if name == "USD" else 0  # is settled elsewhere
            assert found.balance - 100_000 - made == to_amount(settled[account, name])


def test_fees_are_those_of_whole_reports() -> None:
    with pytest.raises(CommandError, match="not an array of REPORT_DTYPE"):
        fees_of(traded())


def test_a_copy_of_a_batcher_shares_no_window() -> None:
    """What is added to either of two that share one would be in the batches of both."""
    batcher = SettlementBatcher(TERMS, window_ns=10)
    twin = copy(batcher)
    twin.add(at(20))
    assert (batcher.trade_count, twin.trade_count) == (0, 1)
    assert batcher.add_instrument(TERMS[0]) == twin.add_instrument(TERMS[0])
    with pytest.raises(TypeError, match="a Netting cannot be pickled: add its trades to another"):
        copy(twin)


def test_a_batcher_between_windows_is_kept_as_it_is() -> None:
    batcher = SettlementBatcher(TERMS, window_ns=10)
    batcher.add(at(20))
    assert len(batcher.advance(30)) == 1
    for twin in (copy(batcher), pickle.loads(pickle.dumps(batcher))):
        with pytest.raises(SettlementError, match="in window 2, and windows before 3 are closed"):
            twin.add(at(29))
        twin.add(at(31))
        (batch,) = twin.close()
        assert batch.hash == batch_hash(3, 30, 10, 1, batch.transfers, batcher.previous_hash)
    assert batcher.trade_count == 0
