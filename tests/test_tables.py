"""The page about tables: every block of it runs, with each library that is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).resolve().parent.parent / "docs" / "tables.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
IMPORT = re.compile(r"^import (pandas|polars|pyarrow)\b", re.MULTILINE)


def blocks() -> list[str]:
    return BLOCK.findall(PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("library", [None, "pandas", "polars", "pyarrow"])
def test_the_page_runs_with(library: str | None) -> None:
    if library is not None:
        pytest.importorskip(library, reason=f"{library} is not installed, which the page shows")
    names: dict[str, Any] = {}
    wanted = {None, library}
    run = 0
    for block in blocks():
        asked = IMPORT.search(block)
        if (asked and asked[1]) in wanted:
            exec(compile(block, PAGE.name, "exec"), names)
            run += 1
    assert run == 3 + (library is not None)
