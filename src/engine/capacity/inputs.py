"""What capacity plans start from: whole numbers, factors and money, each with what it may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from types import MappingProxyType
from typing import Any, ClassVar, Final, TypeVar

from engine.decimal_grid import DecimalLike
from engine.errors import SpecificationError
from engine.specification import Problems, Specification

__all__ = ["COUNT_MAX", "Inputs"]

COUNT_MAX: Final = 10**12
"""The highest number of anything."""

Self = TypeVar("Self", bound="Inputs")


class Inputs(Specification):
    """Inputs of a plan; a subclass is a frozen dataclass that says what each field is.

    Every field that is left out has what the system's document states.
    """

    COUNTS: ClassVar[Mapping[str, int]] = MappingProxyType({})
    """Whole numbers from 1, by name, with what the document states."""
    FACTORS: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Decimals of at least 1: headroom and growth."""
    AMOUNTS: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Decimals of at least 0: percentages, gigabytes, money."""

    def _read(self, values: Mapping[str, Any]) -> None:
        """Take all fields, or raise one error that lists everything that is wrong."""
        known = [field.name for field in fields(self)]  # type: ignore[arg-type]
        unknown = sorted(set(values) - set(known))
        problems = Problems()
        if unknown:
            problems.append(f"there is no {', '.join(unknown)}: there is {', '.join(known)}")
        for name, stated in self.COUNTS.items():
            count = problems.whole(name, values.get(name, stated), 1, COUNT_MAX)
            object.__setattr__(self, name, count)
        for bounds, least in ((self.FACTORS, 1), (self.AMOUNTS, 0)):
            for name, text in bounds.items():
                value: DecimalLike = values.get(name, text)
                found = problems.decimal(name, value, least=least, most=COUNT_MAX)
                object.__setattr__(self, name, found)
        if problems:
            raise SpecificationError(f"{type(self).__name__}: {'; '.join(problems)}")

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        decimals = {**cls.FACTORS, **cls.AMOUNTS}
        return {**cls.COUNTS, **{name: Decimal(text) for name, text in decimals.items()}}

    @classmethod
    def from_dict(cls: type[Self], values: Mapping[str, Any]) -> Self:
        """Make one of what `to_dict` gives.

        Parameters
        ----------
        values : mapping of str to int, or to str or other decimal
            By the names of fields; what is left out is what the document states.

        Raises
        ------
        SpecificationError
            It is no table of fields; or one error that lists everything that is wrong.
        """
        cls._check_table(values)
        return cls(**values)
