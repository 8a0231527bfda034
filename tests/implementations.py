"""The two implementations of the contract, by name, so that every test runs on both."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

NAMES = ("core", "reference")

# Where each of them keeps its class of many instruments and its class of one.
PLACES = {
    "core": (("engine._core", "Core"), ("engine", "OrderBook")),
    "reference": (("engine.reference", "Core"), ("engine.reference", "OrderBook")),
}


class Implementation(NamedTuple):
    """How to make the engines of one implementation."""

    name: str
    core: Callable[..., Any]
    order_book: Callable[..., Any]


def load(name: str) -> Implementation:
    """Return an implementation; the compiled core is imported only when it is asked for."""
    core, order_book = (getattr(import_module(module), noun) for module, noun in PLACES[name])
    return Implementation(name, core, order_book)


def with_accounts() -> list[str]:
    """Return the names of the implementations that have accounts."""
    names = []
    for name in NAMES:
        try:
            load(name).core(accounts=True)
        except TypeError:
            continue
        names.append(name)
    return names
