"""How positions are closed that are worth less than they must be kept with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter, deque
from dataclasses import dataclass, field

from .._schema import (
    BUY,
    IOC,
    SELL,
    CommandKind,
    Deficit,
    ExecType,
    LiquidationSale,
    Liquidity,
    MarginMode,
    OrderFlag,
    OrderType,
    Phase,
    Rounding,
    SelfTradeMode,
    Side,
    TriggerSource,
)
from .book import Book
from .cashier import Cashier
from .commands import Command
from .formulas import value_of
from .instrument import INT64_MAX
from .liquidation_steps import (
    bankruptcy_price,
    deleverage_rank,
    fillable_room,
    lots_to_close,
    ratio,
    share_of,
)
from .margin_pools import MarginPool, MarginPools, value_at_mark
from .orders import LiveOrder
from .positions import Which
from .reports import Say
from .rounding import divide
from .situation import Situation
from .units import BILLION, part_of


@dataclass(slots=True)
class Sweep:
    """One LIQUIDATE."""

    fund: int
    """The account that takes over."""
    count: int = 0
    """How many parts of positions were closed."""
    queues: dict[tuple[int, Side], deque[Which]] = field(default_factory=dict)
    """By instrument and direction, who gives first; made when it is first needed."""
    missing: Counter[int] = field(default_factory=Counter)
    """By instrument, what the fund has paid and did not have, and all are to bear."""


class Liquidator(Cashier, ABC):
    """Books, live orders and accounts, whose positions may have to be closed."""

    @abstractmethod
    def _find_place(self, book: Book, order: LiveOrder, report: Say) -> None:
        """Report an order that comes in, and let it trade."""

    @property
    def pools(self) -> MarginPools:
        """What positions are held against."""
        assert self.funds is not None
        return MarginPools(self.funds, self.books)

    def _liquidate(self, situation: Situation) -> None:
        """Close what has to be: by account, isolated positions, then the others by currency.

        Who has lost something when it begins is looked at; who loses by it comes the next time.
        """
        sweep = Sweep(situation.command.account)
        pools = self.pools
        owners = sorted(situation.accounts.owners)
        lost = [
            account
            for account in owners
            if account != sweep.fund and any(map(pools.is_lost, pools.of_account(account)))
        ]
        for account in lost:
            for pool in pools.of_account(account):
                if pools.is_lost(pool):
                    self._end_pool(pool, sweep)
        for number, missing in sorted(sweep.missing.items()):
            self._socialize(self.books[number], missing, sweep)
        level = situation.command.quantity
        for account in owners if level else ():
            for pool in pools.of_account(account):
                self._warn(pool, level)
        self.tape.done(sweep.count)

    def _end_pool(self, pool: MarginPool, sweep: Sweep) -> None:
        """Cancel the orders that the pool stands for, and close position by position.

        Each as long as the pool is lost: the margin of orders may have been what was missing.
        """
        self._cancel_orders_of(pool, kept=0)
        for which, book in self.pools.positions(pool):
            if self.pools.is_lost(pool):
                self._close(pool, which, book, sweep)

    def _cancel_orders_of(self, pool: MarginPool, *, kept: int) -> None:
        """Cancel the orders that a pool stands for, of which each contract says so."""
        if pool.isolated is not None:
            books = [pool.isolated[1]]
        else:
            books = [book for book in self.books if _is_for(book, pool.currency)]
        chosen = [book for book in books if book.contract.liquidation_keeps_orders == kept]
        self._cancel_orders(pool.account, chosen)

    def _cancel_orders(self, account: int, books: list[Book]) -> None:
        """Cancel the orders of an account, by instrument and then by id."""
        orders = (order for book in books for order in (*book.orders(), *book.waiting()))
        chosen = sorted(
            (order for order in orders if order.account == account),
            key=lambda order: (order.instrument, order.order_id),
        )
        for order in chosen:
            self._drop(order)

    def _close(self, pool: MarginPool, which: Which, book: Book, sweep: Sweep) -> None:
        """Close as much of a position as a step does: in the market, and what is left there."""
        contract, pools = book.contract, self.pools
        lots, equity = abs(self._lots(which, book)), pools.equity(pool)
        maintenance = pools.maintenance(pool)
        least = part_of(maintenance, contract.liquidation_backstop, Rounding.FLOOR)
        sold = 0
        # A fillable price is one of what has nothing left, too.
        is_fillable = contract.liquidation_sale == LiquidationSale.FILLABLE
        is_sold = equity >= least or (is_fillable and not contract.liquidation_backstop)
        if contract.liquidation_sale == LiquidationSale.NONE or is_sold:
            held, worth = lots, value_at_mark(which, book)
            is_soon = self._is_soon(which, book)
            margin_value = pools.margin_value(which, book)
            shortage = maintenance - equity
            lots = lots_to_close(contract, held, worth, margin_value, shortage, is_soon=is_soon)
            self._note_part(which, book, is_part=lots < held)
            sold = self._sell(pool, which, book, lots, sweep)
        if sold < lots and not self._stays(pool, book):
            self._hand_over(pool, which, book, lots - sold, sweep)

    def _stays(self, pool: MarginPool, book: Book) -> bool:
        """Return whether the account keeps what the market did not take until the next time."""
        if book.contract.liquidation_sale != LiquidationSale.FILLABLE:
            return False
        maintenance, backstop = self.pools.maintenance(pool), book.contract.liquidation_backstop
        least = part_of(maintenance, backstop, Rounding.FLOOR)
        return self.pools.equity(pool) >= max(0, least)

    def _is_soon(self, which: Which, book: Book) -> bool:
        """Return whether a part of what an account has there was closed within the cooldown."""
        assert self.accounts is not None
        parted = self.accounts.parted.get((which.account, book.number))
        return parted is not None and self.time - parted < book.contract.liquidation_cooldown

    def _note_part(self, which: Which, book: Book, *, is_part: bool) -> None:
        assert self.accounts is not None
        if is_part and book.contract.liquidation_cooldown:
            self.accounts.parted[which.account, book.number] = self.time

    # In the market.

    def _sell(self, pool: MarginPool, which: Which, book: Book, lots: int, sweep: Sweep) -> int:
        """Send an order that closes lots, and settle what it did; return how many it closed."""
        contract, pools, before = book.contract, self.pools, self._lots(which, book)
        sale, closing = contract.liquidation_sale, SELL if before > 0 else BUY
        if sale == LiquidationSale.NONE or book.phase != Phase.CONTINUOUS:
            return 0
        equity, value, wealth = pools.equity(pool), pools.value(pool), pools.wealth(pool)
        limit = None
        if sale != LiquidationSale.MARKET:
            limit = self._limit(pool, which, book, closing, lots, sweep)
            if limit is None:
                return 0
        order_id = self._send(which.account, book, closing, lots, limit)
        sold = abs(before) - abs(self._lots(which, book))
        if sold == 0:
            return 0
        worth = value_at_mark(which, book, sold)
        left = share_of(equity, worth, value) + pools.wealth(pool) - wealth
        self._settle_sale(pool, which, book, _Sale(order_id, closing, sold, worth, left), sweep)
        return sold

    def _limit(
        self,
        pool: MarginPool,
        which: Which,
        book: Book,
        closing: Side,
        lots: int,
        sweep: Sweep,
    ) -> int | None:
        """Return the last price of a sale of lots, bankruptcy or fillable.

        None where no price of the instrument is as good.
        """
        contract, terms = book.contract, book.terms
        if contract.liquidation_sale == LiquidationSale.FILLABLE:
            found = self._fillable_price(pool, which, book, closing, lots, sweep)
        else:
            share = self._share(pool, which, book, lots)
            found = self._bankruptcy_price(which, book, closing, lots, share)
        if found is None:
            return None
        if closing == SELL:
            return None if found > terms.max_price else max(found, terms.min_price)
        return None if found < terms.min_price else min(found, terms.max_price)

    def _fillable_price(
        self,
        pool: MarginPool,
        which: Which,
        book: Book,
        closing: Side,
        lots: int,
        sweep: Sweep,
    ) -> int | None:
        """Return the fillable price of lots, or None.

        Where others would be deleveraged, also one at which the fund has what it may have to pay.
        """
        assert self.funds is not None
        contract, pools = book.contract, self.pools
        needed = pools.maintenance(pool)
        maintenance = self.funds.position(which, book).maintenance
        room = fillable_room(contract, maintenance, needed - pools.equity(pool), needed)
        room = divide(room * lots, abs(self._lots(which, book)), Rounding.FLOOR)
        mark = book.triggers.prices[TriggerSource.MARK]
        found = bankruptcy_price(contract, closing, lots, mark, room, 0)
        if found is None or contract.deficit != Deficit.DELEVERAGE:
            return found
        most = self._share(pool, which, book, lots) + max(0, self._money(pool, sweep))
        other = self._bankruptcy_price(which, book, closing, lots, most)
        if other is None:
            return None
        return max(found, other) if closing == SELL else min(found, other)

    def _bankruptcy_price(
        self, which: Which, book: Book, closing: Side, lots: int, share: int
    ) -> int | None:
        """Return the price at which lots lose so much, their fee as a taker paid, or None."""
        assert self.accounts is not None
        tier = self.accounts.owners[which.account].tier
        rate = max(0, book.contract.rate_of(Liquidity.TAKER, tier))
        mark = book.triggers.prices[TriggerSource.MARK]
        return bankruptcy_price(book.contract, closing, lots, mark, share, rate)

    def _send(self, account: int, book: Book, side: Side, lots: int, limit: int | None) -> int:
        """Send an order that closes what it can at once, by no limit of orders; return its id."""
        keeps_orders = book.contract.liquidation_keeps_orders
        command = Command(
            kind=CommandKind.SUBMIT,
            side=side,
            order_type=OrderType.MARKET if limit is None else OrderType.LIMIT,
            time_in_force=IOC,
            flags=OrderFlag.REDUCE_ONLY,
            instrument=book.number,
            account=account,
            price=limit or 0,
            quantity=lots,
            self_trade_mode=SelfTradeMode.CANCEL_OLDEST if keeps_orders else SelfTradeMode.NONE,
        )
        order = LiveOrder.from_command(command, self._assign_order_id(), self.time)
        order.show()
        order.arrival = self._next_arrival()
        self._stir(book)
        self._find_place(book, order, self.tape.accepted)
        return order.order_id

    def _settle_sale(
        self, pool: MarginPool, which: Which, book: Book, sale: _Sale, sweep: Sweep
    ) -> None:
        """Give the fund what it gets of a sale, or let it pay what was lost beyond all."""
        contract, pools = book.contract, self.pools
        if contract.liquidation_sale != LiquidationSale.MARKET:
            amount = min(sale.left, self._most(book, sale.worth))
        else:
            # A position that shares its margin is paid for by all of that.
            shares = pool.isolated is None
            left = pools.equity(pool) if shares else sale.left
            fee = part_of(sale.worth, contract.liquidation_fee_rate, Rounding.CEILING)
            amount = min(left, fee)
            if left < 0 and shares and pools.positions(pool):
                amount = 0
        self._give(pool, book, amount, sweep)
        lots = -sale.closing * sale.lots
        self._tell(which, book, lots, amount, sweep, sale.order_id)

    def _most(self, book: Book, worth: int) -> int:
        """Return what the fund takes at most with lots of a value."""
        return part_of(worth, book.contract.liquidation_most_rate, Rounding.FLOOR)

    def _give(self, pool: MarginPool, book: Book, amount: int, sweep: Sweep) -> None:
        """Pay an amount to the fund, or from it; what it has not, all are to bear, or it owes."""
        assert self.accounts is not None
        if amount < 0 and book.contract.deficit == Deficit.SOCIALIZE:
            missing = -amount - max(0, self._money(pool, sweep))
            if missing > 0:
                sweep.missing[book.number] += missing
        self.accounts.transfer(pool.account, sweep.fund, pool.currency, amount)

    def _money(self, pool: MarginPool, sweep: Sweep) -> int:
        """Return what the fund has of the currency."""
        assert self.funds is not None
        return self.funds.balance(sweep.fund, pool.currency).balance

    # Outside it.

    def _hand_over(
        self, pool: MarginPool, which: Which, book: Book, lots: int, sweep: Sweep
    ) -> None:
        """Let others have lots at their bankruptcy price, all in all: who gains, or the fund.

        No order stays that would open again what the account has nothing left for.
        """
        self._cancel_orders_of(pool, kept=1)
        if book.contract.deficit == Deficit.DELEVERAGE:
            share = self._share(pool, which, book, lots)
            if share < 0 and self._money(pool, sweep) + share < 0:
                lots -= self._deleverage(pool, which, book, lots, sweep)
        if lots and self._has_room(which, book, lots, sweep.fund):
            self._take_over(pool, which, book, lots, sweep)

    def _share(self, pool: MarginPool, which: Which, book: Book, lots: int) -> int:
        """Return the part of the equity that goes with lots."""
        value = self.pools.value(pool)
        return share_of(self.pools.equity(pool), value_at_mark(which, book, lots), value)

    def _take_over(
        self, pool: MarginPool, which: Which, book: Book, lots: int, sweep: Sweep
    ) -> None:
        """Let the fund have lots at the mark price, and their part of the equity."""
        share, wealth = self._share(pool, which, book, lots), self.pools.wealth(pool)
        most = self._most(book, value_at_mark(which, book, lots))
        signed = lots if self._lots(which, book) > 0 else -lots
        to = self._receiver(which, book, sweep.fund)
        self._move(which, book, -signed)
        self._move(to, book, signed)
        amount = min(share + self.pools.wealth(pool) - wealth, most)
        self._give(pool, book, amount, sweep)
        self._tell(which, book, signed, amount, sweep)
        self._trim(book, [sweep.fund])

    def _tell(
        self,
        which: Which,
        book: Book,
        lots: int,
        amount: int,
        sweep: Sweep,
        order_id: int = 0,
    ) -> None:
        """Report that lots of a position were closed, below 0 when it was short."""
        mark = book.triggers.prices[TriggerSource.MARK]
        self.tape.of_position(
            ExecType.LIQUIDATED, which.account, book.number, lots, mark, amount, order_id
        )
        sweep.count += 1

    def _receiver(self, which: Which, book: Book, account: int) -> Which:
        """Return which position of an account lots of a position would come to."""
        side = BUY if self._lots(which, book) > 0 else SELL
        return book.positions.which_by(account, side, is_closing=False)

    def _has_room(self, which: Which, book: Book, lots: int, fund: int) -> bool:
        """Return whether 64 bits hold what the one who takes over would have, with all orders."""
        side = BUY if self._lots(which, book) > 0 else SELL
        to = self._receiver(which, book, fund)
        has = side * self._lots(to, book) + lots
        return has + book.own(side).open_quantity <= INT64_MAX

    def _lots(self, which: Which, book: Book) -> int:
        lots = book.positions.of(which)
        assert lots is not None
        return lots

    def _move(self, which: Which, book: Book, lots: int) -> None:
        """Let a position trade at the mark price without an order or a fee."""
        assert self.accounts is not None
        assert self.funds is not None
        price = book.triggers.prices[TriggerSource.MARK]
        owner, contract = self.accounts.owners[which.account], book.contract
        before = self.funds.result(which.account, contract.settle)
        value = value_of(contract, abs(lots), price)
        holding = owner.standing(book.number).holding(which.side)
        owner.add(contract.settle, holding.trade(contract, lots, value, price))
        self._note_result(which.account, contract.settle, before)
        book.positions.move(which, lots)

    # Who bears what no fund has.

    def _deleverage(
        self, pool: MarginPool, which: Which, book: Book, lots: int, sweep: Sweep
    ) -> int:
        """Close lots against those who gain most, who pay what is missing; return how many.

        Whoever has less than it would pay is passed over.
        """
        assert self.accounts is not None
        side = SELL if self._lots(which, book) > 0 else BUY
        queue, wealth = self._queue(book, side, sweep), self.pools.wealth(pool)
        missing, left = -self._share(pool, which, book, lots), lots
        owed = missing
        while queue and left:
            other = queue[0]
            closed = min(left, max(0, side * self._lots(other, book)))
            cost = -share_of(-owed, closed, left)
            if closed == 0 or self._can_give(other, book, closed) < cost:
                queue.popleft()
                continue
            self._cancel_orders(other.account, [book])
            self._move(which, book, side * closed)
            self._move(other, book, -side * closed)
            self.accounts.transfer(other.account, pool.account, pool.currency, cost)
            mark = book.triggers.prices[TriggerSource.MARK]
            self.tape.of_position(
                ExecType.DELEVERAGED, other.account, book.number, side * closed, mark, cost
            )
            self._trim(book, [other.account])
            owed -= cost
            left -= closed
        if left < lots:
            rounding = self.pools.wealth(pool) - wealth - (missing - owed)
            self.accounts.transfer(pool.account, sweep.fund, pool.currency, rounding)
            self._tell(which, book, -side * (lots - left), owed - missing, sweep)
        return lots - left

    def _can_give(self, which: Which, book: Book, lots: int) -> int:
        """Return what stands for lots that are to be closed: of an isolated position their part."""
        pool = self.pools.of_position(which, book)
        equity = self.pools.equity(pool)
        if pool.isolated is None:
            return equity
        return share_of(equity, lots, abs(self._lots(which, book)))

    def _queue(self, book: Book, side: Side, sweep: Sweep) -> deque[Which]:
        """Return who is to give of a direction, the first one first; the fund never does."""
        key = (book.number, side)
        if key not in sweep.queues:
            ranked = []
            for which, lots in book.positions.items():
                pool = self.pools.of_position(which, book)
                if lots * side > 0 and which.account != sweep.fund and self.pools.equity(pool) > 0:
                    ranked.append((-self._rank(which, book, pool), which.account, which))
            sweep.queues[key] = deque(which for *_, which in sorted(ranked))
        return sweep.queues[key]

    def _rank(self, which: Which, book: Book, pool: MarginPool) -> int:
        assert self.funds is not None
        position, pools = self.funds.position(which, book), self.pools
        return deleverage_rank(
            book.contract,
            position.unrealized,
            position.entry_value,
            collateral=pools.collateral(pool),
            value=pools.value(pool),
            maintenance=pools.maintenance(pool),
            equity=pools.equity(pool),
        )

    def _socialize(self, book: Book, missing: int, sweep: Sweep) -> None:
        """Let all positions of an instrument but the fund's bear what that did not have.

        Each by its lots, an isolated one out of its margin, in the order of accounts.
        """
        assert self.accounts is not None
        bearers = [
            (which, abs(lots))
            for which, lots in book.positions.items()
            if lots and which.account != sweep.fund
        ]
        if not bearers:
            return
        total, settle = sum(lots for _, lots in bearers), book.contract.settle
        borne, so_far = 0, 0
        for which, lots in bearers:
            so_far += lots
            part = share_of(missing, so_far, total) - borne
            borne += part
            self.accounts.transfer(which.account, sweep.fund, settle, part)
            standing = self.accounts.owners[which.account].standing(book.number)
            if standing.margin_mode == MarginMode.ISOLATED:
                standing.holding(which.side).added -= part
        mark = book.triggers.prices[TriggerSource.MARK]
        self.tape.of_position(ExecType.SOCIALIZED, sweep.fund, book.number, 0, mark, borne)

    # Before it comes to that.

    def _warn(self, pool: MarginPool, level: int) -> None:
        """Report a pool of whose equity the maintenance margin is at least so many billionths."""
        pools = self.pools
        if not pools.is_watched(pool) or pools.is_lost(pool):
            return
        equity, maintenance = pools.equity(pool), pools.maintenance(pool)
        if maintenance * BILLION < level * equity:
            return
        reached = ratio(maintenance, equity, BILLION)
        if pool.isolated is None:
            self.tape.of_position(ExecType.WARNED, pool.account, pool.currency, 0, 0, reached)
            return
        which, book = pool.isolated
        mark = book.triggers.prices[TriggerSource.MARK]
        lots = self._lots(which, book)
        self.tape.of_position(ExecType.WARNED, pool.account, book.number, lots, mark, reached)


@dataclass(frozen=True, slots=True)
class _Sale:
    """What an order of a liquidation has done."""

    order_id: int
    closing: Side
    lots: int
    worth: int
    """At the mark price."""
    left: int
    """Of the equity that the lots had a share in."""


def _is_for(book: Book, currency: int) -> bool:
    """Return whether an order there may cost of a currency."""
    return currency == book.contract.settle or (
        book.contract.is_spot and currency == book.contract.base
    )
