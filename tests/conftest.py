"""Fixtures that run a test on both implementations and leave every engine empty behind it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# The modules beside the tests are imported by name, also in the subprocesses of test_planted.py.
sys.path.insert(0, str(Path(__file__).parent))

import implementations
from drain import drain_book, drain_core

from engine import Side


@pytest.fixture(params=implementations.NAMES)
def implementation(request: pytest.FixtureRequest) -> implementations.Implementation:
    """The implementation under test: the compiled core, then the reference."""
    return implementations.load(request.param)


@pytest.fixture(params=list(Side), ids=lambda side: side.name.lower())
def side(request: pytest.FixtureRequest) -> Side:
    """The side that a rule is told for; its mirror runs as another test."""
    return request.param


@pytest.fixture(scope="session")
def failures(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where streams are left on which the implementations differ: in the cache, if there is one."""
    if request.config.pluginmanager.hasplugin("cacheprovider"):
        return Path(request.config.cache.mkdir("streams-that-differ"))
    return tmp_path_factory.mktemp("streams-that-differ")


@pytest.fixture
def make_book(
    implementation: implementations.Implementation,
) -> Iterator[Callable[..., Any]]:
    """Makes order books; each is checked, drained and found empty after the test."""
    books: list[Any] = []

    def make(**terms: int) -> Any:
        books.append(implementation.order_book(**terms))
        return books[-1]

    yield make
    for book in books:
        drain_book(book)


@pytest.fixture
def book(make_book: Callable[..., Any]) -> Any:
    """An empty book without limits."""
    return make_book()


@pytest.fixture
def make_core(
    implementation: implementations.Implementation,
) -> Iterator[Callable[..., Any]]:
    """Makes engines of several instruments, each given by its terms; checked and drained after."""
    cores: list[Any] = []

    def make(*instruments: dict[str, int], **limits: int) -> Any:
        core = implementation.core(**limits)
        for terms in instruments:
            core.add_instrument(**terms)
        cores.append(core)
        return core

    yield make
    for core in cores:
        drain_core(core)


@pytest.fixture(params=implementations.with_accounts())
def make_bank(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Makes engines with accounts, of instruments with contracts; checked and drained after."""
    make_core = implementations.load(request.param).core
    cores: list[Any] = []

    def make(*instruments: dict[str, Any], currencies: int = 3, **limits: int) -> Any:
        core = make_core(accounts=True, **limits)
        for _ in range(currencies):
            core.add_currency()
        for terms in instruments:
            core.add_instrument(**terms)
        cores.append(core)
        return core

    yield make
    for core in cores:
        drain_core(core)
        for account in core.accounts():
            assert [core.balance(account, currency).held for currency in range(2)] == [0, 0]
