"""What is measured outside the core: times as histograms, memory, the machine and its noise.

The core reads no clock. Whoever wants to know how long something takes reads one outside and keeps
what it says here.

Examples
--------
>>> from engine.measurement import LatencyHistogram
>>> histogram = LatencyHistogram()
>>> for nanoseconds in (800, 900, 1_000, 60_000):
...     histogram.record(nanoseconds)
>>> histogram.percentiles()["p50"], histogram.maximum_ns
(900, 60000)
"""

from engine.measurement.collection import no_collection
from engine.measurement.histogram import PERCENTILES, LatencyHistogram
from engine.measurement.interference import Interference, Noise
from engine.measurement.machine import Machine, machine
from engine.measurement.memory import fill_pools, peak_bytes, resident_bytes

__all__ = [
    "PERCENTILES",
    "Interference",
    "LatencyHistogram",
    "Machine",
    "Noise",
    "fill_pools",
    "machine",
    "no_collection",
    "peak_bytes",
    "resident_bytes",
]
