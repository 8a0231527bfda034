"""Histograms of times against sorted lists, and what is told of the machine and its noise."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.measurement import (
    PERCENTILES,
    Interference,
    LatencyHistogram,
    Noise,
    interference,
    machine,
    peak_bytes,
    resident_bytes,
)
from engine.measurement.histogram import LONGEST_NS

DURATIONS = st.lists(
    st.one_of(st.integers(0, 5_000), st.integers(0, 2 * LONGEST_NS)), min_size=1, max_size=200
)


def kept(durations: list[int]) -> list[int]:
    return sorted(min(max(value, 1), LONGEST_NS) for value in durations)


@settings(deadline=None)
@given(DURATIONS, st.booleans())
def test_every_percentile_is_that_of_the_sorted_values_to_three_digits(
    durations: list[int], at_once: bool
) -> None:
    histogram, ordered = LatencyHistogram(), kept(durations)
    if at_once:
        histogram.record_many(np.array(durations, dtype=np.int64))
    else:
        for value in durations:
            histogram.record(value)
    assert histogram.count == len(durations)
    assert histogram.maximum_ns == min(max(durations), LONGEST_NS)
    for percent in PERCENTILES.values():
        rank = max(-(-int(len(ordered) * percent * 10) // 1_000), 1)
        assert histogram.percentile(percent) == pytest.approx(ordered[rank - 1], rel=2e-3, abs=1)
    found = list(histogram.percentiles().values())
    assert found == sorted(found)


def test_histograms_that_are_merged_are_one() -> None:
    draw = np.random.default_rng(7)
    parts = [draw.lognormal(8, 1.5, 3_000).astype(np.int64) for _ in range(3)]
    one, merged = LatencyHistogram(), LatencyHistogram()
    one.record_many(np.concatenate(parts))
    for part in parts:
        other = LatencyHistogram()
        other.record_many(part)
        merged.merge(other)
    assert merged.percentiles() == one.percentiles()
    assert merged.count == one.count == 9_000
    assert merged.mean_ns == one.mean_ns == float(np.concatenate(parts).mean())


def test_the_curve_rises_to_the_longest() -> None:
    histogram = LatencyHistogram()
    histogram.record_many(np.arange(1, 100_001))
    odds, values = histogram.curve()
    assert odds == sorted(odds)
    assert values == sorted(values)
    assert odds[0] == 1
    assert (odds[-1], values[-1]) == (100_000, 100_000)
    at_ten = values[next(index for index, odd in enumerate(odds) if odd >= 10)]
    assert at_ten == pytest.approx(90_000, rel=0.02)


def test_an_empty_histogram_says_zero() -> None:
    histogram = LatencyHistogram()
    histogram.record_many(np.zeros(0, dtype=np.int64))
    assert histogram.percentiles() == dict.fromkeys(PERCENTILES, 0)
    assert (histogram.count, histogram.maximum_ns, histogram.mean_ns) == (0, 0, 0.0)


def test_what_is_no_duration_is_refused() -> None:
    histogram = LatencyHistogram()
    with pytest.raises(ValueError, match="nanoseconds was -1, must be at least 0"):
        histogram.record(-1)
    with pytest.raises(ValueError, match="nanoseconds was -5, must be at least 0"):
        histogram.record_many(np.array([3, -5]))
    with pytest.raises(ValueError, match=r"dtype was float64, must be of integers"):
        histogram.record_many(np.array([1.5]))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"percent was 100\.5, must be from 0 to 100"):
        histogram.percentile(100.5)
    assert histogram.count == 0


SMALL_ARRAYS = """
import ctypes
from random import Random
import numpy as np
from engine.measurement import fill_pools

class Told(ctypes.Structure):
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks in_use free keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]

tell = ctypes.CDLL(None).mallinfo2
tell.restype = Told
{fill}
before, random = tell().in_use, Random(5)
for _ in range(1_500):
    arrays = [np.empty(random.randrange(1, 1_024), np.uint8) for _ in range(100)]
    del arrays
print(tell().in_use - before)
"""


def test_pools_that_are_filled_fill_no_more() -> None:
    if not hasattr(ctypes.CDLL(None), "mallinfo2"):
        pytest.skip("this C library has no mallinfo2, which tells what is in use")
    grown = []
    for fill in ("", "fill_pools()"):
        program = [sys.executable, "-c", SMALL_ARRAYS.format(fill=fill)]
        said = subprocess.run(program, capture_output=True, text=True, check=True).stdout
        grown.append(int(said))
    assert grown[0] > 5 * 10**5, "NumPy keeps no memory of small arrays: there is nothing to fill"
    assert grown[1] < grown[0] / 8


def test_memory_is_told_where_the_system_tells_it() -> None:
    now, peak = resident_bytes(), peak_bytes()
    if now is None or peak is None:
        assert not Path("/proc/self/status").exists()
        pytest.skip("this system does not tell how much memory a process has")
    assert 2**20 < now <= peak


def test_a_machine_is_described_in_plain_words() -> None:
    about = machine()
    assert about.cores >= about.usable >= 1
    assert about.to_dict()["processor"] == about.processor != ""
    assert about.processor in about.lines()[0]


def test_gaps_between_readings_of_the_clock_are_what_was_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = iter([0, 100, 200, 30_200, 30_300, 5_030_300, 5_030_400])
    monkeypatch.setattr(interference, "perf_counter_ns", lambda: next(times))
    noise = interference.spin(5_030_400)
    assert noise == Noise(5_030_400, 30_000 + 5_000_000, 5_000_000)
    assert noise.is_noisy
    assert "noisy" in str(noise)
    assert not Noise(10**9, 10**6, 10**6).is_noisy
    assert "quiet" in str(Noise(10**9, 10**6, 10**6))
    assert "not known" in str(Noise(0, 0, 0))


def test_a_loop_watches_beside_what_runs() -> None:
    with Interference() as watching:
        assert watching.noise() == Noise(0, 0, 0)
        subprocess.run([sys.executable, "-c", "import time; time.sleep(0.3)"], check=True)
    noise = watching.noise()
    assert noise.spun_ns >= interference.SPIN_NS
    assert 0 <= noise.lost_share <= 1
    assert noise.longest_ns <= noise.lost_ns
