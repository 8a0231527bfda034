"""Listings, instruments and currencies as text and as files, and added whole or not at all."""

from __future__ import annotations

import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from test_engine_accounts import LISTING, OIL, PERPETUAL

from engine import (
    Currency,
    Engine,
    EngineError,
    FeeTier,
    GridError,
    Instrument,
    Listing,
    MarginTier,
    SpecificationError,
)

D = Decimal


@pytest.mark.parametrize("name", ["venue.toml", "venue.json"])
def test_a_listing_goes_to_a_file_and_back(tmp_path: Path, name: str) -> None:
    full = Instrument(
        symbol="Öl 🛢 \"a\\b\" 'c'",
        tick_size="1e-30",
        lot_size="100",
        min_price="-1e-28",
        max_price="1e-20",
        min_quantity=200,
        max_quantity=10**9,
        replace_priority="always_lose",
        auction_rule="midpoint",
        allocation="pro_rata",
        pro_rata_minimum=200,
        static_band="0.05",
        visibility="dark",
        kind="linear",
        base="oil",
        quote="USD",
        multiplier="1e29",
        maker_fee=-1e-9,
        fee_tiers=[
            FeeTier(volume=0, maker="0.1", taker="-1"),
            FeeTier(volume="1e6", maker=0, taker="0.000000001"),
        ],
        initial_margin="0.10",
        maintenance_margin="0.05",
        margin_tiers=[
            MarginTier(floor="0.5", max_leverage="2.5", maintenance_rate="0.05"),
            MarginTier(floor=2, initial_rate="0.5", maintenance_rate="0.3", deduction="0.25"),
        ],
        open_loss=True,
        min_notional="0.05",
        max_notional="2e6",
        value_rounding="half_even",
        fee_rounding="up",
    )
    listing = Listing(currencies=LISTING.currencies, instruments=[*LISTING.instruments, full])
    path = tmp_path / name
    listing.write(path)
    again = Listing.read(path)
    assert again == listing
    assert again.to_toml() == listing.to_toml()
    assert Listing.from_dict(listing.to_dict()) == listing
    for instrument in listing.instruments:
        assert Instrument.from_json(instrument.to_json()) == instrument
        assert Instrument.from_toml(instrument.to_toml()) == instrument
    friendly = Engine(accounts=True)
    friendly.add_listing(again)
    own = Listing(currencies=friendly.currencies, instruments=friendly.instruments)
    assert own == listing


def test_another_symbol_is_all_that_differs() -> None:
    rest: dict[str, Any] = {"tick_size": "0.10", "lot_size": 5, "max_price": 900}
    rest |= {"static_band": "0.05", "visibility": "dark"}
    rest |= {"kind": "linear", "quote": "USD", "max_leverage": 20, "open_loss": True}
    first, told = (Instrument(symbol=symbol, **rest) for symbol in ("OIL", "GAS"))
    other = first.with_symbol("GAS")
    assert (other, repr(other), hash(other)) == (told, repr(told), hash(told))
    assert (other.terms(), other.prices.name) == (told.terms(), "GAS: price")
    assert pickle.loads(pickle.dumps(other)) == told
    assert (first.symbol, first.prices.name) == ("OIL", "OIL: price")
    for symbol in ("", " GAS", "x" * 65, "a\nb", 7):
        with pytest.raises(GridError, match="symbol was"):
            first.with_symbol(symbol)  # type: ignore[arg-type]


def test_a_number_of_a_file_is_a_decimal_and_no_float() -> None:
    text = 'symbol = "X"\ntick_size = 0.1000000000000000055511151231\nlot_size = 1\n'
    assert Instrument.from_toml(text).tick_size == D("0.1000000000000000055511151231")


def test_what_has_its_default_is_left_out() -> None:
    plain = Instrument(symbol="X", tick_size="0.5", lot_size=2, min_price="0.5", min_quantity=2)
    assert plain.to_dict() == {"symbol": "X", "tick_size": "0.5", "lot_size": "2"}
    assert "settle" not in OIL.to_dict()
    assert Listing().to_dict() == {}


BAD_TICK = "[[instruments]]\nsymbol = 'X'\ntick_size = 0\nlot_size = 1"
DOLLAR = "[[currencies]]\nname = 'USD'\nunit = 1\n"
WRONG_FILES = [
    (BAD_TICK, "instruments[0]: instrument 'X': tick_size was 0, must be above 0"),
    (BAD_TICK.replace("tick_size", "tick"), "instruments[0]: Instrument has no tick: it has al"),
    (
        "[[instruments]]\nsymbol = 'X'",
        "instruments[0]: Instrument: tick_size, lot_size must be told",
    ),
    (DOLLAR + DOLLAR.replace("1", "'x'"), "currencies[1]: currency 'USD': unit was 'x', not a"),
    (DOLLAR + DOLLAR, "listing: currencies[1].name was 'USD', that of currencies[0]"),
    ("currencies = 5", "listing: currencies was 5, of int, must be a list of Currency"),
    ("currencies = [5]", "listing: currencies[0] was 5, must be a Currency"),
    ("fees = 5", "Listing has no fees: it has currencies, instruments"),
    ("= 5", "Listing: no TOML: Invalid"),
]


@pytest.mark.parametrize(("text", "message"), WRONG_FILES, ids=[text for _, text in WRONG_FILES])
def test_what_is_wrong_in_a_file_is_told_with_its_place(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "venue.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecificationError) as caught:
        Listing.read(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_a_file_that_is_no_text_or_has_another_name(tmp_path: Path) -> None:
    path = tmp_path / "venue.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SpecificationError, match=r"venue\.toml: 'utf-8' codec can't decode"):
        Listing.read(path)
    with pytest.raises(SpecificationError, match=r"venue\.txt was to be read or written, must end"):
        Listing.read(tmp_path / "venue.txt")
    with pytest.raises(SpecificationError, match=r"Listing was \[\], must be a table of fields"):
        Listing.from_json("[]")
    with pytest.raises(SpecificationError, match="Listing: no JSON: "):
        Listing.from_json("{")
    with pytest.raises(FileNotFoundError):
        Listing.read(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("listing", "message"),
    [
        (
            Listing(currencies=[Currency(name="ETH", unit=1), Currency(name="USD", unit=1)]),
            "name was 'USD', already that of currency 0",
        ),
        (
            Listing(
                currencies=[Currency(name="ETH", unit=1)],
                instruments=[Instrument(**(PERPETUAL.to_dict() | {"symbol": "A"})), OIL],
            ),
            "symbol was 'OIL', already that of instrument 1",
        ),
        (
            Listing(
                currencies=[Currency(name="ETH", unit=1)],
                instruments=[
                    Instrument(**(PERPETUAL.to_dict() | {"symbol": "A"})),
                    Instrument(**(OIL.to_dict() | {"symbol": "B", "quote": "EUR"})),
                ],
            ),
            "instrument 'B': quote was 'EUR', not one of 3 currencies added",
        ),
    ],
    ids=["currency", "symbol", "contract"],
)
def test_a_listing_is_added_whole_or_not_at_all(listing: Listing, message: str) -> None:
    venue = Engine(accounts=True)
    venue.add_listing(LISTING)
    before = (venue.state_hash(), venue.currencies, venue.instruments)
    with pytest.raises(EngineError) as caught:
        venue.add_listing(listing)
    assert str(caught.value) == message
    assert (venue.state_hash(), venue.currencies, venue.instruments) == before
