"""What an engine has done since it began, counted from what it says, report by report."""

from __future__ import annotations

from collections import Counter

from .._schema import CommandKind, ExecType, Liquidity, RejectReason
from ..records import BookCounters, Counters
from .reports import Report


class Tally:
    """Counts commands and reports. Nothing that the engine does depends on it."""

    def __init__(self) -> None:
        self._commands: Counter[CommandKind] = Counter()
        self._reports: Counter[ExecType] = Counter()
        self._rejects: Counter[RejectReason] = Counter()
        self._orders: Counter[int] = Counter()
        self._trades: Counter[int] = Counter()
        self._lots: Counter[int] = Counter()

    def count_command(self, kind: int) -> None:
        """Count a command, before anything comes of it."""
        self._commands[CommandKind(kind)] += 1

    def count_report(self, report: Report) -> None:
        """Count a report: a trade with the taker's, or in an auction with the buyer's."""
        self._reports[report.exec_type] += 1
        if report.exec_type == ExecType.REJECTED:
            self._rejects[report.reject_reason] += 1
        elif report.exec_type == ExecType.NEW:
            self._orders[report.instrument] += 1
        elif report.liquidity == Liquidity.TAKER:
            self._trades[report.instrument] += 1
            self._lots[report.instrument] += report.last_quantity

    def counters(self) -> Counters:
        """Return what was counted, over all instruments."""
        return Counters(
            Counter(self._commands),
            Counter(self._reports),
            Counter(self._rejects),
            self._trades.total(),
            self._lots.total(),
        )

    def book_counters(self, instrument: int) -> BookCounters:
        """Return what was counted of one instrument."""
        return BookCounters(
            self._orders[instrument], self._trades[instrument], self._lots[instrument]
        )
