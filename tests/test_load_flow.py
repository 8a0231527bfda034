"""The order flow of scenarios: the same bytes from a seed, and the statistics that it promises."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest

from engine import BUY, CommandKind, OrderType, Phase, RejectReason
from engine.load import (
    Chunk,
    EngineTarget,
    Fault,
    Scenario,
    Stage,
    opening_orders,
    order_flow,
    scenario,
)
from engine.load.ahead import flow_beside
from engine.load.draws import power_table
from engine.load.faults import REFUSED
from engine.load.flow import FIRST_ORDER_ID, FIRST_QUOTE_ID
from engine.load.parts import OPENING_NS

SECOND = 10**9
SIGMAS = 4.5
"""By chance a share is farther from what it must be once in 100,000 times."""
BRANCHING, DECAY = 0.6, 0.05


def steady(rate: float, seconds: float, **changed: Any) -> Scenario:
    """Return the demo's order flow at one rate."""
    return replace(scenario("demo-recommended").at_rate(rate, seconds), **changed)


def whole(flow: Scenario) -> Chunk:
    chunks = list(order_flow(flow))
    return Chunk(
        np.concatenate([chunk.commands for chunk in chunks]),
        np.concatenate([chunk.due_ns for chunk in chunks]),
    )


def of_users(chunk: Chunk) -> Chunk:
    """Return the orders of users alone."""
    ids = chunk.commands["order_id"]
    theirs = (chunk.commands["kind"] == CommandKind.SUBMIT) & (ids >= FIRST_ORDER_ID)
    theirs &= ids < FIRST_QUOTE_ID
    return Chunk(chunk.commands[theirs], chunk.due_ns[theirs])


@pytest.fixture(scope="module")
def demo() -> Chunk:
    """Two minutes of the demo's recommended rate."""
    return whole(steady(3_000, 120))


def assert_share(found: int, among: int, share: float) -> None:
    deviation = (among * share * (1 - share)) ** 0.5
    assert abs(found - among * share) < SIGMAS * deviation, (found / among, share)


def dispersion(due: Any, seconds: float, width: float) -> float:
    """Return the variance of counts in windows divided by their mean: 1 of a Poisson process."""
    counts = np.bincount((due / (width * SECOND)).astype(int), minlength=round(seconds / width))
    return float(counts.var() / counts.mean())


def exponent_of(values: Any, least: float, most: float) -> float:
    """Return the most likely exponent of a power law between two bounds."""
    logs, count = float(np.log(values).sum()), len(values)
    grid = np.arange(0.2, 4, 0.005)
    norms = np.log(grid) - np.log(least**-grid - most**-grid)
    return float(grid[np.argmax(count * norms - (grid + 1) * logs)])


DIGESTS = {
    "demo-staged": "05a348481e177e2e",
    "pincex-spike": "19570dd379b5e61d",
    "godark-peak": "dce5f7c066b86ffd",
}


@pytest.mark.parametrize("name", list(DIGESTS))
def test_a_flow_is_the_same_bytes_everywhere(name: str) -> None:
    digest = hashlib.sha256()
    for chunk in order_flow(scenario(name).scaled(seconds=2)):
        digest.update(chunk.commands.tobytes())
        digest.update(chunk.due_ns.tobytes())
    assert digest.hexdigest()[:16] == DIGESTS[name]


def test_another_seed_is_another_flow() -> None:
    flow = steady(3_000, 1)
    first, second = next(order_flow(flow)), next(order_flow(flow, seed=8))
    assert first.commands.tobytes() != second.commands.tobytes()
    again = next(order_flow(flow, seed=flow.seed))
    assert first.commands.tobytes() == again.commands.tobytes()


def test_a_process_beside_draws_the_same_flow() -> None:
    flow = scenario("demo-staged").scaled(seconds=3)
    here = whole(flow)
    with flow_beside(flow) as pieces:
        there = list(pieces)
    assert len(there) > 3
    assert np.concatenate([each.commands for each in there]).tobytes() == here.commands.tobytes()
    assert np.concatenate([each.due_ns for each in there]).tobytes() == here.due_ns.tobytes()


def test_a_process_beside_ends_with_who_no_longer_reads() -> None:
    with flow_beside(scenario("endurance")) as pieces:
        assert len(next(pieces).commands) > 0


def test_commands_come_by_time_and_are_numbered(demo: Chunk) -> None:
    commands, due = demo
    assert (np.diff(due) >= 0).all()
    assert 0 <= due[0] < due[-1] < 120 * SECOND
    assert (commands["timestamp"] == due + OPENING_NS).all()
    assert (commands["command_id"] == np.arange(1, len(commands) + 1)).all()
    submitted = commands["order_id"][commands["kind"] == CommandKind.SUBMIT]
    assert len(np.unique(submitted)) == len(submitted)


def test_chunks_stay_small_however_fast_and_long() -> None:
    for name in ("pincex-burst", "demo-marathon", "endurance"):
        for chunk in islice(order_flow(scenario(name)), 20):
            assert len(chunk.commands) < 60_000


def test_poisson_arrivals_are_poisson() -> None:
    due = of_users(whole(steady(2_000, 100, arrivals="poisson"))).due_ns
    assert abs(len(due) - 200_000) < SIGMAS * 200_000**0.5
    # With a thousand windows the dispersion has a standard deviation of 0.045.
    assert dispersion(due, 100, 0.1) == pytest.approx(1, abs=0.2)
    gaps = np.diff(due)
    assert gaps.mean() == pytest.approx(SECOND / 2_000, rel=0.01)
    assert gaps.std() / gaps.mean() == pytest.approx(1, abs=0.02)


def test_even_arrivals_are_even() -> None:
    due = of_users(whole(steady(2_000, 5, arrivals="uniform"))).due_ns
    assert len(due) == 10_000
    assert (np.diff(due) == SECOND // 2_000).all()


def test_hawkes_arrivals_have_their_branching_ratio_and_memory() -> None:
    flow = steady(2_000, 400, arrivals="hawkes", branching=BRANCHING, decay_seconds=DECAY)
    due = of_users(whole(flow)).due_ns
    assert len(due) == pytest.approx(800_000, rel=0.02)
    # Over windows much longer than the memory the dispersion is 1 / (1 - branching) ** 2.
    found = 1 - dispersion(due, 400, 1.0) ** -0.5
    assert found == pytest.approx(BRANCHING, abs=0.08)
    # The covariance of counts falls by exp(-(1 - branching) / decay * time).
    width = 0.02
    counts = np.bincount((due / (width * SECOND)).astype(int)).astype(float)
    counts -= counts.mean()
    near, far = ((counts[:-lag] * counts[lag:]).mean() for lag in (1, 6))
    memory = 5 * width / np.log(near / far)
    assert memory == pytest.approx(DECAY / (1 - BRANCHING), rel=0.25)


def test_without_branching_hawkes_arrivals_are_poisson() -> None:
    flow = steady(2_000, 60, arrivals="hawkes", branching=0.0)
    assert dispersion(of_users(whole(flow)).due_ns, 60, 0.1) == pytest.approx(1, abs=0.25)


@pytest.mark.parametrize("arrivals", ["poisson", "hawkes", "uniform"])
def test_arrivals_follow_ramp_and_stages(arrivals: str) -> None:
    flow = steady(
        1, 1,
        arrivals=arrivals,
        stages=tuple(
            Stage(seconds=seconds, orders_per_second=rate)
            for seconds, rate in ((20, 5_000), (10, 500))
        ),
        repeat=2,
        ramp_seconds=10.0,
        ramp_from=0.2,
    )  # fmt: skip
    counts = np.bincount(of_users(whole(flow)).due_ns // (5 * SECOND), minlength=12)
    expected = [5_000 * 5 * share for share in (0.4, 0.8, 1, 1)] + [2_500] * 2
    expected += [25_000] * 4 + [2_500] * 2
    assert counts == pytest.approx(expected, rel=0.15)
    assert counts.sum() == pytest.approx(flow.orders, rel=0.03)


def test_the_mix_is_that_of_the_scenario(demo: Chunk) -> None:
    orders = of_users(demo).commands
    types = Counter(orders["order_type"].tolist())
    shares = {"MARKET": 0.6, "LIMIT": 0.35, "STOP": 0.025, "STOP_LIMIT": 0.025}
    for name, share in shares.items():
        assert_share(types[OrderType[name]], len(orders), share)
    assert_share(int((orders["side"] == BUY).sum()), len(orders), 0.52)
    canceled = demo.commands["kind"] == CommandKind.CANCEL
    canceled &= demo.commands["order_id"] < FIRST_QUOTE_ID
    # Those of the youngest orders are still to come at the end.
    assert int(canceled.sum()) / len(orders) == pytest.approx(0.15, rel=0.03)
    quotes = (demo.commands["kind"] == CommandKind.SUBMIT).sum() - len(orders)
    assert quotes / len(orders) == pytest.approx(0.7, rel=0.001)


def test_quantities_and_distances_follow_their_power_laws(demo: Chunk) -> None:
    lots = of_users(demo).commands["quantity"]
    assert (lots.min(), lots.max() <= 1_500) == (50, True)
    assert exponent_of(lots, 49.5, 1_500.5) == pytest.approx(1.5, abs=0.03)
    far = power_table(1_000, 1_000_000, 0.6)
    assert exponent_of(far, 1_000, 1_000_000) == pytest.approx(0.6, abs=0.02)
    limits = of_users(demo).commands
    prices = limits["price"][limits["order_type"] == OrderType.LIMIT]
    assert prices.min() >= 85_000
    assert prices.max() <= 115_000
    # Half of all limits are near: within ten ticks of where the best quotes are.
    assert np.quantile(abs(prices - np.median(prices)), 0.5) < 100


def test_symbols_are_active_by_rank_and_users_alike(demo: Chunk) -> None:
    orders = of_users(demo).commands
    counts = np.bincount(orders["instrument"])
    assert len(counts) == 6
    weights = np.arange(1, 7) ** -0.8
    for count, weight in zip(counts, weights, strict=True):
        assert_share(int(count), len(orders), float(weight / weights.sum()))
    by_user = np.bincount(orders["account"], minlength=150)
    assert len(by_user) == 150
    assert (abs(by_user - len(orders) / 150) < SIGMAS * (len(orders) / 150) ** 0.5).all()


def test_a_cancel_names_an_order_of_its_account_once_and_by_age(demo: Chunk) -> None:
    commands, due = demo
    cancels = np.flatnonzero(commands["kind"] == CommandKind.CANCEL)
    submits = np.flatnonzero(commands["kind"] == CommandKind.SUBMIT)
    place_of = dict(zip(commands["order_id"][submits].tolist(), submits.tolist(), strict=True))
    named = commands["order_id"][cancels]
    assert len(np.unique(named)) == len(named)
    orders = np.array([place_of[order_id] for order_id in named.tolist()])
    assert (orders < cancels).all()
    for field in ("account", "instrument"):
        assert (commands[field][orders] == commands[field][cancels]).all()
    ages = (due[cancels] - due[orders])[named < FIRST_QUOTE_ID] / SECOND
    assert 0.01 <= ages.min() < 0.0101
    assert ages.max() <= 60
    assert exponent_of(ages, 0.01, 60) == pytest.approx(1.0, abs=0.05)


def test_makers_never_have_more_than_their_quotes(demo: Chunk) -> None:
    commands = demo.commands
    quotes = commands["order_id"] >= FIRST_QUOTE_ID
    change = np.where(commands["kind"] == CommandKind.SUBMIT, 1, -1)[quotes]
    standing = np.cumsum(change)
    makers, books, sides, levels = 4, 6, 2, 5
    assert standing.max() == makers * books * sides * levels
    assert set(commands["account"][quotes].tolist()) == {150, 151, 152, 153}


def test_every_user_leaves_once_a_session() -> None:
    flow = steady(1_000, 130)
    commands = whole(flow).commands
    leaving = commands[commands["kind"] == CommandKind.MASS_CANCEL]
    assert np.bincount(leaving["account"]).tolist() == [3] * 25 + [2] * 125


def test_alternate_sides_take_turns_and_uniform_prices_fill_their_range() -> None:
    orders = of_users(whole(scenario("pincex-baseline").at_rate(5_000, 4))).commands
    assert (orders["side"] == np.where(np.arange(len(orders)) % 2, -1, 1)).all()
    assert (orders["order_type"] == OrderType.LIMIT).all()
    prices, lots = orders["price"], orders["quantity"]
    assert prices.min() == pytest.approx(4_500_000, abs=1_000)
    assert prices.max() == pytest.approx(5_500_000, abs=1_000)
    assert np.histogram(prices, 10, (4_500_000, 5_500_000))[0] == pytest.approx(
        [len(prices) / 10] * 10, rel=0.12
    )
    assert (lots.min(), lots.max()) == (10, 1_000)


def test_the_opening_books_are_filled_and_do_not_trade() -> None:
    target = EngineTarget(scenario("demo-maximum"))
    assert target.resting() == 10_000
    assert target.core.trade_count == 0
    assert target.conditions["accounts"] == "254: 250 users, 4 makers"
    assert "daily loss" in target.conditions["checks"]
    for number in range(8):
        book = target.core.book(number)
        bid, ask = book.best_bid(), book.best_ask()
        assert bid is not None
        assert ask is not None
        assert bid < 100_000 < ask
    assert len(opening_orders(scenario("demo-maximum"))) == 10_000


def test_faults_are_commands_at_their_times() -> None:
    faults = (
        Fault(kind="halted_symbol", at=1, seconds=2, symbol=1),
        Fault(kind="switched_off", at=2, seconds=1, symbol=2),
        Fault(kind="mass_cancel", at=0.5, every=2),
        Fault(kind="rejected_burst", at=3, seconds=0.5, orders_per_second=1_000),
    )
    chunk = whole(steady(500, 5, faults=faults))
    commands, seconds = chunk.commands, chunk.due_ns / SECOND
    phases = commands["kind"] == CommandKind.SET_PHASE
    assert seconds[phases].tolist() == [1, 3]
    assert commands["selector"][phases].tolist() == [Phase.HALT, Phase.CONTINUOUS]
    switches = commands["kind"] == CommandKind.SWITCH
    assert seconds[switches].tolist() == [2, 3]
    assert commands["quantity"][switches].tolist() == [1, 0]
    all_of_it = (commands["kind"] == CommandKind.MASS_CANCEL) & (commands["selector"] == 0)
    assert seconds[all_of_it].tolist() == [0.5, 2.5, 4.5]
    refused = commands["command_id"] >= REFUSED
    assert refused.sum() == 500
    assert seconds[refused].min() == 3
    assert seconds[refused].max() < 3.5


@pytest.mark.parametrize("name", ["demo-recommended", "demo-maximum", "demo-marathon"])
def test_half_of_the_demos_orders_trade_and_its_books_stay_filled(name: str) -> None:
    flow = scenario(name)
    flow = flow.at_rate(flow.peak_rate, 40)
    target, matched, orders = EngineTarget(flow), 0, 0
    depth = []
    for chunk in order_flow(flow):
        reports = target.send(chunk.commands)
        orders += int((chunk.commands["kind"] == CommandKind.SUBMIT).sum())
        first = reports["filled_quantity"] == reports["last_quantity"]
        traded = (reports["last_quantity"] > 0) & (reports["liquidity"] > 0)
        matched += int((first & traded & (reports["order_id"] >= FIRST_ORDER_ID)).sum())
        reasons = set(reports["reject_reason"].tolist())
        assert reasons <= {RejectReason.NONE, RejectReason.UNKNOWN_ORDER}
        depth.append(target.resting())
    assert 0.5 <= matched / orders <= 0.6
    assert min(depth) > 1_000
    assert max(depth) <= 12_000
    for number in range(len(flow.symbols)):
        depths = target.core.book(number).depth(10)
        assert min(len(depths.bids), len(depths.asks)) >= 5
    target.core.check_invariants()


def test_batches_of_any_size_come_to_the_same_state() -> None:
    flow = scenario("demo-staged").scaled(seconds=6)
    commands = whole(flow).commands
    hashes = set()
    for batch in (1, 64, 5_000):
        target = EngineTarget(flow)
        few = commands[:10_000]
        for first in range(0, len(few), batch):
            target.send(few[first : first + batch])
        hashes.add(target.state_hash())
    assert len(hashes) == 1
