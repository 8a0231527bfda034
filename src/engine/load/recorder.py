"""Counts what comes back while a run goes on: times by bin, reports by kind, windows by second."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any, Final, NamedTuple

import numpy as np

from engine._schema import CommandKind, ExecType, Liquidity, RejectReason
from engine.load.clock import Clock
from engine.load.draws import Integers
from engine.load.faults import REFUSED
from engine.load.flow import FIRST_ORDER_ID
from engine.load.result import Counts, Window
from engine.load.tally import Tally
from engine.load.target import Observed, Target
from engine.measurement import resident_bytes
from engine.records import RecordArray, joined

__all__ = ["ERROR_REASONS", "Recorder"]

ERROR_REASONS: Final = (
    RejectReason.MALFORMED,
    RejectReason.UNKNOWN_INSTRUMENT,
    RejectReason.UNKNOWN_ACCOUNT,
    RejectReason.UNKNOWN_CURRENCY,
    RejectReason.DUPLICATE_ORDER_ID,
    RejectReason.NOT_THE_OWNER,
    RejectReason.NOT_WITH_ACCOUNTS,
)
"""Refusals that say that the sender does it wrong; all others are business."""
REASONS: Final = max(RejectReason) + 1
SECOND_NS: Final = 10**9


SETTLE: Final = 512
"""So many commands wait at most to be read: together that is a tenth of the work."""


class _Batch(NamedTuple):
    """What was sent and what came back."""

    commands: RecordArray
    due_ns: Integers
    sent_ns: int
    done_ns: int
    reports: RecordArray | None


class Recorder:
    """What has come back so far.

    Parameters
    ----------
    target
        Is asked for its resting orders, where it tells.
    clock
        Whose processor time windows tell.
    window_ns
        Length of a window.
    is_closed
        Whether latency counts from the call.
    """

    def __init__(self, target: Target, clock: Clock, window_ns: int, *, is_closed: bool) -> None:
        self._observed = target if isinstance(target, Observed) else None
        self._clock = clock
        self._window_ns = window_ns
        self._is_closed = is_closed
        self.latency, self.service, self._window = Tally(), Tally(), Tally()
        self.counts = Counts()
        self._counts_before = self.counts
        self._rejects: Integers = np.zeros(REASONS, dtype=np.int64)
        self.failures: Counter[str] = Counter()
        self.windows: list[Window] = []
        self.batches = 0
        self._waiting: list[_Batch] = []
        self._commands_waiting = 0
        self.window_end_ns = window_ns
        self._window_start_ns = 0
        self._processor_ns = clock.processor_ns()
        affinity = getattr(os, "sched_getaffinity", None)
        self._processors = len(affinity(0)) if affinity else os.cpu_count() or 1

    def note(
        self, commands: RecordArray, due_ns: Integers, times: tuple[int, int], reports: object
    ) -> None:
        """Note a batch that is back.

        Parameters
        ----------
        commands, due_ns
            What was sent, and when it was due.
        times
            When it was sent, and when its reports had been read, nanoseconds after the start.
        reports
            What came back: reports, None, or what was raised.
        """
        if isinstance(reports, BaseException):
            self.failures[f"{type(reports).__name__}: {reports}"[:120]] += 1
            self.counts = self.counts._replace(errors=self.counts.errors + len(commands))
        is_read_now = len(commands) >= SETTLE
        if is_read_now:
            self.settle()
        kept = reports if isinstance(reports, np.ndarray) else None
        if kept is not None and not is_read_now:
            kept = kept.copy()  # the target writes over its reports before they are read
        self._waiting.append(_Batch(commands, due_ns, times[0], times[1], kept))
        self._commands_waiting += len(commands)
        self.batches += 1
        if self._commands_waiting >= SETTLE:
            self.settle()

    def settle(self) -> None:
        """Read what has been noted since the last time."""
        waiting = self._waiting
        if not waiting:
            return
        lengths = [len(batch.commands) for batch in waiting]
        times = np.array([(batch.sent_ns, batch.done_ns) for batch in waiting], dtype=np.int64)
        sent, done = np.repeat(times, lengths, axis=0).T
        due = _together([batch.due_ns for batch in waiting])
        self._window.add(done - sent if self._is_closed else done - due)
        self.service.add(done - sent)
        kinds = _together([batch.commands["kind"] for batch in waiting])
        must = _together([batch.commands["command_id"] for batch in waiting]) >= REFUSED
        news = Counts(
            sent=len(kinds),
            orders=int(np.count_nonzero(kinds == CommandKind.SUBMIT)),
            must_be_refused=int(np.count_nonzero(must)),
        )
        reports = [batch.reports for batch in waiting if batch.reports is not None]
        if reports:
            are_read = np.repeat([batch.reports is not None for batch in waiting], lengths)
            news = self._read(news, joined(reports), int(np.count_nonzero(must & are_read)))
        self.counts = Counts(*map(sum, zip(self.counts, news, strict=True)))
        self._waiting = []
        self._commands_waiting = 0

    def close_window(self, now_ns: int, lag_ns: int) -> Window:
        """End a window and return it."""
        self.settle()
        processor = self._clock.processor_ns()
        passed = now_ns - self._window_start_ns
        window = Window(
            start_s=self._window_start_ns / SECOND_NS,
            end_s=now_ns / SECOND_NS,
            counts=self.counts - self._counts_before,
            percentiles=self._window.percentiles(),
            lag_ns=lag_ns,
            resting=self._observed.resting() if self._observed else None,
            resident_bytes=resident_bytes(),
            cpu=(processor - self._processor_ns) / passed / self._processors if passed else 0.0,
        )
        self.windows.append(window)
        self.latency.merge(self._window)
        self._window.clear()
        self._counts_before, self._processor_ns = self.counts, processor
        self._window_start_ns = now_ns
        while self.window_end_ns <= now_ns:
            self.window_end_ns += self._window_ns
        return window

    def rejects(self) -> dict[str, int]:
        """Return refused commands by reason, the most frequent first."""
        found = {
            RejectReason(reason).name: int(self._rejects[reason])
            for reason in np.flatnonzero(self._rejects).tolist()
        }
        return dict(sorted(found.items(), key=lambda each: -each[1]))

    def _read(self, news: Counts, reports: RecordArray, must: int) -> Counts:
        types = reports["exec_type"]
        # By columns: to copy whole records would take more time, and memory of all sizes.
        are_trades = types == ExecType.TRADE
        are_first = are_trades & (reports["filled_quantity"] == reports["last_quantity"])
        are_first &= reports["order_id"] >= FIRST_ORDER_ID  # others filled the books before the run
        news = news._replace(
            reports=len(reports),
            trades=int(np.count_nonzero(are_trades & (reports["liquidity"] == Liquidity.TAKER))),
            matched=int(np.count_nonzero(are_first)),
        )
        refused = reports[types == ExecType.REJECTED]
        if not len(refused) and not must:
            return news
        reasons, wanted = refused["reject_reason"], refused["command_id"] >= REFUSED
        self._rejects += np.bincount(reasons, minlength=REASONS)
        late = (reasons == RejectReason.UNKNOWN_ORDER) & (refused["kind"] == CommandKind.CANCEL)
        wrong = np.isin(reasons, ERROR_REASONS) & ~wanted
        taken = must - int(np.count_nonzero(wanted))
        return news._replace(
            rejected=len(refused),
            late_cancels=int(np.count_nonzero(late)),
            errors=int(np.count_nonzero(wrong)) + taken,
        )


def _together(arrays: list[Any]) -> Any:
    """Return arrays as one, which is not copied where there is one only."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
