"""Accounts: what each owns, its positions, and what its trades pay.

Only what happened is kept here: balances and positions. What orders hold of them is nowhere kept,
but found anew from the orders whenever it is asked for: see `funds`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from .._schema import (
    BUY,
    AccountFlag,
    ContractKind,
    FundingAccrual,
    MarginMode,
    PositionMode,
    Rounding,
    Side,
)
from .commands import Command
from .contract import ContractTerms
from .formulas import fee_of, given_back_of, profit_of, released_of, value_of
from .funding import Accrual
from .limits import Limits, Switches
from .orders import LiveOrder
from .positions import Which
from .rates import Rates
from .rounding import divide
from .units import BILLION

MAY_ALL: Final = AccountFlag(0)


@dataclass(slots=True)
class Holding:
    """A position of an account in one derivative."""

    lots: int = 0
    entry_value: int = 0
    """What its lots were worth when they came."""
    realized: int = 0
    fees: int = 0
    added: int = 0
    """What was added to the margin of an isolated position, less the funding that it paid."""
    funding: int = 0
    """What it has paid of funding; below 0 what it was paid."""
    funding_rest: int = 0
    """What it has paid too much of it by rounding, billionths of a unit, below 10^9."""

    @property
    def signed_entry_value(self) -> int:
        """Its entry value, the other way round when it is short."""
        return self.entry_value if self.lots >= 0 else -self.entry_value

    def trade(self, contract: ContractTerms, lots: int, value: int, price: int) -> int:
        """Add lots, below 0 when they were sold, of a value at a price; return what that pays.

        A trade that turns the position round is two: one closes it, one opens the rest.
        """
        if self.lots * lots >= 0:
            self.lots += lots
            self.entry_value += value
            return 0
        closed = min(abs(lots), abs(self.lots))
        if closed == abs(lots):
            return self._close(contract, closed, value)
        of_closed = value_of(contract, closed, price)
        paid = self._close(contract, closed, of_closed)
        self.lots = lots + closed if lots < 0 else lots - closed
        self.entry_value = value - of_closed
        return paid

    def fund(self, contract: ContractTerms, increment: int) -> int:
        """Take note of what a lot pays, in billionths; return what the position does.

        Rounded so that the account is paid the lower of two amounts.
        """
        keeps_rest = contract.funding == FundingAccrual.INDEX
        owed = self.lots * increment - (self.funding_rest if keeps_rest else 0)
        paid = divide(owed, BILLION, Rounding.CEILING)
        if keeps_rest:
            self.funding_rest = paid * BILLION - owed
        self.funding += paid
        return paid

    def _close(self, contract: ContractTerms, closed: int, value: int) -> int:
        """Take lots off the position, which are worth a value now; return what that pays."""
        released = released_of(contract, self.lots, self.entry_value, closed)
        paid = profit_of(contract, self.lots, released, value)
        self.added -= given_back_of(self.added, self.lots, closed)
        self.lots -= closed if self.lots > 0 else -closed
        self.entry_value -= released
        self.realized += paid
        assert self.lots != 0 or self.entry_value == 0
        assert self.lots != 0 or self.added == 0
        return paid


@dataclass(slots=True)
class Standing:
    """What an account has in one derivative, and how it wants that to be kept."""

    position_mode: PositionMode = PositionMode.ONE_WAY
    margin_mode: MarginMode = MarginMode.CROSS
    chosen_rate: int = 0
    """The initial rate that the account chose; 0 for the contract's."""
    long: Holding = field(default_factory=Holding)
    """The long position, or the only one."""
    short: Holding = field(default_factory=Holding)
    """The short position; blank where there is only one."""

    @property
    def holdings(self) -> tuple[Holding, Holding]:
        """Both."""
        return self.long, self.short

    def holding(self, side: Side) -> Holding:
        """Return the one for which `Positions.which` has a side."""
        return self.long if side == BUY else self.short

    def directed(self, side: int) -> Holding | None:
        """Return the position that is long to a BUY and short to a SELL, if there is one."""
        return next((holding for holding in self.holdings if holding.lots * side > 0), None)

    def unite(self) -> int:
        """Let the results of the short position be those of the only one. REQUIRES: neither is.

        Return the units of funding that both together have paid too much.
        """
        assert all(holding.lots == 0 for holding in self.holdings)
        self.long.realized += self.short.realized
        self.long.fees += self.short.fees
        rest = self.long.funding_rest + self.short.funding_rest
        too_much, self.long.funding_rest = divmod(rest, BILLION)
        self.long.funding += self.short.funding - too_much
        self.short = Holding()
        return too_much

    @property
    def is_blank(self) -> bool:
        """Whether nothing is to be said of it."""
        return self == Standing()


@dataclass(slots=True)
class Funded:
    """What the funding of an instrument has come to."""

    rate: int = 0
    """The last one, 10^-18."""
    index: int = 0
    """What one long lot would have paid from the beginning, billionths of a unit."""
    time: int = 0
    """Of the last time."""


@dataclass(slots=True, eq=False)
class Past:
    """What the results of an account in one currency have been."""

    day: int = 0
    """That of its last trade, or of the last FUND of a position of it."""
    begin: int = 0
    """The result before the first of these on that day."""
    best: int = 0
    """The highest result after any trade."""

    @property
    def is_blank(self) -> bool:
        """Whether nothing is to be said of it."""
        return not any((self.day, self.begin, self.best))

    def begin_day(self, day: int, before: int) -> None:
        """Take note of the result before something changes it on a day."""
        if day > self.day:
            self.day = day
            self.begin = before

    def trade(self, day: int, before: int, after: int) -> None:
        """Take note of the results before and after a trade."""
        self.begin_day(day, before)
        self.best = max(self.best, after)

    def begin_of(self, day: int, now: int) -> int:
        """Return the result at the beginning of a day, which has not ended, by the result now."""
        return self.begin if day == self.day else now


class LastOrder(NamedTuple):
    """An order as it was accepted: what it says when it comes again, and when it came."""

    instrument: int
    side: int
    order_type: int
    price: int
    trigger_price: int
    quantity: int
    time: int


@dataclass(slots=True, eq=False)
class Owner:
    """One account."""

    group: int = 0
    tier: int = 0
    flags: AccountFlag = MAY_ALL
    balances: dict[int, int] = field(default_factory=dict)
    """By currency."""
    standings: dict[int, Standing] = field(default_factory=dict)
    """By instrument, of derivatives."""
    pasts: dict[int, Past] = field(default_factory=dict)
    """By currency, where its derivatives have traded."""
    last_order: LastOrder | None = None
    """The last one that was accepted."""

    def balance(self, currency: int) -> int:
        """Return what it owns of a currency."""
        return self.balances.get(currency, 0)

    def add(self, currency: int, amount: int) -> None:
        """Add to what it owns of a currency, or take off what is below 0."""
        self.balances[currency] = self.balance(currency) + amount

    def standing(self, instrument: int) -> Standing:
        """Return what it has in a derivative, blank before the first trade."""
        return self.standings.setdefault(instrument, Standing())


class Accounts:
    """Every account of an engine, the house, and what came in from outside."""

    def __init__(self) -> None:
        self.owners: dict[int, Owner] = {}
        """By number."""
        self.house: list[int] = []
        """By currency, the fees less the rebates."""
        self.deposits: list[int] = []
        """By currency, what came in less what went out."""
        self.rounding: list[int] = []
        """By currency, what funding was paid less what it paid."""
        self.funded: dict[int, Funded] = {}
        """By instrument, where there was funding."""
        self.parted: dict[tuple[int, int], int] = {}
        """By account and instrument, when the last part of a position was closed for its losses,
        where the contract has a cooldown."""
        self.limits = Limits()
        self.switches = Switches()
        self.rates = Rates()

    @property
    def currency_count(self) -> int:
        """How many currencies were added."""
        return len(self.house)

    def add_currency(self) -> int:
        """Add a currency and return its number; the first is 0."""
        self.house.append(0)
        self.deposits.append(0)
        self.rounding.append(0)
        return self.currency_count - 1

    def set_account(self, command: Command) -> None:
        """Make an account, or change it."""
        owner = self.owners.setdefault(command.account, Owner())
        owner.group = command.self_trade_group
        owner.tier = command.quantity
        self.rates.set_tier(command.account, owner.tier)
        owner.flags = AccountFlag(command.selector)

    def deposit(self, account: int, currency: int, amount: int) -> None:
        """Add to a balance what comes from outside."""
        self.owners[account].add(currency, amount)
        self.deposits[currency] += amount

    def withdraw(self, account: int, currency: int, amount: int) -> None:
        """Take from a balance what goes outside."""
        self.owners[account].add(currency, -amount)
        self.deposits[currency] -= amount

    def transfer(self, account: int, receiver: int, currency: int, amount: int) -> None:
        """Move a part of a balance to another account."""
        self.owners[account].add(currency, -amount)
        self.owners[receiver].add(currency, amount)

    def fund(self, instrument: int, contract: ContractTerms, accrual: Accrual, time: int) -> None:
        """Let every position in an instrument pay, or be paid; of an isolated one its margin."""
        funded = self.funded.setdefault(instrument, Funded())
        funded.rate = accrual.rate
        funded.index += accrual.increment
        funded.time = time
        for owner in self.owners.values():
            standing = owner.standings.get(instrument, Standing())
            for holding in standing.holdings:
                paid = holding.fund(contract, accrual.increment) if holding.lots else 0
                owner.add(contract.settle, -paid)
                self.rounding[contract.settle] += paid
                if standing.margin_mode == MarginMode.ISOLATED:
                    holding.added -= paid

    def trade(
        self,
        contract: ContractTerms,
        which: Which,
        order: LiveOrder,
        lots: int,
        price: int,
        rate: int,
    ) -> int:
        """Pay what one party of a trade has to, at its rate; return its fee.

        `which` is the position that its order is for.
        """
        owner = self.owners[order.account]
        value = value_of(contract, lots, price)
        fee = fee_of(contract, order.side, lots, value, rate)
        if contract.kind == ContractKind.SPOT:
            owner.add(contract.base, order.side * lots * contract.lot_units)
            owner.add(contract.settle, -order.side * value)
        else:
            holding = owner.standing(order.instrument).holding(which.side)
            paid = holding.trade(contract, order.side * lots, value, price)
            owner.add(contract.settle, paid)
            holding.fees += fee.amount
        owner.add(fee.currency, -fee.amount)
        self.house[fee.currency] += fee.amount
        return fee.amount
