"""Seeded streams of isolated positions that are brought to where they lose, to the unit.

Where `streams` lets everything meet everything, this draws what the watch of positions depends on:
a mark is told at which a position has just enough, then the next one; the same where it is warned;
margin is added until there is exactly enough, or a unit less; funding comes at its cap, at its
floor and by next to nothing. Nearly every change is followed by a LIQUIDATE. The reference follows
the stream while it is drawn.
"""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

import numpy as np
from streams import MAX_ORDERS, Stream, command_array

from engine import (
    CloseFee,
    CommandKind,
    ContractKind,
    FundingAccrual,
    FundingSource,
    MarginMode,
    Side,
    TimeInForce,
    TriggerSource,
)
from engine.reference import Core
from engine.reference.book import Book
from engine.reference.contract import ContractTerms
from engine.reference.formulas import maintenance_of, size_of, unrealized_of
from engine.reference.positions import Which

FUND_ACCOUNT = 0
OWNERS = range(1, 9)
ATTOS = 10**18
BILLION = 10**9
CAP = ATTOS // 50
PLENTY = 2**59
LEVELS = (BILLION, BILLION - 1, 9 * 10**8, 5 * 10**8, 123_456_789, 10**7, 1)
"""Of which warnings are asked for: 10^9, at which a position may be lost or not, and far below."""
ACCRUALS = (*(FundingAccrual.INDEX,) * 3, FundingAccrual.DISCRETE, FundingAccrual.NONE)


class Holding(NamedTuple):
    """An isolated position, and what is left of it at marks."""

    which: Which
    book: Book
    lots: int
    entry_value: int
    assigned: int
    chosen_rate: int
    funding_rate: int

    def above(self, mark: int) -> int:
        """Return what it has more than the least with which it is kept."""
        equity, needed = self._stand(mark)
        return equity - needed - self.book.contract.liquidation_at_margin

    def is_kept(self, mark: int, level: int) -> bool:
        """Return whether it is not lost, nor, of a level above 0, warned."""
        equity, needed = self._stand(mark)
        is_near = level > 0 and needed * BILLION >= equity * level
        return self.above(mark) >= 0 and not is_near

    def _stand(self, mark: int) -> tuple[int, int]:
        """Return what is left of it, and the maintenance margin."""
        position = (self.book.contract, self.lots, self.entry_value)
        rates = {"chosen_rate": self.chosen_rate, "funding_rate": self.funding_rate}
        equity = self.assigned + unrealized_of(*position, mark)
        return equity, maintenance_of(*position, mark=mark, **rates)

    def edge(self, mark: int, far: int, level: int = 0) -> tuple[int, int] | None:
        """Return the last mark on the way to a far one at which it is kept, and the next one."""
        if not self.is_kept(mark, level) or self.is_kept(far, level):
            return None
        kept, lost = mark, far
        while abs(kept - lost) > 1:
            middle = (kept + lost) // 2
            kept, lost = (middle, lost) if self.is_kept(middle, level) else (kept, middle)
        return kept, lost


def watched_stream(seed: int, length: int) -> Stream:
    """Return the stream of this seed."""
    return _Draw(seed).stream(length)


class _Draw:
    """A stream that is being drawn, and the reference that follows it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(f"watched {seed}")
        self.price = self.random.choice((100, 5_000, 10**6, 10**10))
        contracts = [self._contract() for _ in range(self.random.choice((1, 2)))]
        lowest = {ContractKind.INVERSE: {"min_price": 1}}
        self.instruments = tuple(
            {**lowest.get(contract["kind"], {}), "contract": contract} for contract in contracts
        )
        empty = Stream(self.instruments, MAX_ORDERS, command_array(), currencies=1)
        self.core: Any = empty.new_core(Core)
        self.drawn: list[np.ndarray] = []

    def stream(self, length: int) -> Stream:
        """Draw so many commands, or a few more."""
        self._begin()
        while len(self.drawn) < length:
            self._step()
        commands = np.concatenate(self.drawn)
        return Stream(self.instruments, MAX_ORDERS, commands, currencies=1)

    def _contract(self) -> dict[str, Any]:
        random = self.random
        kind = random.choice((ContractKind.LINEAR, ContractKind.LINEAR, ContractKind.INVERSE))
        factor = random.choice((1, 3, 1_000, 10**6))
        if kind == ContractKind.INVERSE:
            factor *= self.price
        initial = random.choice((10**7, 10**8, 123_456_789))
        maintenance = initial // random.choice((2, 3, 20))
        contract = {
            "kind": kind,
            "settle": 0,
            "value_factor": factor,
            "initial_rate": initial,
            "maintenance_rate": maintenance,
            "liquidation_at_margin": random.randint(0, 1),
        }
        accrual = random.choice(ACCRUALS)
        if accrual != FundingAccrual.NONE:
            contract |= {"funding": accrual, "funding_floor": -CAP, "funding_cap": CAP}
        if random.random() < 0.4:
            contract |= self._tiers(contract)
        elif random.random() < 0.3:
            slope = initial * BILLION // random.choice((100, 10**5))
            contract |= {"initial_slope": slope, "maintenance_slope": slope // 2}
        if random.random() < 0.3:
            contract |= {"close_fee": random.choice(list(CloseFee)), "taker_rate": 700_001}
        if random.random() < 0.2:
            contract |= {"initial_close_fee": random.choice(list(CloseFee)), "taker_rate": 300_007}
        if random.random() < 0.3:
            contract |= {"value_at_entry": 1}
        if random.random() < 0.3:
            contract |= {"initial_at_mark": 1}
        if accrual != FundingAccrual.NONE and random.random() < 0.4:
            contract |= {"funding_in_maintenance": 1}
        return contract

    def _tiers(self, contract: dict[str, Any]) -> dict[str, Any]:
        """Draw two tiers, mostly with what makes their margin go on without a step."""
        random = self.random
        lot = size_of(ContractTerms(**contract), 1, self.price)
        is_marginal = random.random() < 0.7
        tiers, before, deduction = [], 0, 0
        for lots, more in zip(sorted(random.sample(range(1, 30), 2)), (2, 7), strict=True):
            deduction += lots * lot * (more - before) * 10**7 // BILLION
            before, raised = more, more * 10**7
            rates = (contract["initial_rate"] + raised, contract["maintenance_rate"] + raised)
            tiers.append((lots * lot, *rates, deduction if is_marginal else 0))
        return {"margin_tiers": tiers}

    def send(self, kind: CommandKind, **fields: int) -> None:
        number = len(self.drawn)
        labels = {"command_id": number, "timestamp": number}
        command = command_array({"kind": kind, **fields, **labels})
        self.core.match(command)
        self.drawn.append(command)

    def _begin(self) -> None:
        for account in (FUND_ACCOUNT, *OWNERS):
            self.send(CommandKind.SET_ACCOUNT, account=account)
            self.send(CommandKind.DEPOSIT, account=account, quantity=PLENTY)
        for number in range(len(self.instruments)):
            self._tell(number, self.price)
        for number in range(len(self.instruments)):
            for account in OWNERS:
                where = {"account": account, "instrument": number}
                is_apart = self.random.random() < 0.9
                mode = MarginMode.ISOLATED if is_apart else MarginMode.CROSS
                self.send(CommandKind.SET_MARGIN_MODE, selector=mode, **where)
                is_hedged = self.random.random() < 0.2
                self.send(CommandKind.SET_POSITION_MODE, selector=is_hedged, **where)
            for _ in range(4):
                self._trade(number)

    def _step(self) -> None:
        number = self.random.randrange(len(self.instruments))
        steps = (self._trade, self._cross, self._cross, self._just_enough, self._fund, self._fund)
        step = self.random.choice((*steps, self._move, self._choose_leverage, self._come_near))
        step(number)

    def _mark(self, number: int) -> int:
        return int(self.core._machine.books[number].triggers.prices[TriggerSource.MARK])

    def _tell(self, number: int, price: int) -> None:
        told = {"trigger_source": TriggerSource.MARK, "price": price}
        self.send(CommandKind.SET_PRICE, instrument=number, **told)

    def _watch(self, level: int = 0) -> None:
        """Look at all positions, now and then with warnings that nothing here asked for."""
        if self.random.random() < 0.95:
            level = level or self.random.choice((*[0] * 20, *LEVELS))
            self.send(CommandKind.LIQUIDATE, account=FUND_ACCOUNT, quantity=level)

    def _trade(self, number: int) -> None:
        """Let two accounts trade near the mark."""
        random = self.random
        buyer, seller = random.sample(OWNERS, 2)
        lots = random.choice((1, 2, 7, random.randint(1, 40), random.randint(1, 10**6)))
        price = max(1, self._mark(number) + random.randint(-2, 2))
        order = {"instrument": number, "price": price, "quantity": lots}
        for side, account in ((Side.SELL, seller), (Side.BUY, buyer)):
            fields = order | {"time_in_force": TimeInForce.IOC if side == Side.BUY else 0}
            self.send(CommandKind.SUBMIT, side=side, account=account, **fields)
        if random.random() < 0.6:
            self.send(CommandKind.MASS_CANCEL)
        self._watch()

    def _fund(self, number: int) -> None:
        random = self.random
        rate = random.choice((CAP, -CAP, 1, -1, random.randint(-CAP, CAP), CAP // 10**6))
        fields = {"selector": FundingSource.TOLD, "price": rate}
        for _ in range(random.choice((1, 1, 3))):
            self.send(CommandKind.FUND, instrument=number, **fields)
            self._watch()

    def _move(self, number: int) -> None:
        mark = self._mark(number)
        step = max(1, self.price // 50)
        self._tell(number, max(1, mark + self.random.randint(-step, step)))
        self._watch()

    def _choose_leverage(self, number: int) -> None:
        account, hundredths = self.random.choice(OWNERS), self.random.choice((200, 500, 900, 5_000))
        where = {"account": account, "instrument": number}
        self.send(CommandKind.SET_LEVERAGE, quantity=hundredths, **where)

    def _cross(self, number: int) -> None:
        """Move the mark to where some position has just enough, and mostly one further."""
        holding = self._any_holding(number)
        edge = holding and self._edge(holding)
        if not edge:
            return
        kept, lost = edge
        self._tell(number, kept)
        self._watch()
        if self.random.random() < 0.7:
            self._tell(number, lost)
            self._watch()

    def _come_near(self, number: int) -> None:
        """Move the mark to where some position is not yet warned, and one further."""
        holding, level = self._any_holding(number), self.random.choice(LEVELS)
        edge = holding and self._edge(holding, level)
        for mark in edge or ():
            self._tell(number, mark)
            self._watch(level)

    def _just_enough(self, number: int) -> None:
        """Add what is missing at a mark where a position would lose, or a unit less, or more."""
        holding = self._any_holding(number)
        edge = holding and self._edge(holding)
        if not holding or not edge:
            return
        self._tell(number, edge[1])
        self.send(
            CommandKind.ADD_MARGIN,
            account=holding.which.account,
            instrument=number,
            side=Side.BUY if holding.lots > 0 else Side.SELL,
            quantity=-holding.above(edge[1]) + self.random.choice((0, 0, -1, 1)),
        )
        self._watch()

    def _edge(self, holding: Holding, level: int = 0) -> tuple[int, int] | None:
        """Return the edge towards worse marks; of a position warned already, to better ones."""
        mark = self._mark(holding.book.number)
        low, high = 1, 4 * mark + 4
        worse, better = (low, high) if holding.lots > 0 else (high, low)
        if holding.is_kept(mark, level):
            return holding.edge(mark, worse, level)
        return holding.edge(better, mark, level) if level else None

    def _any_holding(self, number: int) -> Holding | None:
        found = holdings(self.core, number)
        return self.random.choice(found) if found else None


def holdings(core: Any, number: int) -> list[Holding]:
    """Return the isolated positions of an instrument, without those of who takes over."""
    machine = core._machine
    book = machine.books[number]
    has_funding = book.contract.funding != FundingAccrual.NONE
    found = []
    for account in OWNERS:
        for which in book.positions.of_account(account):
            position = machine.funds.position(which, book)
            if position.quantity and position.margin_mode == MarginMode.ISOLATED:
                assigned = machine.funds.assigned(which, book)
                chosen_rate = machine.funds.standing(account, book).chosen_rate
                rates = (chosen_rate, core.funding(number).rate if has_funding else 0)
                numbers = (position.quantity, position.entry_value, assigned, *rates)
                found.append(Holding(which, book, *numbers))
    return found
