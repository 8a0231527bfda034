"""What a book is told about its instrument."""

from __future__ import annotations

from typing import Final, NamedTuple

from .._schema import ReplacePriority

INT64_MIN: Final = -(2**63)
INT64_MAX: Final = 2**63 - 1


class InstrumentTerms(NamedTuple):
    """Bounds in ticks and lots, and the conventions that venues differ in."""

    min_price: int = INT64_MIN
    max_price: int = INT64_MAX
    min_quantity: int = 1
    max_quantity: int = INT64_MAX
    replace_priority: ReplacePriority = ReplacePriority.KEEP_ON_DECREASE

    def checked(self) -> InstrumentTerms:
        """Return the terms themselves, or say what makes no sense in them.

        Raises
        ------
        ValueError
            When a bound lies outside 64 bits, a minimum above its maximum, or the minimum quantity
            below 1.
        """
        for name in ("min_price", "max_price", "min_quantity", "max_quantity"):
            if not INT64_MIN <= getattr(self, name) <= INT64_MAX:
                raise ValueError(f"{name} was {getattr(self, name)}, outside 64 bits")
        if self.min_price > self.max_price:
            raise ValueError(f"min_price was {self.min_price}, above max_price {self.max_price}")
        if self.min_quantity < 1:
            raise ValueError(f"min_quantity was {self.min_quantity}, below 1")
        if self.min_quantity > self.max_quantity:
            raise ValueError(
                f"min_quantity was {self.min_quantity}, above max_quantity {self.max_quantity}"
            )
        return self
