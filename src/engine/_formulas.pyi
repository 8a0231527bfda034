"""Types of the compiled formulas, checked against them by stubtest.

Each is there for floating-point arrays, which are broadcast, and as `..._exact` for ratios in
bytes; `engine.calc` finds them by name.
"""

from typing import Any

def __getattr__(name: str) -> Any: ...
