"""Where the conformance tests find their cases, and how many of them ran."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"

# What each test of a scenario was: (implementation, "run" or the reason why not).
PLAYED: pytest.StashKey[Counter[tuple[str, str]]] = pytest.StashKey()
# The same of each test of a case.
CASES: pytest.StashKey[Counter[tuple[str, str]]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance", "what tests/conformance runs")
    group.addoption(
        "--scenarios",
        type=Path,
        metavar="DIR",
        help="directory of scenario files (default: ../shared/scenarios)",
    )
    group.addoption(
        "--cases",
        type=Path,
        metavar="DIR",
        help="directory of case files (default: ../shared/cases)",
    )
    group.addoption(
        "--market-data",
        type=Path,
        metavar="DIR",
        help="directory of market data, searched below too (default: ../shared/data)",
    )
    group.addoption(
        "--update-skips",
        action="store_true",
        help="write the lists of scenarios and cases that cannot run yet anew",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[PLAYED] = Counter()
    config.stash[CASES] = Counter()
    for option in ("--scenarios", "--cases", "--market-data"):
        directory = config.getoption(option)
        if directory is not None and not directory.is_dir():
            raise pytest.UsageError(f"{option} was {directory}, which is not a directory")
    asked = config.getoption("--market-data")
    if asked is not None:
        from conformance.market_data import find_samples  # it needs the engine, pytest may not

        if not find_samples(asked):
            raise pytest.UsageError(f"--market-data was {asked}, which holds no sample")


def scenario_directory(config: pytest.Config) -> Path:
    """Return the directory of scenarios that was asked for, else the shared one."""
    asked: Path | None = config.getoption("--scenarios")
    return SHARED / "scenarios" if asked is None else asked.resolve()


def case_directory(config: pytest.Config) -> Path:
    """Return the directory of cases that was asked for, else the shared one."""
    asked: Path | None = config.getoption("--cases")
    return SHARED / "cases" if asked is None else asked.resolve()


def market_data_directory(config: pytest.Config) -> Path:
    """Return the directory of market data that was asked for, else the shared one."""
    asked: Path | None = config.getoption("--market-data")
    return SHARED / "data" if asked is None else asked.resolve()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print how many scenarios and cases ran on each implementation, and what the others need."""
    for title, key in (("scenarios", PLAYED), ("cases", CASES)):
        if config.stash[key]:
            terminalreporter.section(title)
            _summarize(terminalreporter, config.stash[key])


def _summarize(terminalreporter: pytest.TerminalReporter, played: Counter[tuple[str, str]]) -> None:
    reasons: Counter[str] = Counter()
    for implementation in dict.fromkeys(name for name, _ in played):
        run = played[implementation, "run"]
        skips = Counter(
            {reason: n for (name, reason), n in played.items() if name == implementation}
        )
        del skips["run"]
        reasons |= skips
        terminalreporter.line(f"{implementation}: {run} run, {skips.total()} skipped")
    for reason, count in reasons.most_common():
        terminalreporter.line(f"  {count:4} skipped: {reason}")
