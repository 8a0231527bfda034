"""Every example in a docstring and in the README does what it says it does."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import engine

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
CODE = re.compile(r"^```(?:python|pycon)\n(.*?)^```", re.DOTALL | re.MULTILINE)

COMPILED = (
    *("engine._book", "engine._core", "engine._numbers", "engine._rate_limits"),
    "engine._report",
)
# So that a finder that finds nothing, as one for compiled code may, is not taken for success.
EXAMPLES_MIN = {
    "engine._book": 5,
    "engine._rate_limits": 25,
    "engine._report": 4,
    "engine._engine": 10,
}


def module_names() -> list[str]:
    found = pkgutil.walk_packages(engine.__path__, "engine.")
    return ["engine", *(module.name for module in found if module.name != "engine.__main__")]


def namespace(module: ModuleType) -> dict[str, Any]:
    """Return what examples may use: the module's names; a compiled module has the package's too."""
    names = vars(engine) if module.__name__ in COMPILED else {}
    return {**names, **vars(module)}


def failures(test: doctest.DocTest) -> Iterator[str]:
    """Run one docstring; yield what its examples should have said and did not."""
    output: list[str] = []
    if doctest.DocTestRunner().run(test, out=output.append).failed:
        yield "".join(output)


@pytest.mark.parametrize("name", module_names())
def test_examples_in_docstrings(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    finder = doctest.DocTestFinder(exclude_empty=True)
    tests = [test for test in finder.find(module, globs=namespace(module)) if test.examples]
    assert sum(len(test.examples) for test in tests) >= EXAMPLES_MIN.get(name, 0)
    assert [failure for test in tests for failure in failures(test)] == []


def test_the_readme_runs_from_top_to_bottom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = CODE.findall(README.read_text(encoding="utf-8"))
    names: dict[str, Any] = {}
    for number, block in enumerate(blocks, start=1):
        place = f"README.md, block {number}"
        if ">>>" not in block:
            exec(compile(block, place, "exec"), names)
            continue
        test = doctest.DocTestParser().get_doctest(block, names, place, place, 0)
        assert list(failures(test)) == []
        names = test.globs
