"""What can be measured: the probes that `engine.bench` has, what they give and what they state.

A profile names probes, and `engine.bench` has exactly these. A measurement says under which
conditions it was made; a row of a profile may ask for some.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

__all__ = ["COMPONENTS", "CONDITIONS", "PROBES", "Probe"]

TIMES: Final = ("p50", "p95", "p99", "p99.9", "max", "average")
LOAD: Final = (*TIMES, "rate", "errors", "availability", "bytes")


class Probe(NamedTuple):
    """One thing that can be measured.

    Attributes
    ----------
    does : str
        What it does and times, in a line.
    figures : tuple of str
        What it gives: times are in nanoseconds, `rate` is one a second, names with bytes are in
        bytes, shares are of 1.
    """

    does: str
    figures: tuple[str, ...]


PROBES: Final[Mapping[str, Probe]] = MappingProxyType(
    {
        "matching": Probe("one command through a filled core with accounts and checks", TIMES),
        "order_validation": Probe("one order that all checks see and the last refuses", TIMES),
        "order_submission": Probe("Engine.submit with a symbol and decimals as strings", TIMES),
        "risk_chain": Probe("RiskChain.check with all seven checks, accepted", TIMES),
        "order_construction": Probe("an accepted decision made into an order and exits", TIMES),
        "signal_rejection": Probe("RiskChain.check of what the first checks refuse", TIMES),
        "settlement_batch": Probe("a batch of trades netted, sorted and hashed", TIMES),
        "settlement_window": Probe("from a trade to its batch: the window and what cuts it", TIMES),
        "position_update": Probe("a trade that changes two positions, and both read", TIMES),
        "position_updates": Probe(
            "trades a second that each change two positions, and how many are open at once",
            ("rate", "positions"),
        ),
        "journaled_trade": Probe(
            "an order that trades, until the trade and both positions are on the device",
            (*TIMES, "rate"),
        ),
        "recorded_trade": Probe(
            "an order that trades, until its journal and its history are on the device",
            (*TIMES, "rate"),
        ),
        "order_history": Probe("the newest 50 orders of an account", (*TIMES, "rate")),
        "order_lookup": Probe("an order by its id, and all reports of it", (*TIMES, "rate")),
        "market_statistics": Probe(
            "24 hours of an instrument: open, high, low, close, volume, trades", (*TIMES, "rate")
        ),
        "position_recording": Probe("a bracket whose entry fills: position and exits kept", TIMES),
        "funding_sweep": Probe("all symbols marked and funded", ("sweep", "sweep_item")),
        "liquidation_sweep": Probe("all positions looked at", ("sweep", "sweep_item", "positions")),
        "market_data": Probe("from a command to the messages about it, built and read", TIMES),
        "book_update": Probe("from a match to a replica of the book that shows it", TIMES),
        "market_questions": Probe("best prices, depth, an account's positions and orders", TIMES),
        "rate_limit": Probe("RateLimiter.take for one of many users", (*TIMES, "rate")),
        "throughput": Probe("commands a second, for as long as is asked for", ("rate",)),
        "peak_throughput": Probe("commands a second over the time of a peak", ("rate",)),
        "trades_rate": Probe("trades a second of a flow that trades", ("rate",)),
        "event_batching": Probe("events into partitions and batches: how late each is", TIMES),
        "baseline_test": Probe("the profile's scenario baseline, open loop", LOAD),
        "load_test": Probe("the profile's scenario load, open loop", LOAD),
        "peak_test": Probe("the profile's scenario peak, open loop", LOAD),
        "stress_test": Probe("the profile's scenario stress, open loop", LOAD),
        "stress_capacity": Probe(
            "the most orders a second, by search from the rate of the profile's scenario stress on:"
            " p99 from the scheduled time at most 50 ms, and no backlog that grows",
            ("rate",),
        ),
        "spike_test": Probe(
            "the profile's scenario spike, open loop: and how long after a spike p99 stays above",
            (*LOAD, "recovery"),
        ),
        "endurance_test": Probe("the profile's scenario endurance, open loop", LOAD),
        "demo_load": Probe("demo-recommended, open loop", (*LOAD, "matched", "orders")),
        "maximum_load": Probe("demo-maximum, open loop", (*LOAD, "orders")),
        "staged_load": Probe("demo-staged with its faults, open loop", (*LOAD, "orders")),
        "marathon_memory": Probe(
            "demo-marathon: growth of memory after the first tenth, and slowing from first to last",
            (*LOAD, "orders", "growth", "slowing"),
        ),
        "memory": Probe(
            "memory of a filled venue, and what one more resting order and one more trade cost",
            ("bytes", "bytes_an_order", "bytes_a_trade"),
        ),
        "metrics_cost": Probe("windowed metrics: their share of the time of matching", ("cost",)),
    }
)
"""Probes by name."""

CONDITIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "checks": "which checks were on: 'every' or 'none'",
        "accounts": "accounts with money",
        "users": "users that send or are counted",
        "depth": "orders that rest in all books together",
        "positions": "open positions",
        "symbols": "instruments",
        "rate": "scheduled a second, at its highest stage",
        "seconds": "of the schedule; a shortened one has less",
        "orders": "orders sent, or kept in the history",
        "trades": "trades made, or in a batch, or kept in the history",
        "bounds_ms": "longest time that a batch may wait",
        "batch": "most that a batch holds",
        "partitions": "partitions that events go to",
    }
)
"""What a measurement may say about itself, and a row may ask for."""

COMPONENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "gateway": "the HTTP service in front: requests, sessions, users",
        "authentication": "who is calling: tokens, signatures",
        "websocket": "connections to clients and what is sent over them",
        "journal": "what is written to disk before it is acknowledged, and read back",
        "database": "a server that stores more than a history does, and is used by many at once",
        "chain": "the blockchain that transactions are built for and confirmed by",
        "cluster": "several instances: shards, placement, failover, scaling",
        "host": "what only the system as deployed has: processors, disks, uptime",
        "execution": "orders sent to another venue and followed to their end",
        "feeds": "market data received from other venues",
        "AI service": "models that make signals",
        "dashboard": "pages for people",
    }
)
"""Components that a row may need, beside others that a profile of one's own names."""
