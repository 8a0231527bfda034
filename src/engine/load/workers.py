"""Threads that send, for services that keep whoever calls them waiting."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Protocol

from engine.load.draws import Integers
from engine.records import RecordArray

__all__ = ["Pool", "Sender"]

WAITING_PER_WORKER: Final = 4
Batch = tuple[RecordArray, Integers]


class Sender(Protocol):
    """Sends a batch and notes what comes back."""

    def send(self, commands: RecordArray, due_ns: Integers) -> None:
        """Send a batch."""


class Pool:
    """Threads that take batches from a queue of bounded length; a context manager.

    Where all are busy and the queue is full, `put` waits. That hides nothing: latency counts from
    the scheduled time, and whoever waits here is late.

    Parameters
    ----------
    sender
        Whose `send` the threads call.
    workers
        How many threads.
    """

    def __init__(self, sender: Sender, workers: int) -> None:
        self._sender = sender
        self._batches: queue.Queue[Batch | None] = queue.Queue(workers * WAITING_PER_WORKER)
        self._raised: list[BaseException] = []
        work: Callable[[], None] = self._work
        self._threads = [threading.Thread(target=work, daemon=True) for _ in range(workers)]

    def __enter__(self) -> Pool:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for _ in self._threads:
            self._batches.put(None)
        for thread in self._threads:
            thread.join()

    def put(self, commands: RecordArray, due_ns: Integers) -> None:
        """Give a batch to the first thread that is free."""
        self._batches.put((commands, due_ns))

    def wait(self) -> None:
        """Return when all batches are done, and raise what a thread could not deal with."""
        self._batches.join()
        if self._raised:
            raise self._raised[0]

    def _work(self) -> None:
        while (batch := self._batches.get()) is not None:
            try:
                self._sender.send(*batch)
            except BaseException as error:  # told by whoever waits
                self._raised.append(error)
            finally:
                self._batches.task_done()
        self._batches.task_done()
