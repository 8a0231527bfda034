"""What is raised. A refused order is not an error: it is a report with a reason."""

from __future__ import annotations

__all__ = [
    "BudgetMissedError",
    "CalculationError",
    "CommandError",
    "EngineBusyError",
    "EngineError",
    "FeedError",
    "GridError",
    "HistoryError",
    "ImageError",
    "InvariantError",
    "JournalBrokenError",
    "JournalDamageError",
    "JournalError",
    "JournalFormatError",
    "JournalFullError",
    "JournalLockedError",
    "LoadError",
    "MeasurementError",
    "MetricsError",
    "MissingExtraError",
    "PolicyError",
    "SequenceGapError",
    "SettlementError",
    "SpecificationError",
    "StreamError",
    "TierError",
    "UnknownCurrencyError",
    "UnknownSymbolError",
    "WrongAnswerError",
]


class EngineError(Exception):
    """The root of everything that this library raises of its own."""


class BudgetMissedError(EngineError, AssertionError):
    """What was measured is not within its budget, or too little was measured to say so."""


class CalculationError(EngineError, ValueError):
    """Numbers for which a formula has no answer."""


class CommandError(EngineError, ValueError):
    """A command array that the engine cannot read: wrong dtype, shape, layout, or enum value."""


class EngineBusyError(EngineError, RuntimeError):
    """A second thread called while a batch was running, or while another one added to the venue."""


class FeedError(EngineError, ValueError):
    """Market data that contradicts itself or what was known before."""


class GridError(EngineError, ValueError):
    """A price or quantity that does not lie on the instrument's grid."""


class HistoryError(EngineError, ValueError):
    """Reports that can't be kept, a question that can't be asked, or a file that is no history."""


class ImageError(EngineError, ValueError):
    """Bytes that can't be the image of an engine with these instruments and currencies."""


class InvariantError(EngineError, AssertionError):
    """The engine found its own state broken: a bug, and the message says where."""


class JournalError(EngineError):
    """A journal could not do what was asked; nothing of it was appended, applied or changed.

    Attributes
    ----------
    file : str
        The file in the journal's directory, "" where it is about none.
    offset : int
        Where in the file, bytes.
    errno : int
        What the operating system said, 0 where it was not asked.

    Examples
    --------
    >>> error = JournalError("write journal.log: no space left on device", "journal.log", 0, 28)
    >>> error.file, error.errno
    ('journal.log', 28)
    """

    def __init__(self, message: str, file: str = "", offset: int = 0, errno: int = 0) -> None:
        super().__init__(message)
        self.file = file
        self.offset = offset
        self.errno = errno

    def __reduce__(self) -> tuple[type[JournalError], tuple[str, str, int, int]]:
        return type(self), (str(self), self.file, self.offset, self.errno)


class JournalBrokenError(JournalError):
    """What of a journal is on the device is not known: open the directory anew.

    A sync failed, or what could not be written could not be cut off again. What had been
    acknowledged before is there as far as the mode promised it.
    """


class JournalDamageError(JournalError):
    """Bytes of a journal or a snapshot are not those written; `file` and `offset` say which."""


class JournalFormatError(JournalError):
    """A file is of no journal, or of a later version of the format."""


class JournalFullError(JournalError):
    """No space was left: nothing was appended or applied, and it may be tried again."""


class JournalLockedError(JournalError):
    """The directory is open elsewhere, in this process or another one."""


class LoadError(EngineError, ValueError):
    """A load that can't be sent: an unknown scenario, or settings that contradict each other."""


class MeasurementError(EngineError, ValueError):
    """Measured figures that contradict themselves, or that leave a budget without its own."""


class MetricsError(EngineError, ValueError):
    """A figure that cannot be: a counter that shrinks, a share above 1, a time that goes back."""


class MissingExtraError(EngineError, ImportError):
    """A library that only a part of the package uses is not installed.

    Attributes
    ----------
    library, extra : str
        What is missing, and the extra of this package that brings it.

    Examples
    --------
    >>> print(MissingExtraError("rich"))
    this needs rich: pip install rich (the extra 'cli' brings it)
    """

    def __init__(self, library: str, extra: str = "cli") -> None:
        super().__init__(
            f"this needs {library}: pip install {library} (the extra {extra!r} brings it)"
        )
        self.library = library
        self.extra = extra

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str]]:
        return MissingExtraError, (self.library, self.extra)


class PolicyError(EngineError, ValueError):
    """A proposal that contradicts itself, or limits that leave a check without its numbers."""


class SequenceGapError(EngineError, ValueError):
    """A number in a sequence was not the one that follows.

    Attributes
    ----------
    expected, received : int
        The number that had to come, and the one that came instead.
    """

    def __init__(self, what: str, expected: int, received: int) -> None:
        super().__init__(f"{what} was {received}, must be {expected}")
        self.expected = expected
        self.received = received

    def __reduce__(self) -> tuple[type[SequenceGapError], tuple[str, int, int]]:
        what = str(self).partition(" was ")[0]
        return SequenceGapError, (what, self.expected, self.received)


class SettlementError(EngineError, ValueError):
    """Trades that can't be settled: of an unknown instrument, or of a window that was closed."""


class SpecificationError(EngineError, ValueError):
    """A specification that cannot be read or contradicts itself; lists all that is wrong."""


class StreamError(EngineError, ValueError):
    """A command stream or trade file that cannot be read; names file, record and offset."""


class TierError(EngineError, ValueError):
    """A tier of a rate limiter that contradicts itself, or that is not there."""


class UnknownCurrencyError(EngineError, KeyError):
    """A currency that was never added."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class UnknownSymbolError(EngineError, KeyError):
    """A symbol that was never added."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class WrongAnswerError(EngineError, AssertionError):
    """What was measured did not do what it must: of such a thing no figure is told."""
