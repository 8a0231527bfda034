"""When orders come over a market day, and where the price goes: the weather of the generated day.

Three things that every intraday study of lit equity markets shows are in it: activity is high after
the open and before the close and low around noon; volatility comes in clusters, and activity with
it; news moves the price at once and keeps the market busy for a while.
"""

from __future__ import annotations

from itertools import accumulate
from math import sqrt
from typing import Final, NamedTuple

from engine.workloads.draws import Bits, normal_quantiles

__all__ = ["CLOSE_NS", "MINUTES", "OPEN_NS", "SECONDS", "Pace", "arrival_times", "draw_pace"]

SECOND_NS: Final = 1_000_000_000
MINUTE_NS: Final = 60 * SECOND_NS
OPEN_NS: Final = 34_200 * SECOND_NS
"""09:30, in nanoseconds after midnight."""
CLOSE_NS: Final = 57_600 * SECOND_NS
"""16:00, in nanoseconds after midnight."""
MINUTES: Final = (CLOSE_NS - OPEN_NS) // MINUTE_NS
SECONDS: Final = (CLOSE_NS - OPEN_NS) // SECOND_NS

# Volatility has four states, as a multiple of the ordinary one; each minute it may go up or down by
# one, and the livelier the state, the sooner it calms down.
STATES: Final = (0.6, 1.0, 1.7, 2.8)
UP: Final = (0.06, 0.035, 0.03, 0.0)
DOWN: Final = (0.0, 0.04, 0.12, 0.25)

DEVIATION_DAY: Final = 0.011
"""Standard deviation of the day's price move in the ordinary state, as a share of the price."""
NEWS_PER_DAY: Final = 2
NEWS_SECONDS: Final = 25
NEWS_DEVIATIONS: Final = 0.45
"""What a piece of news moves the price by, in standard deviations of the day."""


class Pace(NamedTuple):
    """One instrument's day.

    Attributes
    ----------
    activity : list of float
        Relative number of commands, by minute.
    volatility : list of float
        As a multiple of the ordinary, by minute.
    fair_price : list of float
        What the instrument is worth, in ticks, by second: known to nobody, felt by everybody.
    deviation : float
        Standard deviation of the fair price's move in an ordinary second, ticks.
    """

    activity: list[float]
    volatility: list[float]
    fair_price: list[float]
    deviation: float


def draw_pace(bits: Bits, opening_price: int) -> Pace:
    """Draw a day.

    Parameters
    ----------
    bits
        Where random bits come from.
    opening_price
        Ticks, at least 1.
    """
    news = {MINUTES // 10 + (bits() >> 32) % (MINUTES * 8 // 10) for _ in range(NEWS_PER_DAY)}
    activity, volatility = [], []
    state = 2
    for minute in range(MINUTES):
        state = len(STATES) - 1 if minute in news else _next_state(state, bits)
        distance = abs(2 * minute + 1 - MINUTES) / MINUTES
        after_open, before_close = 1 / (1 + minute / 5), 1 / (1 + (MINUTES - 1 - minute) / 8)
        ragged = 0.75 + (bits() >> 48) / 2**17
        smile = 0.7 + 1.1 * distance * distance + 2.2 * after_open + 1.6 * before_close
        activity.append(smile * (0.5 + 0.5 * STATES[state]) * ragged)
        volatility.append(STATES[state] * (0.8 + 0.5 * distance * distance + 1.0 * after_open))
    deviation = opening_price * DEVIATION_DAY / sqrt(SECONDS)
    fair = _walk(bits, opening_price, deviation, volatility, news)
    return Pace(activity, volatility, fair, deviation)


def arrival_times(bits: Bits, count: int, activity: list[float]) -> list[int]:
    """Draw when commands arrive, as nanoseconds after midnight in rising order.

    Parameters
    ----------
    bits
        Where random bits come from.
    count
        How many there are in all.
    activity
        Relative number by minute.

    Examples
    --------
    >>> from engine.workloads.draws import raw_bits
    >>> times = arrival_times(raw_bits(1), 1_000, [3.0] + [1.0] * 389)
    >>> len(times), sum(time < OPEN_NS + MINUTE_NS for time in times)
    (1000, 7)
    """
    totals = list(accumulate(activity))
    times: list[int] = []
    for minute, total in enumerate(totals):
        start = OPEN_NS + minute * MINUTE_NS
        due = int(count * (total / totals[-1])) - len(times)
        times += sorted(start + (bits() * MINUTE_NS >> 64) for _ in range(due))
    return times


def _next_state(state: int, bits: Bits) -> int:
    chance = (bits() >> 48) / 2**16
    if chance < UP[state]:
        return state + 1
    return state - 1 if chance > 1 - DOWN[state] else state


def _walk(
    bits: Bits, price: int, deviation: float, volatility: list[float], news: set[int]
) -> list[float]:
    normal = normal_quantiles()
    day = deviation * sqrt(SECONDS)
    fair, path, push = float(price), [], 0.0
    for second in range(SECONDS):
        minute, within = divmod(second, 60)
        if within == 0:
            push = 0.0
            if minute in news:
                jump = NEWS_DEVIATIONS * day / NEWS_SECONDS
                push = jump if bits() & 1 else -jump
        fair += normal[bits() >> 48] * deviation * volatility[minute]
        if within < NEWS_SECONDS:
            fair += push
        fair = max(fair, price / 2)
        path.append(fair)
    return path
