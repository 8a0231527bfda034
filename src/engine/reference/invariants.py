"""What is always true between two commands."""

from __future__ import annotations

from .._schema import (
    BUY,
    ContractKind,
    Deficit,
    FundingAccrual,
    MarginMode,
    OrderState,
    OrderType,
    Phase,
    PositionMode,
    Side,
)
from ..errors import InvariantError
from .accounts import Accounts, Holding, Past
from .book import Book
from .exposures import DAY
from .instrument import INT64_MAX
from .machine import Machine
from .orders import CONDITIONAL, LiveOrder
from .phases import is_at_market, waits_for_call
from .positions import Which
from .reduce_only import excesses
from .side import BookSide
from .units import BILLION


def check_invariants(machine: Machine) -> None:
    """Raise `InvariantError` at the first thing that is not as it must be."""
    for book in machine.books:
        for side in book.sides.values():
            _check_side(book, side)
            for order in side.orders():
                _check_order(machine, book, order)
        for order in book.waiting():
            _check_waiting(machine, book, order)
        _check_spread(book)
        _check_positions(book)
    if machine.accounts is not None:
        _check_accounts(machine, machine.accounts)
    held = sum(book.order_count + len(book.waiting()) for book in machine.books)
    _require(len(machine.live) == held, f"{len(machine.live)} live ids, {held} orders held")
    _require(held <= machine.max_orders, f"{held} orders, above {machine.max_orders}")


def _check_side(book: Book, side: BookSide) -> None:
    """Require that counters are sums, no price is empty, and queues are in order of arrival."""
    place = f"instrument {book.number} {side.side.name}"
    orders = list(side.orders())
    waiting = [order for order in book.waiting() if order.side == side.side]
    total = sum(order.leaves_quantity for order in (*orders, *waiting))
    _require(side.order_count == len(orders), f"{place}: {side.order_count} orders counted")
    _require(side.open_quantity == total, f"{place}: {side.open_quantity} lots counted")
    _require(total <= INT64_MAX, f"{place}: {total} lots, above 64 bits")
    for price in side.prices():
        _check_queue(side, price, place)
    if side.top_order is not None:
        shown = [order for _, queue in side.queues() for order in queue.values()]
        _require(shown[:1] == [side.top_order], f"{place}: {side.top_order.order_id} is not first")
        _require(book.terms.top_order_maximum > 0, f"{place}: has a top order")


def _check_queue(side: BookSide, price: int, place: str) -> None:
    """Require that the orders of one price belong there, and stand in order of arrival."""
    for is_hidden in (False, True):
        queue = [order for order in side.queue(price) if order.is_hidden == is_hidden]
        times = [order.timestamp for order in queue]
        _require(times == sorted(times), f"{place}: queue at {price} out of order")
    queue = side.queue(price)
    _require(bool(queue), f"{place}: nothing at {price}")
    _require(all(order.price == price for order in queue), f"{place}: stray at {price}")
    _require(all(order.side == side.side for order in queue), f"{place}: side at {price}")


def _check_order(machine: Machine, book: Book, order: LiveOrder) -> None:
    """Require that a resting order is live under its own id, open, and of a kind that rests."""
    place = f"order {order.order_id}"
    _require(order.is_hidden or not book.is_dark, f"{place}: shown in the dark")
    _require(order.order_id != 0, f"{place}: no id")
    _require(machine.live.get(order.order_id) is order, f"{place}: not live under its id")
    _require(order.instrument == book.number, f"{place}: in another book")
    _require(order.may_rest, f"{place}: {order.time_in_force.name} rests")
    has_price = order.order_type == OrderType.LIMIT or order.is_pegged
    _require(has_price, f"{place}: {order.order_type.name} rests")
    if order.is_pegged and book.phase == Phase.CONTINUOUS:
        _require(order.price == book.peg(order), f"{place}: not where it is to stand")
    _require(order.is_queued and not order.is_waiting, f"{place}: {order.state.name} rests")
    _require(order.available > 0, f"{place}: {order.available} lots to be had")
    _require(order.available <= order.leaves_quantity, f"{place}: shows {order.available}")
    _check_open(machine, order, place)


def _check_waiting(machine: Machine, book: Book, order: LiveOrder) -> None:
    """Require that a waiting order is live under its own id, conditional, and has cause to wait."""
    place = f"order {order.order_id}"
    _require(machine.live.get(order.order_id) is order, f"{place}: not live under its id")
    _require(order.instrument == book.number, f"{place}: in another book")
    _require(order.is_waiting and not order.is_queued, f"{place}: {order.state.name} waits")
    if order.state == OrderState.UNRELEASED:
        _require(order.linked_order_id != 0, f"{place}: waits for no order")
    elif order.state == OrderState.UNPEGGED:
        _require(order.is_pegged, f"{place}: {order.order_type.name} is pegged to nothing")
    elif order.state == OrderState.AT_MARKET:
        _require(book.phase != Phase.CONTINUOUS, f"{place}: at market, and no call")
        _require(is_at_market(order), f"{place}: {order.order_type.name} at market")
    elif order.state == OrderState.UNCALLED:
        _require(waits_for_call(book.phase, order), f"{place}: its call is {book.phase.name}")
    else:
        _require(order.order_type in CONDITIONAL, f"{place}: {order.order_type.name} waits")
        is_reached = book.phase == Phase.CONTINUOUS and book.triggers.has_reached(order)
        _require(not is_reached, f"{place}: not triggered")
    _check_open(machine, order, place)


def _check_open(machine: Machine, order: LiveOrder, place: str) -> None:
    """Require quantities and times that a live order can have."""
    _require(order.leaves_quantity > 0, f"{place}: {order.leaves_quantity} lots open")
    _require(
        0 <= order.filled_quantity <= INT64_MAX - order.leaves_quantity,
        f"{place}: {order.filled_quantity} lots filled",
    )
    _require(order.timestamp <= machine.time, f"{place}: from the future")
    _require(not order.expiry or order.expiry > machine.time, f"{place}: expired")


def _check_positions(book: Book) -> None:
    """Require that reduce-only orders are no more than positions, and that these fit in 64 bits."""
    held = {order.account for order in (*book.orders(), *book.waiting()) if order.is_reduce_only}
    for account in held:
        for order, lots in excesses(book, account):
            _require(False, f"order {order.order_id}: {lots} lots more than the position")
    for which, position in book.positions.items():
        for side in Side:
            lots = side * position + book.open_quantity(which, side)
            _require(lots <= INT64_MAX, f"account {which.account}: {lots} lots, above 64 bits")


def _check_accounts(machine: Machine, accounts: Accounts) -> None:
    """Require that nothing came from nowhere, and that orders hold no more than there is.

    What is settled in a currency may leave a balance below 0.
    """
    for book in machine.books:
        if book.contract.is_spot:
            _require(len(book.positions) == 0, f"instrument {book.number}: has positions")
            continue
        lots: dict[Which, int] = {}
        for account in accounts.owners:
            lots |= _positions_of(machine, book, account)
        total = sum(lots.values())
        _require(total == 0, f"instrument {book.number}: {total} lots more bought than sold")
        known = dict(book.positions.items())
        _require(known == lots, f"instrument {book.number}: positions {known}, of accounts {lots}")
    for currency in range(accounts.currency_count):
        _check_currency(machine, accounts, currency)
        _check_past(machine, accounts, currency)
    for account, owner in accounts.owners.items():
        last = owner.last_order
        is_past = last is None or last.time <= machine.time
        _require(is_past, f"account {account}: an order from the future")
    limits = accounts.limits
    for value in (*limits.own.values(), *limits.defaults.values()):
        _require(value >= 0, f"a limit of {value}")


def _positions_of(machine: Machine, book: Book, account: int) -> dict[Which, int]:
    """Return the positions that an account has by its own account, which must be as it says."""
    assert machine.funds is not None
    standing = machine.funds.standing(account, book)
    place = f"account {account}, instrument {book.number}"
    for holding in standing.holdings:
        is_isolated = standing.margin_mode == MarginMode.ISOLATED and holding.lots != 0
        has_funding = book.contract.funding != FundingAccrual.NONE
        is_taken = has_funding or book.contract.deficit == Deficit.SOCIALIZE
        _require(holding.added >= 0 or is_taken, f"{place}: {holding.added} added")
        _require(0 <= holding.funding_rest < BILLION, f"{place}: {holding.funding_rest} too much")
        _require(is_isolated or holding.added == 0, f"{place}: {holding.added} added to nothing")
    if standing.position_mode == PositionMode.ONE_WAY:
        _require(standing.short == Holding(), f"{place}: {standing.short}")
        return {Which(account, BUY): standing.long.lots}
    both = {Which(account, side): standing.holding(side).lots for side in Side}
    for which, lots in both.items():
        _require(lots * which.side >= 0, f"{place}: {lots} lots {which.side.name}")
    return both


def _check_currency(machine: Machine, accounts: Accounts, currency: int) -> None:
    """Require that what is owned of a currency is what came in, and is what orders hold at least.

    An entry value is what long and short positions owe each other.
    """
    settled = [
        book
        for book in machine.books
        if not book.contract.is_spot and book.contract.settle == currency
    ]
    owned = accounts.house[currency] + accounts.rounding[currency]
    rest = 0
    for owner in accounts.owners.values():
        owned += owner.balance(currency)
        for book in settled:
            if book.number in owner.standings:
                is_linear = book.contract.kind == ContractKind.LINEAR
                for holding in owner.standings[book.number].holdings:
                    entry_value = holding.signed_entry_value
                    owned += -entry_value if is_linear else entry_value
                    rest += holding.funding_rest
    kept = accounts.rounding[currency] * BILLION
    is_exact = all(book.contract.funding != FundingAccrual.DISCRETE for book in settled)
    _require(kept >= rest, f"currency {currency}: {kept} kept, {rest} were paid too much")
    _require(kept == rest or not is_exact, f"currency {currency}: {kept} kept for {rest}")
    came = accounts.deposits[currency]
    _require(owned == came, f"currency {currency}: {owned} owned, {came} came in")
    if settled:
        return
    assert machine.funds is not None
    for account in accounts.owners:
        balance, held, *_ = machine.funds.balance(account, currency)
        _require(0 <= held <= balance, f"account {account}: {held} held of {balance}")


def _check_past(machine: Machine, accounts: Accounts, currency: int) -> None:
    """Require that no account was better than its best by trades, nor traded in the future."""
    assert machine.funds is not None
    has_funding = any(book.contract.funding != FundingAccrual.NONE for book in machine.books)
    for account, owner in accounts.owners.items():
        past = owner.pasts.get(currency, Past())
        result = machine.funds.result(account, currency)
        is_best = has_funding or past.best >= result
        _require(is_best, f"account {account}: {result}, above {past.best}")
        _require(past.day <= machine.time // DAY, f"account {account}: traded on {past.day}")


def _check_spread(book: Book) -> None:
    """Require that what could trade has traded, unless it is collected for an auction.

    Only orders that take no part of themselves, or no small one, may stand at prices that meet.
    """
    if book.phase != Phase.CONTINUOUS:
        return
    bids, asks = (
        [order.price for order in book.sides[side].orders() if not order.is_choosy] for side in Side
    )
    if bids and asks:
        _require(bids[0] < asks[0], f"instrument {book.number}: bid {bids[0]}, ask {asks[0]}")


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise InvariantError(message)
