"""The rules of venues by name, as data: fees, margin, funding, mark and index price, liquidation.

A preset is a TOML file beside this one, with a table for each. It has a venue's conventions (how it
rounds, what its margin holds, how its tiers count, how it liquidates); rates and tiers are those of
one contract at one time, and are there to be replaced by one's own.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

from engine._shown import shown
from engine.errors import SpecificationError

__all__ = ["load", "names"]


def names() -> list[str]:
    """Return the names of all presets, sorted.

    Examples
    --------
    >>> "binance-usdm" in names()
    True
    """
    found = (place.name for place in resources.files(__name__).iterdir())
    return sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml"))


def load(name: str) -> dict[str, Any]:
    """Return the tables of a preset.

    Parameters
    ----------
    name : str
        One of `names()`.

    Returns
    -------
    dict of str to dict
        By section, as "fees" or "margin": the fields of its specification, decimals as text. No
        venue has every section; `MarginSchedule.preset` and its like make one of theirs.

    Raises
    ------
    SpecificationError
        There is none of that name.

    Examples
    --------
    >>> load("hyperliquid")["fees"]["rounding"]
    'floor'
    >>> load("mtgox")
    Traceback (most recent call last):
        ...
    engine.errors.SpecificationError: preset was 'mtgox', not one of 'binance-coinm',\
 'binance-spot', 'binance-usdm', 'bitget', 'bitmex-inverse', 'bitmex-linear', 'bybit-inverse',\
 'bybit-linear', 'bybit-usdc', 'bybit-uta', 'deribit-inverse', 'deribit-linear', 'drift',\
 'dydx-v4', 'extended', 'gate', 'godark', 'htx', 'hyperliquid', 'kraken', 'kucoin', 'mexc',\
 'nekuti', 'okx', 'phemex'
    """
    known = names()
    if name not in known:
        raise SpecificationError(
            f"preset was {shown(name)}, not one of {', '.join(map(repr, known))}"
        )
    text = resources.files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
