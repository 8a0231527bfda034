"""What may know what: each layer sees only those on its left, in C++ and in Python."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "csrc" / "engine"
PACKAGE = ROOT / "src" / "engine"

CPP_LAYERS = [
    "base",
    "types",
    "formulas",
    "feed",
    "book",
    "matching",
    "accounts",
    "engine",
    "shards",
    "journal",
    "bindings",
]
# The core never prints, never reads a clock or a file, starts no thread, draws no number. Shards
# have threads, and the journal has files, a clock and threads.
CPP_REFUSED = re.compile("chrono|ctime|iostream|cstdio|fstream|filesystem|thread|mutex|random")

CPP_ALLOWED = {"shards": {"thread"}}

# Modules and packages of engine, from the ground up: each imports only from rows above its own, and
# the modules of a package also each other. A new one is written into its row here.
PYTHON_LAYERS = """
    _journal_records _native _option_numbers _schema _shown _uncrossing _version errors
    _copies _durations _members
    _arrays _compression _formulas _numbers _terms _text_forms _transfers _versions placement
    presets rate_tiers records
    _auctions _feed _rate_limits _report _settlement decimal_grid reference streams
    ladder venue_books
    _accounts _checks _journal _layout auctions calc feed specification
    _account_questions _order_arrays
    _core _store currency fee_schedule funding_spec margin_schedule mark_price_spec order_filters
    _book_questions _instrument_checks liquidation_spec
    _book _recovery instrument
    _funding_terms _liquidation_terms _lot_units _order_terms _shards listing
    _bounds _contracts _restoring _sharded_core _venue
    _account_records _controls settlement
    _account_controls
    _limit_controls
    _position_controls
    _refusals
    _listed
    _durability
    _engine policy workloads
    _replay _sharded_engine history measurement
    budgets
    load
    metrics
    capacity
    _console _day _journal_check _journal_dump
    _journal_repair _latency_recorder
    pytest_latency
    _picture
    _bench_options _capacity_command _journal_command _show_day bench
    _bench_command
    _cli
    __main__
"""

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def core_files() -> list[Path]:
    return sorted(path for path in CORE.rglob("*") if path.suffix in {".hpp", ".cpp", ".def"})


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def includes(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (opening quote, name) of every include of a file."""
    for match in INCLUDE.finditer(path.read_text(encoding="utf-8")):
        yield match[1], match[2]


@pytest.mark.parametrize("path", core_files(), ids=place)
def test_includes_only_point_left(path: Path) -> None:
    layer = path.relative_to(CORE).parts[0]
    own, allowed = CPP_LAYERS.index(layer), CPP_ALLOWED.get(layer, set())
    for quote, name in includes(path):
        if quote == "<":
            is_refused = CPP_REFUSED.fullmatch(name) and layer != "journal"
            assert name in allowed or not is_refused, f"{place(path)}: the core has no <{name}>"
            assert not name.startswith("engine/"), f"{place(path)}: must quote {name}"
            is_binding = layer == "bindings"
            assert name != "Python.h" or is_binding, f"{place(path)}: Python below the bindings"
            continue
        parts = name.split("/")
        assert parts[0] == "engine", f'{place(path)}: must start with "engine/", was "{name}"'
        assert (ROOT / "csrc" / name).is_file(), f"{place(path)}: {name} was not found"
        assert CPP_LAYERS.index(parts[1]) <= own, f"{place(path)}: {name} is on its right"


def test_a_header_guards_itself() -> None:
    headers = [path for path in core_files() if path.suffix == ".hpp"]
    assert headers
    for path in headers:
        assert path.read_text(encoding="utf-8").count("#pragma once\n") == 1, place(path)


def modules() -> dict[str, Path]:
    """Return the modules of the package by their names below `engine`, compiled ones too."""
    found = {}
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix in {".py", ".pxd", ".pyi", ".pyx"}:
            parts = path.relative_to(PACKAGE).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_of_python(name: str, path: Path) -> Iterator[str]:
    """Yield what a module imports from the package, inside functions and for types as well."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".") if package else []
            above = above[: len(above) - node.level + 1]
            stem = ".".join(["engine", *above]) if node.level else ""
            origin = ".".join(part for part in (stem, node.module) if part)
            targets = [f"{origin}.{alias.name}" for alias in node.names]
        else:
            continue
        for target in targets:
            if target == "engine" or target.startswith("engine."):
                yield target.removeprefix("engine").removeprefix(".")


def imports_of_cython(path: Path) -> Iterator[str]:
    pattern = re.compile(r"^\s*(?:from\s+([\w.]+)\s+c?import\s+\(?([\w, ]*)|c?import\s+([\w.]+))")
    for line in path.read_text(encoding="utf-8").splitlines():
        match = pattern.match(line)
        if match is None:
            continue
        names = re.findall(r"\w+", match[2] or "")
        targets = [f"{match[1]}.{name}" for name in names] or [match[1] or match[3]]
        for target in targets:
            absolute = f"engine{target}" if target.startswith(".") else target
            if absolute == "engine" or absolute.startswith("engine."):
                yield absolute.removeprefix("engine").removeprefix(".")


def imported_modules(name: str, path: Path) -> set[str]:
    """Return the modules of the package that a module imports: the longest name that is one."""
    known = modules()
    is_python = path.suffix in {".py", ".pyi"}
    targets = imports_of_python(name, path) if is_python else imports_of_cython(path)
    found = set()
    for target in targets:
        while target not in known:
            target = target.rpartition(".")[0]
        found.add(target)
    return found


def row_of(name: str) -> int:
    """Return the row of a module or of its package; one that has none is a failure."""
    for row, names in enumerate(PYTHON_LAYERS.split("\n")):
        if name.split(".")[0] in names.split():
            return row
    return pytest.fail(f"engine.{name} must be written into a row of PYTHON_LAYERS")


@pytest.mark.parametrize("name", [name for name in modules() if name])
def test_imports_only_point_up(name: str) -> None:
    row = row_of(name)
    for other in imported_modules(name, modules()[name]):
        assert other != "", f"engine.{name} imports from engine itself: name the module"
        is_own_package = other.split(".")[0] == name.split(".")[0]
        assert is_own_package or row_of(other) < row, f"engine.{name} imports engine.{other}"


BLOCKED = """
import importlib.machinery, importlib.util, sys, types

class NothingCompiled:
    \"\"\"Refuse every extension module of the package, whatever its name.\"\"\"

    def find_spec(self, name, path=None, target=None):
        if not name.startswith("engine."):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, importlib.machinery.ExtensionFileLoader):
            raise ImportError(f"{name} is compiled and blocked")
        return spec

found = importlib.util.find_spec("engine")
bare = types.ModuleType("engine")
bare.__path__ = list(found.submodule_search_locations)
sys.modules["engine"] = bare
sys.meta_path.insert(0, NothingCompiled())

import engine.reference as reference

book = reference.OrderBook()
book.submit(reference.SELL, 101, 5)
report = book.submit(reference.BUY, 101, 3)
assert int(report.filled_quantity) == 3, report
book.check_invariants()
compiled = [name for name, module in sys.modules.items() if name.startswith("engine.")
            and not str(getattr(module, "__file__", "")).endswith(".py")]
assert compiled == [], compiled
print("nothing compiled")
"""


def test_the_reference_imports_nothing_compiled() -> None:
    result = subprocess.run(
        [sys.executable, "-c", BLOCKED], capture_output=True, text=True, check=False
    )
    assert result.stdout.strip() == "nothing compiled", result.stderr
