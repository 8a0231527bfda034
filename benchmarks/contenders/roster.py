"""Who takes part: what a Python user would pick, in the version that was tried.

A contender is an adapter and the distribution that it needs. `lacks` says what it has no command
for and what stands in; `tells` how much of a trade it says, and so how much can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

__all__ = ["ADAPTERS", "CONTENDERS", "OURS", "OURS_IN_BATCHES", "PASSED_OVER", "Contender", "Tells"]

ADAPTERS: Final = Path(__file__).parent / "adapters"


class Tells(StrEnum):
    """What a library says of a trade."""

    ALL = "maker, taker, price, quantity"
    LEVELS = "taker, and the quantity at each price"


@dataclass(frozen=True)
class Contender:
    """One of those that are compared.

    Attributes
    ----------
    name : str
        As the tables call it.
    adapter : Path
        File with its class `Contender`.
    requirement : str
        ``name==version`` for pip, empty for what runs in this environment.
    about : str
        What it is, for people.
    lacks : str
        Commands that it doesn't have, and what is sent instead.
    tells : Tells
        What can be compared of its trades.
    """

    name: str
    adapter: Path
    requirement: str = ""
    about: str = ""
    lacks: str = ""
    tells: Tells = Tells.ALL

    @property
    def distribution(self) -> str:
        """Its name, without extras; empty for what is not from pip."""
        return self.requirement.partition("==")[0].partition("[")[0]

    @property
    def version(self) -> str:
        """Its version; empty for what is not from pip."""
        return self.requirement.partition("==")[2]


NO_REPLACE: Final = "replace is cancel and new"
REST_CANCELED: Final = "what is left of an immediate order is canceled by another call"
MARKET_PRICED: Final = "a market order is a limit order far away, and what is left canceled"

OURS: Final = "engine, a call each"
OURS_IN_BATCHES: Final = "engine, batches"

CONTENDERS: Final = (
    Contender(OURS_IN_BATCHES, ADAPTERS / "engine_batches.py", about="`match` on arrays of 1,024"),
    Contender(OURS, ADAPTERS / "engine_calls.py", about="`submit`, `cancel`, `replace`"),
    Contender(
        "sortedcontainers",
        ADAPTERS / "sorted_lists.py",
        "sortedcontainers==2.4.0",
        "a book of 60 lines as a user would write it",
        NO_REPLACE,
    ),
    Contender(
        "nautilus_trader",
        ADAPTERS / "nautilus_book.py",
        "nautilus_trader==1.221.0",
        "Rust; its book holds the orders, the matching around it is ours, in Python",
        f"matching between users' orders; {NO_REPLACE}",
    ),
    Contender("nanobook", ADAPTERS / "nanobook.py", "nanobook==0.19.2", "Rust; it assigns the ids"),
    Contender(
        "orderly-chaos",
        ADAPTERS / "orderly_chaos.py",
        "orderly-chaos==0.2.0",
        "C++ through ctypes",
        f"{NO_REPLACE}; {REST_CANCELED}",
    ),
    Contender(
        "liquibook",
        ADAPTERS / "liquibook.py",
        "liquibook==2.0.1",
        "C++ through SWIG; the order's own state is kept by a callback in Python",
        NO_REPLACE,
    ),
    Contender("obook", ADAPTERS / "obook.py", "obook==0.1.0", "Go through ctypes"),
    Contender(
        "bourse",
        ADAPTERS / "bourse.py",
        "bourse==0.4.0",
        "Rust, the book of a market simulation",
        f"{NO_REPLACE}; {REST_CANCELED}",
    ),
    Contender(
        "litebook",
        ADAPTERS / "litebook.py",
        "litebook==0.0.1",
        "Rust, prices and quantities as floats",
        f"{NO_REPLACE}; {REST_CANCELED}; {MARKET_PRICED}",
    ),
    Contender(
        "cython-orderbook",
        ADAPTERS / "cython_orderbook.py",
        "cython-orderbook==0.1.2",
        "Cython on sortedcontainers, prices as Decimal",
        f"{NO_REPLACE}; {REST_CANCELED}",
    ),
    Contender(
        "pyorderbook",
        ADAPTERS / "pyorderbook.py",
        "pyorderbook==0.4.9",
        "pure Python, heaps, prices as Decimal, ids as UUID",
        f"{NO_REPLACE}; {REST_CANCELED}; {MARKET_PRICED}",
    ),
    Contender(
        "lightmatchingengine",
        ADAPTERS / "lightmatchingengine.py",
        "lightmatchingengine==2019.1.4",
        "pure Python, searches all levels for the best price",
        f"{NO_REPLACE}; {REST_CANCELED}",
    ),
    Contender(
        "fastlob",
        ADAPTERS / "fastlob.py",
        "fastlob==0.0.24",
        "pure Python on sortedcontainers; each book starts a thread",
        f"{NO_REPLACE}; {REST_CANCELED}; {MARKET_PRICED}",
        Tells.LEVELS,
    ),
    Contender(
        "manticore-orderbook",
        ADAPTERS / "manticore.py",
        "manticore-orderbook==1.0.1",
        "pure Python, orders as dicts; each book starts a thread",
        NO_REPLACE,
    ),
    Contender(
        "order-matching",
        ADAPTERS / "order_matching.py",
        "order-matching[polars]==0.12.0",
        "pure Python, looks through all orders for each command",
        f"{NO_REPLACE}; {REST_CANCELED}",
    ),
)

PASSED_OVER: Final = {
    "hftbacktest 2.4.4": "fills a strategy's orders against recorded data; two orders of its users"
    " never meet, and its book has no orders that could",
    "limit-order-book 2.0.0": "from Python it says nothing of what was traded",
    "matching-engine 0.1.1": "needs Python 3.12 (these figures are from 3.11)",
    "orderbook 0.1.2": "of 2013, for Python 2",
    "pyclob 0.1.2": "binary contracts only: prices from 1 to 99, with accounts",
    "pylob 0.2.8": "pip can't build it any more",
}
"""What was looked at and can't do the job, and why."""
