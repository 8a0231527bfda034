"""Bad days: whatever is lost, nothing is lost twice, and nothing comes from nowhere."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from bad_days import DAYS, LINEAR, LOTS, bad_day, liquidate, mark, opening
from compare import WIDE, find_difference
from implementations import Implementation
from streams import Stream

import engine.reference
from engine import ExecType, RejectReason, Side

FEW, MANY = 12, 100_000
USD = 0
OF_TRADERS = (ExecType.LIQUIDATED, ExecType.DELEVERAGED)


def closed(reports: np.ndarray) -> Counter[int]:
    """Return how many lots were closed of each account, by any step."""
    lots: Counter[int] = Counter()
    for exec_type in OF_TRADERS:
        chosen = reports[reports["exec_type"] == exec_type]
        for account, quantity in zip(chosen["account"], chosen["last_quantity"], strict=True):
            lots[int(account)] += int(quantity)
    return lots


def carried_out(stream: Stream, make: Any) -> tuple[Any, np.ndarray]:
    core = stream.new_core(make)
    reports = core.match(stream.commands)
    refused = reports[reports["exec_type"] == ExecType.REJECTED]
    assert set(refused["reject_reason"]) <= {RejectReason.INSUFFICIENT_FUNDS}
    return core, reports


@pytest.mark.parametrize("name", DAYS)
def test_a_bad_day_ends_the_same_on_both(name: str, implementation: Implementation) -> None:
    stream = bad_day(name, FEW)
    make = implementation.core
    assert find_difference(stream, make, engine.reference.Core, WIDE) is None
    core, reports = carried_out(stream, make)
    core.check_invariants()
    of_traders = {account: lots for account, lots in closed(reports).items() if account <= FEW}
    assert of_traders, "somebody lost"
    assert max(of_traders.values()) <= LOTS


@pytest.mark.parametrize("name", DAYS)
def test_a_bad_day_of_many(name: str) -> None:
    stream = bad_day(name, MANY)
    core, reports = carried_out(stream, engine.Core)
    core.check_invariants()
    lots = closed(reports)
    assert all(lots[account] <= LOTS for account in range(1, MANY + 1))
    assert sum(lots[account] > 0 for account in range(1, MANY + 1)) > MANY // 20
    # Conservation: what all have is what came in, less fees.
    again, reports_again = carried_out(stream, engine.Core)
    assert reports_again.tobytes() == reports.tobytes()
    assert again.state_hash() == core.state_hash()


def test_after_a_gap_nobody_is_left_below(implementation: Implementation) -> None:
    core, _ = carried_out(bad_day("a gap, and a fund that has enough", FEW), implementation.core)
    for account in range(1, FEW + 1):
        balance = core.balance(account, USD)
        assert balance.balance >= 0
        assert balance.shared_equity >= balance.maintenance


def test_who_sits_at_the_threshold_stays_and_a_unit_less_goes(
    implementation: Implementation,
) -> None:
    # 10 lots at 1,000, half a percent: 49.5 are needed at 990, so 50, and 100 are lost.
    contract = {key: value for key, value in LINEAR.items() if key != "taker_rate"}
    parts = np.concatenate(opening(4, fund=10**6))
    deposits = parts["kind"] == engine.DEPOSIT
    for account, amount in ((1, 150), (2, 149), (3, 151), (4, 150)):
        parts["quantity"][deposits & (parts["account"] == account)] = amount
    stream = Stream(
        ({"contract": {"settle": 0, **contract}},),
        100,
        np.concatenate([parts, mark(990), liquidate(4, 2)]),
        currencies=1,
    )
    core, reports = carried_out(stream, implementation.core)
    lost = reports[reports["exec_type"] == ExecType.LIQUIDATED]
    assert [(int(row["account"]), int(row["side"]), int(row["fee"])) for row in lost] == [
        (2, Side.SELL, 49)
    ]
    assert core.balance(1, USD).shared_equity == core.balance(1, USD).maintenance == 50
