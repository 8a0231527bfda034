"""One number for the whole logical state, to compare engines with each other and with replays."""

from __future__ import annotations

import struct
from hashlib import sha256

import numpy as np

from .._schema import DETAIL_DTYPE, ORDER_DTYPE, TriggerSource
from ..records import RecordArray, details_for_hash
from .accounts import Accounts
from .machine import Machine
from .orders import LiveOrder


def state_hash(machine: Machine) -> str:
    """Return SHA-256, in hex, over the books, what waits outside them, and the next order id.

    For each instrument by number: the number (u32), the count of orders that rest (u64), then bids
    and asks, each best price first and in the order in which they trade, as `ORDER_DTYPE`; the
    count of orders that wait (u64) and those, by age, as `ORDER_DTYPE`; the count of orders with
    details (u64) and the details, by age, as `details_for_hash` has them; the phase (u8); for last,
    mark, index and reference price, bid and offer whether it is known (u8) and the price (i64); the
    ids of the top orders of bids and asks, 0 for none (u64 each); the count of positions (u64) and
    those, by account: account (u32) and lots (i64). With accounts only those that are not 0, and
    then what `_accounts` says. At the end the next order id (u64). All of it little-endian. Engine
    time and the numbers of reports and trades are not covered: a refused command moves them.
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
        positions = [
            (account, lots)
            for account, lots in book.positions.items()
            if lots or machine.accounts is None
        ]
        digest.update(struct.pack("<Q", len(positions)))
        for account, lots in positions:
            digest.update(struct.pack("<Iq", account, lots))
    if machine.accounts is not None:
        digest.update(_accounts(machine.accounts))
    digest.update(struct.pack("<Q", machine.next_order_id))
    return digest.hexdigest()


def _accounts(accounts: Accounts) -> bytes:
    """Return what of the accounts is covered.

    Their count (u64) and those, by number: number, group, tier and flags (u32 each); the count of
    balances that are not 0 (u64) and those: account and currency (u32 each) and the balance (i128);
    the count of positions that are not all zeros (u64) and those: account and instrument (u32
    each), lots (i64), entry value, realized and fees (i128 each) and the rate chosen (i64); for
    each currency deposits and house (i128 each).
    """
    owners = sorted(accounts.owners.items())
    balances = [
        struct.pack("<II", number, currency) + _wide(amount)
        for number, owner in owners
        for currency, amount in sorted(owner.balances.items())
        if amount
    ]
    holdings = [
        struct.pack("<IIq", number, instrument, holding.lots)
        + _wide(holding.entry_value, holding.realized, holding.fees)
        + struct.pack("<q", holding.chosen_rate)
        for number, owner in owners
        for instrument, holding in sorted(owner.holdings.items())
        if not holding.is_blank
    ]
    numbers = (
        struct.pack("<IIII", number, owner.group, owner.tier, owner.flags)
        for number, owner in owners
    )
    return b"".join(
        (
            struct.pack("<Q", len(owners)),
            *numbers,
            struct.pack("<Q", len(balances)),
            *balances,
            struct.pack("<Q", len(holdings)),
            *holdings,
            *(_wide(*sums) for sums in zip(accounts.deposits, accounts.house, strict=True)),
        )
    )


def _wide(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(16, "little", signed=True) for number in numbers)


def orders_array(orders: list[LiveOrder]) -> RecordArray:
    """Return orders as an array of `ORDER_DTYPE`."""
    return np.array([order.snapshot() for order in orders], dtype=ORDER_DTYPE)


def details_array(orders: list[LiveOrder]) -> RecordArray:
    """Return the details of orders as an array of `DETAIL_DTYPE`."""
    return np.array([order.detail() for order in orders], dtype=DETAIL_DTYPE)
