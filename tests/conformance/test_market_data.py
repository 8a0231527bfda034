"""The engine picks the orders that real venues picked, and its books are theirs at every row.

Its call auctions come to a venue's price, with the same pairs of orders in the same sequence.

The samples are looked for in `../shared/data`, or in the directory that `--market-data` names, and
below. The whole of each goes through the core, a beginning of it through the reference.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from conformance import lobster
from conformance.market_data import (
    AUCTIONS,
    EVERY_EXECUTION,
    Feed,
    Sample,
    core_for,
    executions_to_set_aside,
    find_samples,
    first_wrong_book,
)
from conformance.plugin import SHARED, market_data_directory

from engine import AuctionPrices, AuctionRule, Phase, ReportFlag
from engine._compression import read_blocks
from engine.streams import STREAM_COMMAND_DTYPE, read_commands, read_trades, stream_from_trades
from engine.venue_books import read_books

COMMANDS_OF_REFERENCE = 20_000
CALLS = {"open": Phase.OPENING_CALL, "close": Phase.CLOSING_CALL}
# Conventions of an instrument that come to the same in these calls; the first is the default.
CONVENTIONS = [
    {"auction_rule": rule, "auction_prices": prices}
    for rule in (AuctionRule.CLOSEST, AuctionRule.REVERSAL)
    for prices in AuctionPrices
]


class Figures(NamedTuple):
    """What the shared samples are known to hold, so that nothing is passed over in silence."""

    commands: int
    trades: int
    rows: int | None = None
    aside: int = 0


SHARED_FIGURES = {
    "sse_600519/sse600519": Figures(57_580, 18_139, rows=4_730),
    "sse_600519/sse600519.open": Figures(1_484, 334),
    "sse_600519/sse600519.close": Figures(3_578, 212),
    "nasdaq_goog/goog.all": Figures(154_694, 7_765, aside=5),
    "nasdaq_goog/goog.exec": Figures(154_694, 7_760, rows=147_916),
    "nasdaq_goog/goog.order": Figures(152_836, 7_760),
    "bats_pitch/pitch": Figures(19_973, 20),
    "cme_cl/cl.order": Figures(34_027, 2_405),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of every sample that has what the test compares, named for the sample."""
    if "sample" not in metafunc.fixturenames:
        return
    directory = market_data_directory(metafunc.config)
    has_what_is_compared = COMPARED[metafunc.function.__name__]
    samples = [sample for sample in find_samples(directory) if has_what_is_compared(sample)]
    if samples:
        names = [sample.path(directory) for sample in samples]
        metafunc.parametrize("sample", samples, ids=names)
        return
    reason = f"no market data: {directory} holds no sample for this test"
    absent = pytest.param(None, marks=pytest.mark.skip(reason=reason), id="absent")
    metafunc.parametrize("sample", [absent])


@pytest.fixture
def feed(sample: Sample, make_core: Callable[..., Any], implementation: Any) -> Feed:
    """The sample on its way into a new engine: all of it for the core, else a beginning."""
    commands = read_commands(sample.file(".bin"))
    if implementation.name == "reference":
        commands = commands[:COMMANDS_OF_REFERENCE]
    return Feed(core_for(commands, make_core), commands)


@pytest.fixture
def whole(implementation: Any) -> bool:
    """Whether all of the sample goes through the engine."""
    return implementation.name == "core"


@pytest.fixture
def figures(sample: Sample, whole: bool, pytestconfig: pytest.Config) -> Figures | None:
    """What is known of the sample, when it is a shared one and goes through whole."""
    if not whole or market_data_directory(pytestconfig) != SHARED / "data":
        return None
    return SHARED_FIGURES.get(sample.path(SHARED / "data"))


def test_trades_are_the_venues_byte_for_byte(
    sample: Sample, feed: Feed, whole: bool, figures: Figures | None
) -> None:
    expected = read_trades(sample.file(".expected"))
    feed.go_to(len(feed.commands))
    trades = stream_from_trades(feed.trades())
    if not whole:
        expected = expected[: len(trades)]
    assert trades.tobytes() == expected.tobytes(), _first_difference(trades, expected)
    assert figures is None or (len(feed.commands), len(trades)) == figures[:2]


def test_every_execution_takes_the_order_that_is_first(
    sample: Sample, feed: Feed, whole: bool, figures: Figures | None
) -> None:
    expected = read_trades(sample.file(".expected"))
    if not whole:
        expected = expected[: int((feed.commands["time_in_force"] != 0).sum())]
    aside = executions_to_set_aside(feed, expected)
    listed = len(sample.exceptions().read_text(encoding="ascii").split())
    assert len(aside) == listed if whole else len(aside) <= listed
    trades = stream_from_trades(feed.trades())
    expected = np.delete(expected, aside)
    assert trades.tobytes() == expected.tobytes(), _first_difference(trades, expected)
    assert figures is None or (len(trades), len(aside)) == (
        figures.trades - figures.aside,
        figures.aside,
    )


def test_books_are_the_venues_at_every_row(
    sample: Sample, feed: Feed, whole: bool, figures: Figures | None
) -> None:
    rows = read_books(sample.file(".book"))
    assert len(rows)
    if not whole:
        rows = rows[rows["commands"] <= len(feed.commands)]
    assert first_wrong_book(feed, rows) is None
    assert figures is None or figures.rows in (None, len(rows))


def test_books_are_nasdaqs_after_every_message(
    sample: Sample, feed: Feed, whole: bool, figures: Figures | None
) -> None:
    """The rows that NASDAQ's feed gave, with those inside a sweep and of hidden executions."""
    archive = lobster.find_archive(sample)
    assert archive is not None
    messages = lobster.messages_in(read_origins(sample)[: len(feed.commands)])
    kinds, levels = lobster.read_rows(archive)
    visible = np.flatnonzero(kinds != lobster.HIDDEN_EXECUTION)
    if not whole:
        kinds = kinds[: visible[len(messages)] - 1]
    assert not whole or len(messages) == len(visible)
    assert not list(lobster.wrong_rows(feed, messages, kinds, levels))
    assert figures is None or figures.rows == len(kinds)


def test_call_auction_has_the_venues_price_pairs_and_sequence(
    sample: Sample, make_core: Callable[..., Any], whole: bool, pytestconfig: pytest.Config
) -> None:
    """All orders are entered, then there is an auction: on both implementations, the whole call."""
    commands = read_commands(sample.file(".bin"))
    expected = read_trades(sample.file(".expected"))
    for terms in CONVENTIONS if whole else CONVENTIONS[:1]:
        feed = Feed(core_for(commands, make_core, **terms), commands)
        for book in feed.books:
            book.set_phase(CALLS[sample.kind])
        feed.go_to(len(commands))
        assert len(feed.trades()) == 0
        for symbol, book in enumerate(feed.books):
            _uncross(book, expected[expected["symbol"] == symbol])
    if market_data_directory(pytestconfig) == SHARED / "data":
        figures = SHARED_FIGURES.get(sample.path(SHARED / "data"))
        assert figures is None or (len(commands), len(expected)) == figures[:2]


def _uncross(book: Any, expected: np.ndarray) -> None:
    """Hold the auction of one instrument against the venue's executions in it."""
    indicated = book.indicative()
    found = (None, 0) if indicated is None else (indicated.price, indicated.volume)
    price = int(expected["price"][0]) if len(expected) else None
    assert found == (price, expected["quantity"].sum())
    assert set(expected["price"].tolist()) <= {price}

    report = book.uncross()
    trades = buyer_first(stream_from_trades(report.trades))
    assert trades.tobytes() == expected.tobytes(), _first_difference(trades, expected)
    fills = report.reports[report.reports["trade_id"] != 0]
    assert (fills["flags"] == ReportFlag.AUCTION).all()
    assert book.indicative() is None


def buyer_first(trades: np.ndarray) -> np.ndarray:
    """Return an auction's trades as the samples have them: the buyer is named first."""
    swapped = trades.copy()
    swapped["maker"], swapped["taker"] = trades["taker"], trades["maker"]
    return swapped


def read_origins(sample: Sample) -> np.ndarray:
    """Return where each command of a sample comes from; engines do not read that."""
    blocks = read_blocks(sample.file(".bin"), STREAM_COMMAND_DTYPE.itemsize << 16)
    return np.concatenate([np.frombuffer(block, STREAM_COMMAND_DTYPE)["pad"] for block in blocks])


def _first_difference(trades: np.ndarray, expected: np.ndarray) -> str:
    """Say where two lists of trades part."""
    count = min(len(trades), len(expected))
    unlike = np.flatnonzero(trades[:count] != expected[:count])
    place = int(unlike[0]) if len(unlike) else count
    found, wanted = (some[place] if place < len(some) else "none" for some in (trades, expected))
    return f"trade {place} was {found}, the venue's {wanted}; {len(trades)} and {len(expected)}"


def _judges_each_execution(sample: Sample) -> bool:
    return sample.kind == EVERY_EXECUTION and sample.exceptions().is_file()


# What a sample must have beside it for a test to compare it.
COMPARED: dict[str, Callable[[Sample], bool]] = {
    "test_trades_are_the_venues_byte_for_byte": lambda sample: (
        sample.file(".expected").is_file()
        and sample.kind not in AUCTIONS
        and not _judges_each_execution(sample)
    ),
    "test_every_execution_takes_the_order_that_is_first": _judges_each_execution,
    "test_books_are_the_venues_at_every_row": lambda sample: sample.file(".book").is_file(),
    "test_books_are_nasdaqs_after_every_message": lambda sample: (
        sample.kind == "exec" and lobster.find_archive(sample) is not None
    ),
    "test_call_auction_has_the_venues_price_pairs_and_sequence": lambda sample: (
        sample.kind in AUCTIONS and sample.file(".expected").is_file()
    ),
}
