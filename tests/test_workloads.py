"""Order flow made from a seed: the same bytes every time, and what a market day looks like."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from engine import Core
from engine._schema import CommandKind, ExecType, OrderStatus, RejectReason, ReplacePriority
from engine.records import RecordArray
from engine.streams import commands_from_stream, stream_from_commands
from engine.workloads import market_day, workload
from engine.workloads.draws import (
    QUANTILES,
    exponential_quantiles,
    lognormal_quantiles,
    normal_quantiles,
    pareto_quantiles,
    raw_bits,
)
from engine.workloads.mixes import MIXES

DAY_SHA256 = "a278c03bbede37632206d32389e858b34c3c90f4d5dee58e704063fa29063919"
RETAIL_SHA256 = "24f968bb271e5a29429509182573922a45e492cf624097179c5f111a9fe2d100"


def sha256(commands: RecordArray) -> str:
    return hashlib.sha256(commands.tobytes()).hexdigest()


def replay(commands: RecordArray) -> tuple[Core, RecordArray]:
    core = Core()
    for _ in range(int(commands["instrument"].max()) + 1):
        core.add_instrument(replace_priority=ReplacePriority.ALWAYS_LOSE)
    reports = core.match(commands)
    core.check_invariants()
    return core, reports


def test_a_seed_gives_the_same_bytes_everywhere() -> None:
    assert sha256(market_day(seed=1, commands=3_000).commands) == DAY_SHA256
    assert sha256(workload("retail", 500, seed=1).commands) == RETAIL_SHA256


def test_another_seed_gives_another_day() -> None:
    digests = {sha256(market_day(seed, 1_000).commands) for seed in range(4)}
    assert len(digests) == 4
    assert sha256(workload("thin", 50, seed=1).commands) != sha256(workload("thin", 50).commands)


def test_bits_do_not_depend_on_the_size_of_a_block() -> None:
    draw = raw_bits(5, 2)
    generator = np.random.PCG64(np.random.SeedSequence([5, 2]))
    assert [draw() for _ in range(40_000)] == [int(generator.random_raw()) for _ in range(40_000)]


@pytest.mark.parametrize(
    ("quantiles", "mean", "median"),
    [
        (normal_quantiles(), 0.0, 0.0),
        (exponential_quantiles(3.0), 3.0, 3.0 * np.log(2)),
        (lognormal_quantiles(3.0, 1.0, 1e9), np.exp(3.5), np.exp(3.0)),
    ],
    ids=["normal", "exponential", "lognormal"],
)
def test_quantiles_are_of_their_distribution(
    quantiles: list[float], mean: float, median: float
) -> None:
    assert len(quantiles) == QUANTILES
    assert quantiles == sorted(quantiles)
    assert np.mean(quantiles) == pytest.approx(mean, rel=1e-3, abs=1e-9)
    assert np.median(quantiles) == pytest.approx(median, rel=1e-3, abs=1e-9)


def test_a_power_law_is_one_in_the_share_of_large_values() -> None:
    quantiles = np.array(pareto_quantiles(1.5, 1_000))
    assert (quantiles.min(), quantiles.max()) == (1, 1_000)
    for size in (2, 10, 50):
        assert (quantiles >= size).mean() == pytest.approx(size**-1.5, rel=0.02)


@pytest.mark.parametrize("commands", [1_000, 1_001, 20_000])
def test_a_day_has_as_many_commands_as_asked_for(commands: int) -> None:
    day = market_day(seed=2, commands=commands)
    assert len(day.commands) == commands
    times = day.commands["timestamp"].astype(np.int64)
    assert (np.diff(times) >= 0).all()
    assert times[0] < day.opens_ns <= times[-1] < day.closes_ns


def test_a_day_fits_a_stream_file() -> None:
    commands = market_day(seed=4, commands=2_000).commands
    again = commands_from_stream(stream_from_commands(commands))
    again["timestamp"] = commands["timestamp"]
    assert (again == commands).all()


def test_a_day_is_like_one_on_a_lit_venue() -> None:
    day = market_day(seed=7, commands=40_000)
    _, reports = replay(day.commands)
    kinds = np.bincount(day.commands["kind"], minlength=5) / len(day.commands)
    assert 0.45 < kinds[CommandKind.SUBMIT] < 0.70
    assert 0.20 < kinds[CommandKind.CANCEL] < 0.45
    assert 0.03 < kinds[CommandKind.REPLACE] < 0.15
    assert 0.01 < kinds[CommandKind.REDUCE] < 0.04
    refused = reports[reports["exec_type"] == ExecType.REJECTED]
    assert set(refused["reject_reason"].tolist()) == {RejectReason.UNKNOWN_ORDER}
    assert 0.001 < len(refused) / len(day.commands) < 0.02
    fills = reports["exec_type"] == ExecType.TRADE
    assert 0.05 < fills.sum() / 2 / len(day.commands) < 0.40
    assert (reports["order_status"][fills] == OrderStatus.PARTIALLY_FILLED).any()


def test_activity_is_high_after_the_open_and_before_the_close() -> None:
    day = market_day(seed=7, commands=40_000)
    times = day.commands["timestamp"].astype(np.int64)
    minutes = (times[times >= day.opens_ns] - day.opens_ns) // 60_000_000_000
    counts = np.bincount(minutes, minlength=390)
    noon = counts[165:225].mean()
    assert counts[:30].mean() > 2 * noon
    assert counts[-30:].mean() > 1.5 * noon


def test_every_symbol_of_a_day_trades_and_ends_with_two_sides() -> None:
    day = market_day(seed=7, commands=40_000)
    core, reports = replay(day.commands)
    for number, listing in enumerate(day.listings):
        book = core.book(number)
        assert book.best_bid() < book.best_ask()
        trades = reports["exec_type"][reports["instrument"] == number] == ExecType.TRADE
        assert trades.any(), listing.symbol
        prices = reports["last_price"][reports["instrument"] == number]
        assert prices[prices > 0].min() > 0.8 * listing.opening_price
        assert prices.max() < 1.2 * listing.opening_price


@pytest.mark.parametrize("name", ["thin", "retail"])
def test_a_mix_fills_its_books_and_keeps_them_near_their_size(name: str) -> None:
    mix = MIXES[name]
    made = workload(name, 6_000, seed=3)
    assert (made.preload, made.books) == (mix.resting, mix.books)
    assert len(made.commands) == mix.resting + 6_000
    core, _ = replay(made.commands)
    assert 0.8 * mix.resting < len(core) < 1.2 * mix.resting


def test_the_shares_of_a_mix_are_as_declared() -> None:
    made = workload("thin", 20_000, seed=3)
    ops = np.bincount(stream_from_commands(made.commands[made.preload :])["op"], minlength=7)
    shares = ops / ops.sum()
    assert shares[5] == pytest.approx(0.82, abs=0.05)
    assert shares[2] == pytest.approx(0.03, abs=0.01)
    assert shares[[3, 6]].sum() == 0
    assert made.commands["account"].max() == 999


def test_venue_and_deep_are_there_too() -> None:
    made = workload("venue", 0, accounts=1)
    assert (made.preload, made.books, len(made.commands)) == (200_000, 1_000, 200_000)
    assert made.commands["instrument"].max() == 999
    assert not made.commands["account"].any()
    assert MIXES["deep"].resting == 1_000_000


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("wide", 1), "name was 'wide', must be one of thin, retail, deep, venue"),
        (("thin", -1), "count was -1, must be at least 0"),
    ],
)
def test_a_mix_that_is_not_one_is_refused(arguments: tuple[str, int], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        workload(*arguments)


def test_a_mix_without_accounts_is_refused() -> None:
    with pytest.raises(ValueError, match="accounts was 0, must be at least 1"):
        workload("thin", 1, accounts=0)


def test_a_day_that_is_too_short_or_without_a_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="commands was 999, must be at least 1000"):
        market_day(commands=999)
    with pytest.raises(ValueError, match="seed was -1, must be at least 0"):
        market_day(seed=-1)
