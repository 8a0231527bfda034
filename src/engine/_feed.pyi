"""Types of the compiled feed builder, checked against it by stubtest."""

from collections.abc import Iterable
from typing import Final, NoReturn, final

from engine._schema import FeedChannel
from engine.records import RecordArray, SeenOrNot

ALL_CHANNELS: Final[int]
REPORTS_MAX: Final[int]

@final
class FeedBuilder:
    def __new__(
        cls, *, channels: FeedChannel | int = ..., report_numbers: bool = True, after: int = 0
    ) -> FeedBuilder: ...
    def add_instrument(self, instrument: int, *, dark: bool = False) -> None: ...
    def add_instruments(self, instruments: Iterable[SeenOrNot]) -> None: ...
    def read(self, reports: RecordArray, *, out: RecordArray | None = None) -> RecordArray: ...
    def snapshot(
        self,
        instrument: int,
        channel: FeedChannel | int = FeedChannel.LEVELS,
        *,
        levels: int | None = None,
    ) -> RecordArray: ...
    def sequence_number(
        self, instrument: int, channel: FeedChannel | int = FeedChannel.LEVELS
    ) -> int: ...
    @property
    def next_report(self) -> int: ...
    def check_invariants(self) -> None: ...
    def __reduce__(self) -> NoReturn: ...
