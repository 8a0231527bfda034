"""Any value of Python, and the public objects that calls are made of, with what they may change.

edge_attacks.py draws from both.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping
from copy import deepcopy
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from hypothesis import strategies as st

import engine
from engine import (
    COMMAND_DTYPE,
    FEED_DTYPE,
    REPORT_DTYPE,
    TRADE_DTYPE,
    Core,
    Engine,
    FeeSchedule,
    FeeTier,
    FundingSpec,
    IndexSpec,
    LiquidationSpec,
    Listing,
    MarginSchedule,
    MarkPriceSpec,
    OrderBook,
    OrderFilters,
    RateLimiter,
    RateTier,
    ShardedEngine,
    ShardPlacement,
)
from engine.feed import BoundedQueue, Conflator, FeedBuilder, Partitioner, Replica
from engine.history import History
from engine.load import Scenario, Stage
from engine.measurement import LatencyHistogram
from engine.metrics import Metrics, ScalingRule
from engine.policy import Proposal, RiskAccount, RiskChain, RiskLimits, Signal
from engine.settlement import SettlementBatcher, SettlementTerms
from engine.specification import Specification

# -- values

INTEGERS: Final = st.one_of(
    st.integers(-3, 12),
    st.sampled_from([2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), 10**40, 10**5000]),
    st.integers(),
)
WORDS_OF_NUMBERS: Final = [
    # as Decimal and int read them, or not
    "NaN",
    "Infinity",
    "1_000",
    "0x10",
    "1e-400",
    "1e400",
    "1.",
    ".5",
    "1",
    "0.5",
    "-1",
    "١٢",
]
TEXTS: Final = st.one_of(
    st.sampled_from(["", "X", "Y", "USD", "buy", "limit", "mark", " 1 ", "\0", chr(0xD800)]),
    st.sampled_from(WORDS_OF_NUMBERS),
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str),
    st.text(max_size=8),
)
NUMBERS: Final = st.one_of(
    INTEGERS,
    st.floats(width=64),
    st.decimals(),
    st.fractions(),
    st.sampled_from([Decimal("1e30"), Decimal("1e-30"), Decimal("sNaN"), Decimal("-0")]),
    st.sampled_from(
        [
            Decimal("1e999999"),
            Decimal("1e-999999"),
            Decimal("1e9999999"),
            Fraction(1, 3),
            5e-324,
            1e308,
        ]
    ),
)
MEMBERS: Final = st.sampled_from(
    [
        member
        for name in engine.__all__
        if isinstance(found := getattr(engine, name), type) and hasattr(found, "__members__")
        for member in found
    ]
)
ARRAYS: Final = st.sampled_from(
    [
        np.zeros(0),
        np.zeros((2, 2)),
        np.array(5),
        np.array([1, 2]),
        np.array(["a"]),
        np.int8(3),
        np.float32(0.5),
        np.uint64(2**64 - 1),
        np.datetime64("2020-01-01"),
        np.bool_(True),
        np.zeros(2, COMMAND_DTYPE),
        np.array([1.5, np.nan]),
        np.array([None, 1], object),
    ]
)
ODD: Final = st.one_of(
    st.sampled_from([None, True, False, (), [], {}, b"", b"1", 1j, object(), int, ..., range(3)]),
    NUMBERS,
    TEXTS,
    MEMBERS,
    ARRAYS,
    st.lists(NUMBERS, max_size=3),
    st.tuples(NUMBERS, NUMBERS),
)
PLAUSIBLE: Final = st.one_of(
    st.integers(0, 9),
    st.sampled_from(["1", "0.5", "2", "0.01", "100", Decimal("0.001"), Decimal(3)]),
    st.floats(0.0, 8.0),
)
ANY: Final = st.one_of(PLAUSIBLE, PLAUSIBLE, ODD)

LARGEST_ROOM: Final = 1000
"""More than so much at once is refused by memory, or taken: neither is what is looked for."""


def is_large(value: object) -> bool:
    """Whether a call would make room for more than is there."""
    if isinstance(value, Decimal):  # its integer may take minutes
        return value.is_finite() and value > LARGEST_ROOM
    try:
        return int(value) > LARGEST_ROOM  # type: ignore[call-overload, no-any-return]
    except (TypeError, ValueError, OverflowError, ArithmeticError):
        return False


# -- faces


class Face(NamedTuple):
    """A public object, what its calls may change, and what names of arguments suggest."""

    make: Callable[[], Any]
    state: Callable[[Any], Any]
    good: Mapping[str, Any]


def new_venue(accounts: bool) -> Engine:
    """Return a venue that has what the good arguments name."""
    venue = Engine(accounts=accounts)
    listing = Listing.from_toml(LISTING)
    venue.add_listing(listing)
    if accounts:
        for account in (0, 7):
            venue.set_account(account)
            for currency in ("USD", "BTC"):
                venue.deposit(account, currency, "100")
    for side, price in (("buy", 5), ("sell", 9)):
        venue.submit("X", side=side, price=price, quantity=2, account=7)
    return venue


LISTING: Final = """
currencies = [{name = "USD", unit = "0.000001"}, {name = "BTC", unit = "0.000001"}]
[[instruments]]
symbol = "X"
tick_size = "0.5"
lot_size = "0.1"
kind = "linear"
quote = "USD"
max_leverage = 10
[[instruments]]
symbol = "Y"
tick_size = "0.01"
lot_size = "0.001"
kind = "spot"
base = "BTC"
quote = "USD"
"""


def state_of_venue(venue: Engine) -> Any:
    """Return what a call that raises must leave as it was."""
    return venue.state_hash(), venue.report_count, venue.time, len(venue.instruments)


def new_limiter() -> RateLimiter:
    """Return a limiter of two users."""
    tiers = [RateTier("retail", orders_per_minute=5, burst=3, refill=2), RateTier("bot")]
    limiter = RateLimiter(tiers)
    limiter.add_users(2)
    return limiter


def new_builder() -> FeedBuilder:
    """Return a builder that has read something."""
    builder = FeedBuilder()
    builder.add_instrument(0)
    book = OrderBook()
    for price in (3, 5):
        builder.read(book.submit(engine.BUY, price, 2).reports)
    return builder


def new_core() -> Core:
    """Return a core of one instrument with an order."""
    core = Core()
    core.add_instrument()
    core.book(0).submit(engine.BUY, 3, 5)
    return core


def state_of_core(core: Core) -> Any:
    """Return what a call that raises must leave as it was."""
    return core.state_hash(), core.report_count, core.instrument_count


WORDS: Final[Mapping[str, Any]] = {
    "symbol": st.sampled_from(["X", "Y", "x", "Z", None]),
    "side": st.sampled_from(["buy", "sell", 1, -1, 0, "Sell"]),
    "currency": st.sampled_from(["USD", "BTC", "EUR"]),
    "account": st.sampled_from([0, 7, 8, None]),
    "order_type": st.sampled_from([*range(13), "limit", "market", "stop", "peg_midpoint"]),
    "time_in_force": st.sampled_from([*range(9), "ioc", "gtc"]),
    "flags": st.integers(0, 2047),
    "commands": st.builds(lambda count: np.zeros(count, COMMAND_DTYPE), st.integers(0, 3)),
    "reports": st.builds(lambda count: np.zeros(count, REPORT_DTYPE), st.integers(0, 3)),
    "detail": st.sampled_from(["all", "trades", "All"]),
    "instrument": st.sampled_from([0, 1, 2]),
    "kind": st.integers(-1, 6),
    "user": st.integers(-1, 3),
    "users": st.sampled_from([np.zeros(2, np.uint32), np.array([0, 1, 5], np.uint32)]),
    "kinds": st.sampled_from([np.zeros(2, np.uint8), np.array([0, 1, 9], np.uint8)]),
    "timestamps": st.sampled_from([np.zeros(2, np.uint64), np.arange(3, dtype=np.uint64)]),
    "tier": st.sampled_from(["retail", "bot", "x", 0, 1, None]),
}
"""What arguments of venues, books, cores, limiters and builders are, by their names."""


# -- faces of what stands around an engine


def new_sharded(accounts: bool) -> ShardedEngine:
    """Return a venue of two shards, in which an account has money in both."""
    venue = ShardedEngine(shards=2, threads=1, accounts=accounts)
    venue.add_listing(Listing.from_toml(LISTING))
    if accounts:
        venue.set_account(7)
        for currency in ("USD", "BTC"):
            venue.deposit(7, currency, "100")
            venue.allocate(7, currency, {1: "40"})
    for side, price in (("buy", 5), ("sell", 9)):
        venue.submit("X", side=side, price=price, quantity=2, account=7)
    return venue


def new_replica() -> Replica:
    """Return a copy of the levels of a book with an order."""
    replica = Replica(0)
    replica.read(new_builder().snapshot(0))
    return replica


def new_queue() -> BoundedQueue:
    """Return a queue with something to take."""
    queue = BoundedQueue(warn_at=2, drop_at=5)
    queue.put(new_builder().snapshot(0))
    return queue


def new_history() -> History:
    """Return a history that knows two instruments and two orders."""
    place = Path(tempfile.mkdtemp(dir=PLACE.name))
    history = History(place / "history")
    weakref.finalize(history, shutil.rmtree, place, ignore_errors=True)
    venue = Engine()
    venue.add_listing(Listing.from_toml(LISTING))
    history.add_instruments(venue.instruments)
    for price in (5, 9):
        report = venue.submit("X", side="buy", price=price, quantity=2, account=7)
        history.add(report.reports)
    return history


PLACE: Final = tempfile.TemporaryDirectory(prefix="edge-")
"""Where the files are of what is attacked."""
atexit.register(PLACE.cleanup)


def new_metrics() -> Metrics:
    """Return figures in which something was counted."""
    metrics = Metrics({0: "X"})
    metrics.count("api_requests", 3, SECOND)
    return metrics


SECOND: Final = 10**9


def new_chain() -> RiskChain:
    """Return a chain whose clock stands still."""
    return RiskChain(RiskLimits(daily_loss_limit=100), clock=lambda: 5)


def new_proposal(confidence: str = "0.9", entry_price: Any = 100, stop: Any = 99) -> Proposal:
    """Return what a chain may pass."""
    return Proposal(
        symbol="X",
        signal=Signal.BUY,
        confidence=confidence,
        entry_price=entry_price,
        stop_loss=stop,
        risk_reward=2,
        quantity=1,
        margin_needed=1,
    )


def new_batcher() -> SettlementBatcher:
    """Return a batcher that knows one instrument."""
    terms = SettlementTerms(quote_currency=0, base_currency=1, lot_units=10, value_factor=3)
    return SettlementBatcher([terms], window_ns=1000)


PRESET: Final = "binance-usdm"
SPECIFIED_FACES: Final[Mapping[str, Callable[[], Specification]]] = {
    "fees": lambda: FeeSchedule(
        maker="0.1", taker="0.2", tiers=[FeeTier(volume=3, maker="0", taker="0.1")]
    ),
    "margin": lambda: MarginSchedule.preset(PRESET),
    "funding": lambda: FundingSpec.preset(PRESET),
    "liquidation": lambda: LiquidationSpec.preset(PRESET),
    "mark price": lambda: MarkPriceSpec.preset(PRESET),
    "index": lambda: IndexSpec(outlier="0.1", age_max=5),
    "filters": lambda: OrderFilters(
        tick_size="0.5", lot_size="0.1", percent_up=2, max_position=5, max_iceberg_parts=3
    ),
    "instrument": lambda: Listing.from_toml(LISTING).instruments[0],
    "scaling": ScalingRule,
    "scenario": lambda: Scenario(
        name="a", stages=[Stage(seconds=2, orders_per_second=3)], ramp_seconds=1
    ),
}

TRADES: Final = st.builds(lambda count: np.zeros(count, TRADE_DTYPE), st.integers(0, 3))
AROUND: Final[Mapping[str, Any]] = WORDS | {
    "messages": st.builds(lambda count: np.zeros(count, FEED_DTYPE), st.integers(0, 3)),
    "trades": TRADES,
    "now": st.sampled_from([0, SECOND, 2 * SECOND, 2**63, 2**64 - 1]),
    "now_ns": st.sampled_from([0, SECOND, 5000 * SECOND, 2**63, 2**64 - 1]),
    "name": st.sampled_from(["api_requests", "uptime", "queue_depth", "api_latency_p95_ms"]),
    "metric": st.sampled_from(["uptime", "api_latency_p95_ms"]),
    "is_up": st.booleans(),
    "shard": st.integers(-1, 3),
    "amounts": st.dictionaries(st.integers(0, 2), st.sampled_from(["1", "-1", 0]), max_size=3),
    "proposal": st.builds(
        new_proposal,
        st.sampled_from(["0.9", "0.1"]),
        st.sampled_from([100, "1e99"]),
        st.sampled_from([99, "1e-9"]),
    ),
    "instruments": st.sampled_from([(), Listing.from_toml(LISTING).instruments]),
    "margin": st.builds(MarginSchedule.preset, st.sampled_from([PRESET, "dydx-v4"])),
    "fees": st.builds(FeeSchedule.preset, st.just(PRESET)),
    "contract": st.sampled_from(["linear", "inverse"]),
    "liquidity": st.sampled_from(["maker", "taker"]),
    "since": st.sampled_from([None, 0, 5]),
    "until": st.sampled_from([None, 0, 5, 2**63 - 1]),
}
RISK: Final[Mapping[str, Any]] = AROUND | {
    "account": st.builds(
        lambda balance, leverage: RiskAccount(
            balance=balance, free_margin=10, leverage=leverage, daily_loss=1
        ),
        st.sampled_from([0, 100, "1e99"]),
        st.sampled_from([1, "1e99"]),
    )
}


FACES: Final[Mapping[str, Face]] = {
    "venue": Face(lambda: new_venue(False), state_of_venue, WORDS),
    "venue with accounts": Face(lambda: new_venue(True), state_of_venue, WORDS),
    "sharded venue": Face(lambda: new_sharded(False), state_of_venue, AROUND),
    "sharded venue with accounts": Face(lambda: new_sharded(True), state_of_venue, AROUND),
    "book": Face(lambda: new_core().book(0), lambda book: state_of_core(book.core), WORDS),
    "core": Face(new_core, state_of_core, WORDS),
    "limiter": Face(new_limiter, lambda it: (len(it), it.time, it.memory_bytes), WORDS),
    "feed": Face(new_builder, lambda it: (it.next_report, it.snapshot(0).tobytes()), WORDS),
    "replica": Face(new_replica, lambda it: it.snapshot().tobytes(), AROUND),
    "conflator": Face(Conflator, lambda it: deepcopy(it).flush().tobytes(), AROUND),
    "partitioner": Face(
        lambda: Partitioner(symbols={0: "X"}), lambda it: repr(deepcopy(it).flush()), AROUND
    ),
    "queue": Face(new_queue, len, AROUND),
    "history": Face(new_history, lambda it: repr(it.orders(7)), AROUND),
    "metrics": Face(new_metrics, lambda it: (it.reports_by_type(), it.rejects_by_reason()), AROUND),
    "histogram": Face(LatencyHistogram, lambda it: it.percentiles(), AROUND),
    "chain": Face(new_chain, repr, RISK),
    "batcher": Face(new_batcher, repr, AROUND),
    "placement": Face(lambda: ShardPlacement(3), repr, AROUND),
    **{name: Face(make, lambda it: it.to_json(), AROUND) for name, make in SPECIFIED_FACES.items()},
}
MAKES_ROOM: Final = frozenset({"reserve", "add_users"})
"""Calls that take as much memory as the caller says."""
OF_FILES: Final = frozenset({"open", "write", "catch_up"})
"""Calls that open or make files: check_file is for those."""


def calls_of(kind: type) -> list[str]:
    """Return the public calls of a class that are of no file."""
    unwanted = OF_FILES | {"read"} if issubclass(kind, Specification) else OF_FILES
    if kind is History:
        unwanted |= {"close"}  # its state can't be asked for any more
    found = [name for name in dir(kind) if not name.startswith("_") and name not in unwanted]
    return [name for name in found if callable(getattr(kind, name))]


CALLS: Final = {name: calls_of(type(face.make())) for name, face in FACES.items()}
