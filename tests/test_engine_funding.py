"""Funding and liquidation in decimals: instruments that carry a specification, and the verbs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine import CommandError, Engine, FundingSpec, GridError, Instrument, Listing
from engine._funding_terms import funding_terms

D = Decimal


def swap(funding: FundingSpec | None) -> Instrument:
    return Instrument(
        symbol="BTC",
        tick_size="0.1",
        lot_size="0.01",
        kind="linear",
        quote="USD",
        max_leverage=20,
        maintenance_margin="0.02",
        funding=funding,
    )


def venue_of(instrument: Instrument) -> Engine:
    """Return a venue in which account 1 is long 0.5 at 50,000, and account 2 is short."""
    venue = Engine(accounts=True)
    venue.add_currency("USD", unit="0.000001")
    venue.add_instrument(instrument)
    for account in (1, 2, 9):
        venue.set_account(account)
        venue.deposit(account, "USD", 2_000)
    for side, account in (("sell", 2), ("buy", 1)):
        venue.submit("BTC", side=side, price=50_000, quantity="0.5", account=account)
    return venue


def test_godarks_rule_is_paid_by_the_second() -> None:
    venue = venue_of(swap(FundingSpec.preset("godark")))
    venue.set_price("BTC", "mark", 50_010)
    venue.set_price("BTC", "index", 50_000)
    report = venue.fund("BTC")
    assert report.last_price == 200_115_740_740_741
    funding = venue.funding("BTC")
    assert funding is not None
    assert funding.rate == D("0.000200115740740741")
    # 0.5 of 50,010 by that rate is 5.00389409...
    position = venue.account_position("BTC", account=1)
    assert position is not None
    assert position.funding == D("5.003895")
    balance = venue.balance(1, "USD")
    assert balance is not None
    assert balance.balance == 2_000 - D("5.003895")
    assert venue.rounding("USD") == D("0.000001")
    assert funding.accrued * 50 == D("5.00389409722225")


def test_a_rate_that_is_told_keeps_to_the_bounds_of_the_specification() -> None:
    venue = venue_of(swap(FundingSpec.preset("binance-usdm")))
    venue.set_price("BTC", "mark", 50_000)
    venue.set_price("BTC", "index", 50_000)
    # 0.75 times the maintenance margin of 2 %.
    assert venue.fund("BTC", rate="0.015").exec_type.name == "DONE"
    assert venue.fund("BTC", rate="0.0151").reject_reason.name == "FUNDING_RATE_OUT_OF_RANGE"
    # Impact prices and their average are not the engine's to see.
    assert venue.fund("BTC").reject_reason.name == "PRICE_UNKNOWN"
    assert venue.fund().last_quantity == 0


def test_a_rate_of_eight_hours_accrues_in_parts() -> None:
    venue = venue_of(swap(FundingSpec.preset("deribit-linear")))
    venue.set_price("BTC", "mark", 50_050)
    venue.set_price("BTC", "index", 50_000)
    for seconds in (10, 10 + 8 * 3_600):
        venue.fund(timestamp=seconds * 10**9)
    funding = venue.funding("BTC")
    assert funding is not None
    # 0.1 % is 0.075 % beyond the dead band; a lot is worth 500.5.
    assert (funding.rate, funding.accrued) == (D("0.00075"), D("0.375375"))


def test_without_funding_none_is_paid() -> None:
    venue = venue_of(swap(None))
    assert venue.funding("BTC") is None
    assert venue.fund("BTC", rate=0).reject_reason.name == "NO_FUNDING"


@pytest.mark.parametrize("name", ["godark", "deribit-linear", "binance-usdm", "okx"])
def test_a_listing_carries_the_specification(name: str) -> None:
    instrument = swap(FundingSpec.preset(name))
    listing = Listing(instruments=[instrument])
    for text, read in (
        (listing.to_toml(), Listing.from_toml),
        (listing.to_json(), Listing.from_json),
    ):
        assert read(text).instruments == (instrument,)


def test_what_the_engine_does_not_do_is_told() -> None:
    oracle = FundingSpec(
        premium="mark", rate_period="0.0000000001", value_basis="oracle", interest_per_day=1
    )
    with pytest.raises(GridError) as error:
        venue_of(swap(oracle))
    assert "funding.value_basis was 'oracle', the engine has 'mark'" in str(error.value)
    assert "funding.rate_period was 1E-10, not of whole nanoseconds" in str(error.value)
    with pytest.raises(GridError, match="funding was told, spot has none"):
        Instrument(
            symbol="A",
            tick_size=1,
            lot_size=1,
            kind="spot",
            base="A",
            quote="B",
            funding=FundingSpec.preset("godark"),
        )


def test_a_dead_damp_leaves_the_premium_alone() -> None:
    spec = FundingSpec(premium="mark", rate_period=1, damp=0, interest_per_day=1, cap=100)
    terms = funding_terms(swap(spec), [])
    assert (terms["funding_interest"], terms["funding_damp"]) == (0, 0)
    assert terms["funding_cap"] == 2**63 - 1


def test_a_rate_needs_an_instrument() -> None:
    venue = venue_of(swap(FundingSpec.preset("godark")))
    with pytest.raises(CommandError, match=r"rate was '0\.1', and no symbol was told"):
        venue.fund(rate="0.1")
    with pytest.raises(GridError, match="BTC: rate"):
        venue.fund("BTC", rate="1e-19")


def test_a_position_is_taken_over_with_what_is_left() -> None:
    venue = venue_of(swap(None))
    venue.set_price("BTC", "mark", 47_000)
    position, balance = venue.account_position("BTC", account=1), venue.balance(1, "USD")
    assert position is not None
    assert balance is not None
    assert (position.maintenance, balance.shared_equity) == (470, 500)
    assert venue.liquidate(account=9).last_quantity == 0
    venue.set_price("BTC", "mark", 46_900)
    report = venue.liquidate(account=9)
    assert report.last_quantity == 1
    assert [int(fee) for fee in report.reports["fee"]] == [450_000_000, 0]
    taken = venue.account_position("BTC", account=9)
    assert taken is not None
    assert (taken.quantity, taken.entry_price) == (D("0.5"), 46_900)
