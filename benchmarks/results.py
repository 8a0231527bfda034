"""Tables of what was measured, filled by the benchmarks and printed at the end of the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

__all__ = ["TABLES", "Results"]

Cell = str | float | None

# By title, the columns; a benchmark fills some of them and another the rest.
TABLES: Final = {
    "budgets of systems": (
        *("system", "row", "figure", "budget", "measured", "factor", "our own", "verdict"),
    ),
    "match, ns a command of processor time": (
        *("workload", "seed", "yardstick", "all reports", "ratio", "target"),
        *("yardstick ", "trades only", "ratio ", "target "),
    ),
    "shards, ns a command of wall time": (
        *("workload", "seed", "shards", "threads", "one engine", "in shards", "ratio", "target"),
    ),
    "latency, ns of wall time": ("workload", "seed", "per", "p50", "p95", "p99", "p99.9"),
    "a call from a Python loop, ns": (
        *("call", "ours", "empty", "ratio", "target", "ours, net", "empty, net", "ratio, net"),
    ),
    "a question, ns": ("question", "book", "ns", "target"),
    "counters(), us a call": ("instruments", "us", "target"),
    "accounts and every check, ns a command": (
        *("workload", "accounts", "bare", "with accounts", "every check", "ratio", "target"),
        *("the checks", "target "),
    ),
    "checks that refuse": ("check", "reason", "commands", "refused", "share", "ns a command"),
    "an order without an id that is refused, ns": ("ids in use", "refused", "ns an order"),
    "a risk-checked submit, ns of wall time": (
        *("call", "p50", "p95", "p99", "p99.9"),
        *("GoDark / p50", "GoDark / p95", "GoDark / p99", "Bot Core / p99.9"),
    ),
    "accounts with positions": (
        *("mode", "accounts", "positions", "ns an order", "bytes a position", "resident"),
        *("peak, MiB", "target"),
    ),
    "the risk chain, ns of wall time": (
        *("decision", "seed", "p50", "p95", "p99", "p99.9", "budget", "budget / p99.9"),
    ),
    "a batch of settlement, ms": (
        *("trades of", "trades", "accounts", "transfers", "best", "median", "target"),
        *("p50, GoDark", "GoDark / median"),
    ),
    "calculators over arrays, millions of elements a second": (
        *("formula", "ours", "target", "NumPy", "ratio", "target "),
    ),
    "liquidation prices over arrays, millions of elements a second": (
        *("price", "ours", "target", "NumPy", "ratio", "target "),
    ),
    "positions, ms": (*("what", "positions", "instruments", "best", "median", "most", "target"),),
    "an auction, ms": (
        *("prices", "that trade", "beside", "orders", "trades", "indicative", "uncross", "target"),
    ),
    "special orders, ns each": ("order", "what", "times", "ns"),
    "a mass cancel of one account, µs": ("orders", "books", "ten of them", "none"),
    "a plain flow in a special market, ns a command": (
        *("workload", "plain", "marked", "general", "marked/plain", "general/plain"),
    ),
    "market data, ns a report": ("workload", "channels", "messages a report", "best", "median"),
    "a rate limit, ns a call": (
        *("kind", "users", "take_batch", "target", "check_batch", "bytes a user"),
        *("take", "check", "peek"),
    ),
    "windowed metrics": (
        *("way in", "commands", "match, ns a command", "metrics, ns a command"),
        *("share of the time, %", "target", "MB", "grown after the first hour, bytes"),
    ),
    "an order that is shared, ns an order at the price": ("filled", "orders", "trades", "ns"),
    "memory": (
        *("book", "orders", "ns to enter", "bytes an order", "resident", "target"),
        "ns to cancel",
    ),
    "ids in strides of 2^k, ns a command": ("k", "enter", "cancel"),
    "storms, ns a command": ("storm", "commands", "ns"),
    "long runs": (
        *("run", "users' orders", "commands", "matched", "seconds"),
        *("MiB, first tenth", "most after", "growth", "target "),
        *("commands a second", "ns each, first tenth", "last tenth", "slowing", "target"),
    ),
    "churn": ("inserts and cancels", "first tenth", "last tenth", "ratio", "target", "bytes"),
    "a durable engine, ns a command of wall time": (
        *("workload", "in memory", "journaled", "bytes", "device, MB a second", "ratio", "target"),
        *("replay", "target "),
    ),
    "a submit that is synced, a second": ("submits", "device", "ratio", "target"),
    "a snapshot, ms": (
        *("orders", "positions", "MB", "stands still", "in all", "target", "load", "target "),
    ),
    "a warm core": (
        *("workload", "batches", "page faults", "mappings", "heap bytes", "Python bytes"),
        *("allocations a call of 1", "of 1,024"),
    ),
}


class Results:
    """Rows by table and key."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[object, dict[str, Cell]]] = {title: {} for title in TABLES}
        self.remarks: dict[str, str] = {}

    def put(self, title: str, key: object, cells: dict[str, Cell]) -> None:
        """Fill cells of the row of that key, by column."""
        unknown = set(cells) - set(TABLES[title])
        assert not unknown, f"{title!r} has no columns {sorted(unknown)}"
        self.rows[title].setdefault(key, {}).update(cells)

    def remark(self, about: str, text: str) -> None:
        """Note what a reader of the tables has to know, once about each thing."""
        self.remarks.setdefault(about, text)

    def lines(self) -> Iterator[str]:
        """Yield the tables that have rows, as text."""
        for title, columns in TABLES.items():
            if self.rows[title]:
                yield title
                yield from _table(columns, list(self.rows[title].values()))
                yield ""
        yield from self.remarks.values()


def _table(columns: Sequence[str], rows: Sequence[dict[str, Cell]]) -> Iterator[str]:
    """Yield a Markdown table: text to the left, numbers to the right."""
    cells = [[_text(row.get(column)) for column in columns] for row in rows]
    heads = [column.strip() for column in columns]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    is_text = [any(isinstance(row.get(column), str) for row in rows) for column in columns]
    rules = [
        "-" * width if text else "-" * (width - 1) + ":"
        for width, text in zip(widths, is_text, strict=True)
    ]
    for line in (heads, rules, *cells):
        padded = (
            cell.ljust(width) if text else cell.rjust(width)
            for cell, width, text in zip(line, widths, is_text, strict=True)
        )
        yield f"| {' | '.join(padded)} |"


def _text(cell: Cell) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:,.1f}" if abs(cell) >= 20 else f"{cell:.2f}"
    return f"{cell:,}" if isinstance(cell, int) else cell
