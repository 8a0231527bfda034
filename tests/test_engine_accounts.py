"""Accounts through the friendly face: decimals in, decimals out, by hand and by the core."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Context, Decimal, Inexact, InvalidOperation, localcontext
from random import Random
from typing import Any

import numpy as np
import pytest

import engine
from engine import (
    COMMAND_DTYPE,
    AccountBalance,
    AccountFlag,
    AccountPosition,
    ContractKind,
    Core,
    Currency,
    Engine,
    EngineError,
    ExecType,
    FeeTier,
    GridError,
    Instrument,
    Listing,
    MarginTier,
    RejectReason,
    Rounding,
    UnknownCurrencyError,
    UnknownSymbolError,
)
from engine._contracts import entry_price

D = Decimal
COINS = Instrument(
    symbol="BTC-USD",
    tick_size="0.1",
    lot_size="0.1",
    kind="spot",
    base="BTC",
    quote="USD",
    maker_fee="-0.0001",
    taker_fee="0.001",
)
OIL = Instrument(
    symbol="OIL",
    tick_size="0.05",
    lot_size=1,
    kind="linear",
    base="oil",
    quote="USD",
    multiplier=10,
    maker_fee="0.0002",
    taker_fee="0.0005",
    max_leverage=20,
    maintenance_margin="0.025",
    fee_rounding="up",
)
PERPETUAL = Instrument(
    symbol="BTC-PERP",
    tick_size="0.5",
    lot_size=1,
    kind="inverse",
    base="BTC",
    quote="USD",
    multiplier=100,
    initial_margin="0.02",
)
LISTING = Listing(
    currencies=[Currency(name="USD", unit="0.01"), Currency(name="BTC", unit="1e-8")],
    instruments=[COINS, OIL, PERPETUAL],
)
ACCOUNTS = (1, 2)


@pytest.fixture
def venue() -> Any:
    """A venue with two accounts, of 10,000 dollars and 10 bitcoin each; drained and checked."""
    venue = Engine(accounts=True)
    venue.add_listing(LISTING)
    for account in ACCOUNTS:
        venue.set_account(account)
        venue.deposit(account, "USD", 10_000)
        venue.deposit(account, "BTC", 10)
    yield venue
    venue.check_invariants()
    venue.mass_cancel()
    venue.check_invariants()
    for account in ACCOUNTS:
        for name in ("USD", "BTC"):
            assert balance(venue, account, name).held == 0
    assert len(venue) == 0


def balance(venue: Engine, account: int, currency: str) -> AccountBalance:
    found = venue.balance(account, currency)
    assert found is not None
    return found


def position(venue: Engine, symbol: str, account: int) -> AccountPosition:
    found = venue.account_position(symbol, account=account)
    assert found is not None
    return found


def trade(venue: Engine, symbol: str, price: Any, quantity: Any, buyer: int, seller: int) -> Any:
    """Let the seller make and the buyer take; return the report of the buyer."""
    order = {"price": price, "quantity": quantity}
    venue.submit(symbol, side="sell", account=seller, **order)
    return venue.submit(symbol, side="buy", account=buyer, **order)


# -- worked by hand


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_a_spot_trade_moves_both_currencies_and_pays_the_house(venue: Engine, side: str) -> None:
    taker, maker = ACCOUNTS
    other = "sell" if side == "buy" else "buy"
    venue.submit("BTC-USD", side=other, price="401.5", quantity="1.5", account=maker)
    report = venue.submit("BTC-USD", side=side, price="401.5", quantity="1.5", account=taker)
    sign = 1 if side == "buy" else -1
    # 1.5 x 401.5 = 602.25; the taker pays 0.60225, cut to 0.60, the maker has 0.060225, cut too.
    assert venue.fee_of(report) == D("0.60")
    assert balance(venue, taker, "USD").balance == 10_000 - sign * D("602.25") - D("0.60")
    assert balance(venue, maker, "USD").balance == 10_000 + sign * D("602.25") + D("0.06")
    assert balance(venue, taker, "BTC").balance == 10 + sign * D("1.5")
    assert balance(venue, maker, "BTC").balance == 10 - sign * D("1.5")
    assert venue.house("USD") == D("0.54")
    assert venue.house("BTC") == 0
    assert venue.deposits("USD") == 20_000


def test_an_order_holds_what_it_could_spend(venue: Engine) -> None:
    venue.submit("BTC-USD", side="buy", price=400, quantity=2, account=1)
    venue.submit("BTC-USD", side="sell", price=500, quantity="0.3", account=1)
    # 800 and a fee of 0.1 %; the base is held by itself.
    assert balance(venue, 1, "USD") == (
        *(D(10_000), D("800.80"), D(0), D(0), D(0), D(0), D(0)),
        *(D(10_000), D(10_000), D("9199.20"), D("9199.20")),
    )
    assert balance(venue, 1, "BTC").available == D("9.7")


def test_a_linear_position_is_worth_its_entries_and_is_paid_when_it_closes(venue: Engine) -> None:
    trade(venue, "OIL", "71.00", 1, buyer=1, seller=2)
    report = trade(venue, "OIL", "72.50", 2, buyer=1, seller=2)
    # 10 barrels a lot: 710 and 1,450. Fees, up to the cent: 0.355 and 0.725 of the taker.
    assert venue.fee_of(report) == D("0.73")
    long, short = (position(venue, "OIL", account) for account in (1, 2))
    assert (long.quantity, short.quantity) == (3, -3)
    assert long.entry_value == short.entry_value == 2160
    assert long.entry_price == short.entry_price == 72
    assert (long.fees, short.fees) == (D("0.36") + D("0.73"), D("0.15") + D("0.29"))
    assert long.margin == D(2160) / 20
    assert long.initial_margin == D("0.05")
    venue.set_price("OIL", "mark", "70.00")
    assert position(venue, "OIL", 1).unrealized == -60
    assert position(venue, "OIL", 2).unrealized == 60
    funds = balance(venue, 1, "USD")
    assert funds.equity == funds.balance - 60 == D("9938.91")
    assert funds.free == funds.available == funds.equity - 108
    winner = balance(venue, 2, "USD")
    assert (winner.free - winner.available, winner.unrealized) == (60, 60)
    trade(venue, "OIL", "70.00", 3, buyer=2, seller=1)
    assert position(venue, "OIL", 1)[:4] == (0, 0, None, -60)
    assert position(venue, "OIL", 2).realized == 60
    assert position(venue, "OIL", 1).margin == 0


def test_an_inverse_position_is_paid_in_its_base(venue: Engine) -> None:
    trade(venue, "BTC-PERP", 50_000, 5, buyer=1, seller=2)
    long = position(venue, "BTC-PERP", 1)
    # 500 dollars are 0.01 bitcoin at 50,000, and 0.02 of that are asked for.
    assert long.entry_value == D("0.01")
    assert long.entry_price == 50_000
    assert long.margin == D("0.0002")
    trade(venue, "BTC-PERP", 40_000, 5, buyer=2, seller=1)
    assert position(venue, "BTC-PERP", 1).realized == D("-0.0025")
    assert balance(venue, 1, "BTC").balance == D("9.9975")
    assert balance(venue, 2, "BTC").balance == D("10.0025")


def test_an_average_price_without_an_end_has_30_places(venue: Engine) -> None:
    trade(venue, "OIL", "71.00", 1, buyer=1, seller=2)
    trade(venue, "OIL", "71.05", 2, buyer=1, seller=2)
    with localcontext(prec=5, traps=[Inexact, InvalidOperation]):
        found = position(venue, "OIL", 1)
    assert found.entry_price == D("71.033333333333333333333333333333")
    assert str(found.entry_value) == "2131.00"


def test_a_value_that_was_rounded_to_nothing_has_no_price() -> None:
    assert entry_price(PERPETUAL, D(-5), D(0)) is None
    assert entry_price(OIL, D(5), D(0)) == 0


def test_amounts_that_move_between_accounts(venue: Engine) -> None:
    assert venue.transfer(1, 2, "USD", "0.01").exec_type == ExecType.DONE
    assert venue.withdraw(2, "USD", 10_000).last_quantity == 1_000_000
    assert balance(venue, 1, "USD").balance == D("9999.99")
    assert str(balance(venue, 2, "USD").balance) == "0.01"


def test_a_leverage_is_the_accounts_own(venue: Engine) -> None:
    venue.set_leverage("OIL", account=2, leverage=3)
    trade(venue, "OIL", 70, 3, buyer=1, seller=2)
    assert position(venue, "OIL", 1).margin == D("105")
    assert position(venue, "OIL", 2).margin == D("700.01")  # 2,100 x 0.333333334, up to the cent
    assert position(venue, "OIL", 2).initial_margin == D("0.333333334")


def test_an_account_is_what_it_was_set_to(venue: Engine) -> None:
    assert venue.accounts() == [1, 2]
    venue.set_account(2**32 - 1, group=2**32 - 1, tier=255, suspended=True, no_withdrawals=True)
    flags = AccountFlag.SUSPENDED | AccountFlag.NO_WITHDRAWALS
    assert venue.account(2**32 - 1) == (2**32 - 1, 255, flags)
    venue.set_account(2**32 - 1)
    assert venue.account(2**32 - 1) == (0, 0, 0)
    assert venue.accounts() == [1, 2, 2**32 - 1]


def test_what_is_not_there_is_none(venue: Engine) -> None:
    assert venue.account(3) is None
    assert venue.balance(3, "USD") is None
    assert venue.account_position("OIL", account=3) is None
    assert venue.account_position("BTC-USD", account=1) is None
    assert position(venue, "OIL", 1)[:3] == (0, 0, None)


# -- fees of reports


def test_the_fee_of_a_report_is_that_of_all_trades_of_its_order(venue: Engine) -> None:
    for price in ("70.00", "70.50", "71.00"):
        venue.submit("OIL", side="sell", price=price, quantity=1, account=2)
    stop = {"order_type": "stop", "trigger_price": "70.50", "quantity": 1, "order_id": 50}
    venue.submit("OIL", side="buy", account=2, **stop)
    report = venue.submit("OIL", side="buy", price="70.50", quantity=2, account=1)
    # 0.35 and 0.3525, each up; the stop that it set off traded too, and is another's.
    assert len(report.trades) == 3
    assert venue.fee_of(report) == D("0.35") + D("0.36")
    assert position(venue, "OIL", 1).fees == D("0.71")


def test_a_report_without_trades_has_no_fee(venue: Engine) -> None:
    bare = Engine(accounts=True)
    reports = [
        venue.submit("OIL", side="buy", price=70, quantity=1, account=1),
        venue.submit("OIL", side="buy", price=70, quantity=1, account=3),
        venue.deposit(1, "BTC", 1),
        venue.set_phase("OIL", "halt"),
        bare.cancel(5),
        bare.set_account(1),
    ]
    assert [venue.fee_of(report) for report in reports[:4]] == [0] * 4
    assert [bare.fee_of(report) for report in reports[4:]] == [0] * 2


def test_there_are_no_fees_without_accounts() -> None:
    venue = Engine()
    with pytest.raises(EngineError, match="report was of a venue that keeps no accounts"):
        venue.fee_of(venue.cancel(1))


# -- what the core is told


@pytest.mark.parametrize(
    ("instrument", "contract"),
    [
        (
            COINS,
            {
                "kind": ContractKind.SPOT,
                "base": 1,
                "settle": 0,
                "lot_units": 10**7,
                "value_factor": 1,
                "maker_rate": -100_000,
                "taker_rate": 1_000_000,
            },
        ),
        (
            OIL,
            {
                "kind": ContractKind.LINEAR,
                "settle": 0,
                "value_factor": 50,
                "maker_rate": 200_000,
                "taker_rate": 500_000,
                "initial_rate": 50_000_000,
                "maintenance_rate": 25_000_000,
                "fee_rounding": Rounding.UP,
            },
        ),
        (
            Instrument.from_dict(
                OIL.to_dict()
                | {
                    "open_loss": True,
                    "min_notional": "0.07",
                    "max_notional": 100_000,
                    "fee_tiers": [FeeTier(volume=0, maker="0.0001", taker="0.0003")],
                    "margin_tiers": [
                        MarginTier(floor="0.30", max_leverage=3, maintenance_rate="0.03"),
                        MarginTier(floor=9, initial_rate="0.5", maintenance_rate="0.03"),
                    ],
                }
            ),
            {
                "kind": ContractKind.LINEAR,
                "settle": 0,
                "value_factor": 50,
                "maker_rate": 200_000,
                "taker_rate": 500_000,
                "fee_tiers": {1: (100_000, 300_000)},
                "initial_rate": 50_000_000,
                "maintenance_rate": 25_000_000,
                "margin_tiers": [(30, 333_333_334, 30_000_000), (900, 500_000_000, 30_000_000)],
                "open_loss": 1,
                "min_value": 7,
                "max_value": 10_000_000,
                "fee_rounding": Rounding.UP,
            },
        ),
        (
            PERPETUAL,
            {
                "kind": ContractKind.INVERSE,
                "settle": 1,
                "value_factor": 2 * 10**10,
                "initial_rate": 20_000_000,
            },
        ),
    ],
    ids=lambda part: part.symbol if isinstance(part, Instrument) else "",
)
def test_an_instrument_comes_to_a_contract_in_whole_numbers(
    instrument: Instrument, contract: dict[str, Any]
) -> None:
    friendly = Engine(accounts=True)
    friendly.add_listing(Listing(currencies=LISTING.currencies, instruments=[instrument]))
    plain = Core(accounts=True)
    for _ in LISTING.currencies:
        plain.add_currency()
    plain.add_instrument(**instrument.terms(), contract=contract)
    commands = np.zeros(8, COMMAND_DTYPE)
    commands["account"] = [1, 2, 1, 2, 1, 2, 1, 2]
    commands["kind"][:2], commands["kind"][2:6] = engine.SET_ACCOUNT, engine.DEPOSIT
    commands["instrument"][4:6] = 1
    commands["quantity"][2:6] = 10**12
    commands["kind"][6:], commands["side"][6:] = engine.SUBMIT, [engine.BUY, engine.SELL]
    commands["price"][6:], commands["quantity"][6:] = 1_003, 77
    reports = friendly.match(commands)
    assert reports.tobytes() == plain.match(commands).tobytes()
    assert reports["liquidity"].any()
    assert friendly.state_hash() == plain.state_hash()
    for account in ACCOUNTS:
        for number, currency in enumerate(LISTING.currencies):
            told, found = plain.balance(account, number), friendly.balance(account, currency.name)
            assert told is not None
            assert found is not None
            assert tuple(amount / currency.unit for amount in found[: len(told)]) == told


def drawn_calls(seed: int, count: int) -> Iterator[tuple[str, dict[str, Any], dict[str, int]]]:
    """Yield calls of accounts in decimals, and the command that each must come to."""
    draw = Random(f"friendly {seed}")
    for _ in range(count):
        account, other = draw.choice([1, 2, 3]), draw.choice([1, 2, 3])
        number, lots = draw.randrange(3), draw.randint(1, 9)
        instrument = LISTING.instruments[number]
        of = {"symbol": instrument.symbol, "account": account}
        to = {"account": account, "instrument": number}
        verb = draw.choice(["submit"] * 5 + ["deposit", "withdraw", "transfer", "leverage", "mark"])
        if verb == "submit":
            ticks, side = draw.randint(95, 105), draw.choice([engine.BUY, engine.SELL])
            order = {"side": side, "price": ticks, "quantity": lots}
            shown = {
                "side": side.name.lower(),
                "price": instrument.to_price(ticks),
                "quantity": instrument.to_quantity(lots),
            }
            yield "submit", of | shown, to | order | {"kind": engine.SUBMIT}
        elif verb == "mark":
            ticks = draw.randint(90, 110)
            mark = {"price": ticks, "trigger_source": engine.TriggerSource.MARK}
            told = {"source": "mark", "price": str(instrument.to_price(ticks))}
            yield (
                "set_price",
                {"symbol": of["symbol"]} | told,
                mark
                | {
                    "kind": engine.SET_PRICE,
                    "instrument": number,
                },
            )
        elif verb == "leverage":
            leverage = draw.randint(90, 5_500)
            told = {"leverage": D(leverage) / 100}
            yield (
                "set_leverage",
                of | told,
                to | {"kind": engine.SET_LEVERAGE, "quantity": leverage},
            )
        else:
            currency = LISTING.currencies[number % 2]
            units = draw.randint(1, 30_000) * (1 if number % 2 == 0 else 10**6)
            told = {"currency": currency.name, "amount": currency.to_amount(units)}
            into = {"to": other} if verb == "transfer" else {}
            moved = {"kind": engine.CommandKind[verb.upper()], "instrument": number % 2}
            moved |= {"account": account, "quantity": units, "linked_order_id": into.get("to", 0)}
            yield verb, {"account": account} | told | into, moved


@pytest.mark.parametrize("seed", range(12))
def test_drawn_calls_come_to_their_commands_and_money_is_conserved(seed: int) -> None:
    venue, plain = Engine(accounts=True), Engine(accounts=True)
    for each in (venue, plain):
        each.add_listing(LISTING)
        for account in (1, 2, 3):
            each.set_account(account)
    for verb, said, told in drawn_calls(seed, 300):
        command = np.zeros(1, COMMAND_DTYPE)
        for name, value in told.items():
            command[name] = value
        report = getattr(venue, verb)(**said)
        assert report.reports.tobytes() == plain.match(command).tobytes()
    assert venue.trade_count > 0
    assert venue.state_hash() == plain.state_hash()
    venue.check_invariants()
    # Per currency: balances, and what the house has, less what positions came for.
    for currency in LISTING.currencies:
        total = venue.house(currency.name)
        for account in (1, 2, 3):
            total += balance(venue, account, currency.name).balance
            for instrument in LISTING.instruments:
                found = venue.account_position(instrument.symbol, account=account)
                if found is not None and instrument.settle == currency.name and found.quantity:
                    sign = 1 if found.quantity > 0 else -1
                    sign *= -1 if instrument.kind == ContractKind.LINEAR else 1
                    total += sign * found.entry_value
        assert total == venue.deposits(currency.name)


COARSE: list[tuple[Instrument, dict[str, Any], str]] = [
    (
        COINS,
        {"USD": "0.1", "BTC": "0.1"},
        "the smallest unit of USD is 0.1, one lot at one tick is worth 0.01:"
        " choose a unit of 0.01 or finer",
    ),
    (
        COINS,
        {"USD": "0.01", "BTC": 1},
        "the smallest unit of BTC is 1, one lot is 0.1: choose a unit of 0.1 or finer",
    ),
    (
        Instrument.from_dict(OIL.to_dict() | {"min_notional": "0.125", "max_notional": "1e30"}),
        {"USD": "0.01"},
        "the smallest unit of USD is 0.01, min_notional is 0.125: choose a unit of 0.001 or finer;"
        " the smallest unit of USD is 0.01, max_notional is 100000000000000000000000000000000"
        f" units, more than {2**63 - 1}: choose a coarser unit",
    ),
    (
        OIL,
        {"USD": "0.3"},
        "the smallest unit of USD is 0.3, one lot at one tick is worth 0.5:"
        " choose a unit of 0.1 or finer",
    ),
    (
        OIL,
        {"USD": "1e-20"},
        f"the smallest unit of USD is 0.00000000000000000001, one lot at one tick is worth"
        f" {5 * 10**19} units, more than {2**63 - 1}: choose a coarser unit",
    ),
    (
        Instrument(
            symbol="BTC-PERP",
            tick_size="0.3",
            lot_size=1,
            kind="inverse",
            base="BTC",
            initial_margin=1,
        ),
        {"BTC": "1e-8"},
        "the smallest unit of BTC is 0.00000001, one lot at one tick is worth 10/3,"
        " which no unit divides: choose other sizes",
    ),
    (
        COINS,
        {"usd": "0.01", "ETH": 1},
        "quote was 'USD', not one of 2 currencies added: nearest is 'usd';"
        " base was 'BTC', not one of 2 currencies added",
    ),
    (PERPETUAL, {}, "base was 'BTC', not one of 0 currencies added"),
    (
        Instrument(symbol="GOLD", tick_size=1, lot_size=1),
        {"USD": 1},
        "kind was None, must be 'spot', 'linear' or 'inverse' in a venue with accounts",
    ),
]


@pytest.mark.parametrize(
    ("instrument", "units", "message"), COARSE, ids=lambda part: str(part)[:60]
)
def test_lots_that_are_no_whole_units_are_refused(
    instrument: Instrument, units: dict[str, Any], message: str
) -> None:
    venue = Engine(accounts=True)
    for name, unit in units.items():
        venue.add_currency(name, unit=unit)
    before = venue.state_hash()
    with localcontext(prec=3), pytest.raises(GridError) as caught:
        venue.add_instrument(instrument)
    assert str(caught.value) == f"instrument {instrument.symbol!r}: {message}"
    assert venue.state_hash() == before
    assert venue.instruments == ()


def test_without_accounts_a_contract_describes_and_no_more() -> None:
    plain = Engine()
    plain.add_listing(LISTING)
    assert plain.instruments == LISTING.instruments
    assert plain.currencies == ()
    assert trade(plain, "OIL", 70, 1, buyer=1, seller=2).filled_quantity == 1
    assert plain.accounts() == []
    assert plain.account_position("OIL", account=1) is None


# -- currencies


def test_an_amount_is_a_whole_number_of_units() -> None:
    ether = Currency(name="ETH", unit="1e-18")
    assert ether.to_units("1.5") == 15 * 10**17
    with localcontext(prec=3, traps=[Inexact, InvalidOperation]):
        assert ether.to_amount(2**127 - 1) == D(2**127 - 1).scaleb(-18, Context(prec=60))
        assert str(Currency(name="USD", unit="0.010").to_amount(-5)) == "-0.05"
    assert Currency(name="JPY", unit=100).to_amount(3) == 300


def test_currencies_are_asked_for_by_name(venue: Engine) -> None:
    assert [currency.name for currency in venue.currencies] == ["USD", "BTC"]
    assert venue.currency("BTC").unit == D("1e-8")
    assert venue.add_currency("ETH", unit="1e-18") == 2


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "", "unit": 1}, "currency '': name was '', must be a str of 1 to 64"),
        ({"name": 5, "unit": 1}, "currency 5: name was 5, must be a str of 1 to 64"),
        ({"name": "USD", "unit": "-1"}, "currency 'USD': unit was '-1', must be above 0"),
        (
            {"name": " ", "unit": "1e-31"},
            "currency ' ': name was ' ', must be a str of 1 to 64 printable characters without a"
            " blank at either end; unit was '1e-31', must be below 1e30",
        ),
    ],
    ids=str,
)
def test_a_currency_that_is_none_is_told(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(GridError) as caught:
        Currency(**fields)
    assert str(caught.value).startswith(message)


# -- misuse raises, rejects are reports

MISUSE: list[tuple[Callable[[Engine], Any], type[Exception], str]] = [
    (
        lambda venue: venue.add_currency("USD", unit=1),
        EngineError,
        "name was 'USD', already that of currency 0",
    ),
    (
        lambda venue: venue.add_instrument(OIL),
        EngineError,
        "symbol was 'OIL', already that of instrument 1",
    ),
    (
        lambda venue: venue.add_listing(OIL),
        TypeError,
        "listing was Instrument(symbol='OIL', ",
    ),
    (
        lambda venue: venue.deposit(1, "usd", 1),
        UnknownCurrencyError,
        "currency was 'usd', not one of 2 added: nearest is 'USD'",
    ),
    (lambda venue: venue.house(0), UnknownCurrencyError, "currency was 0, not one of 2 added"),
    (
        lambda venue: venue.balance(1, ["USD"]),
        UnknownCurrencyError,
        "currency was ['USD'], not one of 2 added",
    ),
    (
        lambda venue: venue.withdraw(1, "USD", "0.005"),
        GridError,
        "USD: amount was '0.005', not on the grid of 0.01: nearest are 0.00 and 0.01",
    ),
    (
        lambda venue: venue.transfer(1, 2, "BTC", 1e11),
        GridError,
        "BTC: amount was 100000000000.0, outside -92233720368.54775808 to 92233720368.54775807",
    ),
    (lambda venue: venue.deposit(1, "USD", None), GridError, "USD: amount was None, of NoneType"),
    (
        lambda venue: venue.set_leverage("OIL", account=1, leverage="1.005"),
        GridError,
        "OIL: leverage was '1.005', not on the grid of 0.01: nearest are 1.00 and 1.01",
    ),
    (
        lambda venue: venue.set_leverage("GAS", account=1, leverage=2),
        UnknownSymbolError,
        "symbol was 'GAS', not one of 3 added",
    ),
    (
        lambda venue: venue.account_position("GAS", account=1),
        UnknownSymbolError,
        "symbol was 'GAS', not one of 3 added",
    ),
    (lambda venue: venue.balance(-1, "USD"), OverflowError, "account was -1, outside 0 to"),
]


@pytest.mark.parametrize(
    ("misuse", "error", "message"), MISUSE, ids=[message[:50] for _, _, message in MISUSE]
)
def test_misuse_raises_and_changes_nothing(
    venue: Engine, misuse: Callable[[Engine], Any], error: type[Exception], message: str
) -> None:
    before = (venue.state_hash(), venue.report_count, venue.time)
    with pytest.raises(error) as caught:
        misuse(venue)
    assert str(caught.value).startswith(message)
    assert (venue.state_hash(), venue.report_count, venue.time) == before


def test_accounts_are_kept_or_not() -> None:
    with pytest.raises(TypeError, match=r"^accounts was 1, of int, not a bool$"):
        Engine(accounts=1)  # type: ignore[arg-type]
    with pytest.raises(EngineError) as caught:
        Engine().add_currency("USD", unit=1)
    assert str(caught.value) == (
        "currency was 'USD', for a venue that keeps no accounts: Engine(accounts=True) does"
    )


REJECTED: list[tuple[Callable[[Engine], Any], RejectReason]] = [
    (lambda venue: venue.deposit(9, "USD", 1), RejectReason.UNKNOWN_ACCOUNT),
    (lambda venue: venue.withdraw(9, "USD", 1), RejectReason.UNKNOWN_ACCOUNT),
    (lambda venue: venue.transfer(1, 9, "USD", 1), RejectReason.UNKNOWN_ACCOUNT),
    (
        lambda venue: venue.set_leverage("OIL", account=9, leverage=2),
        RejectReason.UNKNOWN_ACCOUNT,
    ),
    (
        lambda venue: venue.submit("OIL", side="buy", price=70, quantity=1),
        RejectReason.UNKNOWN_ACCOUNT,
    ),
    (lambda venue: venue.deposit(1, "USD", 0), RejectReason.AMOUNT_OUT_OF_RANGE),
    (lambda venue: venue.withdraw(1, "USD", "-0.01"), RejectReason.AMOUNT_OUT_OF_RANGE),
    (
        lambda venue: venue.deposit(1, "USD", "92233720368547758.07"),
        RejectReason.AMOUNT_OUT_OF_RANGE,
    ),
    (lambda venue: venue.set_account(1, tier=-1), RejectReason.AMOUNT_OUT_OF_RANGE),
    (lambda venue: venue.withdraw(1, "USD", "10000.01"), RejectReason.INSUFFICIENT_FUNDS),
    (lambda venue: venue.transfer(1, 2, "BTC", "10.1"), RejectReason.INSUFFICIENT_FUNDS),
    (
        lambda venue: venue.submit("BTC-USD", side="sell", price=1, quantity="10.1", account=1),
        RejectReason.INSUFFICIENT_FUNDS,
    ),
    (
        lambda venue: venue.set_leverage("OIL", account=1, leverage="20.01"),
        RejectReason.LEVERAGE_OUT_OF_RANGE,
    ),
    (
        lambda venue: venue.set_leverage("OIL", account=1, leverage="0.99"),
        RejectReason.LEVERAGE_OUT_OF_RANGE,
    ),
    (
        lambda venue: venue.set_leverage("BTC-USD", account=1, leverage=1),
        RejectReason.LEVERAGE_OUT_OF_RANGE,
    ),
    (
        lambda venue: venue.set_position("OIL", account=1, quantity=1),
        RejectReason.NOT_WITH_ACCOUNTS,
    ),
]


@pytest.mark.parametrize(("ask", "reason"), REJECTED)
def test_what_is_not_granted_is_a_report(
    venue: Engine, ask: Callable[[Engine], Any], reason: RejectReason
) -> None:
    before = venue.state_hash()
    report = ask(venue)
    assert (report.exec_type, report.reject_reason) == (ExecType.REJECTED, reason)
    assert venue.state_hash() == before


def test_permissions_are_asked_for(venue: Engine) -> None:
    order = {"side": "buy", "price": 70, "quantity": 1, "account": 1}
    for permission in ("suspended", "close_only"):
        venue.set_account(1, **{permission: True})  # type: ignore[arg-type]
        report = venue.submit("OIL", **order)
        assert report.reject_reason == RejectReason.NOT_PERMITTED
    venue.set_account(1, no_withdrawals=True)
    assert venue.withdraw(1, "USD", 1).reject_reason == RejectReason.NOT_PERMITTED
    assert venue.submit("OIL", **order).reject_reason == RejectReason.NONE


def test_an_order_is_its_accounts(venue: Engine) -> None:
    venue.submit("OIL", side="buy", price=70, quantity=1, order_id=5, account=1)
    assert venue.cancel(5, account=2).reject_reason == RejectReason.NOT_THE_OWNER
    assert venue.cancel(5, account=1).exec_type == ExecType.CANCELED


def test_in_a_venue_without_accounts_every_account_is_unknown() -> None:
    venue = Engine()
    venue.add_instrument(OIL)
    assert venue.set_account(1).reject_reason == RejectReason.UNKNOWN_ACCOUNT
    report = venue.set_leverage("OIL", account=1, leverage=2)
    assert report.reject_reason == RejectReason.UNKNOWN_ACCOUNT
    with pytest.raises(UnknownCurrencyError, match="currency was 'USD', for a venue that keeps no"):
        venue.deposit(1, "USD", 1)


def test_the_clock_stamps_commands_of_accounts() -> None:
    venue = Engine(accounts=True, clock=iter(range(50, 60)).__next__)
    venue.add_currency("USD", unit=1)
    venue.add_instrument(
        Instrument(symbol="X", tick_size=1, lot_size=1, kind="linear", quote="USD", max_leverage=2)
    )
    reports = [
        venue.set_account(1),
        venue.deposit(1, "USD", 1),
        venue.set_leverage("X", account=1, leverage=1, timestamp=70),
    ]
    assert [report.timestamp for report in reports] == [50, 51, 70]


def test_what_an_account_has_open_is_found_without_a_look_at_every_symbol(venue: Engine) -> None:
    assert (venue.open_positions(1), venue.open_positions(3)) == ([], [])
    assert venue.open_interest() == (0, 0)
    trade(venue, "BTC-PERP", 50_000, 5, buyer=1, seller=2)
    trade(venue, "OIL", 70, 3, buyer=2, seller=1)
    trade(venue, "BTC-USD", 400, 1, buyer=1, seller=2)  # spot makes none
    assert venue.open_positions(1) == [
        (symbol, position(venue, symbol, 1)) for symbol in ("OIL", "BTC-PERP")
    ]
    assert [its.quantity for _, its in venue.open_positions(2)] == [3, -5]
    assert [venue.open_interest(symbol) for symbol in ("BTC-USD", "OIL", "BTC-PERP", None)] == [
        (0, 0),
        (2, 3),
        (2, 5),
        (4, 8),
    ]
    trade(venue, "OIL", 70, 3, buyer=1, seller=2)
    assert [symbol for symbol, _ in venue.open_positions(1)] == ["BTC-PERP"]
    with pytest.raises(UnknownSymbolError):
        venue.open_interest("GAS")


def test_two_positions_of_an_account_are_both_open(venue: Engine) -> None:
    venue.set_position_mode("OIL", "hedge", account=1)
    trade(venue, "OIL", 70, 3, buyer=1, seller=2)
    trade(venue, "OIL", 70, 2, buyer=2, seller=1)
    assert [(symbol, its.quantity) for symbol, its in venue.open_positions(1)] == [
        ("OIL", 3),
        ("OIL", -2),
    ]
    assert venue.open_interest("OIL") == (3, 3)
