"""What is raised. A refused order is not an error: it is a report with a reason."""

from __future__ import annotations

__all__ = [
    "CommandError",
    "EngineBusyError",
    "EngineError",
    "GridError",
    "InvariantError",
    "StreamError",
    "UnknownSymbolError",
]


class EngineError(Exception):
    """The root of everything that this library raises of its own."""


class CommandError(EngineError, ValueError):
    """A command array that the engine cannot read: wrong dtype, shape, layout, or enum value."""


class EngineBusyError(EngineError, RuntimeError):
    """An engine was called from a second thread while a batch was running on it."""


class GridError(EngineError, ValueError):
    """A price or quantity that does not lie on the instrument's grid."""


class InvariantError(EngineError, AssertionError):
    """The engine found its own state broken: a bug, and the message says where."""


class StreamError(EngineError, ValueError):
    """A command stream or trade file that cannot be read; names file, record and offset."""


class UnknownSymbolError(EngineError, KeyError):
    """A symbol that was never added."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""
