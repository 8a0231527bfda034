"""What a venue lists: its currencies and its instruments, together, as one file has them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from engine._shown import shown
from engine.currency import Currency
from engine.errors import SpecificationError
from engine.instrument import Instrument
from engine.specification import Problems, Specification

__all__ = ["Listing"]


@dataclass(frozen=True, kw_only=True, init=False)
class Listing(Specification):
    """The currencies and the instruments of a venue, in the order of their numbers.

    Frozen, equal by its fields. `Engine.add_listing` adds all of it.

    Parameters
    ----------
    currencies : iterable of Currency
        By name, each once.
    instruments : iterable of Instrument
        By symbol, each once.

    Raises
    ------
    SpecificationError
        One error that lists everything that is wrong.

    Examples
    --------
    >>> listing = Listing(
    ...     currencies=[Currency(name="USD", unit="0.01"), Currency(name="BTC", unit="0.0001")],
    ...     instruments=[
    ...         Instrument(symbol="BTC-USD", tick_size="0.01", lot_size="0.1", kind="spot",
    ...                    base="BTC", quote="USD", taker_fee="0.001", min_price=5),
    ...         Instrument(symbol="OIL", tick_size="0.01", lot_size=1),
    ...     ],
    ... )
    >>> print(listing.to_toml())
    [[currencies]]
    name = "USD"
    unit = "0.01"
    <BLANKLINE>
    [[currencies]]
    name = "BTC"
    unit = "0.0001"
    <BLANKLINE>
    [[instruments]]
    symbol = "BTC-USD"
    tick_size = "0.01"
    lot_size = "0.1"
    min_price = "5.00"
    kind = "spot"
    base = "BTC"
    quote = "USD"
    taker_fee = "0.001"
    <BLANKLINE>
    [[instruments]]
    symbol = "OIL"
    tick_size = "0.01"
    lot_size = "1"
    <BLANKLINE>
    >>> listing.write("venue.toml")
    >>> Listing.read("venue.toml") == listing
    True

    What is wrong is told with its place:

    >>> rows = [{"symbol": "OIL", "tick_size": 0, "lot_size": 1}]
    >>> Listing.from_dict({"instruments": rows})
    Traceback (most recent call last):
        ...
    engine.errors.SpecificationError: instruments[0]: instrument 'OIL': tick_size was 0, must be\
 above 0
    """

    SECTION: ClassVar = "listing"
    ROWS: ClassVar = {"currencies": Currency, "instruments": Instrument}

    currencies: tuple[Currency, ...]
    instruments: tuple[Instrument, ...]

    def __init__(
        self, *, currencies: Iterable[Currency] = (), instruments: Iterable[Instrument] = ()
    ) -> None:
        problems = Problems()
        rows = {
            "currencies": _read_rows(problems, "currencies", currencies, Currency, "name"),
            "instruments": _read_rows(problems, "instruments", instruments, Instrument, "symbol"),
        }
        if problems:
            raise SpecificationError(f"listing: {'; '.join(problems)}")
        for name, value in rows.items():
            object.__setattr__(self, name, value)

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        return {"currencies": (), "instruments": ()}


def _read_rows(
    problems: Problems, field: str, told: object, kind: type, name: str
) -> tuple[Any, ...]:
    """Return rows; note what is none, and a name that comes twice."""
    rows: tuple[Any, ...] = problems.rows(field, told, kind) or ()
    seen: dict[str, int] = {}
    for place, row in enumerate(rows):
        first = seen.setdefault(getattr(row, name), place)
        if first != place:
            problems.append(
                f"{field}[{place}].{name} was {shown(getattr(row, name))}, that of {field}[{first}]"
            )
    return rows
