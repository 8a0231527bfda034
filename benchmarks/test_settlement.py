"""Settlement: the batch of one window from its trades, netted, sorted and hashed."""

from __future__ import annotations

import time
from time import process_time_ns
from typing import Any, Final

import numpy as np
import pytest
from results import Results
from scale import Scale
from targets import SETTLEMENT_GODARK_MS, SETTLEMENT_MS, hold

from engine import TRADE_DTYPE, reference
from engine.budgets import at_most
from engine.measurement import no_collection
from engine.records import RecordArray
from engine.settlement import SettlementBatch, SettlementBatcher, SettlementTerms

TITLE = "a batch of settlement, ms"
TRADES: Final = 10_000
ACCOUNTS: Final = 1_000
INSTRUMENTS: Final = 8
FEE_ACCOUNT: Final = ACCOUNTS
SECOND: Final = 10**9
TERMS: Final = {
    "perpetuals, fees": [SettlementTerms(quote_currency=0)] * INSTRUMENTS,
    "spot, one base, fees": [
        SettlementTerms(base_currency=1, lot_units=1_000, quote_currency=0, value_factor=7)
    ]
    * INSTRUMENTS,
    "spot, 8 bases, fees": [
        SettlementTerms(base_currency=1 + base, lot_units=1_000, quote_currency=0, value_factor=7)
        for base in range(INSTRUMENTS)
    ],
}


def window() -> RecordArray:
    """Return the trades of the first second."""
    draw = np.random.default_rng(97)
    trades = np.zeros(TRADES, TRADE_DTYPE)
    trades["timestamp"] = np.sort(draw.integers(0, SECOND, TRADES, dtype=np.uint64))
    trades["instrument"] = draw.integers(0, INSTRUMENTS, TRADES)
    trades["price"] = draw.integers(1, 10**6, TRADES)
    trades["quantity"] = draw.integers(1, 1_000, TRADES)
    trades["side"] = draw.choice([1, -1], TRADES)
    trades["maker_account"] = draw.integers(0, ACCOUNTS, TRADES)
    trades["taker_account"] = draw.integers(0, ACCOUNTS, TRADES)
    return trades


@pytest.mark.benchmark(group="settlement", timer=time.process_time)
@pytest.mark.parametrize("kind", list(TERMS))
def test_a_batch_is_built_at_once(
    kind: str, scale: Scale, results: Results, benchmark: Any
) -> None:
    trades = window()
    fees = np.random.default_rng(98).integers(-5, 50, (2, TRADES))
    paid: dict[str, Any] = {"maker_fees": fees[0], "taker_fees": fees[1]}
    batcher = SettlementBatcher(TERMS[kind], fee_account=FEE_ACCOUNT)
    batches, rounds = list[SettlementBatch](), list[float]()

    def run() -> None:
        with no_collection():
            before = process_time_ns()
            batcher.add(trades, **paid)
            batches[:] = batcher.close()
            rounds.append((process_time_ns() - before) / 1e6)
        trades["timestamp"] += np.uint64(SECOND)

    benchmark.pedantic(run, rounds=5 * scale.call_rounds)
    trades["timestamp"] -= np.uint64(SECOND)
    (batch,) = batches
    expected = reference.settle(
        trades, TERMS[kind], previous_hash=batch.previous_hash, fee_account=FEE_ACCOUNT, **paid
    )
    assert batch.hash == expected.hash
    best, median = min(rounds), float(np.median(rounds))
    cells: dict[str, Any] = {
        "trades of": kind,
        "trades": TRADES,
        "accounts": ACCOUNTS,
        "transfers": len(batch.transfers),
        "best": best,
        "median": median,
        "target": SETTLEMENT_MS,
        "p50, GoDark": SETTLEMENT_GODARK_MS["p50"],
        "GoDark / median": SETTLEMENT_GODARK_MS["p50"] / median,
    }
    found = np.percentile(rounds, [50, 95, 99], method="inverted_cdf").tolist()
    benchmark.extra_info |= cells
    results.put(TITLE, kind, cells)
    budgets = [
        at_most(f"{kind}: {name}, ms", value, budget)
        for value, (name, budget) in zip(found, SETTLEMENT_GODARK_MS.items(), strict=True)
    ]
    hold(scale, at_most(f"{kind}: best, ms", best, SETTLEMENT_MS), *budgets)
