"""What is promised about speed and memory, in one place, and how a run is held to it.

What the systems ask for is read from their budgets.
A target is a budget with ``--full``: a miss fails the benchmark that found it. At smoke sizes
nothing is timed long enough to mean anything, so nothing is held to.
"""

from __future__ import annotations

from typing import Final

from scale import Scale

from engine.budgets import Check, profile

__all__ = [
    "ACCOUNTS_RATIO",
    "BEST_PRICE_NS",
    "CALCULATOR_MILLIONS",
    "CALCULATOR_RATIO",
    "CHECKS_NS",
    "CHURN_SLOWING",
    "COUNTERS_US",
    "CROWD_BYTES",
    "DEEP_BYTES",
    "DEPTH_NS",
    "DEVICE_SHARE",
    "EMPTY_CALLS",
    "FRIENDLY_NS",
    "FUNDING_GODARK_MS",
    "FUNDING_MS",
    "HOSTILE_BYTES",
    "JOURNALED_SHARE",
    "LIQUIDATION_GODARK_MS",
    "LOAD_MS",
    "LONG_RUN_MEMORY",
    "LONG_RUN_SLOWING",
    "METRICS_BYTES",
    "METRICS_SHARE",
    "ORDER_VALIDATION_MS",
    "RATE_NS",
    "RATE_USER_BYTES",
    "REPLAY_NS",
    "RISK_CHAIN_MS",
    "SETTLEMENT_GODARK_MS",
    "SETTLEMENT_MS",
    "SHARDS_RATIO",
    "SNAPSHOT_MS",
    "STRIDE_SPREAD",
    "SYNCED_SHARE",
    "TRADES_ONLY_GAIN",
    "UNCROSS_MS",
    "WATCH_MS",
    "YARDSTICK_RATIO",
    "hold",
]

YARDSTICK_RATIO: Final = {"thin": 6.0, "retail": 2.0, "deep": 7.0, "venue": 10.0}
"""The yardstick's time divided by ours, at least, with every report written."""
SHARDS_RATIO: Final = 1.7
"""The time of one engine divided by that of shards with two threads, at least."""
TRADES_ONLY_GAIN: Final = 1.2
"""With trades only, each of these ratios is higher by this factor at least."""
EMPTY_CALLS: Final = {"submit": 5.0, "cancel": 4.0}
"""How many calls of an empty Cython method a call may cost; `replace` has no target."""
BEST_PRICE_NS: Final = 50.0
DEPTH_NS: Final = 500.0
"""Ten levels a side."""
COUNTERS_US: Final = {1: 10.0, 10_000: 100.0}
"""By instruments: once a second it is a hundred thousandth of the time, and a ten thousandth."""
UNCROSS_MS: Final = 10.0
"""The auction of a call of 100,000 orders at some hundred prices, with every report written."""
RISK_CHAIN_MS: Final = profile("bot-core").row("risk validation, all checks").limits()["p99.9"]
"""All checks of a proposal, as Bot Core states its budget; held to by the slowest of a thousand."""
SETTLEMENT_MS: Final = 1.0
"""A batch of 10,000 trades: netted, sorted and hashed."""
SETTLEMENT_GODARK_MS: Final = profile("godark").row("batch creation (settlement)").limits()
"""GoDark's budget for the creation of a batch."""
FUNDING_MS: Final = 1.0
"""An accrual of 10,000 instruments with a million positions."""
FUNDING_GODARK_MS: Final = (
    profile("godark").row("funding for all symbols, every 1 s").limits()["sweep"]
)
"""GoDark's budget for the funding of all symbols, each second."""
WATCH_MS: Final = {"isolated": 20.0, "cross": 100.0}
"""A million positions of which none is liquidated, after every mark has moved and an accrual."""
LIQUIDATION_GODARK_MS: Final = (
    profile("godark").row("liquidation check of all open positions, every 1 s").limits()["sweep"]
)
"""GoDark's budget for the check of all positions, 5,000 of them, each second."""
LIQUIDATION_MILLIONS: Final = 20.0
"""Elements a second of a liquidation price over arrays, with tiers too."""
LIQUIDATION_RATIO: Final = 1.0
"""By how many times a liquidation price is at least as fast as the NumPy expression of a user."""
FRIENDLY_NS: Final = 1_500.0
"""A submit with a symbol and strings."""
ACCOUNTS_RATIO: Final = {"a thousand": 1.6, "a million": 3.0}
"""By how many accounts, the time with every check divided by that of the bare match, at most."""
CHECKS_NS: Final = 15.0
"""A command's checks of a warm account: the time with them less that with accounts alone."""
CROWD_BYTES: Final = 3 * 2**30
"""A process of a million accounts with ten million positions."""
ORDER_VALIDATION_MS: Final = profile("godark").row("order validation p50 / p95 / p99").limits()
"""GoDark's budget for the validation of an order; ours is the whole submit."""
JOURNALED_SHARE: Final = 0.5
DEVICE_SHARE: Final = 0.8
"""A journaled engine has the lower of this share of the rate in memory, and this of what the device
writes in a row."""
SYNCED_SHARE: Final = 0.8
"""Submits that are synced one by one, of the syncs that the device makes."""
REPLAY_NS: Final = 100.0
"""A command that is read from a journal and applied."""
SNAPSHOT_MS: Final = 500.0
"""A snapshot of a million resting orders and a million positions, on the device."""
LOAD_MS: Final = 1_000.0
"""An engine that is what it holds, from the file."""
METRICS_SHARE: Final = 1.0
"""Windowed metrics, in hundredths of the time, at most."""
METRICS_BYTES: Final = 1_000_000
"""By what their memory grows after the first hour, at most: a history of alerts fills up."""
CALCULATOR_MILLIONS: Final = {"value": 100.0, "profit": 100.0, "tiers": 20.0}
"""Elements a second on one core of the calculators over arrays, in millions, by family."""
CALCULATOR_RATIO: Final = 0.95
"""NumPy's time for the expression that a user would write divided by ours, at least: not slower, by
what runs on a shared machine differ."""
RATE_NS: Final = 15.0
"""A call of `take_batch` for a warm user."""
RATE_USER_BYTES: Final = 68.0
"""A user of GoDark's tiers, room that is reserved included."""
DEEP_BYTES: Final = 112.0
"""Bytes a resting order of `deep`, all structures counted."""
HOSTILE_BYTES: Final = 300.0
"""Bytes an order when every one stands at a random 64-bit price."""
STRIDE_SPREAD: Final = 3.0
"""How much slower than the median ids in any stride of 2^k may be."""
LONG_RUN_MEMORY: Final = 1.02
"""The most memory after the first tenth of a long run divided by the most in it."""
LONG_RUN_SLOWING: Final = 1.1
"""Processor time of a command in the last tenth of a long run divided by that in the first."""
CHURN_SLOWING: Final = 1.1
"""The best block of the last tenth of a long churn divided by that of the first tenth, at most."""


def hold(scale: Scale, *checks: Check) -> None:
    """Fail on every check that was missed, when the run is a full one."""
    missed = [str(check) for check in checks if not check.is_kept]
    assert not (scale.is_full and missed), "; ".join(missed)
