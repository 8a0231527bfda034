"""Liquidation and bankruptcy prices: where the balance is what is needed, and no later."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine import GridError, calc
from engine.calc import EXACT

CONTRACTS = ["linear", "inverse"]
SIDES = ["long", "short"]
ROUNDING = Fraction(2) ** -53

# What venues print, or tell in real responses: side, quantity, entry price, terms, price.
PRINTED: list[tuple[str, Any, Any, dict[str, Any], str]] = [
    ("long", "109.488", "32481.98", {"balance": "1535443.01", "maintenance_rate": "0.025",
     "deduction": 16300, "step": "0.01"}, "18778.73"),
    ("long", "3683.979", "1456.84", {"balance": "1535443.01", "maintenance_rate": "0.1",
     "deduction": 135365, "step": "0.01", "rounding": "half_up"}, "1114.78"),
    ("long", 2, "37643.10000021", {"balance": "0.00268058", "maintenance_rate": "0.004",
     "multiplier": 100, "contract": "inverse", "step": "1e-8", "rounding": "half_up"},
     "25119.97445761"),
    ("long", 1, "1198.45", {"leverage": "4.2", "maintenance_rate": "0.005", "value_basis": "entry",
     "step": "0.05"}, "919.10"),
    ("short", 60000, 50000, {"leverage": 10, "maintenance_rate": "0.005", "value_basis": "entry",
     "contract": "inverse", "step": "1e-10", "rounding": "half_up"}, "55248.6187845304"),
    ("long", "0.02", "4189.35", {"balance": "3.40376309", "fixed_margin": "0.50707892",
     "step": "0.05"}, "4044.55"),
    ("long", 1, "1217.3", {"leverage": 100, "maintenance_rate": "0.005", "value_basis": "entry",
     "step": "0.05", "rounding": "down"}, "1211.2"),
    ("long", "0.2259", 0, {"balance": "-475.23904", "maintenance_rate": "0.01", "step": "1e-6",
     "rounding": "half_up"}, "2125.008563"),
    ("short", 1, 8, {"leverage": 5, "maintenance_rate": "0.01", "fee_rate": "0.0006",
     "step": "1e-12", "rounding": "half_up"}, "9.499307342173"),
]  # fmt: skip


@pytest.mark.parametrize(("side", "quantity", "entry", "terms", "price"), PRINTED)
def test_printed_prices_come_out(
    side: str, quantity: Any, entry: Any, terms: dict[str, Any], price: str
) -> None:
    assert calc.liquidation_price(side, quantity, entry, **terms) == Decimal(price)


numbers = st.decimals("0.001", 10**6, places=3)
positions = st.fixed_dictionaries(
    {
        "side": st.sampled_from(SIDES),
        "contract": st.sampled_from(CONTRACTS),
        "quantity": numbers,
        "entry": numbers,
        "multiplier": st.sampled_from(["1", "0.001", "100"]),
    }
)
terms_of = st.fixed_dictionaries(
    {
        "leverage": st.decimals(1, 125, places=1),
        "maintenance_rate": st.decimals(0, "0.2", places=4),
        "deduction": st.decimals(0, 10, places=2),
        "fee_rate": st.decimals(0, "0.01", places=5),
        "fixed_margin": st.decimals(0, 1, places=3),
        "others": st.decimals(-5, 5, places=2),
    }
)


def value_at(position: dict[str, Any], price: Any) -> Fraction:
    return calc.position_value(
        position["quantity"],
        price,
        multiplier=position["multiplier"],
        contract=position["contract"],
        step=EXACT,
    )


def gain_at(position: dict[str, Any], price: Any) -> Fraction:
    return calc.unrealized_pnl(
        position["side"],
        position["quantity"],
        position["entry"],
        price,
        multiplier=position["multiplier"],
        contract=position["contract"],
        step=EXACT,
    )


def price_of(position: dict[str, Any], **terms: Any) -> Any:
    return calc.liquidation_price(
        position["side"],
        position["quantity"],
        position["entry"],
        multiplier=position["multiplier"],
        contract=position["contract"],
        **terms,
    )


def left_at(position: dict[str, Any], terms: dict[str, Any], price: Fraction) -> Fraction:
    """Return what the balance is above the maintenance margin at a price."""
    value, entered = value_at(position, price), value_at(position, position["entry"])
    held = entered / Fraction(terms["leverage"]) + Fraction(terms["others"])
    rate = Fraction(terms["maintenance_rate"])
    basis = entered if terms.get("value_basis") == "entry" else value
    needed = basis * rate + value * Fraction(terms["fee_rate"])
    needed += Fraction(terms["fixed_margin"]) - Fraction(terms["deduction"])
    return held + gain_at(position, price) - needed


@given(position=positions, terms=terms_of, value_basis=st.sampled_from(["mark", "entry"]))
@settings(max_examples=300, deadline=None)
def test_at_the_liquidation_price_the_balance_is_the_maintenance_margin(
    position: dict[str, Any], terms: dict[str, Any], value_basis: str
) -> None:
    terms["value_basis"] = value_basis
    price = price_of(position, step=EXACT, **terms)
    side = 1 if position["side"] == "long" else -1
    if price is None:  # it is on one side of the margin at every price
        ends = {left_at(position, terms, Fraction(10) ** power) > 0 for power in (-25, 25)}
        assert len(ends) == 1
        return
    assert left_at(position, terms, price) == 0
    assert left_at(position, terms, price * (1 + side * Fraction(1, 1000))) > 0
    assert left_at(position, terms, price * (1 - side * Fraction(1, 1000))) < 0


@given(position=positions, leverage=st.decimals("1.1", 125, places=1))
@settings(max_examples=100, deadline=None)
def test_a_bankruptcy_price_is_a_liquidation_price_without_a_margin(
    position: dict[str, Any], leverage: Decimal
) -> None:
    terms = {"multiplier": position["multiplier"], "contract": position["contract"], "step": EXACT}
    asked = (position["side"], position["quantity"], position["entry"])
    found = calc.bankruptcy_price(*asked, leverage=leverage, **terms)
    assert found == calc.liquidation_price(*asked, leverage=leverage, **terms)
    side, times, entry = 1 if asked[0] == "long" else -1, Fraction(leverage), Fraction(asked[2])
    if position["contract"] == "linear":
        assert found == entry * (1 - side / times)
    else:
        assert found == entry * times / (times + side)


@given(position=positions, terms=terms_of, tick=st.sampled_from(["0.001", "0.05", "1"]))
@settings(max_examples=200, deadline=None)
def test_a_price_at_a_tick_is_never_later_than_the_exact_one(
    position: dict[str, Any], terms: dict[str, Any], tick: str
) -> None:
    exact = price_of(position, step=EXACT, **terms)
    at_tick = price_of(position, step=tick, **terms)
    if exact is None:
        assert at_tick is None
        return
    side = 1 if position["side"] == "long" else -1
    assert 0 <= side * (Fraction(at_tick) - exact) < Fraction(tick)
    assert Fraction(at_tick) % Fraction(tick) == 0
    cut = price_of(position, step=tick, rounding="down", **terms)
    assert Fraction(0) <= exact - Fraction(cut) < Fraction(tick)


@given(position=positions, terms=terms_of)
@settings(max_examples=200, deadline=None)
def test_floats_are_near_the_exact_price(position: dict[str, Any], terms: dict[str, Any]) -> None:
    floats = {name: float(number) for name, number in terms.items()}
    inexact = {**position, "quantity": float(position["quantity"])}
    inexact |= {"entry": float(position["entry"]), "multiplier": float(position["multiplier"])}
    exact_of = {name: Fraction(number) for name, number in floats.items()}
    rational = {
        **inexact,
        **{name: Fraction(inexact[name]) for name in ("quantity", "entry", "multiplier")},
    }
    exact = price_of(rational, step=EXACT, **exact_of)
    found = price_of(inexact, **floats)
    largest = value_at(rational, rational["entry"]) + sum(map(abs, exact_of.values()))
    slope = rational["quantity"] * rational["multiplier"]
    if position["contract"] == "inverse":  # what is divided by may be nearly nothing
        assume(exact is not None and exact < slope / largest * 1000)
    if exact is None:
        assert np.isnan(found) or found <= largest / slope * Fraction(1, 10**12)
    else:
        bound = (
            exact * exact * largest / slope
            if position["contract"] == "inverse"
            else (largest / slope)
        )
        assert abs(Fraction(found) - exact) <= 16 * ROUNDING * (bound + exact)


# Where there is none.


@pytest.mark.parametrize(
    ("side", "contract", "terms"),
    [
        ("long", "linear", {"leverage": 1}),
        ("long", "linear", {"balance": 1000}),
        ("short", "inverse", {"leverage": 1}),
        ("short", "inverse", {"balance": 5}),
        ("long", "linear", {"balance": 1, "maintenance_rate": 1}),
        ("short", "inverse", {"balance": "0.001", "maintenance_rate": "0.99", "fee_rate": "0.02"}),
        ("short", "linear", {"balance": -200}),
        ("long", "inverse", {"balance": -3}),
    ],
)
def test_a_position_may_have_no_liquidation_price(
    side: str, contract: str, terms: dict[str, Any]
) -> None:
    asked = (side, 1, 100)
    assert calc.liquidation_price(*asked, contract=contract, **terms) is None
    floats = {name: float(number) for name, number in terms.items()}
    assert np.isnan(calc.liquidation_price(side, 1.0, 100.0, contract=contract, **floats))


def test_a_position_of_nothing_has_no_price() -> None:
    assert calc.liquidation_price("long", 0, 100, balance=5) is None
    assert calc.liquidation_price("long", 0, 100, balance=5, tiers=[(0, 0), ("0.1", 0)]) is None
    found = calc.liquidation_price(1, [0.0, 1.0], 100.0, balance=5.0)
    assert np.isnan(found[0])
    assert found[1] == 95
    exact = calc.liquidation_price("short", [0, 1], 100, balance=5)
    assert exact.tolist() == [None, Decimal(105)]


def test_an_inverse_price_near_zero_has_its_digits() -> None:
    found = calc.liquidation_price(
        "long", 1, "0.0000001", leverage=100, maintenance_rate="0.005", contract="inverse",
        step=EXACT)  # fmt: skip
    assert found == Fraction(1005, 1010) * Fraction("0.0000001")


# Tiers.

TIERS = [("0.004", 0), ("0.005", 50), ("0.01", 1300), ("0.025", 16300), ("0.05", 66300)]
FLOORS = [0, 50_000, 250_000, 1_000_000, 2_000_000]


@given(
    side=st.sampled_from(SIDES),
    contract=st.sampled_from(CONTRACTS),
    value=st.integers(1_000, 5_000_000),
    entry=st.decimals(1, 10**5, places=2),
    leverage=st.integers(2, 125),
    fee_rate=st.sampled_from(["0", "0.0005"]),
)
@settings(max_examples=200, deadline=None)
def test_a_price_of_tiers_is_that_of_the_tier_that_holds_there(
    side: str, contract: str, value: int, entry: Decimal, leverage: int, fee_rate: str
) -> None:
    quantity = Fraction(value) / Fraction(entry)
    if contract == "inverse":
        quantity = Fraction(value) * Fraction(entry)
    terms: dict[str, Any] = {"leverage": leverage, "fee_rate": fee_rate, "contract": contract}
    price = calc.liquidation_price(side, quantity, entry, tiers=TIERS, step=EXACT, **terms)
    assert price is not None
    there = calc.position_value(quantity, price, contract=contract, step=EXACT)
    place = max(0, sum(floor < there for floor in FLOORS) - 1)
    rate, deduction = TIERS[place]
    alone = calc.liquidation_price(
        side, quantity, entry, maintenance_rate=rate, deduction=deduction, step=EXACT, **terms
    )
    assert alone == price


def test_a_price_of_tiers_is_what_trying_again_comes_to() -> None:
    """Binance's note: where the price lies in another bracket, compute it with that one."""
    quantity, entry, balance = 30, 40000, 600000
    place = 3  # of the value at entry
    for _ in range(5):
        rate, deduction = TIERS[place]
        price = calc.liquidation_price(
            "long", quantity, entry, balance=balance, maintenance_rate=rate, deduction=deduction,
            step=EXACT)  # fmt: skip
        place = max(0, sum(floor < quantity * price for floor in FLOORS) - 1)
    assert place == 2
    assert price == calc.liquidation_price(
        "long", quantity, entry, balance=balance, tiers=TIERS, step=EXACT)  # fmt: skip


@pytest.mark.parametrize("contract", CONTRACTS)
def test_prices_of_tiers_in_floats_are_near_the_exact_ones(contract: str) -> None:
    random = np.random.default_rng(7)
    side = np.where(random.random(500) < 0.5, 1.0, -1.0)
    entry = np.round(random.uniform(10, 50000, 500), 2)
    value = random.uniform(100, 5e6, 500)
    quantity = value * entry if contract == "inverse" else value / entry
    balance = value * random.uniform(0.01, 1.5, 500)
    found = calc.liquidation_price(
        side, quantity, entry, balance=balance, tiers=TIERS, contract=contract
    )
    for place, price in enumerate(found):
        exact = calc.liquidation_price(
            int(side[place]),
            Fraction(quantity[place]),
            Fraction(entry[place]),
            balance=Fraction(balance[place]),
            tiers=TIERS,
            contract=contract,
            step=EXACT,
        )
        if exact is None:
            assert np.isnan(price)
        else:
            assert price == pytest.approx(float(exact), rel=1e-12)


def test_one_tier_is_its_rate() -> None:
    asked: dict[str, Any] = {"leverage": 10, "step": EXACT}
    assert calc.liquidation_price("long", 3, 100, tiers=[("0.01", 0)], **asked) == (
        calc.liquidation_price("long", 3, 100, maintenance_rate="0.01", **asked)
    )


# Hedge mode.


@given(
    longs=st.decimals(0, 100, places=1),
    shorts=st.decimals(0, 100, places=1),
    entries=st.tuples(numbers, numbers),
    balance=st.decimals(-10, 1000, places=2),
    rates=st.tuples(*[st.decimals("0.001", "0.1", places=3)] * 2),
    deduction=st.decimals(0, 5, places=1),
    contract=st.sampled_from(CONTRACTS),
)
@settings(max_examples=200, deadline=None)
def test_one_price_is_that_of_both_sides(
    longs: Decimal,
    shorts: Decimal,
    entries: tuple[Decimal, Decimal],
    balance: Decimal,
    rates: tuple[Decimal, Decimal],
    deduction: Decimal,
    contract: str,
) -> None:
    price = calc.hedged_liquidation_price(
        longs, entries[0], shorts, entries[1], balance=balance, long_rate=rates[0],
        short_rate=rates[1], deduction=deduction, contract=contract, step=EXACT)  # fmt: skip
    if price is None:
        return
    left = Fraction(balance) + Fraction(deduction)
    for side, quantity, entry, rate in zip(SIDES, (longs, shorts), entries, rates, strict=True):
        left += calc.unrealized_pnl(side, quantity, entry, price, contract=contract, step=EXACT)
        value = calc.position_value(quantity, price, contract=contract, step=EXACT)
        left -= value * Fraction(rate)
    assert left == 0


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("side", SIDES)
def test_one_side_alone_has_the_price_of_a_position(side: str, contract: str) -> None:
    terms: dict[str, Any] = {"balance": 2, "contract": contract, "step": EXACT}
    sizes = (5, 0) if side == "long" else (0, 5)
    both = calc.hedged_liquidation_price(
        sizes[0], 100, sizes[1], 100, long_rate="0.01", short_rate="0.01", **terms
    )
    alone = calc.liquidation_price(side, 5, 100, maintenance_rate="0.01", **terms)
    assert both == alone


def test_what_hedges_itself_to_nothing_has_no_price() -> None:
    assert calc.hedged_liquidation_price(1, 100, 1, 120, balance=30) is None
    found = calc.hedged_liquidation_price(1.0, 100.0, [1.0, 0.5], 120.0, balance=30.0)
    assert np.isnan(found[0])
    assert found[1] == 20


# Arrays, and what is refused.


def test_prices_are_broadcast() -> None:
    prices = calc.liquidation_price([[1], [-1]], 1.0, 100.0, leverage=np.array([2.0, 10.0, 50.0]))
    assert prices.shape == (2, 3)
    assert prices[0].tolist() == [50, 90, 98]
    exact = calc.liquidation_price([[1], [-1]], 1, 100, leverage=[2, 10, 50], step="0.1")
    assert exact.tolist() == [list(map(Decimal, ("50.0", "90.0", "98.0"))),
                              list(map(Decimal, ("150.0", "110.0", "102.0")))]  # fmt: skip
    tiered = calc.liquidation_price([[1], [-1]], 1.0, 100.0, balance=[1.0, 2.0], tiers=[(0.01, 0)])
    assert tiered.shape == (2, 2)
    assert isinstance(calc.liquidation_price(1, 1.0, 100.0, balance=5, tiers=[(0, 0)]), float)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "balance was None, and leverage too: one of them must be there"),
        ({"leverage": 0}, "leverage was 0, must be above 0"),
        ({"leverage": [2.0, -1.0]}, "leverage was -1.0, must be above 0"),
        ({"balance": 1, "maintenance_rate": "-0.1"}, "maintenance_rate was -1/10, must be 0 or"),
        ({"balance": 1, "quantity": -1}, "quantity was -1, must be 0 or more"),
        ({"balance": 1, "quantity": np.array([1.0, -2.0])}, "quantity was -2.0, must be 0 or more"),
        ({"balance": 1, "entry_price": 0, "contract": "inverse"}, "entry_price was 0, must be"),
        ({"balance": 1, "value_basis": "last"}, "value_basis was 'last', not one of 'mark'"),
        ({"balance": 1, "tiers": []}, "tiers were none"),
        ({"balance": 1, "tiers": [("0.1", 0), ("0.05", 0)]}, r"tiers\[1\] rate was 1/20, must be"),
        ({"balance": 1, "tiers": [("0.9", 0)], "fee_rate": "0.1"}, "came to 1, must be below 1"),
        ({"balance": 1, "tiers": [(0, 0)], "value_basis": "entry"}, "must not be with value_basis"),
        ({"balance": 1.0, "step": "0.1"}, "floats are not rounded"),
        ({"balance": "much"}, "balance was 'much', not a number"),
    ],
)
def test_what_has_no_answer_is_refused(asked: dict[str, Any], message: str) -> None:
    given_ = {"side": "long", "quantity": 1, "entry_price": 100, **asked}
    with pytest.raises(GridError, match=message):
        calc.liquidation_price(**given_)
