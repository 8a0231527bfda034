"""Benchmarks of the installed package: what every one of them is given, and the summary.

    python -m pytest benchmarks            smoke sizes: answers are asserted, figures mean little
    python -m pytest benchmarks --full     full sizes: a missed target fails the run

Every benchmark asserts a digest or a count of its answer. On a machine that does other work as
well, ``taskset -c 1 python -m pytest benchmarks --full`` keeps the run and the yardstick on one
core. The figures as JSON, with the machine: ``--benchmark-json=FILE`` (see `extra_info` in it);
comparing with an earlier run: ``--benchmark-compare`` and ``--benchmark-compare-fail``.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any, Final

import pytest

# The modules beside the benchmarks are imported by name.
sys.path.insert(0, str(Path(__file__).parent))

from empty_method import empty_methods, lack_of_empty_methods
from machine import description
from results import Results
from scale import BATCH, FULL, SMOKE, Scale
from tapes import TapeMaker

ROOT: Final = Path(__file__).resolve().parents[1]
RESULTS: Final = pytest.StashKey[Results]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("benchmarks of the engine")
    group.addoption("--full", action="store_true", help="full sizes; a missed target fails")
    group.addoption(
        "--workload-dir",
        type=Path,
        default=ROOT.parent / "shared" / "workloads",
        help="where generate.cpp and yardstick.cpp are (default: ../shared/workloads)",
    )
    group.addoption(
        "--load-seconds",
        type=float,
        default=15.0,
        help="how long a scenario of load may take with --full (default: 15)",
    )
    group.addoption("--commands", type=int, help="commands of a workload (full: 1,000,000)")
    group.addoption("--batch", type=int, default=BATCH, help=f"commands a call (default: {BATCH})")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    config.stash[RESULTS] = Results()
    # Its table of seconds a round says less than ours; -v brings it back.
    config.option.benchmark_quiet = True


def scale_of(config: pytest.Config) -> Scale:
    scale = FULL if config.getoption("--full") else SMOKE
    commands = config.getoption("--commands")
    return dataclasses.replace(scale, commands=commands) if commands else scale


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        seeds = scale_of(metafunc.config).seeds
        metafunc.parametrize("seed", seeds, ids=lambda seed: f"seed{seed}")


@pytest.fixture(scope="session")
def scale(request: pytest.FixtureRequest) -> Scale:
    """How much to do."""
    return scale_of(request.config)


@pytest.fixture(scope="session")
def batch(request: pytest.FixtureRequest) -> int:
    """Commands a call of `match` when throughput is measured."""
    return int(request.config.getoption("--batch"))


@pytest.fixture(scope="session")
def results(request: pytest.FixtureRequest) -> Results:
    """The tables at the end."""
    return request.config.stash[RESULTS]


@pytest.fixture(scope="session")
def cache(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where programs and streams are kept: in pytest's cache, if there is one."""
    if request.config.pluginmanager.hasplugin("cacheprovider"):
        return Path(request.config.cache.mkdir("benchmarks"))
    return tmp_path_factory.mktemp("benchmarks")


@pytest.fixture(scope="session")
def tapes(request: pytest.FixtureRequest, cache: Path, results: Results) -> TapeMaker:
    """Makes the workloads."""
    maker = TapeMaker(request.config.getoption("--workload-dir").resolve(), cache)
    if maker.lack is not None:
        results.remark("tapes", f"The package's own mixes, without ratios: {maker.lack}.")
    return maker


@pytest.fixture(scope="session")
def empty(cache: Path, results: Results) -> Any:
    """An object with methods that do nothing; None where it can't be compiled."""
    lack = lack_of_empty_methods()
    if lack is not None:
        results.remark("empty", f"No empty methods to compare calls with: {lack}.")
        return None
    return empty_methods(cache)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    results, write = config.stash[RESULTS], terminalreporter.write_line
    if not any(results.rows.values()):
        return
    scale = scale_of(config)
    others = any("benchmarks/" not in nodeid for nodeid in passed(terminalreporter))
    terminalreporter.section(f"benchmarks at {scale.name} size")
    if others and not scale.is_full:
        write("Their answers were right. For figures: python -m pytest benchmarks --full")
        return
    for line in (*description(), f"batch     {config.getoption('--batch')} commands a call", ""):
        write(line)
    for line in results.lines():
        write(line)
    if not scale.is_full:
        write("Smoke sizes: answers were asserted, but the figures are no results.")


def passed(terminalreporter: pytest.TerminalReporter) -> list[str]:
    return [report.nodeid for report in terminalreporter.getreports("passed")]
