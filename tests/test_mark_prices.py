"""Mark and index prices: what they are made of, exact and in floats, and specifications of them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import GridError, IndexSpec, MarkPriceSpec, SpecificationError, calc, presets
from engine.calc import EXACT

PRICES = st.fractions(1, 10**6, max_denominator=100)


@given(prices=st.lists(PRICES, min_size=1, max_size=6))
@settings(deadline=None)
def test_a_median_is_the_middle_of_all(prices: list[Fraction]) -> None:
    assert calc.mark_price(*prices, step=EXACT) == statistics.median(prices)
    assert calc.mark_price(*prices, combine="mean", step=EXACT) == statistics.mean(prices)
    floats = calc.mark_price(*map(float, prices))
    assert floats == pytest.approx(float(statistics.median(prices)))


def test_what_is_no_number_makes_no_median() -> None:
    for count in (2, 3, 5):
        prices = [np.array([1.0, np.nan]), *([2.0] * (count - 1))]
        found = calc.mark_price(*prices)
        assert not np.isnan(found[0])
        assert np.isnan(found[1])


def test_real_fair_price_of_bitmex() -> None:
    spec = MarkPriceSpec.preset("bitmex-inverse")
    assert spec.fair_basis("97843.77", "0.00011", 267 * 60) == Decimal("5.99")
    assert spec.mark_price("97843.77", funding_rate="0.00011", left=16020) == Decimal("97849.76")


def test_hyperliquid_takes_the_book_as_one_of_three() -> None:
    spec = MarkPriceSpec.preset("hyperliquid")
    asked: dict[str, Any] = {"basis": 1, "bid": 99, "ask": 102, "last": 103, "others": 98}
    assert spec.mark_price(100, **asked) == 101
    assert spec.mark_price(100, **asked | {"last": 90}) == 99


def test_a_band_holds_the_mark_price() -> None:
    spec = MarkPriceSpec(sources=["basis"], band="0.01", step="0.5", rounding="half_up")
    assert spec.mark_price(100, basis=5) == 101
    assert spec.mark_price(100, basis=-5) == 99
    assert spec.mark_price(100, basis="0.3") == Decimal("100.5")
    assert spec.mark_price(np.array([100.0, 200.0]), basis=3.0).tolist() == [101.0, 202.0]


def test_an_exponential_average_forgets() -> None:
    spec = MarkPriceSpec.preset("deribit-inverse")
    basis = spec.average_basis([99, 109, 109], [101, 111, 111], [100, 100, 100])
    weight = 1 - math.exp(-1 / 30)
    assert float(basis) == pytest.approx(10 * (weight + (1 - weight) * weight))
    assert calc.average_weight("30", 30) == pytest.approx(Decimal(str(1 - math.exp(-1))))
    weights = calc.average_weight(np.array([0.0, 1e9]), 150.0)
    assert weights.tolist() == [0.0, 1.0]
    assert calc.average_weight([0, 30], 30).tolist() == [0, calc.average_weight(30, 30)]


@given(average=PRICES, value=PRICES, weight=st.fractions(0, 1, max_denominator=1000))
def test_a_moved_average_lies_between(average: Fraction, value: Fraction, weight: Fraction) -> None:
    found = calc.moved_average(average, value, weight, step=EXACT)
    assert min(average, value) <= found <= max(average, value)


# Index.


@given(prices=st.lists(PRICES, min_size=1, max_size=7))
@settings(deadline=None)
def test_an_index_of_equal_weights_is_mean_and_median(prices: list[Fraction]) -> None:
    assert calc.index_price(prices, step=EXACT) == statistics.mean(prices)
    median = calc.index_price(prices, combine="median", step=EXACT)
    assert median == statistics.median(prices)


@given(
    sources=st.lists(st.tuples(PRICES, st.integers(0, 4)), min_size=1, max_size=6),
)
@settings(deadline=None)
def test_a_weight_is_a_source_that_is_there_so_often(
    sources: list[tuple[Fraction, int]],
) -> None:
    prices, weights = zip(*sources, strict=True)
    spread = [price for price, weight in sources for _ in range(weight)]
    for combine, expected in (("mean", statistics.mean), ("median", statistics.median)):
        found = calc.index_price(prices, weights, combine=combine, step=EXACT)
        assert found == (expected(spread) if spread else None)


def test_outliers_are_clipped_or_dropped() -> None:
    prices = [100, 102, 150]
    assert calc.index_price(prices, outlier="0.1", step=EXACT) == Fraction("314.2") / 3
    assert calc.index_price(prices, outlier="0.1", outliers="drop") == 101


def test_stale_and_absent_sources_do_not_count() -> None:
    asked: dict[str, Any] = {"ages": [0, 5, 6], "age_max": 5}
    assert calc.index_price([100, 102, 999], **asked) == 101
    assert calc.index_price([None, 102, 999], **asked) == 102
    assert calc.index_price([None, None, 999], **asked) is None
    assert calc.index_price([100, 102, 999], sources_min=3, **asked) is None
    assert np.isnan(calc.index_price([100.0, 102.0, 999.0], sources_min=3, **asked))


def test_an_index_of_many_moments() -> None:
    rows = np.array([[1.0, 3.0, np.nan], [np.nan, np.nan, np.nan], [2.0, 4.0, 6.0]])
    found = calc.index_price(rows)
    assert found.tolist() == pytest.approx([2.0, np.nan, 4.0], nan_ok=True)
    exact = calc.index_price([[1, 3, None], [None, None, None], [2, 4, 6]])
    assert exact.tolist() == [2, None, 4]


# Misuse.


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: calc.mark_price(), "prices were none"),
        (lambda: calc.mark_price(1, combine="mode"), "combine was 'mode'"),
        (lambda: calc.fair_basis(1, 1, 1, 0), "interval was 0, must be above 0"),
        (lambda: calc.average_basis([], [], []), "bids, asks and indexes were none"),
        (lambda: calc.average_weight(-1, 5), "elapsed was -1, must be 0 or more"),
        (lambda: calc.average_weight(1, 0), "time_constant was 0, must be above 0"),
        (lambda: calc.moved_average(1, 2, "1.5"), "weight was '1.5', must be 0 to 1"),
        (lambda: calc.price_in_band(1, 0, 1), "index was 0, must be above 0"),
        (lambda: calc.price_in_band(1, 1, -1), "part was -1, must be 0 or more"),
        (lambda: calc.index_price([1], combine="mode"), "combine was 'mode'"),
        (lambda: calc.index_price([1], outliers="keep"), "outliers was 'keep'"),
        (lambda: calc.index_price([1], [-1]), "weights were"),
        (lambda: calc.index_price([1], outlier=-1), "outlier was -1, must be 0 or more"),
        (lambda: calc.index_price([1], ages=[1]), "age_max None: both must be there"),
        (lambda: calc.index_price([1], sources_min=0), "sources_min was 0"),
        (lambda: calc.reference_price([1], [1], [2]), "expired was"),
        (lambda: calc.reference_price([1], [1], [1]), "what is left to count was 0"),
        (lambda: MarkPriceSpec(sources=["last"]).mark_price(1), "last was None, must be there"),
        (lambda: MarkPriceSpec(sources=["last"]).fair_basis(1, 1, 1), "funding_interval was None"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_named(ask: Callable[[], Any], message: str) -> None:
    with pytest.raises(GridError, match=message):
        ask()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sources": []}, "sources were none"),
        ({"sources": ["last", "vwap"]}, "sources was 'vwap'"),
        ({"sources": ["basis"], "basis_average": "exponential"}, "basis_window was None"),
        ({"sources": ["last"], "combine": "mode", "band": -1}, "combine was 'mode'.*band was -1"),
    ],
)
def test_a_mark_price_that_makes_no_sense_is_refused(fields: Any, message: str) -> None:
    with pytest.raises(SpecificationError, match=message):
        MarkPriceSpec(**fields)


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_makes_a_mark_price(name: str) -> None:
    tables = presets.load(name)
    if "index" in tables:
        index = IndexSpec.preset(name)
        assert IndexSpec.from_json(index.to_json()) == index
        assert index.index_price([100, 101, 999]) == 101
    if "mark" in tables:
        spec = MarkPriceSpec.preset(name)
        assert MarkPriceSpec.from_toml(spec.to_toml()) == spec
        found = spec.mark_price(
            100, funding_rate="0.0001", left=60, basis="0.1", last=100, bid=99, ask=101, others=100
        )
        assert abs(found - 100) <= Decimal("0.1")
