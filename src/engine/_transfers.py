"""What trades move and what a batch of them comes to: the same from the core and the reference."""

from __future__ import annotations

from dataclasses import dataclass
from operator import index
from typing import Any, Final, TypeAlias

import numpy as np

from engine._members import says_names
from engine._shown import shown

from .errors import SettlementError

__all__ = ["NO_HASH", "SECOND", "Amounts", "SettlementBatch", "SettlementTerms"]

Amounts: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
"""One number a trade, in the smallest unit of a currency."""

CURRENCY_MAX: Final = 2**32 - 2
"""The largest number of a currency: one is kept for "none"."""
SECOND: Final = 10**9
"""Nanoseconds."""
NO_HASH: Final = bytes(32)
"""What stands for the hash of the batch before the first one."""


@says_names
@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementTerms:
    """What a trade of an instrument moves, in the smallest units of numbered currencies.

    Parameters
    ----------
    quote_currency : int
        What is paid with.
    base_currency : int, optional
        What is bought and sold; None where nothing is, as of a derivative.
    lot_units : int
        Units of the base that a lot has, from seller to buyer; 0 without a base.
    value_factor : int
        Units of the quote that a lot is worth at a price of one tick, from buyer to seller; 0 for a
        derivative, whose profits are settled elsewhere.
    fee_currency : int, optional
        What fees are paid in; by default the quote currency.
    buyer_fee_currency : int, optional
        What a buyer pays its fee in: the base, where each party pays in what it receives. By
        default the same as a seller.

    Raises
    ------
    SettlementError
        One error that lists everything that is wrong.

    Examples
    --------
    >>> SettlementTerms(quote_currency=1, lot_units=5, value_factor=-1)
    Traceback (most recent call last):
        ...
    engine.errors.SettlementError: value_factor was -1, must be from 0 to 9223372036854775807; \
lot_units was 5, and there is no base currency
    """

    quote_currency: int
    base_currency: int | None = None
    lot_units: int = 0
    value_factor: int = 0
    fee_currency: int | None = None
    buyer_fee_currency: int | None = None

    @property
    def fee_currencies(self) -> tuple[int, int]:
        """What buyer and seller pay their fees in."""
        seller = self.quote_currency if self.fee_currency is None else self.fee_currency
        return seller if self.buyer_fee_currency is None else self.buyer_fee_currency, seller

    def __post_init__(self) -> None:
        wrong = []
        for name, most in (
            ("quote_currency", CURRENCY_MAX),
            ("base_currency", CURRENCY_MAX),
            ("fee_currency", CURRENCY_MAX),
            ("buyer_fee_currency", CURRENCY_MAX),
            ("lot_units", 2**63 - 1),
            ("value_factor", 2**63 - 1),
        ):
            value = getattr(self, name)
            if value is None and name.endswith("_currency") and name != "quote_currency":
                continue
            try:
                number = index(value)
            except TypeError:
                wrong.append(f"{name} was {shown(value)}, of {type(value).__name__}, not an int")
                continue
            if not 0 <= number <= most:
                wrong.append(f"{name} was {number}, must be from 0 to {most}")
            object.__setattr__(self, name, number)
        if self.base_currency is None and self.lot_units != 0:
            wrong.append(f"lot_units was {self.lot_units}, and there is no base currency")
        if wrong:
            raise SettlementError("; ".join(wrong))


@dataclass(frozen=True, slots=True, eq=False)
class SettlementBatch:
    """The trades of one window, netted.

    Attributes
    ----------
    batch_id : int
        The number of the window, or what the caller gave.
    window_start, window_ns : int
        From when to how much later it lasted, nanoseconds; its end is not in it.
    trade_count : int
        How many trades it nets.
    transfers : ndarray of TRANSFER_DTYPE
        What each account gets, below 0 pays, by account, then currency. No amount is 0, and the
        amounts of a currency sum to 0. Read-only.
    previous_hash, hash : bytes
        SHA-256, of the batch before (zeros where there is none) and of this one.
    """

    batch_id: int
    window_start: int
    window_ns: int
    trade_count: int
    transfers: np.ndarray[Any, np.dtype[np.void]]
    previous_hash: bytes
    hash: bytes
