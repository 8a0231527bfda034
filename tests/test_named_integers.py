"""What must be an integer and is none is refused by its name, wherever Python reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.feed import BoundedQueue, Conflator, Partitioner
from engine.history import History
from engine.metrics import Metrics
from engine.policy import Proposal, RiskAccount, RiskChain, RiskLimits
from engine.settlement import SettlementBatcher


def check_by(deadline: Any) -> object:
    chain = RiskChain(RiskLimits(daily_loss_limit=1), clock=lambda: 0)
    proposal = Proposal(symbol="OIL", signal="buy", confidence=1, entry_price=5, quantity=1)
    return chain.check(proposal, RiskAccount(balance=9, free_margin=9), deadline=deadline)


@pytest.mark.parametrize(
    ("name", "ask"),
    [
        ("order_id", lambda history, value: history.order(value)),
        ("number", lambda history, value: history.reports(value)),
        ("account", lambda history, value: history.orders(value)),
        ("account", lambda history, value: history.fills(value)),
        ("limit", lambda history, value: history.orders(7, limit=value)),
        ("since", lambda history, value: history.orders(7, since=value)),
        ("until", lambda history, value: history.orders(7, until=value)),
        ("before", lambda history, value: history.orders(7, before=value)),
        ("minutes", lambda history, value: history.candles("OIL", value)),
    ],
)
def test_a_history_names_what_is_no_integer(
    name: str, ask: Callable[[History, Any], object], tmp_path: Path
) -> None:
    with (
        History(tmp_path / "venue.history") as history,
        pytest.raises(TypeError, match=rf"^{name} was 1\.5, of float, not an integer$"),
    ):
        ask(history, 1.5)


@pytest.mark.parametrize(
    ("name", "ask"),
    [
        ("after", lambda value: History("not made", after=value)),
        ("timestamp", lambda value: SettlementBatcher().advance(value)),
        ("window_ns", lambda value: SettlementBatcher(window_ns=value)),
        ("now_ns", lambda value: Metrics().count("orders", 1, value)),
        ("amount", lambda value: Metrics().count("orders", value, 0)),
        ("count", lambda value: BoundedQueue().take(value)),
        ("now", lambda value: Conflator().poll(value)),
        ("now", lambda value: Partitioner().poll(value)),
        ("deadline", check_by),
    ],
)
def test_what_is_no_integer_is_named(name: str, ask: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError, match=rf"^{name} was 'ten', of str, not an integer$"):
        ask("ten")
