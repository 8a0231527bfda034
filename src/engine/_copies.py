"""What becomes of a copy of an object that keeps what came in."""

from __future__ import annotations

from copy import deepcopy
from typing import Self

__all__ = ["CopiedWhole"]


class CopiedWhole:
    """An object of which a shallow copy is a deep one: two that share a part would disturb it.

    Examples
    --------
    >>> from copy import copy
    >>> class Basket(CopiedWhole):
    ...     def __init__(self):
    ...         self.eggs = []
    >>> basket = Basket()
    >>> copy(basket).eggs.append("egg")
    >>> basket.eggs
    []
    """

    __slots__ = ()

    def __copy__(self) -> Self:
        return deepcopy(self)
