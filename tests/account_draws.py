"""What streams with accounts draw beside the others: contracts, funds, and commands of accounts.

The factors are awkward, so that much is rounded; the funds are so scarce that some orders are
refused and most are not. All of it has a source of its own: other streams stay what they were.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from random import Random
from typing import Any

from contract_draws import ContractDraw
from funding_draws import FundingDraw
from limit_draws import LimitDraw
from liquidation_draws import LiquidationDraw
from mode_draws import ModeDraw
from rate_draws import RateDraw

from engine import (
    AccountFlag,
    CommandKind,
    ContractKind,
    Rounding,
    TriggerSource,
)
from engine.reference import Core

INT64_MAX = 2**63 - 1
LOTS = 5
"""An order's, about."""
CONTRACT_KINDS = (ContractKind.SPOT, ContractKind.LINEAR, ContractKind.INVERSE)
PLAIN_TERMS = ("replace_priority", "min_price", "max_price", "min_quantity", "max_quantity")
"""Of a market that takes nothing but plain orders, and shares nothing."""
LEVERAGES = (100, 150, 300, 700, 1_000, 2_000, 5_000, 10_000)
ODD_LEVERAGES = (-1, 0, 99, 1_000_000, INT64_MAX)
KINDS = {
    CommandKind.DEPOSIT: 5,
    CommandKind.WITHDRAW: 3,
    CommandKind.TRANSFER: 4,
    CommandKind.SET_LEVERAGE: 5,
    CommandKind.SET_ACCOUNT: 4,
    CommandKind.SET_PRICE: 8,
    CommandKind.SET_POSITION: 1,
    CommandKind.SET_LIMIT: 16,
}
"""How often each kind is drawn that an engine has for accounts; a price is a mark.

SET_LIMIT stands for all that limits and switches bring.
"""
SHARE = 0.16
"""The part of them among all commands."""


class AccountDraw:
    """The accounts of a stream that is being drawn."""

    def __init__(self, seed: int) -> None:
        self.random = random = Random(f"accounts {seed}")
        self.is_drawn = seed % 4 == 2
        """Whether the stream has accounts."""
        self.is_plain = self.is_drawn and random.random() < 0.5
        """Whether its markets have no rules and special orders, and most contracts are simple."""
        self.accounts = range(random.randint(3, 5))
        self.currencies = random.randint(2, 3)
        kinds = CONTRACT_KINDS + (ContractKind.LINEAR,) * (3 if self.is_plain else 0)
        self.kinds = random.choice((kinds, (random.choice(kinds),)))
        self.wealth = random.choice((3, 5, 8, 20))
        """How many orders an account can pay for, about."""
        self.rates: list[int | None] = []
        """The initial rates of the contracts; None of SPOT ones."""
        self.limiting = LimitDraw(seed, self.currencies)
        self.rating = RateDraw(seed)
        self.enriching = ContractDraw(seed)
        self.modes = ModeDraw(seed)
        self.funding = FundingDraw(seed)
        self.liquidating = LiquidationDraw(seed)
        self._first: deque[dict[str, int]] = deque()

    def lowest_price(self, width: int) -> int:
        """Draw the first of the stream's prices: below 0 only where all contracts take that."""
        if self.kinds == (ContractKind.LINEAR,):
            return self.random.choice((100, -width // 2))
        return self.random.choice((1, 100, 100, 1_000))

    def limits(self, ids: int, max_orders: int) -> tuple[int, int]:
        """Return how many ids there are, and orders may be; mostly so many that trading goes on."""
        return (400, 2**30) if self.random.random() < 0.7 else (ids, max_orders)

    def with_contracts(
        self, instruments: tuple[dict[str, Any], ...], price: int
    ) -> tuple[dict[str, Any], ...]:
        """Return the terms of instruments with contracts, and open the accounts for them."""
        contracts = [self._contract(self.random.choice(self.kinds)) for _ in instruments]
        if not self.is_plain or self.random.random() < 0.3:
            contracts = [self.enriching.richer(terms, max(price, 1)) for terms in contracts]
        contracts = [self.funding.funded(terms) for terms in contracts]
        contracts = [self.liquidating.processed(terms) for terms in contracts]
        self.rates = [contract.get("initial_rate") for contract in contracts]
        self._first.extend(self._opening(contracts, max(price, 1)))
        self._first.extend(self.modes.opening(self.accounts, len(instruments)))
        return tuple(
            self._with_contract(terms, contract)
            for terms, contract in zip(instruments, contracts, strict=True)
        )

    def _with_contract(self, terms: dict[str, Any], contract: dict[str, Any]) -> dict[str, Any]:
        if self.is_plain:
            terms = {name: value for name, value in terms.items() if name in PLAIN_TERMS}
        lowest = {ContractKind.SPOT: 0, ContractKind.INVERSE: 1}.get(contract["kind"])
        if lowest is not None:
            terms = terms | {"min_price": max(lowest, terms.get("min_price", lowest))}
        return terms | {"contract": contract}

    def _contract(self, kind: ContractKind) -> dict[str, Any]:
        random = self.random
        settle = random.randrange(self.currencies)
        of_spot = {
            "base": (settle + random.randint(1, self.currencies - 1)) % self.currencies,
            "lot_units": random.choice((1, 10, 333)),
        }
        initial = random.choice((0, 10_000_000, 100_000_001, 333_333_333, 1_000_000_000))
        of_derivatives = {"initial_rate": initial, "maintenance_rate": initial // 2}
        factors = (9_973, 12_345) if kind == ContractKind.INVERSE else (1, 3, 10)
        return {
            "kind": kind,
            "settle": settle,
            **(of_spot if kind == ContractKind.SPOT else of_derivatives),
            "value_factor": random.choice(factors),
            "maker_rate": random.choice((0, -250_000, -3_333_333, 1_000_000, 23_456_789)),
            "taker_rate": random.choice((0, 500_000, 7_777_777, 50_000_001, -1_000_000)),
            "value_rounding": random.choice(tuple(Rounding)),
            "fee_rounding": random.choice(tuple(Rounding)),
        }

    def _opening(self, contracts: list[dict[str, Any]], price: int) -> Iterator[dict[str, int]]:
        """Yield the commands that make the accounts, and let them have something."""
        for account in self.accounts:
            yield {"kind": CommandKind.SET_ACCOUNT, "account": account}
            for currency in range(self.currencies):
                amount = self._worth(contracts, currency, price) * self.wealth
                yield {
                    "kind": CommandKind.DEPOSIT,
                    "account": account,
                    "instrument": currency,
                    "quantity": amount * self.random.randint(1, 4) // 2,
                }

    def _worth(self, contracts: list[dict[str, Any]], currency: int, price: int) -> int:
        """Return what of a currency an order needs, about."""
        needs = [LOTS]
        for contract in contracts:
            if contract["kind"] == ContractKind.SPOT and contract["base"] == currency:
                needs.append(LOTS * contract["lot_units"])
            if contract["settle"] != currency:
                continue
            if contract["kind"] == ContractKind.INVERSE:
                needs.append(LOTS * contract["value_factor"] // price)
            else:
                needs.append(LOTS * contract["value_factor"] * price)
            rate = contract.get("initial_rate", 10**9)
            needs[-1] = needs[-1] * max(rate, 20_000_000) // 10**9
        return max(needs)

    def change(self, fields: dict[str, int], core: Core, prices: range) -> dict[str, int]:
        """Return a command as it is drawn, from its owner, or one for accounts instead of it."""
        fields = self._changed(fields, core, prices)
        return self.limiting.at_a_later_time(self.rating.change(fields, core))

    def _changed(self, fields: dict[str, int], core: Core, prices: range) -> dict[str, int]:
        if self._first:
            return {
                name: fields[name] for name in ("timestamp", "command_id")
            } | self._first.popleft()
        if self.limiting.is_to_switch(core):
            origin = {name: fields[name] for name in ("timestamp", "command_id")}
            return origin | self.limiting.switch(core, self._account(core))
        if self.modes.is_next():
            origin = {name: fields[name] for name in ("timestamp", "command_id")}
            return origin | self.modes.command(core, self._account(core))
        if self.funding.is_next():
            origin = {name: fields[name] for name in ("timestamp", "command_id")}
            return origin | self.funding.command(core, prices)
        if self.liquidating.is_next():
            origin = {name: fields[name] for name in ("timestamp", "command_id")}
            return origin | self.liquidating.command(core, prices)
        is_told = fields["kind"] == CommandKind.SET_POSITION and self.random.random() < 0.9
        if is_told or self.random.random() < SHARE:
            origin = {name: fields[name] for name in ("account", "timestamp", "command_id")}
            return origin | self._command(core, prices)
        order = core.order(fields.get("order_id", 0))
        is_of_order = fields["kind"] in (
            CommandKind.CANCEL,
            CommandKind.REPLACE,
            CommandKind.REDUCE,
        )
        if is_of_order and order is not None and self.random.random() < 0.95:
            fields["account"] = order.account
        if self.random.random() < 0.01:
            fields["account"] = self._other()
        if fields["kind"] == CommandKind.SUBMIT:
            fields = self.modes.closing(self.limiting.once_more(fields, core), core)
        return fields

    def _command(self, core: Core, prices: range) -> dict[str, int]:
        """Draw a command of a kind that there is for accounts, or a mark price."""
        kind = self.random.choices(tuple(KINDS), tuple(KINDS.values()))[0]
        account = self._account(core)
        fields = {"kind": kind, "account": account}
        if kind == CommandKind.SET_LIMIT:
            return self.limiting.command(core, account, prices)
        if kind == CommandKind.SET_ACCOUNT:
            return fields | self._setting(core)
        if kind == CommandKind.SET_LEVERAGE:
            return fields | self._leverage(core)
        if kind == CommandKind.SET_POSITION:
            return fields | {"instrument": self._instrument(core), "quantity": 3}
        if kind == CommandKind.SET_PRICE:
            mark = self.random.choice((*prices, prices[0] - 1, prices[-1] + 3))
            source = {"trigger_source": TriggerSource.MARK, "price": mark}
            return {"kind": kind, "instrument": self._instrument(core), **source}
        return fields | self._amount(kind, account, core)

    def _leverage(self, core: Core) -> dict[str, int]:
        """Draw a leverage, mostly one that a contract allows."""
        number = self._instrument(core)
        for _ in range(3):
            number = self._instrument(core) if self.rates[number] is None else number
        most = 10**11 // max(self.rates[number] or 1, 1)
        leverages = [leverage for leverage in LEVERAGES if leverage <= most]
        if self.random.random() < 0.1:
            leverages = list(ODD_LEVERAGES)
        if self.random.random() < 0.04:
            number = core.instrument_count
        return {"instrument": number, "quantity": self.random.choice(leverages)}

    def _setting(self, core: Core) -> dict[str, int]:
        """Draw an account's group, tier and permissions; mostly lift what it may not do."""
        random = self.random
        bound = [number for number in core.accounts() if core.account(number).flags]
        fields = {"self_trade_group": random.randint(0, 2), "quantity": random.choice((0, 3, 255))}
        if random.random() < 0.05:
            fields["quantity"] = random.choice((-1, 256, INT64_MAX))
        if bound and random.random() < 0.85:
            return fields | {"account": random.choice(bound), "selector": 0}
        flags = (*AccountFlag, AccountFlag.SUSPENDED | AccountFlag.NO_WITHDRAWALS)
        return fields | {"selector": random.choice((0, random.choice(flags)))}

    def _amount(self, kind: CommandKind, account: int, core: Core) -> dict[str, int]:
        """Draw an amount: a part of what there is, all of it, and one more than that."""
        random = self.random
        currency = random.randrange(self.currencies)
        balance = core.balance(account, currency)
        available = 0 if balance is None else balance.available
        amount = max(available, 1) * random.choice((1, 2, 5)) // 20 + 1
        if random.random() < 0.3:
            amount = available + random.choice((0, 0, 1))
        if random.random() < 0.04:
            amount = random.choice((-1, 0, INT64_MAX))
        if random.random() < 0.04:
            currency = random.choice((self.currencies, 2**32 - 1))
        fields = {"instrument": currency, "quantity": min(amount, INT64_MAX)}
        if kind == CommandKind.TRANSFER:
            fields["linked_order_id"] = self._account(core)
        return fields

    def _account(self, core: Core) -> int:
        return self.random.choice(core.accounts()) if self.random.random() < 0.97 else self._other()

    def _other(self) -> int:
        """Draw an account, mostly one that was never set."""
        return self.random.choice((0, 7, 7, 2**32 - 1))

    def _instrument(self, core: Core) -> int:
        return self.random.randrange(core.instrument_count)
