"""Settlement: the trades of a window, netted into one transfer for each account and currency.

`settle` makes a batch of the trades of one window, `SettlementBatcher` cuts a stream of trades into
windows of a second, and `net_trades` only nets. What is bought and what is paid is whole numbers of
the smallest units, which `spot_terms` finds for an instrument, and `venue_terms` for all of a venue
with accounts; per currency the transfers sum to zero. The rules are in
docs/semantics/settlement.md.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from engine._contracts import Currencies, contract_terms
from engine._copies import CopiedWhole
from engine._lot_units import lot_size_of, lot_value_of, units_of
from engine._members import says_names
from engine._schema import TRANSFER_DTYPE, ContractKind, FeeCurrency
from engine._settlement import Netting, check_trades
from engine._shown import check_kind, counted, integer_of, shown
from engine._transfers import NO_HASH, SECOND, Amounts, SettlementBatch, SettlementTerms
from engine.currency import Currency
from engine.decimal_grid import DecimalLike, step_of
from engine.errors import CommandError, GridError, SettlementError
from engine.instrument import Instrument
from engine.records import RecordArray

__all__ = [
    "TRANSFER_DTYPE",
    "SettlementBatch",
    "SettlementBatcher",
    "SettlementTerms",
    "batch_hash",
    "net_trades",
    "settle",
    "spot_terms",
    "venue_terms",
]

DOMAIN: Final = b"engine.settlement/1\0"
HEAD: Final = struct.Struct("<QQQQQ")
UINT64_MAX: Final = 2**64 - 1

Numbers: TypeAlias = np.ndarray[Any, np.dtype[np.uint64]]


def spot_terms(
    instrument: Instrument,
    *,
    base_currency: int,
    base_unit: DecimalLike,
    quote_currency: int,
    quote_unit: DecimalLike,
    fee_currency: int | None = None,
    buyer_fee_currency: int | None = None,
) -> SettlementTerms:
    """Return what a trade of a spot instrument moves.

    Parameters
    ----------
    instrument : Instrument
        Whose lots and ticks are counted.
    base_currency, quote_currency : int
        Their numbers.
    base_unit, quote_unit : decimal
        Their smallest units.
    fee_currency : int, optional
        What fees are paid in; by default the quote currency.
    buyer_fee_currency : int, optional
        What a buyer pays its fee in: the base, where each party pays in what it receives. By
        default the same as a seller.

    Raises
    ------
    SettlementError
        A lot is no whole number of base units, or a lot at a tick none of quote units, or one that
        64 bits do not hold; or the instrument is none of spot.

    Examples
    --------
    >>> bitcoin = Instrument(symbol="BTC-USD", tick_size="0.01", lot_size="0.001")
    >>> terms = spot_terms(
    ...     bitcoin, base_currency=2, base_unit=1e-8, quote_currency=1, quote_unit="0.00001"
    ... )
    >>> terms.lot_units, terms.value_factor
    (100000, 1)
    >>> spot_terms(bitcoin, base_currency=2, base_unit=1e-8, quote_currency=1, quote_unit="0.01")
    Traceback (most recent call last):
        ...
    engine.errors.SettlementError: BTC-USD: the smallest unit of currency 1 is 0.01, one lot at one\
 tick is worth 0.00001: choose a unit of 0.00001 or finer
    """
    if instrument.kind not in {None, ContractKind.SPOT}:
        kind = instrument.kind.name.lower()
        raise SettlementError(
            f"{instrument.symbol}: kind was {shown(kind)}, must be 'spot' or none"
        )
    base, quote = step_of("base_unit", base_unit), step_of("quote_unit", quote_unit)
    try:
        lot_units = units_of(
            lot_size_of(instrument), base, f"currency {base_currency}", "one lot is"
        )
        value_factor = units_of(
            lot_value_of(instrument),
            quote,
            f"currency {quote_currency}",
            "one lot at one tick is worth",
        )
    except GridError as error:
        raise SettlementError(f"{instrument.symbol}: {error}") from None
    return SettlementTerms(
        base_currency=base_currency,
        lot_units=lot_units,
        quote_currency=quote_currency,
        value_factor=value_factor,
        fee_currency=fee_currency,
        buyer_fee_currency=buyer_fee_currency,
    )


def venue_terms(
    instruments: Iterable[Instrument], currencies: Iterable[Currency]
) -> list[SettlementTerms]:
    """Return what the trades of a venue with accounts move, by the numbers that it has for all.

    Parameters
    ----------
    instruments : iterable of Instrument
        By number: `Engine.instruments`.
    currencies : iterable of Currency
        By number: `Engine.currencies`.

    Raises
    ------
    GridError
        An instrument that a venue with these currencies would refuse.

    Examples
    --------
    >>> from engine import Engine, fees_of, trades_of
    >>> venue = Engine(accounts=True)
    >>> venue.add_currency("USD", unit="0.01"), venue.add_currency("BTC", unit="1e-8")
    (0, 1)
    >>> coins = Instrument(symbol="BTC-USD", tick_size="0.1", lot_size="0.1", kind="spot",
    ...                    base="BTC", quote="USD", taker_fee="0.001")
    >>> _ = venue.add_instrument(coins)
    >>> for account in (7, 8):
    ...     _ = venue.set_account(account), venue.deposit(account, "USD", 1000)
    >>> _ = venue.deposit(7, "BTC", 2)
    >>> _ = venue.submit("BTC-USD", side="sell", price=400, quantity=2, account=7)
    >>> reports = venue.submit("BTC-USD", side="buy", price=400, quantity=1, account=8).reports
    >>> batcher = SettlementBatcher(
    ...     venue_terms(venue.instruments, venue.currencies), fee_account=0
    ... )
    >>> makers, takers = fees_of(reports)
    >>> _ = batcher.add(trades_of(reports), maker_fees=makers, taker_fees=takers)
    >>> batcher.close()[0].transfers.tolist()
    [(0, 0, 40), (7, 0, 40000), (7, 1, -100000000), (8, 0, -40040), (8, 1, 100000000)]
    """
    known = {each.name: (number, each) for number, each in enumerate(currencies)}
    return [_terms_of(instrument, known) for instrument in instruments]


def _terms_of(instrument: Instrument, currencies: Currencies) -> SettlementTerms:
    contract = contract_terms(instrument, currencies)
    if contract["kind"] != ContractKind.SPOT:
        return SettlementTerms(quote_currency=contract["settle"])
    is_received = instrument.fee_currency == FeeCurrency.RECEIVED
    return SettlementTerms(
        quote_currency=contract["settle"],
        value_factor=contract["value_factor"],
        base_currency=contract["base"],
        lot_units=contract["lot_units"],
        buyer_fee_currency=contract["base"] if is_received else None,
    )


def net_trades(
    trades: RecordArray,
    terms: Iterable[SettlementTerms],
    *,
    maker_fees: Amounts | None = None,
    taker_fees: Amounts | None = None,
    fee_account: int | None = None,
) -> RecordArray:
    """Return what changes hands for some trades: one transfer for each account and currency.

    Parameters
    ----------
    trades : ndarray of TRADE_DTYPE, shape (n,)
        In any sequence.
    terms : iterable of SettlementTerms
        By the number of the instrument.
    maker_fees, taker_fees : ndarray of int64, shape (n,), optional
        What maker and taker of each trade pay in their fee currency of its instrument, below 0
        what they get.
    fee_account : int, optional
        Who gets the fees and pays the rebates.

    Returns
    -------
    ndarray of TRANSFER_DTYPE, read-only
        By account, then currency; amounts of 0 are left out.

    Raises
    ------
    OverflowError
        An amount that 64 bits do not hold; the message names the trade. What an account has in
        between does not matter.
    SettlementError
        A trade of an instrument without terms, or one that no engine makes; fees, and no account
        for them.
    CommandError
        For a wrong dtype, shape or layout.

    Examples
    --------
    >>> from engine import BUY, SELL, OrderBook, trades_of
    >>> book = OrderBook()
    >>> _ = book.submit(SELL, 100, 5, account=7)
    >>> trades = trades_of(book.submit(BUY, 100, 3, account=8).reports)
    >>> spot = SettlementTerms(base_currency=2, lot_units=10, quote_currency=1, value_factor=1)
    >>> net_trades(trades, [spot]).tolist()
    [(7, 1, 300), (7, 2, -30), (8, 1, -300), (8, 2, 30)]
    """
    netting = _netting(terms)
    netting.add(trades, maker_fees, taker_fees, fee_account, 0)
    return netting.transfers()


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
    """Return the batch of the trades of one window.

    Parameters
    ----------
    trades, terms, maker_fees, taker_fees, fee_account
        As for `net_trades`; one trade at least.
    window_ns : int
        How long windows are. The first begins at 0.
    batch_id : int, optional
        By default the number of the window.
    previous_hash : bytes
        The hash of the batch before, where batches are chained.

    Raises
    ------
    SettlementError
        No trade, or trades of two windows; or as `net_trades` does.

    Examples
    --------
    >>> import numpy as np
    >>> from engine import TRADE_DTYPE
    >>> trades = np.zeros(2, TRADE_DTYPE)
    >>> trades["timestamp"] = 5_000_000_000, 5_999_999_999
    >>> trades["price"], trades["quantity"], trades["side"] = 100, (3, 1), (1, -1)
    >>> trades["maker_account"], trades["taker_account"] = 7, 8
    >>> spot = SettlementTerms(base_currency=2, lot_units=10, quote_currency=1, value_factor=1)
    >>> batch = settle(trades, [spot])
    >>> batch.batch_id, batch.trade_count, batch.transfers.tolist()
    (5, 2, [(7, 1, 200), (7, 2, -20), (8, 1, -200), (8, 2, 20)])
    >>> batch.hash.hex()[:16]
    'cb23547e0672c977'
    """
    length = _window_length(window_ns)
    netting = _netting(terms)
    netting.add(trades, maker_fees, taker_fees, fee_account, 0)
    windows = trades["timestamp"] // np.uint64(length)
    if len(windows) == 0:
        raise SettlementError("there were no trades: a window without any has no batch")
    first, last = int(windows.min()), int(windows.max())
    if first != last:
        raise SettlementError(f"trades were of windows {first} to {last}, not of one")
    number = first if batch_id is None else _uint64("batch_id", batch_id)
    return _batch(number, first, length, len(trades), netting, previous_hash)


def batch_hash(
    batch_id: int,
    window_start: int,
    window_ns: int,
    trade_count: int,
    transfers: RecordArray,
    previous_hash: bytes = NO_HASH,
) -> bytes:
    r"""Return the hash of a batch, from what it says.

    Parameters
    ----------
    batch_id, window_start, window_ns, trade_count, transfers, previous_hash
        As they stand in a `SettlementBatch`.

    Returns
    -------
    bytes
        SHA-256 of ``b"engine.settlement/1\0"``, the previous hash, then as little-endian uint64 the
        id, the start and the length of the window, the number of trades and that of transfers, and
        the transfers as they lie in memory, 16 bytes each.

    Examples
    --------
    >>> batch_hash(0, 0, 1, 0, np.zeros(0, TRANSFER_DTYPE)).hex()[:16]
    'e5c9b384bef88049'
    """
    _hash_of_32("previous_hash", previous_hash)
    head = HEAD.pack(batch_id, window_start, window_ns, trade_count, len(transfers))
    found = hashlib.sha256(DOMAIN + previous_hash + head)
    found.update(transfers.view(np.uint8).data)
    return found.digest()


@says_names
class SettlementBatcher(CopiedWhole):
    """Cuts a stream of trades into windows by their timestamps, and nets each.

    A window is closed when a trade of a later one comes, when time has passed its end (`advance`),
    or when it is told to (`close`); a window without trades makes no batch. Whatever raises leaves
    it as it was.

    Parameters
    ----------
    terms : iterable of SettlementTerms
        By the number of the instrument.
    window_ns : int
        How long a window is.
    fee_account : int, optional
        Who gets the fees and pays the rebates.
    previous_hash : bytes
        The hash of the last batch of the day before, where days are chained.

    Attributes
    ----------
    previous_hash : bytes
        That of the last batch.

    Examples
    --------
    >>> import numpy as np
    >>> from engine import TRADE_DTYPE
    >>> trades = np.zeros(3, TRADE_DTYPE)
    >>> trades["timestamp"] = np.array([0.1, 0.9, 2.5]) * 1e9
    >>> trades["price"], trades["quantity"], trades["side"] = 100, 1, 1
    >>> trades["maker_account"], trades["taker_account"] = 7, 8
    >>> spot = SettlementTerms(base_currency=2, lot_units=10, quote_currency=1, value_factor=1)
    >>> batcher = SettlementBatcher([spot])
    >>> [(batch.batch_id, batch.trade_count) for batch in batcher.add(trades)]
    [(0, 2)]
    >>> [batch.batch_id for batch in batcher.advance(3_000_000_000)], batcher.trade_count
    ([2], 0)
    >>> batcher.add(trades[2:])
    Traceback (most recent call last):
        ...
    engine.errors.SettlementError: trades[0].timestamp was 2500000000, in window 2, and windows \
before 3 are closed
    """

    __slots__ = (
        *("_fee_account", "_first_open", "_open", "_spare", "_terms", "_window_ns"),
        "previous_hash",
    )

    def __init__(
        self,
        terms: Iterable[SettlementTerms] = (),
        *,
        window_ns: int = SECOND,
        fee_account: int | None = None,
        previous_hash: bytes = NO_HASH,
    ) -> None:
        self._terms = _all_of(terms)
        self._window_ns = _window_length(window_ns)
        self._fee_account = fee_account
        self._open: _Window | None = None
        self._spare: Netting | None = None  # of a window that was closed: its memory is warm
        self._first_open = 0
        self.previous_hash = _hash_of_32("previous_hash", previous_hash)

    def __repr__(self) -> str:
        terms, trades = counted(len(self._terms), "instrument"), counted(self.trade_count, "trade")
        window = "" if self._open is None else f" in window {self._open.number}"
        return f"SettlementBatcher({terms}, window_ns={self._window_ns}, {trades}{window})"

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        state = {name: getattr(self, name) for name in self.__slots__}
        return None, {**state, "_spare": None}

    @property
    def trade_count(self) -> int:
        """How many trades are in the open window."""
        return 0 if self._open is None else self._open.trade_count

    def add_instrument(self, terms: SettlementTerms) -> int:
        """Tell what the trades of another instrument move; return its number.

        Parameters
        ----------
        terms : SettlementTerms
            Of the instrument whose number comes next: trades name them by their numbers, from 0.

        Raises
        ------
        TypeError
            It is no `SettlementTerms`; nothing is changed.
        """
        check_kind("terms", terms, SettlementTerms)
        if self._open is not None:
            self._open.netting.add_instrument(terms)
        self._spare = None
        self._terms.append(terms)
        return len(self._terms) - 1

    def add(
        self,
        trades: RecordArray,
        *,
        maker_fees: Amounts | None = None,
        taker_fees: Amounts | None = None,
    ) -> list[SettlementBatch]:
        """Add trades; return the batches of the windows that they closed.

        Parameters
        ----------
        trades : ndarray of TRADE_DTYPE, shape (n,)
            By window; within one in any sequence.
        maker_fees, taker_fees : ndarray of int64, shape (n,), optional
            As for `net_trades`.

        Raises
        ------
        SettlementError
            A trade of a window that was closed; or as `net_trades` does.
        OverflowError
            As `net_trades` does. What an account has in between does not matter, but what it has
            after the call.
        CommandError
            For a wrong dtype, shape or layout.
        """
        check_trades(trades)
        for name, fees in (("maker_fees", maker_fees), ("taker_fees", taker_fees)):
            if fees is not None and len(fees) != len(trades):
                raise CommandError(f"{name} were {len(fees)}, for {len(trades)} trades")
        numbers = trades["timestamp"] // np.uint64(self._window_ns)
        self._refuse_late(trades, numbers)
        firsts = np.flatnonzero(np.diff(numbers, prepend=~numbers[:1])).tolist()
        windows = list[_Window]()
        try:
            for first, last in pairwise([*firsts, len(trades)]):
                part = _Part(trades, maker_fees, taker_fees, self._fee_account, first, last)
                window = self._window(int(numbers[first]))
                window.add(part)
                windows.append(window)
        except Exception:
            if windows and windows[0] is self._open:
                windows[0].take_back()
            raise
        if self._open is not None and self._open not in windows[:1]:
            windows.insert(0, self._open)
        self._open = windows.pop() if windows else None
        if self._open is not None:
            self._first_open = self._open.number
        return [self._closed(window) for window in windows]

    def advance(self, timestamp: int) -> list[SettlementBatch]:
        """Tell what time it is; return the batch of the window that is over, if it has trades.

        Parameters
        ----------
        timestamp : int
            Nanoseconds, as of trades. Windows that ended by then take no more trades.
        """
        number = _uint64("timestamp", timestamp) // self._window_ns
        return self._close_before(number)

    def close(self) -> list[SettlementBatch]:
        """End the open window now; return its batch. It takes no more trades."""
        return [] if self._open is None else self._close_before(self._open.number + 1)

    def _window(self, number: int) -> _Window:
        """Return the window of that number: the open one, or a fresh one."""
        if self._open is not None and self._open.number == number:
            return self._open
        netting, self._spare = self._spare, None
        return _Window(number, _netting(self._terms) if netting is None else netting)

    def _close_before(self, number: int) -> list[SettlementBatch]:
        self._first_open = max(self._first_open, number)
        if self._open is None or self._open.number >= number:
            return []
        window, self._open = self._open, None
        return [self._closed(window)]

    def _closed(self, window: _Window) -> SettlementBatch:
        """Return the batch of a window, which is the last one now."""
        batch = _batch(
            window.number,
            window.number,
            self._window_ns,
            window.trade_count,
            window.netting,
            self.previous_hash,
        )
        self.previous_hash = batch.hash
        window.netting.clear()
        self._spare = window.netting
        return batch

    def _refuse_late(self, trades: RecordArray, numbers: Numbers) -> None:
        if len(numbers) == 0:
            return
        open_then = np.maximum(np.maximum.accumulate(numbers), np.uint64(self._first_open))
        late = np.flatnonzero(numbers < open_then)
        if len(late):
            raise SettlementError(
                f"trades[{late[0]}].timestamp was {trades['timestamp'][late[0]]}, in window"
                f" {numbers[late[0]]}, and windows before {open_then[late[0]]} are closed"
            )


class _Part(NamedTuple):
    """Trades of one window, among those that were given, and their fees."""

    trades: RecordArray
    maker_fees: Amounts | None
    taker_fees: Amounts | None
    fee_account: int | None
    first: int
    last: int

    def arguments(self) -> tuple[RecordArray, Amounts | None, Amounts | None, int | None]:
        """Return what a `Netting` is given."""
        own = slice(self.first, self.last)
        return (
            self.trades[own],
            None if self.maker_fees is None else self.maker_fees[own],
            None if self.taker_fees is None else self.taker_fees[own],
            self.fee_account,
        )


class _Window:
    """A window that has trades, and the last part that it got."""

    __slots__ = ("netting", "number", "part", "trade_count")

    def __init__(self, number: int, netting: Netting) -> None:
        self.number = number
        self.netting = netting
        self.trade_count = 0
        self.part: _Part | None = None

    def add(self, part: _Part) -> None:
        self.netting.add(*part.arguments(), part.first)
        self.trade_count += part.last - part.first
        self.part = part

    def take_back(self) -> None:
        assert self.part is not None, "it got a part"
        self.netting.take_back(*self.part.arguments())
        self.trade_count -= self.part.last - self.part.first


def _netting(terms: Iterable[SettlementTerms]) -> Netting:
    netting = Netting()
    for each in _all_of(terms):
        netting.add_instrument(each)
    return netting


def _all_of(terms: Iterable[SettlementTerms]) -> list[SettlementTerms]:
    """Return the terms of all instruments; refuse what are none."""
    found = list(terms)
    for place, each in enumerate(found):
        check_kind(f"terms[{place}]", each, SettlementTerms)
    return found


def _batch(
    batch_id: int,
    window: int,
    window_ns: int,
    trade_count: int,
    netting: Netting,
    previous_hash: bytes,
) -> SettlementBatch:
    start, transfers = window * window_ns, netting.transfers()
    digest = batch_hash(batch_id, start, window_ns, trade_count, transfers, previous_hash)
    return SettlementBatch(
        batch_id, start, window_ns, trade_count, transfers, previous_hash, digest
    )


def _uint64(name: str, value: int) -> int:
    number = integer_of(name, value)
    if not 0 <= number <= UINT64_MAX:
        raise OverflowError(f"{name} was {shown(number)}, must be from 0 to {UINT64_MAX}")
    return number


def _window_length(window_ns: int) -> int:
    length = _uint64("window_ns", window_ns)
    if length == 0:
        raise SettlementError("window_ns was 0, must be 1 or more")
    return length


def _hash_of_32(name: str, value: bytes) -> bytes:
    if not isinstance(value, bytes) or len(value) != len(NO_HASH):
        raise SettlementError(f"{name} was {shown(value)}, not {len(NO_HASH)} bytes")
    return value
