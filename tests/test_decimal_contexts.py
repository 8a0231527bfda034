"""What is told in decimals does not depend on the decimal context that the caller works in."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal, Inexact, InvalidOperation, Rounded, localcontext
from typing import Any

import pytest

from engine import Engine, FundingSpec, GridError, Instrument, MarginTier
from engine._durations import duration_ns
from engine._picture import _price_text
from engine.capacity import Measured, plan_godark, plan_pincex
from engine.metrics import ScalingRule

CONTEXTS = {
    "three digits": Context(prec=3),
    "nothing inexact": Context(prec=3, traps=[Inexact, InvalidOperation, Rounded]),
    "nothing trapped": Context(prec=3, traps=[]),
    "small exponents": Context(prec=3, Emin=-3, Emax=3, traps=[]),
}
OIL = Instrument(
    symbol="OIL",
    tick_size="0.01",
    lot_size="0.001",
    kind="linear",
    quote="USD",
    max_leverage=20,
    maker_fee="-0.00025",
    taker_fee="0.00055",
    min_notional="1.2345",
    static_band="0.123456",
    dynamic_band="0.654321",
    margin_tiers=[MarginTier(floor="100000.5", max_leverage="12.5")],
    funding=FundingSpec.preset("godark"),
)


def traded() -> Engine:
    """Return a venue in which two accounts have a position of many digits, and an order rests."""
    venue = Engine(accounts=True)
    venue.add_currency("USD", unit="0.00001")
    venue.add_instrument(OIL)
    for account in (1, 2):
        venue.set_account(account)
        venue.deposit(account, "USD", "1234567.89123")
    venue.set_price("OIL", "reference", "12345.67")
    venue.submit("OIL", side="sell", price="12345.67", quantity="1.234", account=1)
    venue.submit("OIL", side="buy", price="12345.67", quantity="1.111", account=2)
    venue.submit("OIL", side="buy", price="12340.01", quantity="12.345", account=2)
    venue.set_price("OIL", "mark", "12399.99")
    venue.set_price("OIL", "index", "12388.81")
    venue.fund("OIL")
    return venue


def of_a_venue() -> list[Any]:
    """Return all that a venue says in decimals."""
    venue = traded()
    refused = venue.submit("OIL", side="buy", price="12345.67", quantity="98765.432", account=2)
    return [
        venue.account_position("OIL", account=1),
        venue.account_position("OIL", account=2),
        venue.balance(1, "USD"),
        venue.exposure(2, "USD"),
        venue.funding("OIL"),
        venue.house("USD"),
        venue.best_bid("OIL"),
        venue.last_trade("OIL"),
        venue.explain(refused),
        venue.ladder("OIL"),
        venue.book("OIL")._repr_html_(),
        repr(venue),
    ]


ANSWERS: dict[str, Callable[[], Any]] = {
    "venue": of_a_venue,
    "terms": OIL.terms,
    "text": OIL.to_toml,
    "price in a picture": lambda: _price_text(OIL)(1_234_567),
    "samples": lambda: FundingSpec(premium="mark", rate_period=86400, sample=5).samples_expected,
    "duration": lambda: duration_ns("1234.567 ms"),
    "pods": lambda: plan_pincex(
        measured=Measured(orders_per_second=54_321, bytes_per_order=291)
    ).to_dict(),
    "costs": lambda: plan_pincex().table(),
    "instances": lambda: plan_godark().to_dict(),
    "scaling": lambda: ScalingRule(up="0.8001").decide(8002, 10_001),
}


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS)
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_every_context_is_told_the_same(answer: Callable[[], Any], context: Context) -> None:
    told = answer()
    with localcontext(context):
        again = answer()
    assert repr(again) == repr(told)


def test_an_entry_price_has_all_digits_of_its_quantity() -> None:
    venue = traded()
    with localcontext(Context(prec=3)):
        position = venue.account_position("OIL", account=1)
    assert position is not None
    assert position.entry_price == Decimal("12345.67")


def test_a_band_is_not_rounded_to_the_digits_of_the_context() -> None:
    words = {"symbol": "OIL", "tick_size": 1, "lot_size": 1}
    with localcontext(Context(prec=3)):
        assert Instrument(**words, static_band="0.123456").terms()["static_band"] == 123_456
    with pytest.raises(GridError, match=r"in steps of 0\.000001"):
        Instrument(**words, static_band=f"0.1{'0' * 40}1")
