"""What the command line shows people: progress while it works, tables when it is done."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine._replay import (
    BATCH,
    LATENCY_BATCHES,
    PERCENTILES,
    Measurement,
    Progress,
    Top,
    percentiles_ns,
)
from engine.errors import MissingExtraError
from engine.ladder import Grid

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["print_lines", "progress_bar", "require_console", "show_summary", "show_table"]

WIDTH_MIN: Final = 100


def require_console() -> None:
    """Raise MissingExtraError now, before the work is done, when tables cannot be shown."""
    _console()


def print_lines(*lines: str) -> None:
    """Print plain text on standard output."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _console() -> Console:
    """Return where tables go: standard output, in colour when that is a terminal."""
    try:
        from rich.console import Console
    except ImportError:
        raise MissingExtraError("rich") from None
    screen = Console(highlight=False)
    # Figures cut off are worse than lines that wrap.
    screen.width = max(screen.width, WIDTH_MIN)
    return screen


@contextmanager
def progress_bar(what: str, total: int | None) -> Iterator[Progress]:
    """Show progress on standard error, on a terminal only.

    Parameters
    ----------
    what
        What is being done.
    total
        Commands in all; None when that is not known.
    """
    try:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
    except ImportError:
        yield lambda _: None
        return
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.advance(task, done)


def show_summary(name: str, result: Measurement, rounds: int, grids: Sequence[Grid] = ()) -> None:
    """Print what a replay came to.

    Parameters
    ----------
    name
        The file, or what stands for one.
    result
        What was measured.
    rounds
        How often speed was measured.
    grids
        The instruments by number, to write prices as decimals; empty when they are not known.
    """
    from rich.markup import escape

    screen = _console()
    screen.print(f"[bold]{escape(name)}[/bold]")
    for table in (_facts(result, rounds), _tops(result.tops, grids), _latency(result)):
        screen.print(table)
        screen.print()


def show_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, its first column to the left and the others to the right.

    Parameters
    ----------
    columns
        Their heads; the first one says what the table is about.
    rows
        Cells, as many as there are columns. Where a line is too long its first cell is broken.
    """
    from rich.markup import escape

    screen, table = _console(), _table(*columns)
    table.columns[0].no_wrap = False
    for row in rows:
        table.add_row(*map(escape, row))
    screen.print(table)
    screen.print()


def _facts(result: Measurement, rounds: int) -> Table:
    table = _table("", "")
    table.show_header = False
    table.columns[0].style = "dim"
    refused = sum(result.rejects.values())
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in result.rejects.items())
    speed = f"{result.ns_per_command:,.1f} ns a command"
    table.add_row("commands", f"{result.commands:,}")
    table.add_row("reports", f"{result.reports:,}")
    table.add_row("trades", f"{len(result.trades):,}")
    table.add_row("rejects", f"{refused:,}{': ' if reasons else ''}{reasons}")
    table.add_row("speed", f"{speed} (match, batches of {BATCH:,}, all reports, best of {rounds})")
    return table


def _tops(tops: Sequence[Top], grids: Sequence[Grid]) -> Table:
    from rich.markup import escape

    table = _table("top of book", "bid", "lots", "ask", "lots", "trades")
    for top in tops:
        grid = grids[top.instrument] if grids else None
        tick, lot = (grid.tick_size, grid.lot_size) if grid else (Decimal(1), Decimal(1))
        cells = [escape(grid.symbol) if grid else f"instrument {top.instrument}"]
        for best in (top.bid, top.ask):
            cells += [f"{best[0] * tick:,f}", f"{best[1] * lot:,f}"] if best else ["none", ""]
        table.add_row(*cells, f"{top.trades:,}")
    return table


def _latency(result: Measurement) -> Table:
    table = _table("time of one match", *PERCENTILES)
    for batch in LATENCY_BATCHES:
        values = percentiles_ns(result.latency_ns[batch]).values()
        name = f"of {batch} command{'s' if batch > 1 else ''}"
        table.add_row(name, *(f"{value:,} ns" for value in values))
    return table


def _table(first: str, *others: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, no_wrap=True, justify="right" if first else "left")
    return table
