"""Settlement: the batch of a window, made of its trades."""

from __future__ import annotations

from time import perf_counter_ns
from typing import Final

import numpy as np

from engine._schema import TRADE_DTYPE
from engine.bench.reading import Effort, figures_of, require, time_calls
from engine.budgets import Measurement
from engine.measurement import LatencyHistogram
from engine.records import RecordArray
from engine.reference import settle
from engine.settlement import SettlementBatch, SettlementBatcher, SettlementTerms

__all__ = ["settlement_batch", "settlement_window"]

SEED: Final = 97
SECOND: Final = 10**9
TRADES: Final = 10_000
ACCOUNTS: Final = 10_000
SYMBOLS: Final = 50
TERMS: Final = [
    SettlementTerms(base_currency=1, lot_units=1_000, quote_currency=0, value_factor=7)
] * SYMBOLS
"""Trades move a base and a quote currency, and both sides pay fees."""


def window(number: int) -> RecordArray:
    """Return the trades of one second."""
    draw = np.random.default_rng(SEED)
    trades = np.zeros(TRADES, TRADE_DTYPE)
    times = np.sort(draw.integers(0, SECOND, TRADES, dtype=np.uint64))
    trades["timestamp"] = times + np.uint64(number * SECOND)
    trades["instrument"] = draw.integers(0, SYMBOLS, TRADES)
    trades["price"] = draw.integers(1, 10**6, TRADES)
    trades["quantity"] = draw.integers(1, 1_000, TRADES)
    trades["side"] = draw.choice([1, -1], TRADES)
    trades["maker_account"] = draw.integers(0, ACCOUNTS, TRADES)
    trades["taker_account"] = draw.integers(0, ACCOUNTS, TRADES)
    return trades


def settlement_batch(effort: Effort) -> Measurement:
    """Time a window of a second from its trades to its batch: netted, sorted and hashed."""
    maker_fees, taker_fees = np.random.default_rng(SEED + 1).integers(-5, 50, (2, TRADES))
    fees = {"maker_fees": maker_fees, "taker_fees": taker_fees}
    batcher = SettlementBatcher(TERMS, fee_account=ACCOUNTS)
    last = list[SettlementBatch]()

    def create(trades: RecordArray) -> list[SettlementBatch]:
        batcher.add(trades, **fees)
        return batcher.close()

    def is_whole(_: RecordArray, batches: list[SettlementBatch]) -> bool:
        last[:] = batches
        return len(batches) == 1 and batches[0].trade_count == TRADES

    windows = (window(number) for number in range(effort.sweeps))
    histogram = time_calls(create, windows, is_whole)
    expected = settle(
        window(effort.sweeps - 1),
        TERMS,
        previous_hash=last[0].previous_hash,
        fee_account=ACCOUNTS,
        **fees,
    )
    require(last[0].hash == expected.hash, "the last batch was not that of the reference")
    return Measurement(
        figures_of(histogram), {"trades": TRADES, "accounts": ACCOUNTS, "symbols": SYMBOLS}
    )


def settlement_window(effort: Effort) -> Measurement:
    """Tell how long trades wait for their batch: the rest of their second, and its creation.

    How long a trade waits for its window is reckoned from its time; the creation is measured.
    """
    batcher = SettlementBatcher(TERMS, fee_account=ACCOUNTS)
    histogram = LatencyHistogram()
    for number in range(effort.sweeps):
        trades = window(number)
        before = perf_counter_ns()
        batcher.add(trades)
        (batch,) = batcher.close()
        created = perf_counter_ns() - before
        require(batch.trade_count == TRADES, f"{batch.trade_count} trades, must be {TRADES}")
        waited = (number + 1) * SECOND - trades["timestamp"].astype(np.int64)
        histogram.record_many(waited + created)
    return Measurement(figures_of(histogram), {"trades": TRADES, "accounts": ACCOUNTS})
