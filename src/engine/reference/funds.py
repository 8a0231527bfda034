"""What the orders of an account hold of what it owns, and whether it can afford another.

Nothing of it is kept: it is the sum over the orders that are in the market, whenever it is asked.
An order that comes in is looked at as if it, and nothing of what it was before, rested.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .._schema import (
    BUY,
    SELL,
    MarginMode,
    OrderPrice,
    OrderState,
    OrderType,
    Phase,
    Rounding,
    TriggerSource,
)
from ..records import Balance, Position
from .accounts import Accounts, Funded, Holding, Standing
from .book import Book
from .formulas import (
    Stake,
    assumed_of,
    cost_of,
    has_value_at,
    maintenance_of,
    margin_of,
    open_loss_of,
    rate_at,
    size_of,
    unrealized_of,
    value_of,
)
from .instrument import INT64_MAX
from .orders import LiveOrder
from .phases import is_at_market
from .plan import Deed
from .positions import Which


class Need(NamedTuple):
    """What an order needs, of one currency or among the orders of a position."""

    amount: int
    value: int
    """The values in it, which must have 63 bits; 0 where there are none."""
    lots: int
    worth: int = 0
    """The same values of a derivative, below 0 where their prices are."""


class Funds:
    """The accounts of an engine beside its books."""

    def __init__(self, accounts: Accounts, books: list[Book]) -> None:
        self._accounts = accounts
        self._books = books

    # What is held.

    def balance(self, account: int, currency: int, without: LiveOrder | None = None) -> Balance:
        """Return what an account has of a currency, as if one of its orders were not there."""
        positions = [
            position
            for book in self._books
            if not book.contract.is_spot and book.contract.settle == currency
            for position in self.positions(account, book, without)
        ]
        return Balance(
            balance=self._accounts.owners[account].balance(currency),
            held=sum(
                self._hold(book, order)
                for book in self._books
                for order in self._orders(account, book, without)
                if self._held_currency(book, order) == currency
            ),
            margin=sum(position.margin for position in positions),
            unrealized=sum(position.unrealized for position in positions),
            isolated=sum(position.unrealized for position in positions if position.is_isolated),
            isolated_margin=sum(position.margin for position in positions if position.is_isolated),
            maintenance=sum(
                position.maintenance for position in positions if not position.is_isolated
            ),
        )

    def positions(
        self, account: int, book: Book, without: LiveOrder | None = None
    ) -> list[Position]:
        """Return all that an account has in a derivative, as if an order were not there.

        That is one position, or in hedge mode the long and the short one.
        """
        return [self.position(which, book, without) for which in book.positions.of_account(account)]

    def position(self, which: Which, book: Book, without: LiveOrder | None = None) -> Position:
        """Return a position and what is open for it, as if one of the orders were not there."""
        contract, standing = book.contract, self.standing(which.account, book)
        holding, stake = standing.holding(which.side), self._stake(which, book, without)
        mark = book.triggers.prices.get(TriggerSource.MARK)
        funded = self._accounts.funded.get(book.number, Funded())
        return Position(
            quantity=holding.lots,
            entry_value=holding.entry_value,
            realized=holding.realized,
            fees=holding.fees,
            buys=stake.buys,
            sells=stake.sells,
            margin=margin_of(contract, stake, standing.chosen_rate) + holding.added,
            unrealized=unrealized_of(contract, holding.lots, holding.entry_value, mark),
            initial_rate=rate_at(contract, stake, standing.chosen_rate),
            added=holding.added,
            funding=holding.funding,
            maintenance=maintenance_of(
                contract,
                holding.lots,
                holding.entry_value,
                mark=mark,
                chosen_rate=standing.chosen_rate,
                funding_rate=funded.rate,
            ),
            position_mode=standing.position_mode,
            margin_mode=standing.margin_mode,
        )

    def left_at(self, which: Which, book: Book, price: int) -> int:
        """Return what a position would gain at a mark price, less what it must be worth there."""
        standing = self.standing(which.account, book)
        holding = standing.holding(which.side)
        held = (book.contract, holding.lots, holding.entry_value)
        return unrealized_of(*held, price) - maintenance_of(
            *held,
            mark=price,
            chosen_rate=standing.chosen_rate,
            funding_rate=self._accounts.funded.get(book.number, Funded()).rate,
        )

    def assigned(self, which: Which, book: Book) -> int:
        """Return what an isolated position has to lose, without what its orders require."""
        standing, alone = self.standing(which.account, book), self._stake(which, book).alone
        added = standing.holding(which.side).added
        return margin_of(book.contract, alone, standing.chosen_rate) + added

    def least_rate(self, account: int, book: Book) -> int:
        """Return the least initial rate of an account's positions in a derivative with orders."""
        stakes = (self._stake(which, book) for which in book.positions.of_account(account))
        return max(rate_at(book.contract, stake, 0) for stake in stakes)

    def result(self, account: int, currency: int) -> int:
        """Return what derivatives have realized for an account, less their fees and funding."""
        holdings = (
            holding
            for book in self._books
            if not book.contract.is_spot and book.contract.settle == currency
            for holding in self.standing(account, book).holdings
        )
        return sum(holding.realized - holding.fees - holding.funding for holding in holdings)

    def open_lots(self, book: Book, order: LiveOrder) -> int:
        """Return the lots that others of an order's position and side have in the market."""
        others = self._orders_for(book.positions.which(order), book, order)
        return sum(other.leaves_quantity for other in others if other.side == order.side)

    def standing(self, account: int, book: Book) -> Standing:
        """Return what an account has in a derivative, and how it is kept."""
        return self._accounts.owners[account].standings.get(book.number, Standing())

    def _stake(self, which: Which, book: Book, without: LiveOrder | None = None) -> Stake:
        """Return a position with its orders, as if one of these were not there."""
        stake = self._stake_alone(which, book)
        for order in self._orders_for(which, book, without):
            value = size_of(book.contract, order.leaves_quantity, order.price)
            stake = stake.with_order(order.side, value, order.leaves_quantity)
        return stake

    def _stake_alone(self, which: Which, book: Book) -> Stake:
        """Return a position: at the mark where its initial margin is of that value.

        What is assigned to an isolated position neither a mark nor an open interest moves.
        """
        standing, contract = self.standing(which.account, book), book.contract
        holding = standing.holding(which.side)
        mark = book.triggers.prices.get(TriggerSource.MARK)
        is_isolated = standing.margin_mode == MarginMode.ISOLATED
        if is_isolated or not has_value_at(contract, mark):
            return Stake(holding.signed_entry_value, holding.lots)
        assert mark is not None
        value = holding.signed_entry_value
        if contract.initial_at_mark and holding.lots != 0:
            size = value_of(contract, abs(holding.lots), mark, Rounding.UP)
            value = size if holding.lots > 0 else -size
        all_lots = self._open_interest(book) if contract.open_interest_upper else 0
        return Stake(value, holding.lots, open_interest=size_of(contract, all_lots, mark))

    def _open_interest(self, book: Book) -> int:
        """Return the lots of all long positions, as many as the short ones have."""
        owners = self._accounts.owners
        holdings = (
            holding for number in owners for holding in self.standing(number, book).holdings
        )
        return min(INT64_MAX, sum(max(0, holding.lots) for holding in holdings))

    def _orders_for(
        self, which: Which, book: Book, without: LiveOrder | None
    ) -> Iterator[LiveOrder]:
        """Yield the orders that count with a position: in hedge mode those that open it."""
        positions = book.positions
        for order in self._orders(which.account, book, without):
            if positions.which(order) == which and not positions.only_closes(order):
                yield order

    def _orders(self, account: int, book: Book, without: LiveOrder | None) -> Iterator[LiveOrder]:
        """Yield the orders of an account that hold something: all that take part in the market."""
        at_market = (order for order in book.waiting() if order.state == OrderState.AT_MARKET)
        for order in (*book.orders(), *at_market):
            is_left_out = without is not None and order.order_id == without.order_id
            if order.account == account and not is_left_out:
                yield order

    def _held_currency(self, book: Book, order: LiveOrder) -> int | None:
        """Return the currency that an order holds; None for one that is part of a margin."""
        if not book.contract.is_spot:
            return None
        return book.contract.settle if order.side == BUY else book.contract.base

    def _hold(self, book: Book, order: LiveOrder) -> int:
        """Return what an order to exchange currencies holds."""
        contract, lots = book.contract, order.leaves_quantity
        if order.side == SELL:
            return lots * contract.lot_units
        return cost_of(contract, lots, value_of(contract, lots, order.price))

    # What is needed.

    def can_afford(self, book: Book, order: LiveOrder) -> bool:
        """Return whether an order that comes into the market finds what it needs.

        REQUIRES: it has a limit, or does not come into a call; it is what it asks to be, with the
        lots that it may come in with. One that is in the market under its id is looked away from.
        """
        need = self.need(book, order)
        if need.value > INT64_MAX:
            return False
        there, needed = self._there_and_needed(book, order, need)
        return needed <= there or not self._grows(book, order, need)

    def shortfall(self, book: Book, order: LiveOrder) -> tuple[int, int]:
        """Return what there is for an order that comes in, and what it needs of that.

        Both without the order, where it is in the market. More than there can be where its value
        passes 63 bits. REQUIRES: as `can_afford`.
        """
        need = self.need(book, order)
        there, needed = self._there_and_needed(book, order, need)
        return there, INT64_MAX if need.value > INT64_MAX else needed

    def need(self, book: Book, order: LiveOrder) -> Need:
        """Return what an order would hold at its limit, or for the trades that it would do now."""
        contract, parts = book.contract, self._parts(book, order)
        is_open = order.limit is None and book.phase != Phase.CONTINUOUS
        lots = order.leaves_quantity if is_open else sum(lots for lots, _ in parts)
        value = sum(size_of(contract, *part) for part in parts)
        if not contract.is_spot:
            worth = sum(value_of(contract, *part, Rounding.UP) for part in parts)
            return Need(value, value, lots, worth)
        if order.side == BUY:
            return Need(cost_of(contract, lots, value), value, lots)
        return Need(lots * contract.lot_units, 0, lots)

    def _parts(self, book: Book, order: LiveOrder) -> list[tuple[int, int]]:
        """Return the prices at which lots of an order count: none of one that may not trade yet."""
        lots, limit = order.leaves_quantity, order.limit
        is_at_limit = limit is not None and book.contract.order_price != OrderPrice.EXECUTION
        if is_at_limit or book.phase != Phase.CONTINUOUS:
            return [] if limit is None else [(lots, limit)]
        plan = book.plan(order)
        trades = [
            (act.quantity, act.maker.price)
            for act in plan.acts
            if act.deed in (Deed.TRADE, Deed.TRANSFER)
        ]
        if limit is not None:
            left = lots - sum(quantity for quantity, _ in trades)
            return [*trades, (left, limit)] if left else trades
        if order.order_type == OrderType.MARKET_TO_LIMIT:
            trades = [] if plan.first_price is None else [(lots, plan.first_price)]
        prices = book.triggers.prices
        last, mark = prices.get(TriggerSource.LAST), prices.get(TriggerSource.MARK)
        return [
            (quantity, assumed_of(book.contract, order.side, price, last, mark))
            for quantity, price in trades
        ]

    def _grows(self, book: Book, order: LiveOrder, need: Need) -> bool:
        """Return whether an order takes something, and not only makes a position smaller.

        Nor does one that closes one of two, whatever is open there.
        """
        if book.contract.is_spot:
            return True
        if book.positions.only_closes(order):
            return False
        stake = self._stake(book.positions.which(order), book, order)
        return stake.with_order(order.side, need.value, need.lots).worst > stake.worst

    def _there_and_needed(self, book: Book, order: LiveOrder, need: Need) -> tuple[int, int]:
        """Return what there is for an order, and what it needs of that.

        In SPOT what is available. Else what there is for more margin, and what the order adds to
        that of its position, with what it would lose at once where that is asked for.
        """
        account, contract = order.account, book.contract
        currency = self._held_currency(book, order)
        if currency is not None:
            return self.balance(account, currency, order).available, need.amount
        before = self._stake(book.positions.which(order), book, order)
        after = before.with_order(order.side, need.value, need.lots)
        chosen = self.standing(account, book).chosen_rate
        growth = margin_of(contract, after, chosen) - margin_of(contract, before, chosen)
        mark = book.triggers.prices.get(TriggerSource.MARK)
        loss = open_loss_of(contract, order.side, need.lots, need.worth, mark)
        return self._to_require(account, book, order), growth + loss

    def can_choose(self, account: int, book: Book, rate: int) -> bool:
        """Return whether positions carry another initial rate, or need less by it."""
        there, needed = self.shortfall_of_rate(account, book, rate)
        return needed <= max(there, 0)

    def shortfall_of_rate(self, account: int, book: Book, rate: int) -> tuple[int, int]:
        """Return what there is for more margin, and what another initial rate adds to it."""
        growth = 0
        for which in book.positions.of_account(account):
            margin = margin_of(book.contract, self._stake(which, book), rate)
            added = self.added_by(which, book, rate)
            growth += margin + added - self.position(which, book).margin
        return self._to_require(account, book), growth

    def added_by(self, which: Which, book: Book, rate: int) -> int:
        """Return what counts as added to a position's margin if it has another initial rate.

        What was assigned to it stays, and what is no more required of that is added; what funding
        has taken is not made good.
        """
        position = self.position(which, book)
        if position.margin_mode == MarginMode.CROSS:
            return 0
        alone = self._stake(which, book).alone
        chosen = self.standing(which.account, book).chosen_rate
        before, after = (margin_of(book.contract, alone, each) for each in (chosen, rate))
        return max(min(0, position.added), before + position.added - after)

    def can_add(self, account: int, book: Book, holding: Holding, amount: int) -> bool:
        """Return whether an amount is there to add to a position's margin, or to take back."""
        there, needed = self.shortfall_of_margin(account, book, holding, amount)
        return needed <= there

    def shortfall_of_margin(
        self, account: int, book: Book, holding: Holding, amount: int
    ) -> tuple[int, int]:
        """Return what there is to add to a position's margin or to take back, and the amount.

        What it has lost since it came is not to be taken back.
        """
        contract = book.contract
        if amount > 0:
            return self.balance(account, contract.settle).available, amount
        mark = book.triggers.prices.get(TriggerSource.MARK)
        unrealized = unrealized_of(contract, holding.lots, holding.entry_value, mark)
        return holding.added + min(0, unrealized), -amount

    def _to_require(self, account: int, book: Book, without: LiveOrder | None = None) -> int:
        """Return what there is for more margin: of an isolated position, no profit of another."""
        balance = self.balance(account, book.contract.settle, without)
        mode = self.standing(account, book).margin_mode
        return balance.free if mode == MarginMode.CROSS else balance.available


def is_unbounded(book: Book, order: LiveOrder) -> bool:
    """Return whether an order would be in a call with nothing that says what it could cost."""
    sells_what_it_has = book.contract.is_spot and order.side == SELL
    return is_at_market(order) and not sells_what_it_has
