"""Types of what joins a core and a journal, checked against it by stubtest."""

from collections.abc import Callable
from types import TracebackType
from typing import NoReturn, Protocol, final

from engine._core import Core
from engine._journal import Journal, Reading

class _Keeper(Protocol):
    def is_due(self) -> bool: ...
    def take_due(self) -> None: ...

@final
class Held:
    def __init__(self, core: Core) -> None: ...
    def __reduce__(self) -> NoReturn: ...
    def __enter__(self) -> None: ...
    def __exit__(
        self,
        *exception: type[BaseException] | BaseException | TracebackType | None,
    ) -> None: ...

def attach(core: Core, journal: Journal, keeper: _Keeper) -> None: ...
def replay(
    core: Core,
    reading: Reading,
    *,
    until: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> tuple[int, bytes] | None: ...
