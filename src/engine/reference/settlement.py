"""Settlement: what trades move, who gets and pays what at the end, and the hash of a batch.

Spot trades move lots of the base from seller to buyer and their value in the quote from buyer to
seller; derivatives move neither. Fees go from the parties to one account.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from .._schema import BUY, SELL, TRANSFER_DTYPE
from .._transfers import NO_HASH, SECOND, Amounts, SettlementBatch, SettlementTerms
from ..errors import SettlementError
from ..records import RecordArray

Move = tuple[int, int, int]
"""An account, a currency, and what the account gets of it."""


def net_trades(
    trades: RecordArray,
    terms: Iterable[SettlementTerms],
    *,
    maker_fees: Amounts | None = None,
    taker_fees: Amounts | None = None,
    fee_account: int | None = None,
) -> RecordArray:
    """Return what changes hands: one transfer for each account and currency, none of 0."""
    known = list(terms)
    nets: dict[tuple[int, int], int] = defaultdict(int)
    for place, trade in enumerate(trades):
        for account, currency, amount in _traded(trade, known, f"trades[{place}]"):
            nets[account, currency] += amount
        of_buyer, of_seller = known[trade["instrument"]].fee_currencies
        taker_buys = trade["side"] == BUY
        for party, fees, is_buyer in (
            ("maker_account", maker_fees, not taker_buys),
            ("taker_account", taker_fees, taker_buys),
        ):
            if fees is None:
                continue
            if fee_account is None:
                raise SettlementError("fee_account was not given, and there are fees")
            currency = of_buyer if is_buyer else of_seller
            nets[int(trade[party]), currency] -= int(fees[place])
            nets[fee_account, currency] += int(fees[place])
    transfers = [(*key, _fitting(net, str(key))) for key, net in sorted(nets.items()) if net]
    for currency in {currency for _, currency, _ in transfers}:
        assert sum(amount for _, other, amount in transfers if other == currency) == 0
    return np.array(transfers, TRANSFER_DTYPE)


def settle(
    trades: RecordArray,
    terms: Iterable[SettlementTerms],
    *,
    window_ns: int = SECOND,
    batch_id: int | None = None,
    previous_hash: bytes = NO_HASH,
    maker_fees: Amounts | None = None,
    taker_fees: Amounts | None = None,
    fee_account: int | None = None,
) -> SettlementBatch:
    """Return the batch of the trades of one window."""
    transfers = net_trades(
        trades, terms, maker_fees=maker_fees, taker_fees=taker_fees, fee_account=fee_account
    )
    windows = {int(timestamp) // window_ns for timestamp in trades["timestamp"]}
    if len(windows) != 1:
        raise SettlementError(f"trades were of {len(windows)} windows, not of one")
    window = windows.pop()
    number = window if batch_id is None else batch_id
    parts = [b"engine.settlement/1\0", previous_hash]
    numbers = (number, window * window_ns, window_ns, len(trades), len(transfers))
    parts += [each.to_bytes(8, "little") for each in numbers]
    for account, currency, amount in transfers.tolist():
        parts += [account.to_bytes(4, "little"), currency.to_bytes(4, "little")]
        parts += [amount.to_bytes(8, "little", signed=True)]
    digest = hashlib.sha256(b"".join(parts)).digest()
    return SettlementBatch(
        number, window * window_ns, window_ns, len(trades), transfers, previous_hash, digest
    )


def _traded(trade: np.void, terms: Sequence[SettlementTerms], place: str) -> Iterator[Move]:
    """Yield what a trade moves, or say why it moves nothing."""
    instrument, side = int(trade["instrument"]), int(trade["side"])
    price, quantity = int(trade["price"]), int(trade["quantity"])
    if instrument >= len(terms):
        raise SettlementError(f"{place}.instrument was {instrument}, without terms")
    if side not in (BUY, SELL):
        raise SettlementError(f"{place}.side was {side}, not BUY=1 or SELL=-1")
    if quantity < 1:
        raise SettlementError(f"{place}.quantity was {quantity}, must be 1 or more")
    own = terms[instrument]
    accounts = int(trade["maker_account"]), int(trade["taker_account"])
    seller, buyer = accounts if side == BUY else reversed(accounts)
    bought = _fitting(quantity * own.lot_units, place)
    paid = _fitting(quantity * price * own.value_factor, place)
    if own.base_currency is not None:
        yield buyer, own.base_currency, bought
        yield seller, own.base_currency, -bought
    yield seller, own.quote_currency, paid
    yield buyer, own.quote_currency, -paid


def _fitting(amount: int, place: str) -> int:
    if not -(2**63) <= amount < 2**63:
        raise OverflowError(f"{place}: {amount} does not fit 64 bits")
    return amount
