"""Types of the layout as compiled, checked against it by stubtest."""

from collections.abc import Mapping
from typing import TypedDict

class _Schema(TypedDict):
    records: Mapping[str, list[tuple[str, int, int]]]
    sizes: Mapping[str, int]
    enums: Mapping[str, Mapping[str, int]]

def schema() -> _Schema: ...
