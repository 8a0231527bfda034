"""What a FUND comes to, and why it is refused: rules of `validation`, one function each."""

from __future__ import annotations

from .._schema import ContractKind, FundingAccrual, FundingSource, TriggerSource
from .accounts import Accounts, Funded
from .book import Book
from .commands import Command
from .funding import INDEX_MAX, Accrual, accrual_of, computed_rate
from .situation import Situation


def has_no_funding(situation: Situation) -> bool:
    """Refuse an instrument whose contract has none, and all where there are no accounts."""
    command, book = situation.command, situation.known_book
    if command.selector == FundingSource.EVERY:
        return False
    return situation.known_accounts is None or book is None or not _has_funding(book)


def price_is_unknown(situation: Situation) -> bool:
    """Refuse what mark and index price do not tell: the mark alone where the rate is told."""
    command = situation.command
    if command.selector == FundingSource.EVERY:
        return False
    return not _knows_prices(situation.book, command)


def funding_rate_is_out_of_range(situation: Situation) -> bool:
    """Refuse a rate that is told, and outside the bounds of the contract."""
    command = situation.command
    if command.selector != FundingSource.TOLD:
        return False
    contract = situation.book.contract
    return not contract.funding_floor <= command.price <= contract.funding_cap


def funding_overflows(situation: Situation) -> bool:
    """Refuse funding that numbers have no room for."""
    command = situation.command
    if command.selector == FundingSource.EVERY:
        return False
    book = situation.book
    return (
        _knows_prices(book, command)
        and _accrual(situation.accounts, book, command, situation.time) is None
    )


def accruals(
    accounts: Accounts | None, books: list[Book], command: Command, time: int
) -> list[tuple[Book, Accrual]]:
    """Return what a FUND that is not refused comes to, by instrument."""
    if accounts is None:
        return []
    is_for_all = command.selector == FundingSource.EVERY
    chosen = books if is_for_all else [books[command.instrument]]
    found = []
    for book in chosen:
        if _has_funding(book) and _knows_prices(book, command):
            accrual = _accrual(accounts, book, command, time)
            if accrual is not None:
                found.append((book, accrual))
    return found


def _has_funding(book: Book) -> bool:
    return book.contract.funding != FundingAccrual.NONE


def _knows_prices(book: Book, command: Command) -> bool:
    prices = book.triggers.prices
    mark, index = prices.get(TriggerSource.MARK), prices.get(TriggerSource.INDEX)
    is_inverse = book.contract.kind == ContractKind.INVERSE
    if mark is None or (is_inverse and mark < 1):
        return False
    if command.selector == FundingSource.TOLD:
        return True
    return not book.contract.funding_told and index is not None and index >= 1


def _accrual(accounts: Accounts, book: Book, command: Command, time: int) -> Accrual | None:
    """Return what it comes to; None where numbers have no room. REQUIRES: prices are known."""
    contract, prices = book.contract, book.triggers.prices
    mark = prices[TriggerSource.MARK]
    if command.selector == FundingSource.TOLD:
        rate = command.price
    else:
        rate = computed_rate(contract, mark, prices[TriggerSource.INDEX])
    funded = accounts.funded.get(book.number)
    accrual = accrual_of(contract, rate, mark, 0 if funded is None else time - funded.time)
    index = Funded().index if funded is None else funded.index
    if accrual is None or abs(index + accrual.increment) > INDEX_MAX:
        return None
    return accrual
