"""The main job of the command line: a market day goes through the engine and is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

from engine._console import progress_bar
from engine._day import DayBook, busiest_instrument, watch_book
from engine._replay import Measurement, measure, passes, percentiles_ns
from engine._version import __version__
from engine.errors import MissingExtraError, StreamError
from engine.measurement import LatencyHistogram
from engine.records import RecordArray
from engine.streams import read_commands
from engine.workloads.day import COMMANDS, SEED, Listing, market_day

__all__ = ["DayOptions", "ShownDay", "Stream", "show_days"]

REAL_DAY: Final = Path("shared", "data", "sse_600519", "sse600519.bin.zst")
REAL_DAY_TITLE: Final = "Kweichow Moutai 600519, Shanghai, 7 February 2023"
REAL_DAY_LISTING: Final = Listing("600519", Decimal("0.01"), Decimal(1), 180_000, 1.0, 1_000)
CHECKOUT: Final = Path(__file__).resolve().parents[2]
"""The source checkout when the package runs from one."""


class DayOptions(NamedTuple):
    """What was asked for on the command line."""

    files: Sequence[Path]
    seed: int | None
    commands: int | None
    out: Path
    rounds: int


class Stream(NamedTuple):
    """One thing to send through the engine.

    Attributes
    ----------
    name : str
        What it is called in the summary.
    title : str
        What it is called on the picture.
    commands : ndarray of COMMAND_DTYPE
        Timestamps rising.
    span : tuple of int
        Timestamps of the left and right edge of the picture.
    listings : tuple of Listing
        The instruments by number, empty when they are not known.
    clock : bool
        Whether timestamps are nanoseconds after midnight; otherwise they count commands.
    """

    name: str
    title: str
    commands: RecordArray
    span: tuple[int, int]
    listings: tuple[Listing, ...]
    clock: bool


class ShownDay(NamedTuple):
    """A day that went through the engine, and its picture."""

    stream: Stream
    result: Measurement
    book: DayBook
    picture: Path

    @property
    def listing(self) -> Listing | None:
        """The instrument that is drawn, when it is known."""
        return self.stream.listings[self.book.instrument] if self.stream.listings else None


def show_days(options: DayOptions) -> Iterator[ShownDay]:
    """Send days through the engine and draw each.

    Parameters
    ----------
    options
        What was asked for.

    Yields
    ------
    ShownDay
        As soon as its picture is written.

    Raises
    ------
    StreamError
        Bad input, or no such directory.
    MissingExtraError
        A library for drawing is not installed.
    """
    if not options.out.is_dir():
        raise StreamError(f"{options.out}: no such directory")
    draw = _drawing()
    for position, stream in enumerate(_streams(options)):
        total = (passes(options.rounds) + 1) * len(stream.commands)
        with progress_bar(f"replaying {stream.name}", total) as done:
            result = measure(stream.commands, done, options.rounds, stream.name)
            instrument = busiest_instrument(stream.commands, result.trades)
            book = watch_book(stream.commands, instrument, *stream.span, done)
        name = "day.png" if position == 0 else f"day-{position + 1}.png"
        shown = ShownDay(stream, result, book, options.out / name)
        with progress_bar(f"drawing {name}", None):
            draw(shown)
        yield shown


def _streams(options: DayOptions) -> list[Stream]:
    if options.files:
        return [_file_stream(path) for path in options.files]
    real = _real_day()
    if options.seed is None and options.commands is None and real is not None:
        stream = _file_stream(real)
        return [stream._replace(title=REAL_DAY_TITLE, listings=(REAL_DAY_LISTING,))]
    seed = SEED if options.seed is None else options.seed
    with progress_bar("making a market day", None):
        day = market_day(seed, COMMANDS if options.commands is None else options.commands)
    name = f"a market day made from seed {seed}"
    return [Stream(name, name, day.commands, (day.opens_ns, day.closes_ns), day.listings, True)]


def _real_day() -> Path | None:
    """Return the real day of the shared data, beside the current directory or the checkout."""
    places = (Path("..") / REAL_DAY, CHECKOUT.parent / REAL_DAY)
    return next((place for place in places if place.is_file()), None)


def _file_stream(path: Path) -> Stream:
    with progress_bar(f"reading {path.name}", None):
        commands = read_commands(path)
    return Stream(str(path), path.name, commands, (0, len(commands)), (), False)


def _drawing() -> Callable[[ShownDay], None]:
    """Load what draws; it is loaded here because it takes half a second, and may be missing."""
    try:
        from engine import _picture
    except ImportError as error:
        raise MissingExtraError((error.name or "matplotlib").partition(".")[0]) from None
    LatencyHistogram()  # missing, it is missed before the work is done

    def draw(day: ShownDay) -> None:
        curves = {
            f"{batch} command{'s' if batch > 1 else ''}": LatencyHistogram()
            for batch in day.result.latency_ns
        }
        for curve, durations in zip(curves.values(), day.result.latency_ns.values(), strict=True):
            curve.record_many(durations)
        caption = _picture.Caption(_title(day), _facts(day), day.stream.clock)
        try:
            _picture.draw_day(day.picture, day.book, curves, caption, day.listing)
        except OSError as error:
            raise StreamError(f"{day.picture}: cannot be written: {error.strerror}") from None

    return draw


def _title(day: ShownDay) -> str:
    stream = day.stream
    if day.listing is not None and len(stream.listings) > 1:
        return f"{day.listing.symbol}, {stream.title}"
    if day.listing is None and stream.commands["instrument"].any():
        return f"{stream.title}, instrument {day.book.instrument}"
    return stream.title


def _facts(day: ShownDay) -> str:
    symbols, result = len(day.stream.listings), day.result
    one_call = percentiles_ns(result.latency_ns[1])
    facts = (
        f"{result.commands:,} commands{f' in {symbols} symbols' if symbols > 1 else ''}",
        f"{len(result.trades):,} trades",
        f"{result.ns_per_command:,.0f} ns a command in large batches",
        f"one call of match: p50 {one_call['p50']:,} ns, p99 {one_call['p99']:,} ns",
        f"engine {__version__}",
    )
    return "   ·   ".join(facts)
