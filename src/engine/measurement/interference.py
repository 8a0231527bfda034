"""How noisy a machine was: a loop that spins beside the run, and what it was kept from.

A process of its own reads the clock again and again for a short while and then sleeps. Between two
readings a free processor needs some tens of nanoseconds; when the system gives the processor to
something else meanwhile, the gap is longer. What the gaps add up to is the time that a run on such
a processor loses to others, whatever the run itself does.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from time import perf_counter_ns, sleep
from types import TracebackType
from typing import Final, NamedTuple

__all__ = ["Interference", "Noise", "spin"]

SPIN_NS: Final = 2_000_000
PAUSE_S: Final = 0.018
"""Two milliseconds in twenty: enough to see, too little to be the noise itself."""
GAP_NS: Final = 20_000
"""What a free processor doesn't need between two readings of the clock."""
NOISY_SHARE: Final = 0.01
NOISY_GAP_NS: Final = 5_000_000
PATIENCE_S: Final = 10.0


class Noise(NamedTuple):
    """What a spinning loop lost to others.

    Attributes
    ----------
    spun_ns : int
        How long the loop ran in all.
    lost_ns : int
        Gaps of more than 20 µs between two readings of the clock, together.
    longest_ns : int
        The longest of them; 0 when there was none.
    """

    spun_ns: int
    lost_ns: int
    longest_ns: int

    @property
    def lost_share(self) -> float:
        """What was lost of the time, from 0 to 1; 0 when nothing was spun."""
        return self.lost_ns / self.spun_ns if self.spun_ns else 0.0

    @property
    def is_noisy(self) -> bool:
        """Whether more than 1 % was lost, or 5 ms at a time."""
        return self.lost_share > NOISY_SHARE or self.longest_ns > NOISY_GAP_NS

    def __str__(self) -> str:
        if not self.spun_ns:
            return "how noisy the machine was is not known: the loop beside the run never ran"
        words = "noisy" if self.is_noisy else "quiet"
        return (
            f"the machine was {words}: a loop beside the run lost {self.lost_share:.1%} of its time"
            f" to others, {self.longest_ns / 1e6:.2f} ms at most at a time"
        )


def spin(nanoseconds: int) -> Noise:
    """Read the clock for a while and say what was lost.

    Parameters
    ----------
    nanoseconds
        How long, at least 0.

    Examples
    --------
    >>> noise = spin(1_000_000)
    >>> noise.spun_ns >= 1_000_000, 0 <= noise.lost_share <= 1
    (True, True)
    """
    started = before = perf_counter_ns()
    lost = longest = 0
    while before - started < nanoseconds:
        now = perf_counter_ns()
        gap = now - before
        before = now
        if gap > GAP_NS:
            lost += gap
            longest = max(longest, gap)
    return Noise(before - started, lost, longest)


class Interference:
    """Watches how noisy the machine is while something runs; a context manager.

    The loop runs in a process of its own for a tenth of the time.

    Examples
    --------
    >>> with Interference() as interference:
    ...     total = sum(range(100_000))
    >>> interference.noise().lost_share <= 1
    True
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._noise = Noise(0, 0, 0)

    def __enter__(self) -> Interference:
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        process = self._process
        assert process is not None
        try:
            said, _ = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
        self._process = None
        if said:
            self._noise = Noise(*json.loads(said))

    def noise(self) -> Noise:
        """Return what was lost while it watched; all zero before the end."""
        return self._noise


def _watch() -> None:
    """Spin and sleep until standard input is closed, then say what was lost, as JSON."""
    reader = threading.Thread(target=sys.stdin.read, daemon=True)
    reader.start()
    total = Noise(0, 0, 0)
    while reader.is_alive():
        some = spin(SPIN_NS)
        longest = max(total.longest_ns, some.longest_ns)
        total = Noise(total.spun_ns + some.spun_ns, total.lost_ns + some.lost_ns, longest)
        sleep(PAUSE_S)
    sys.stdout.write(json.dumps(total))


if __name__ == "__main__":
    _watch()
