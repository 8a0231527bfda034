"""Everything public that takes parameters says what each is, under the name that it has."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from enum import Enum
from inspect import Parameter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import engine
from engine.records import Order, OrderDetail

SECTION = re.compile(r"^(?P<title>[A-Z][A-Za-z ]+)\n-{3,}$", re.MULTILINE)
ENTRY = re.compile(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: :.*)?$", re.MULTILINE)
OF_THE_LANGUAGE = {"self", "cls", "_", "__"}
# Of the integer faces everything is said: an embedder reads them without the guide of `Engine`.
WHOLE = ("Core.", "OrderBook.")
# Of `engine.reference` nothing is held: it is there to be short.
DOORS = (
    *("auctions", "bench", "budgets", "calc", "calc.units", "capacity", "currency"),
    *("decimal_grid", "feed", "history", "ladder", "load", "margin_schedule", "measurement"),
    *("metrics", "policy", "presets", "pytest_latency", "rate_tiers", "records", "settlement"),
    *("specification", "streams", "venue_books", "workloads"),
)
NAMED = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
STUBS = Path(engine.__file__).parent
ROOT = Path(__file__).resolve().parent.parent


def methods_of(found: type) -> Iterator[tuple[str, Any]]:
    """Yield the public methods of a class that are ours, also those that it inherits."""
    for owner in found.__mro__:
        if not owner.__module__.startswith("engine"):
            continue
        for name, method in vars(owner).items():
            if not name.startswith("_") and not isinstance(method, property):
                method = getattr(method, "__func__", method)
                if inspect.isroutine(method):
                    yield name, method


def functions(module: ModuleType = engine) -> dict[str, Any]:
    """Return what a module offers to be called, by its place."""
    found = {}
    for public in module.__all__:
        offered = getattr(module, public)
        if inspect.isclass(offered):
            found |= {f"{public}.{name}": method for name, method in methods_of(offered)}
        elif inspect.isroutine(offered):
            found[public] = offered
    return found


def described(text: str, heading: str = "Parameters") -> list[str]:
    """Return the names under a heading, in their order."""
    _, found, rest = text.partition(f"{heading}\n{'-' * len(heading)}\n")
    after = SECTION.search(rest)
    body = rest[: after.start()] if after else rest
    entries = ENTRY.findall(body) if found else []
    return [name.lstrip("*") for entry in entries for name in entry.split(", ")]


def taken(called: Any) -> list[str] | None:
    """Return the names of what a function takes, None where Python doesn't know."""
    try:
        names = inspect.signature(called).parameters
    except (TypeError, ValueError):
        return None
    return [name for name in names if name not in OF_THE_LANGUAGE]


def is_described_otherwise(called: Any) -> bool:
    """Return whether what is described is not what is taken."""
    names = taken(called)
    return names is not None and sorted(described(inspect.getdoc(called) or "")) != sorted(names)


def test_what_can_be_called_says_so() -> None:
    assert len(functions()) > 300
    assert [place for place, called in functions().items() if not inspect.getdoc(called)] == []


def test_parameters_are_described_by_the_names_that_they_have() -> None:
    wrong = [place for place, called in functions().items() if is_described_otherwise(called)]
    assert wrong == []


@pytest.mark.parametrize("name", DOORS)
def test_the_doors_of_subpackages_describe_what_they_take(name: str) -> None:
    offered = functions(importlib.import_module(f"engine.{name}"))
    assert offered
    wordless = [place for place, called in offered.items() if not inspect.getdoc(called)]
    wrong = [place for place, called in offered.items() if is_described_otherwise(called)]
    assert (wordless, wrong) == ([], [])


def undescribed(made: type) -> list[str]:
    """Return which names a constructor takes that its class says nothing of."""
    text = inspect.getdoc(made) or ""
    told = {*described(text), *described(text, "Attributes")}
    try:
        taken = inspect.signature(made).parameters.values()
    except ValueError:  # it is compiled
        return []
    return [its.name for its in taken if its.kind in NAMED and its.name not in told]


@pytest.mark.parametrize("name", DOORS)
def test_classes_describe_what_they_are_made_of(name: str) -> None:
    module = importlib.import_module(f"engine.{name}")
    classes = [found for found in vars(module).values() if inspect.isclass(found)]
    ours = [its for its in classes if its.__name__ in module.__all__]
    made = [its for its in ours if not issubclass(its, Enum | Exception)]
    assert [(its.__name__, undescribed(its)) for its in made if undescribed(its)] == []


@pytest.mark.parametrize("record", [Order, OrderDetail])
def test_records_of_orders_are_described_as_on_their_page(record: type) -> None:
    page = (ROOT / "docs" / "semantics" / "records.md").read_text(encoding="utf-8")
    table = page.partition(f"### {record.__name__}\n")[2].partition("\n### ")[0]
    rows = re.findall(r"^\| `(\w+)` \|[^|]+\|[^|]+\| (.+) \|$", table, re.MULTILINE)
    text = " ".join((inspect.getdoc(record) or "").split())
    assert [name for name, _ in rows] == described(inspect.getdoc(record) or "", "Attributes")
    assert [(name, told) for name, told in rows if told not in text] == []


def typed(name: str) -> dict[str, ast.FunctionDef]:
    """Return the methods of a compiled class as its stubs, and those of its bases, have them."""
    found: dict[str, ast.FunctionDef] = {}
    for owner in getattr(engine, name).__mro__[:-1]:
        stub = STUBS / f"{owner.__module__.rpartition('.')[2]}.pyi"
        for node in ast.parse(stub.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and node.name == owner.__name__:
                found |= {its.name: its for its in node.body if isinstance(its, ast.FunctionDef)}
    return found


def lacks(place: str, called: Any) -> list[str]:
    """Return which sections a method of a compiled class lacks."""
    name, _, method = place.partition(".")
    stub = typed(name)[method]
    titles = {found["title"] for found in SECTION.finditer(inspect.getdoc(called) or "")}
    needed = set()
    if ast.unparse(stub.returns or ast.Constant(None)) != "None":
        needed.add("Returns")
    if len(stub.args.args) + len(stub.args.kwonlyargs) > 1:
        needed |= {"Parameters", "Raises"}
    return [f"{place}: {title}" for title in sorted(needed - titles)]


def test_the_integer_faces_say_what_they_return_and_raise() -> None:
    faces = {place: called for place, called in functions().items() if place.startswith(WHOLE)}
    assert len(faces) > 50
    assert [its for place, called in faces.items() for its in lacks(place, called)] == []
