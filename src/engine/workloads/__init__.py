"""Order flow made by the package itself, from a seed: a market day and four benchmark mixes.

Examples
--------
>>> from engine.workloads import market_day, workload
>>> market_day(seed=3, commands=1_500).commands["instrument"].max()
np.uint32(3)
>>> workload("retail", 100).preload
2000
"""

from engine.workloads.day import Listing, MarketDay, market_day
from engine.workloads.mixes import Workload, workload

__all__ = ["Listing", "MarketDay", "Workload", "market_day", "workload"]
