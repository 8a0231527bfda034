"""Hypothesis drives both implementations alike and compares them queue by queue."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compare import Comparison, DisagreementError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from implementations import Implementation
from kept import keep
from streams import MAX_ORDERS, Stream, command_array

import engine.reference
from engine import (
    BUY,
    CANCEL,
    GTC,
    MASS_CANCEL,
    ONE_CANCELS_OTHER,
    ONE_TRIGGERS_OTHER,
    POST_ONLY,
    REDUCE,
    REPLACE,
    SELL,
    SET_PHASE,
    SET_PRICE,
    SUBMIT,
    UNCROSS,
    CancelScope,
    OrderFlag,
    OrderType,
    Phase,
    SelfTradeMode,
    TimeInForce,
    TriggerSource,
)

SCALE = int(os.environ.get("ENGINE_STREAM_SCALE", "1"))

sides = st.sampled_from((BUY, SELL))
prices = st.integers(-2, 3)
quantities = st.integers(1, 5)
order_ids = st.integers(0, 6)
instruments = st.integers(0, 1)
conditional = st.sampled_from([kind for kind in OrderType if kind >= OrderType.STOP])
LIMITED = (OrderType.STOP_LIMIT, OrderType.LIMIT_IF_TOUCHED, OrderType.TRAILING_STOP_LIMIT)
TRAILING = (OrderType.TRAILING_STOP, OrderType.TRAILING_STOP_LIMIT)


class TwoEngines(RuleBasedStateMachine):
    """The tested core beside the reference, over two instruments that replace differently."""

    make_tested: Any
    keep_at: Path

    @initialize(max_orders=st.sampled_from((3, MAX_ORDERS)))
    def start(self, max_orders: int) -> None:
        terms = ({"replace_priority": 0}, {"replace_priority": 1, "min_quantity": 2})
        self.stream = Stream(terms, max_orders, command_array())
        makes = (self.make_tested, engine.reference.Core)
        self.comparison = Comparison(*map(self.stream.new_core, makes), self.stream)

    @rule(
        instrument=instruments,
        side=sides,
        price=prices,
        quantity=quantities,
        order_id=order_ids,
        time_in_force=st.sampled_from(TimeInForce),
        post_only=st.booleans(),
    )
    def submit_limit(self, post_only: bool, **fields: int) -> None:
        self.send(kind=SUBMIT, flags=POST_ONLY if post_only else 0, **fields)

    @rule(
        instrument=instruments,
        side=sides,
        quantity=quantities,
        time_in_force=st.sampled_from(TimeInForce),
    )
    def submit_market(self, **fields: int) -> None:
        self.send(kind=SUBMIT, order_type=OrderType.MARKET, **fields)

    @rule(instrument=instruments, side=sides, price=prices, quantity=quantities)
    def submit_resting(self, **fields: int) -> None:
        """Most sequences need something that rests: a plain order, its id assigned."""
        self.send(kind=SUBMIT, **fields)

    @rule(
        instrument=instruments,
        side=sides,
        price=prices,
        quantity=quantities,
        flags=st.sampled_from((0, OrderFlag.HIDDEN, OrderFlag.ALL_OR_NONE, OrderFlag.MINIMUM_EACH)),
        display_quantity=st.integers(0, 2),
        minimum_quantity=st.integers(0, 2),
        self_trade_mode=st.sampled_from(SelfTradeMode),
        account=st.integers(0, 1),
    )
    def submit_special(self, **fields: int) -> None:
        self.send(kind=SUBMIT, **fields)

    @rule(
        instrument=instruments,
        side=sides,
        price=prices,
        quantity=quantities,
        order_type=conditional,
        trigger_price=prices,
        offset=st.integers(1, 2),
    )
    def submit_conditional(self, **fields: int) -> None:
        if fields["order_type"] not in LIMITED:
            fields["price"] = 0
        if fields["order_type"] not in TRAILING:
            fields["offset"] = 0
        self.send(kind=SUBMIT, **fields)

    @rule(
        instrument=instruments,
        side=sides,
        price=prices,
        quantity=quantities,
        flags=st.sampled_from(
            (ONE_CANCELS_OTHER, ONE_TRIGGERS_OTHER, ONE_CANCELS_OTHER | ONE_TRIGGERS_OTHER)
        ),
        linked_order_id=order_ids,
        order_type=st.sampled_from((OrderType.LIMIT, OrderType.STOP_LIMIT)),
        time_in_force=st.sampled_from((GTC, TimeInForce.DAY)),
    )
    def submit_linked(self, **fields: int) -> None:
        self.send(kind=SUBMIT, **fields)

    @rule(instrument=instruments, phase=st.sampled_from(Phase))
    def set_phase(self, instrument: int, phase: Phase) -> None:
        self.send(kind=SET_PHASE, instrument=instrument, selector=phase)

    @rule(instrument=instruments)
    def trade_on(self, instrument: int) -> None:
        """Most sequences need an instrument that trades, and every call ends so."""
        self.send(kind=SET_PHASE, instrument=instrument, selector=Phase.CONTINUOUS)

    @rule(instrument=instruments)
    def uncross(self, instrument: int) -> None:
        self.send(kind=UNCROSS, instrument=instrument)

    @rule(instrument=instruments, price=prices, trigger_source=st.sampled_from(TriggerSource))
    def set_price(self, **fields: int) -> None:
        self.send(kind=SET_PRICE, **fields)

    @rule(selector=st.integers(0, sum(CancelScope)), side=sides, account=st.integers(0, 1))
    def mass_cancel(self, **fields: int) -> None:
        """What is outside 1 to 2 stays when the price counts."""
        if fields["selector"] & CancelScope.BY_PRICE:
            fields |= {"price": 1, "bound": 2}
        self.send(kind=MASS_CANCEL, **fields)

    @rule(instrument=instruments, order_id=order_ids)
    def cancel(self, **fields: int) -> None:
        self.send(kind=CANCEL, **fields)

    @rule(instrument=instruments, order_id=order_ids, price=prices, quantity=quantities)
    def replace(self, **fields: int) -> None:
        self.send(kind=REPLACE, **fields)

    @rule(instrument=instruments, order_id=order_ids, quantity=quantities)
    def reduce(self, **fields: int) -> None:
        self.send(kind=REDUCE, **fields)

    @precondition(lambda self: len(self.stream.commands) > 0)
    @rule(index=st.integers(0, 50))
    def send_again(self, index: int) -> None:
        """Send an earlier command once more: most of them are refused now."""
        commands = self.stream.commands
        self._compare(commands[index % len(commands)].reshape(1))

    def send(self, **fields: int) -> None:
        number = len(self.stream.commands) + 1
        self._compare(command_array({**fields, "timestamp": number // 3, "command_id": number}))

    def _compare(self, commands: np.ndarray) -> None:
        """Compare one command's reports and everything that can be asked after it.

        Hypothesis runs the smallest failing sequence last, so that is the one that stays kept.
        """
        self.stream = self.stream._replace(
            commands=np.concatenate((self.stream.commands, commands))
        )
        self.comparison.commands = commands
        try:
            self.comparison.one_by_one()
        except DisagreementError as disagreement:
            path = keep(self.stream, self.keep_at, f"state machine: {disagreement.args}")
            pytest.fail(f"{disagreement.args}, commands kept in {path}")


def test_machines_agree(implementation: Implementation, failures: Path) -> None:
    class Tested(TwoEngines):
        make_tested = staticmethod(implementation.core)
        keep_at = failures / f"{implementation.name}-machine.json"

    run_state_machine_as_test(
        Tested,
        settings=settings(
            max_examples=60 * SCALE,
            stateful_step_count=40,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
