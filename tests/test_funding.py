"""Funding: premiums, averages, rates, payments and the index, exact, in floats and in units."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import FundingSpec, GridError, SpecificationError, calc, presets
from engine.calc import EXACT, units
from engine.reference import units as plain_units

CONTEXTS = Path(__file__).resolve().parents[2] / "shared/cases/hyperliquid_premium.json"
BIDS = [["50000", "1"], ["49999", "1"], ["49998", "2.5"]]
RATES = st.fractions(-1, 1, max_denominator=10**6)
PRICES = st.fractions(1, 10**6, max_denominator=100)
ROUNDINGS_OF_2 = Fraction(2) ** -53


# Impact prices and premiums.


@pytest.mark.parametrize(
    ("notional", "price"),
    [("5000", "50000"), ("50000", "50000"), ("99999", "49999.5"), ("224994", "49998.66666666667")],
)
def test_an_impact_price_is_what_the_levels_cost_together(notional: str, price: str) -> None:
    found = calc.impact_price(BIDS, notional, step="1e-11")
    assert found == Decimal(price)


def test_a_book_that_does_not_hold_the_notional_has_no_impact_price() -> None:
    assert calc.impact_price(BIDS, "224994.01") is None
    assert calc.impact_price([], 1) is None
    assert np.isnan(calc.impact_price(np.array([[10.0, 1.0]]), 10.5))


def test_impact_prices_of_many_books_at_once() -> None:
    books = np.array([[[100.0, 1.0], [99.0, 1.0]], [[50.0, 1.0], [49.0, 0.0]]])
    found = calc.impact_price(books, 199.0)
    assert found[0] == 99.5
    assert np.isnan(found[1])
    exact = calc.impact_price([[[100, 1], [99, 1]], [[50, 1], [49, 0]]], 199)
    assert exact.tolist() == [Decimal("99.5"), None]


def test_a_notional_in_coins_and_quantities_in_money() -> None:
    assert calc.impact_price(BIDS, 2, notional_in="base") == Decimal("49999.5")
    dollars = [["50", "100"], ["40", "100"]]
    inverse = calc.impact_price(dollars, 200, contract="inverse", step=EXACT)
    assert inverse == 200 / (Fraction(100, 50) + Fraction(100, 40))
    coins = calc.impact_price(dollars, "4.5", contract="inverse", notional_in="base", step=EXACT)
    assert coins == inverse


@given(
    levels=st.lists(st.tuples(st.integers(1, 10**4), st.integers(0, 10**3)), max_size=6),
    notional=st.integers(1, 10**6),
)
@settings(max_examples=60, deadline=None)
def test_an_impact_price_lies_between_the_levels(
    levels: list[tuple[int, int]], notional: int
) -> None:
    found = calc.impact_price(levels, notional, step=EXACT)
    depth = sum(price * quantity for price, quantity in levels)
    if found is None:
        assert depth < notional
        return
    assert depth >= notional
    prices = [price for price, quantity in levels if quantity]
    assert min(prices) <= found <= max(prices)
    floats = calc.impact_price(np.array(levels, dtype=float), float(notional))
    assert abs(Fraction(floats) - found) <= found * 4 * (len(levels) + 1) * ROUNDINGS_OF_2


def test_every_real_premium_of_hyperliquid_is_that_of_its_prices() -> None:
    if not CONTEXTS.is_file():
        pytest.skip(f"no contexts: {CONTEXTS} is not there")
    document = json.loads(CONTEXTS.read_text(encoding="utf-8"))
    rows = [dict(zip(document["columns"], row, strict=True)) for row in document["rows"]]
    columns = {name: [row[name] for row in rows] for name in document["columns"]}
    asked = [columns[name] for name in ("impactBid", "impactAsk", "oraclePx")]
    spec = FundingSpec.preset("hyperliquid")
    bids, asks, oracles = asked
    found = spec.premium_index(oracles, bid=bids, ask=asks, step="1e-10")
    told = [Decimal(premium) for premium in columns["premium"]]
    assert [premium - other for premium, other in zip(found, told, strict=True)] == [0] * len(rows)
    floats = calc.impact_premium_index(*(np.array(column, dtype=float) for column in asked))
    assert np.abs(floats - np.array(told, dtype=float)).max() <= 1e-10


def test_an_impact_price_that_is_not_there_makes_no_premium() -> None:
    assert calc.impact_premium_index(None, 101, 100) is None
    found = calc.impact_premium_index([101, None], [102, 103], 100)
    assert found.tolist() == [Decimal("0.01"), None]
    assert np.isnan(calc.impact_premium_index(None, 101.0, 100))


def test_bitmex_compares_with_the_mark_price_and_adds_its_basis() -> None:
    spec = FundingSpec.preset("bitmex-inverse")
    found = spec.premium_index(50, bid=101, ask=102, mark=100, fair_basis="0.001", step="0.001")
    assert found == Decimal("0.021")
    with pytest.raises(GridError, match="mark was None, must be there"):
        spec.premium_index(50, bid=101, ask=102)


# Averages.


@pytest.mark.parametrize(
    ("average", "more", "expected"),
    [
        ("last", {}, 9),
        ("mean", {}, 4),
        ("mean", {"expected": 8}, 2),
        ("mean", {"expected": 3}, 4),
        ("linear_weighted", {}, Fraction(1 + 2 * 2 + 3 * 4 + 4 * 9, 10)),
        ("linear_weighted", {"expected": 5}, Fraction(2 + 3 * 2 + 4 * 4 + 5 * 9, 15)),
        ("trimmed", {"trim": "0.25"}, 3),
        ("trimmed", {"trim": "0.2"}, Fraction(1 + 2 + 4, 3)),
        ("trimmed", {"trim": "0.1"}, 4),
        ("median", {}, 3),
        ("median", {"expected": 7}, 1),
    ],
)
def test_samples_become_one(average: str, more: dict[str, Any], expected: Any) -> None:
    samples = [1, 2, 4, 9]
    assert calc.premium_average(samples, average=average, step=EXACT, **more) == expected
    floats = calc.premium_average([float(each) for each in samples], average=average, **more)
    assert floats == pytest.approx(float(expected))
    rows = calc.premium_average([samples, samples], average=average, step=EXACT, **more)
    assert rows.tolist() == [expected, expected]


def test_missing_samples_do_not_count_or_count_as_zero() -> None:
    assert calc.premium_average([None, 2, 4]) == 3
    assert calc.premium_average([None, 2, 4], expected=3) == 2
    assert calc.premium_average([None, None]) is None
    assert calc.premium_average([]) is None
    assert calc.premium_average([], expected=60) == 0
    rows = calc.premium_average(np.array([[np.nan, 2.0], [np.nan, np.nan], [1.0, 2.0]]))
    assert rows.tolist() == pytest.approx([2.0, np.nan, 1.5], nan_ok=True)
    assert calc.premium_average([[None, 2], [None, None]]).tolist() == [2, None]


@given(samples=st.lists(RATES, min_size=1, max_size=9), average=st.sampled_from(
    ["mean", "linear_weighted", "trimmed", "median"]))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_an_average_lies_between_the_samples(samples: list[Fraction], average: str) -> None:
    found = calc.premium_average(samples, average=average, step=EXACT)
    assert min(samples) <= found <= max(samples)
    same = calc.premium_average([samples[0]] * len(samples), average=average, step=EXACT)
    assert same == samples[0]


# Rates.


@given(premium=RATES, interest=RATES, damp=RATES.map(abs))
def test_a_dampened_rate_is_the_interest_where_the_premium_is_near(
    premium: Fraction, interest: Fraction, damp: Fraction
) -> None:
    found = calc.funding_rate(premium, interest, damp=damp, step=EXACT)
    if abs(premium - interest) <= damp:
        assert found == interest
    else:
        assert abs(found - premium) == damp
        assert abs(found - interest) < abs(premium - interest) or damp == 0
    assert calc.funding_rate(premium, interest, damp=0, step=EXACT) == premium


@given(premium=RATES, damp=RATES.map(abs))
def test_the_dead_band_is_dampened_without_interest(premium: Fraction, damp: Fraction) -> None:
    found = calc.funding_rate(premium, damp=damp, step=EXACT)
    assert found == max(damp, premium) + min(-damp, premium)


@given(premium=RATES, interest=RATES, cap=RATES.map(abs), scale=st.integers(1, 24))
def test_a_rate_is_bounded_after_it_is_scaled(
    premium: Fraction, interest: Fraction, cap: Fraction, scale: int
) -> None:
    asked: dict[str, Any] = {"scale": scale, "step": EXACT}
    free = calc.funding_rate(premium, interest, **asked)
    assert free == (premium + interest) / scale
    both = calc.funding_rate(premium, interest, floor=-cap, cap=cap, **asked)
    assert both == max(-cap, min(cap, free))
    assert calc.funding_rate(premium, interest, cap=cap, **asked) == min(cap, free)
    assert calc.funding_rate(premium, interest, floor=-cap, **asked) == max(-cap, free)


@given(premium=RATES, interest=RATES, damp=RATES.map(abs))
def test_rates_in_floats_are_near_the_exact_ones(
    premium: Fraction, interest: Fraction, damp: Fraction
) -> None:
    floats = [float(number) for number in (premium, interest, damp)]
    exact = [Fraction(number) for number in floats]
    expected = calc.funding_rate(*exact[:2], damp=exact[2], scale=3, step=EXACT)
    found = calc.funding_rate(*floats[:2], damp=floats[2], scale=3)
    assert abs(Fraction(found) - expected) <= 4 * ROUNDINGS_OF_2 * max(map(abs, exact), default=0)


def test_godark_has_one_second_and_one_cap() -> None:
    spec = FundingSpec.preset("godark")
    for mark, rate in (
        ("50010", Fraction(1, 5000) + Fraction(1, 8640000)),
        ("50025", Fraction(1, 2000)),
        ("50000", Fraction(1, 8640000)),
        ("49974", Fraction(-1, 2000)),
    ):
        assert spec.funding_rate(spec.premium_index(50000, mark=mark), step=EXACT) == rate
    assert spec.accrued_rate("0.0005") == Fraction("0.0005")
    hourly = FundingSpec.from_dict(spec.to_dict() | {"rate_period": 3600, "interval": 1,
                                                     "interest_period": 1})  # fmt: skip
    assert hourly.funding_rate(spec.premium_index(50000, mark=50010), step=EXACT) == (
        Fraction(1, 5000) + Fraction(1, 8640000)
    )
    assert hourly.accrued_rate("0.0005") == Fraction("0.0005") / 3600
    assert hourly.funding_payment("long", 7200, "0.0005") == Decimal("-0.001")


def test_the_sum_of_all_payments_is_nothing() -> None:
    values = np.array([3, 5, 8], dtype=object)
    paid = calc.funding_payment([1, 1, -1], values, "0.00017", step=EXACT)
    assert paid.sum() == 0


@given(value=PRICES, rate=RATES)
def test_a_payment_is_the_other_sides(value: Fraction, rate: Fraction) -> None:
    long, short = (
        calc.funding_payment(side, value, rate, step=EXACT) for side in ("long", "short")
    )
    assert long == -short == -value * rate
    rounded = [calc.funding_payment(side, value, rate, step="0.01") for side in ("long", "short")]
    assert -Decimal("0.01") <= sum(rounded) <= 0


# The index.


@given(
    position=st.fractions(-1000, 1000, max_denominator=1000),
    path=st.lists(RATES, min_size=2, max_size=6),
)
@settings(deadline=None)
def test_an_index_pays_the_same_however_often(position: Fraction, path: list[Fraction]) -> None:
    whole = calc.index_payment(position, path[-1], path[0], step="0.01")
    total, remainder = Fraction(0), Fraction(0)
    for before, now in pairwise(path):
        due = -position * (now - before) + remainder
        paid = calc.index_payment(position, now, before, remainder=remainder, step="0.01")
        remainder = due - Fraction(paid.amount)
        assert 0 <= remainder < Fraction("0.01")
        total += Fraction(paid.amount)
    assert total == Fraction(whole.amount)


@given(
    position=st.integers(-(2**61), 2**61),
    path=st.lists(st.integers(-(2**40), 2**40), min_size=2, max_size=6),
    scale=st.integers(2**30, 2**61),
)
@settings(deadline=None)
def test_a_lazy_payment_in_units_is_the_sweep(position: int, path: list[int], scale: int) -> None:
    sums = [position * (path[0] - place) // scale for place in path]
    if max(map(abs, sums)) >= 2**62:
        return
    paid, left = 0, 0
    for before, now in pairwise(path):
        amount, left = units.index_payment(position, now, before, scale=scale, remainder=left)
        expected = plain_units.index_payment(position, now, before, scale, 0)
        assert 0 <= left < scale
        assert abs(int(amount) - expected[0]) <= 1
        paid += int(amount)
    lazy, rest = units.index_payment(position, path[-1], path[0], scale=scale)
    assert (paid, left) == (lazy, rest)
    assert (paid, left) == plain_units.index_payment(position, path[-1], path[0], scale, 0)


def test_truncation_would_pay_by_the_path() -> None:
    """Why a payment by index is always rounded down: 1.6 and then -1.2 is 0.4."""
    truncated = int(1.6) + int(1.6 - int(1.6) - 1.2)
    assert truncated == 1 != int(0.4)
    first = calc.index_payment(-1, "1.6", 0, step=1)
    second = calc.index_payment(-1, "0.4", "1.6", remainder=first.remainder, step=1)
    assert first.amount + second.amount == calc.index_payment(-1, "0.4", 0, step=1).amount == 0


def test_an_index_of_floats_pays_all() -> None:
    found = calc.index_payment(np.array([1.0, -2.0]), 3.0, 1.0)
    assert found.amount.tolist() == [-2.0, 4.0]
    assert found.remainder.tolist() == [0.0, 0.0]
    assert calc.index_payment(1.0, 3.0, 1.0, remainder=0.5).amount == -1.5


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ((1, 2, 3, 0, 0), "scale was 0, must be an integer from 1 to 4,6"),
        ((1, 2, 3, 5, 5), "remainder was 5, must be 0 or more and less than 5"),
        ((2**62, 2, 3, 5, 0), "position was .*, must be within 62 bits"),
    ],
)
def test_units_of_an_index_are_checked(asked: tuple[int, ...], message: str) -> None:
    position, index, entry, scale, remainder = asked
    with pytest.raises(GridError, match=message):
        units.index_payment(position, index, entry, scale=scale, remainder=remainder)


def test_a_payment_in_units_beyond_64_bits_is_refused() -> None:
    with pytest.raises(OverflowError):
        units.index_payment(2**61, 2**61, -(2**61), scale=1)


# Misuse.


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: calc.impact_notional(1), "rate was None and leverage None"),
        (lambda: calc.impact_notional(1, rate=0), "rate was 0, must be above 0"),
        (lambda: calc.impact_price([[1, 2, 3]], 1), r"levels had the shape \(1, 3\)"),
        (lambda: calc.impact_price([[0, 2]], 1), "price of a level was 0"),
        (lambda: calc.impact_price([[1, -2]], 1), "quantity of a level was -2"),
        (lambda: calc.impact_price([[1, 2]], 0), "notional was 0, must be above 0"),
        (lambda: calc.impact_price([[1, 2]], 1, notional_in="euro"), "notional_in was 'euro'"),
        (lambda: calc.premium_index(1, 0), "index was 0, must be above 0"),
        (lambda: calc.premium_index(1.0, np.array([1.0, -2.0])), "index was -2.0"),
        (lambda: calc.premium_average([1], average="mode"), "average was 'mode'"),
        (lambda: calc.premium_average([1], expected=-1), "expected was -1"),
        (lambda: calc.premium_average([1], average="trimmed", trim="0.5"), "trim was '0.5'"),
        (lambda: calc.interest_rate(1, periods=0), "periods was 0, must be above 0"),
        (lambda: calc.funding_rate(1, scale=0), "scale was 0, must be above 0"),
        (lambda: calc.funding_rate(1, damp=-1), "damp was -1, must be 0 or more"),
        (lambda: calc.funding_rate(1, floor=2, cap=1), "floor was 2, must not be above cap, 1"),
        (lambda: calc.funding_rate(None), "premium was None"),
        (lambda: calc.accrued_rate(1, 1, 0), "period was 0, must be above 0"),
        (lambda: calc.funding_payment(0, 1, 1), "side was .*, must be"),
        (lambda: calc.funding_payment(np.array([1.0, 0.5]), 1.0, 1.0), "side was .*, must be"),
        (lambda: calc.funding_payment(np.array([1.0, np.nan]), 1.0, 1.0), "side was .*, must be"),
        (lambda: calc.socialized_index_change(1, 0, 0), "longs . shorts was 0"),
        (lambda: FundingSpec.preset("okx").impact_notional_of(), "impact_margin was None"),
        (lambda: FundingSpec.preset("okx").premium_index(1), "bid was None, must be there"),
        (lambda: FundingSpec.preset("dydx-v4").bounds(), "maintenance_rate was None"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_named(ask: Callable[[], Any], message: str) -> None:
    with pytest.raises(GridError, match=message):
        ask()


def test_arrays_are_broadcast() -> None:
    rates = calc.funding_rate(np.array([[0.001], [0.002]]), np.array([0.0, 0.001]))
    np.testing.assert_allclose(rates, [[0.001, 0.002], [0.002, 0.003]])
    exact = calc.funding_payment([1, -1], [[10], [20]], "0.1")
    assert exact.tolist() == [[-1, 1], [-2, 2]]


# Specifications.


def test_a_specification_lists_all_that_is_wrong() -> None:
    with pytest.raises(SpecificationError) as caught:
        FundingSpec(
            premium="mid", rate_period=1, impact_margin=1, impact_notional=1, trim="0.1",
            missing_as_zero=True, impact_reference="mark", cap=-1, interval=5, index_step="0.1",
            cap_basis="odds",
        )  # fmt: skip
    for part in (
        "trim was 0.1, without average='trimmed'",
        "impact_margin and impact_notional were there",
        "impact_margin was 1, without premium='impact'",
        "impact_reference was 'mark', without premium='impact'",
        "missing_as_zero was True, without a sample",
        "cap_basis was 'odds'",
        "floor was 1, must not be above cap, -1",
        "index_step was 0.1, without accrual='index'",
    ):
        assert part in str(caught.value)
    with pytest.raises(SpecificationError, match="without a cap or a floor"):
        FundingSpec(premium="mark", rate_period=1, cap_basis="maintenance")
    with pytest.raises(SpecificationError, match="must not be longer than the interval, 5"):
        FundingSpec(premium="mark", rate_period=5, sample=6)


@pytest.mark.parametrize(
    "name", [name for name in presets.names() if "funding" in presets.load(name)]
)
def test_a_preset_answers_every_question(name: str) -> None:
    spec = FundingSpec.preset(name)
    assert FundingSpec.from_toml(spec.to_toml()) == spec
    mark = 100 if spec.impact_reference == "mark" else 101
    premium = spec.premium_index(100, mark=mark, bid=101, ask=101)
    assert premium == Fraction(1, 100)
    average = spec.premium_average([premium] * spec.samples_expected)
    assert average == premium
    margins: dict[str, Any] = {"initial_rate": "0.01", "maintenance_rate": "0.005"}
    rate = spec.funding_rate(average, step=EXACT, **margins)
    low, high = spec.bounds(**margins)
    assert high is None or low <= rate <= high
    assert rate > 0
    paid = spec.funding_payment("long", 1000, rate)
    assert paid < 0
    change = spec.index_change(rate, 100)
    payment = spec.index_payment(10, change, 0)
    assert payment.amount <= 0
    assert spec.annual_rate(rate) > rate


def test_a_specification_does_not_round_floats() -> None:
    spec = FundingSpec.preset("dydx-v4")
    assert spec.premium_average([0.0000011] * 60) == pytest.approx(0.0000011)
    low, high = spec.bounds(initial_rate=0.0000011, maintenance_rate=0.0)
    assert (low, high) == pytest.approx((-0.0000066, 0.0000066))
    assert spec.index_change(np.array([1e-8, 2e-8]), 1.0).tolist() == [1.25e-9, 2.5e-9]
    assert spec.index_payment(np.array([0.5]), 1.0, 0.0).amount.tolist() == [-0.5]
    assert spec.funding_payment("long", 0.5, 0.8) == pytest.approx(-0.05)
