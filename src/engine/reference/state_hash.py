"""One number for the whole logical state, to compare engines with each other and with replays."""

from __future__ import annotations

import struct
from hashlib import sha256

import numpy as np

from .._schema import DETAIL_DTYPE, ORDER_DTYPE, SwitchScope, TriggerSource
from ..records import RecordArray, details_for_hash
from .accounts import Accounts, Holding
from .limits import VENUE
from .machine import Machine
from .orders import LiveOrder


def state_hash(machine: Machine) -> str:
    """Return SHA-256, in hex, over the books, what waits outside them, and the next order id.

    For each instrument by number: the number (u32), the count of orders that rest (u64), then bids
    and asks, each best price first and in the order in which they trade, as `ORDER_DTYPE`; the
    count of orders that wait (u64) and those, by age, as `ORDER_DTYPE`; the count of orders with
    details (u64) and the details, by age, as `details_for_hash` has them; the phase (u8); for last,
    mark, index and reference price, bid and offer whether it is known (u8) and the price (i64); the
    ids of the top orders of bids and asks, 0 for none (u64 each); the count of positions that were
    supplied (u64) and those, by account: account (u32) and lots (i64). With accounts also what
    `_accounts`, `_limits`, `_rates` and `_pasts` say. At the end the next order id (u64). All of it
    little-endian. Engine time and the numbers of reports and trades are not covered: a refused
    command moves them.
    """
    digest = sha256()
    for book in machine.books:
        digest.update(struct.pack("<IQ", book.number, book.order_count))
        digest.update(orders_array(book.orders()).tobytes())
        digest.update(struct.pack("<Q", len(book.waiting())))
        digest.update(orders_array(book.waiting()).tobytes())
        digest.update(struct.pack("<Q", len(book.special())))
        digest.update(details_for_hash(details_array(book.special())).tobytes())
        digest.update(struct.pack("<B", book.phase))
        for source in TriggerSource:
            price = book.triggers.prices.get(source)
            digest.update(struct.pack("<Bq", price is not None, price or 0))
        tops = (side.top_order for side in book.sides.values())
        digest.update(struct.pack("<QQ", *(top.order_id if top else 0 for top in tops)))
        positions = list(book.positions.items()) if machine.accounts is None else []
        digest.update(struct.pack("<Q", len(positions)))
        for which, lots in positions:
            digest.update(struct.pack("<Iq", which.account, lots))
    if machine.accounts is not None:
        for part in (_accounts, _limits, _rates, _pasts):
            digest.update(part(machine.accounts))
    digest.update(struct.pack("<Q", machine.next_order_id))
    return digest.hexdigest()


def _accounts(accounts: Accounts) -> bytes:
    """Return what of the accounts is covered.

    Their count (u64) and those, by number: number, group, tier and flags (u32 each); the count of
    balances that are not 0 (u64) and those: account and currency (u32 each) and the balance (i128);
    the count of what accounts have in derivatives where that is not all zeros (u64) and those:
    account and instrument (u32 each), position mode and margin mode (u8 each), the rate chosen
    (i64), and of the long position or the only one, then of the short one, lots (i64), entry value,
    realized, fees, what was added to the margin, the funding paid and what of it was too much (i128
    each); for each currency deposits, house and rounding (i128 each); the count of instruments that
    had funding (u64) and those, by number: number (u32), rate (i64), index (i128) and time (u64);
    the count of positions of which a part was closed (u64) and those: account and instrument (u32
    each) and time (u64).
    """
    owners = sorted(accounts.owners.items())
    balances = [
        struct.pack("<II", number, currency) + _wide(amount)
        for number, owner in owners
        for currency, amount in sorted(owner.balances.items())
        if amount
    ]
    standings = [
        struct.pack("<IIBB", number, instrument, standing.position_mode, standing.margin_mode)
        + struct.pack("<q", standing.chosen_rate)
        + b"".join(map(_holding, standing.holdings))
        for number, owner in owners
        for instrument, standing in sorted(owner.standings.items())
        if not standing.is_blank
    ]
    numbers = [
        struct.pack("<IIII", number, owner.group, owner.tier, owner.flags)
        for number, owner in owners
    ]
    sums_by_currency = zip(accounts.deposits, accounts.house, accounts.rounding, strict=True)
    funded = [
        struct.pack("<Iq", number, its.rate) + _wide(its.index) + struct.pack("<Q", its.time)
        for number, its in sorted(accounts.funded.items())
    ]
    parted = [struct.pack("<IIQ", *key, time) for key, time in sorted(accounts.parted.items())]
    return b"".join(
        (
            *_counted(numbers),
            *_counted(balances),
            *_counted(standings),
            *(_wide(*sums) for sums in sums_by_currency),
            *_counted(funded),
            *_counted(parted),
        )
    )


def _holding(holding: Holding) -> bytes:
    results = (holding.entry_value, holding.realized, holding.fees, holding.added)
    return struct.pack("<q", holding.lots) + _wide(*results, holding.funding, holding.funding_rest)


def _limits(accounts: Accounts) -> bytes:
    """Return what was told of limits and switches.

    The count of the default limits (u64) and those: limit and instrument or currency (u32 each) and
    the value (i64); the count of those of accounts (u64) and those, each with the account (u32)
    before; whether the venue is off (u8), and the counts (u64) and numbers (u32 each) of the
    instruments, groups and accounts that are. All by number.
    """
    limits, off = accounts.limits, accounts.switches.off
    defaults = [struct.pack("<IIq", *key, value) for key, value in sorted(limits.defaults.items())]
    own = [struct.pack("<IIIq", *key, value) for key, value in sorted(limits.own.items())]
    scopes = (SwitchScope.BY_INSTRUMENT, SwitchScope.BY_GROUP, SwitchScope.BY_ACCOUNT)
    return b"".join(
        (
            *_counted(defaults),
            *_counted(own),
            struct.pack("<B", bool(off[VENUE])),
            *(
                part
                for scope in scopes
                for part in _counted([struct.pack("<I", number) for number in sorted(off[scope])])
            ),
        )
    )


def _rates(accounts: Accounts) -> bytes:
    """Return what was told of rate limits; what was taken is not covered.

    Their count (u64) and those, by tier and limit: tier and limit (u32 each) and the value (i64).
    """
    values = sorted(accounts.rates.values.items())
    return b"".join(_counted([struct.pack("<IIq", *key, value) for key, value in values]))


def _pasts(accounts: Accounts) -> bytes:
    """Return what limits ask for of the past.

    The count of results that are not all zeros (u64) and those, by account and currency: account
    and currency (u32 each), the best (i128), the day (u64) and the result when it began (i128); the
    count of last orders (u64) and those, by account: account and instrument (u32 each), side (i8),
    type (u8), price, trigger price and quantity (i64 each) and when it came (u64).
    """
    owners = sorted(accounts.owners.items())
    pasts = [
        struct.pack("<II", number, currency)
        + _wide(past.best)
        + struct.pack("<Q", past.day)
        + _wide(past.begin)
        for number, owner in owners
        for currency, past in sorted(owner.pasts.items())
        if not past.is_blank
    ]
    orders = [
        struct.pack("<IIbBqqqQ", number, *owner.last_order)
        for number, owner in owners
        if owner.last_order is not None
    ]
    return b"".join((*_counted(pasts), *_counted(orders)))


def _counted(parts: list[bytes]) -> tuple[bytes, ...]:
    return struct.pack("<Q", len(parts)), *parts


def _wide(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(16, "little", signed=True) for number in numbers)


def orders_array(orders: list[LiveOrder]) -> RecordArray:
    """Return orders as an array of `ORDER_DTYPE`."""
    return np.array([order.snapshot() for order in orders], dtype=ORDER_DTYPE)


def details_array(orders: list[LiveOrder]) -> RecordArray:
    """Return the details of orders as an array of `DETAIL_DTYPE`."""
    return np.array([order.detail() for order in orders], dtype=DETAIL_DTYPE)
