"""What answers the cases of self-trade prevention: orders that meet, and what became of them.

A mode has its venue's name here; statuses and prevented quantities are Binance's words.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from conformance.cases import Form, Library, Question
from conformance.matching_cases import AT_MARKET, HERE, SIDES, Steps, given, is_true
from conformance.scenarios import Number, number
from streams import command_array

from engine import (
    CommandKind,
    ContractKind,
    ExecType,
    OrderType,
    ReportFlag,
    SelfTradeMode,
    Side,
)

MODES: Final = {
    "NONE": SelfTradeMode.NONE,
    "EXPIRE_TAKER": SelfTradeMode.CANCEL_NEWEST,
    "EXPIRE_MAKER": SelfTradeMode.CANCEL_OLDEST,
    "EXPIRE_BOTH": SelfTradeMode.CANCEL_BOTH,
    "DECREMENT": SelfTradeMode.DECREMENT_AND_CANCEL,
    "TRANSFER": SelfTradeMode.TRANSFER,
    "dc": SelfTradeMode.DECREMENT_AND_CANCEL,
    "co": SelfTradeMode.CANCEL_OLDEST,
    "cn": SelfTradeMode.CANCEL_NEWEST,
    "cb": SelfTradeMode.CANCEL_BOTH,
    "CancelTaker": SelfTradeMode.CANCEL_NEWEST,
    "CancelMaker": SelfTradeMode.CANCEL_OLDEST,
    "CancelBoth": SelfTradeMode.CANCEL_BOTH,
}
"""Binance's words, then Coinbase's and Bybit's."""
BYBIT_MODES: Final = {
    **dict.fromkeys(("None", "none"), SelfTradeMode.NONE),
    **{word: MODES[word] for word in ("CancelTaker", "CancelMaker", "CancelBoth")},
}
DEFAULT_MODES: Final = {"coinbase": "dc"}
OWNER: Final = 1  # an account
GROUP: Final = 1
QUOTE, BASE = 0, 1  # currencies
START: Final = 20_000  # what Binance's page gives each account of both currencies
PARTIES: Final = ("maker", "taker")
MAKER_FIELDS: Final = frozenset({"id", "price", "qty", "mode", "account"})
TAKER_FIELDS: Final = frozenset({"side", "price", "qty", "account"})


# Orders of one owner.


def prevented(question: Question, library: Library) -> dict[str, Any]:
    """Let an order meet others of its owner; say what was traded, and what became of each.

    All are of one account but where a case says whose they are. Whatever of an order neither
    traded, nor is open, nor ended for want of others was prevented.
    """
    inputs = question.inputs
    mode = inputs.get("mode", DEFAULT_MODES.get(question.venue))
    taker = {"id": "taker", "mode": mode, **inputs["taker"]}
    orders = dict(enumerate([*inputs["makers"], taker], start=1))
    ticks = Steps(order["price"] for order in orders.values() if order["price"] not in AT_MARKET)
    lots = Steps(order["qty"] for order in orders.values())
    side = SIDES[taker["side"]]
    owners = list(dict.fromkeys(order.get("account") for order in orders.values()))
    book = library.make_book()
    found: dict[str, Any] = {}
    for order_id, order in orders.items():
        is_at_market = order["price"] in AT_MARKET
        report = book.submit(
            side if order is taker else Side(-side),
            0 if is_at_market else ticks.count(order["price"]),
            lots.count(order["qty"]),
            order_id=order_id,
            account=OWNER + owners.index(order.get("account")),
            order_type=OrderType.MARKET if is_at_market else OrderType.LIMIT,
            self_trade_mode=MODES[order.get("mode", "NONE")],
        )
    for order_id, order in orders.items():
        status, kept = fate(order_id, book, report.reports)
        quantity = number(order["qty"]) - lots.value(kept)
        found[order["id"]] = {"status": status, "prevented": quantity}
    trades = report.trades[["maker_order_id", "taker_order_id", "price", "quantity"]].tolist()
    return {
        "orders": found,
        "trades": [
            [orders[maker]["id"], orders[other]["id"], ticks.value(price), lots.value(quantity)]
            for maker, other, price, quantity in trades
        ],
    }


def fate(order_id: int, book: Any, reports: Any) -> tuple[str, int]:
    """Return what became of an order, and how many of its lots nothing prevented."""
    order = book.order(order_id)
    if order is not None:
        status = "PARTIALLY_FILLED" if order.filled_quantity else "NEW"
        return status, order.filled_quantity + order.leaves_quantity
    last = reports[reports["order_id"] == order_id][-1]
    filled = int(last["filled_quantity"])
    if last["exec_type"] == ExecType.TRADE:
        return "FILLED", filled
    if last["flags"] & ReportFlag.SELF_TRADE:
        return "EXPIRED_IN_MATCH", filled
    return "EXPIRED", filled + int(last["last_quantity"])


def reason_of_orders(question: Question) -> str | None:
    """Say why orders can't be sent: one has a field, or a mode, that is not known."""
    if "mode" not in question.inputs and question.venue not in DEFAULT_MODES:
        return f"kind self_trade_prevention of venue {question.venue} without a mode is not known"
    return next(strange(question.inputs), None)


def strange(inputs: dict[str, Any]) -> Iterator[str]:
    """Yield what is not known of each order."""
    known = [
        (inputs["taker"], TAKER_FIELDS),
        *((maker, MAKER_FIELDS) for maker in inputs["makers"]),
    ]
    for order, fields in known:
        for field in sorted(order.keys() - fields):
            yield f"kind self_trade_prevention with an order that has {field} is not known"
        if order.get("mode", "NONE") not in MODES:
            yield f"kind self_trade_prevention with mode {order['mode']} is not known"


# Two orders of one group, and which mode decides.


def two_accounts(library: Library, amounts: dict[int, int]) -> Any:
    """Return an engine of a spot instrument whose two accounts have so much of each currency.

    A lot is a unit of the base, and at a tick worth one of the quote.
    """
    core = library.make_core(accounts=True)
    assert [core.add_currency() for _ in amounts] == [QUOTE, BASE]
    core.add_instrument(
        min_price=0,
        contract={"kind": ContractKind.SPOT, "base": BASE, "settle": QUOTE, "lot_units": 1},
    )
    commands = [{"kind": CommandKind.SET_ACCOUNT, "account": account} for account in (1, 2)]
    for account in (1, 2):
        for currency, amount in amounts.items():
            fields = {"account": account, "instrument": currency, "quantity": amount}
            commands.append({"kind": CommandKind.DEPOSIT, **fields})
    core.match(command_array(*commands))
    return core


def effective_mode(question: Question, library: Library) -> str:
    """Let an order meet a larger one of its group; tell by what is left which mode took effect.

    And by what the accounts have. An order without a mode has no group: it is of the same account.
    """
    modes = [MODES[question.inputs[party]] for party in PARTIES]
    is_group = SelfTradeMode.NONE not in modes
    core = two_accounts(library, {BASE: START, QUOTE: START})
    book = core.book(0)
    terms = [
        {"order_id": place, "account": place if is_group else 1, "self_trade_mode": mode}
        | ({"self_trade_group": GROUP} if is_group else {})
        for place, mode in enumerate(modes, start=1)
    ]
    book.submit(Side.BUY, HERE, 3, **terms[0])
    report = book.submit(Side.SELL, HERE, 2, **terms[1])
    if len(report.trades):
        return "NONE"
    orders = [book.order(order_id) for order_id in (1, 2)]
    left = tuple(0 if order is None else order.leaves_quantity for order in orders)
    if left == (1, 0) and core.balance(1, BASE).balance != START:
        return "TRANSFER"
    return {
        (3, 0): "EXPIRE_TAKER",
        (0, 2): "EXPIRE_MAKER",
        (0, 0): "EXPIRE_BOTH",
        (1, 0): "DECREMENT",
    }[left]


def balances_after(question: Question, library: Library) -> list[Number]:
    """Let a bid of an account be met by an offer of another of its group; return what both have.

    That is of the bidder the base, and of the quote what is free and what is held; of the other
    the base and the quote.
    """
    inputs = question.inputs
    ticks = Steps([inputs["p"]])
    lots = Steps([inputs["q"], inputs["rest"]])
    units = Steps([], ticks.size * lots.size)  # of the quote: a lot at a tick
    core = two_accounts(library, {BASE: lots.count(START), QUOTE: units.count(START)})
    book = core.book(0)
    terms = {"self_trade_mode": SelfTradeMode.TRANSFER, "self_trade_group": GROUP}
    price = ticks.count(inputs["p"])
    book.submit(Side.BUY, price, lots.count(inputs["rest"]), account=1, **terms)
    book.submit(Side.SELL, price, lots.count(inputs["q"]), account=2, **terms)
    bidder, other = ([core.balance(account, each) for each in (QUOTE, BASE)] for account in (1, 2))
    return [
        lots.value(bidder[BASE].available),
        units.value(bidder[QUOTE].available),
        units.value(bidder[QUOTE].held),
        lots.value(other[BASE].available),
        units.value(other[QUOTE].available),
    ]


def group_decides(question: Question, library: Library) -> str:
    """Let two orders meet that are each of a group or of none; say whether they trade.

    A group of the venue says something only between two orders that have one, so it is told only
    then. A group goes with a mode, and that of a resting order says nothing.
    """
    inputs = question.inputs
    mode = BYBIT_MODES[inputs["taker_smp"]]
    groups = [given(inputs, key) for key in ("maker_group", "taker_group")]
    has_groups = None not in groups and mode != SelfTradeMode.NONE
    numbers = [1, 1 if groups[0] == groups[1] else 2] if has_groups else [0, 0]
    book = library.make_book()
    resting_mode = BYBIT_MODES[inputs.get("maker_smp", "CancelMaker")]
    if numbers[0] and resting_mode == SelfTradeMode.NONE:
        resting_mode = SelfTradeMode.CANCEL_OLDEST  # a group goes with a mode
    book.submit(
        Side.BUY, HERE, 1, account=OWNER, self_trade_mode=resting_mode, self_trade_group=numbers[0]
    )
    report = book.submit(
        Side.SELL,
        HERE,
        1,
        account=OWNER if is_true(inputs["same_uid"]) else OWNER + 1,
        self_trade_mode=mode,
        self_trade_group=numbers[1],
    )
    return "TRADE" if len(report.trades) else "PREVENT"


FORMS: Final[dict[str, list[Form]]] = {
    "self_trade_prevention": [
        Form(
            prevented,
            frozenset({"makers", "taker"}),
            frozenset({"mode"}),
            choices={"mode": MODES},
            reason=reason_of_orders,
        ),
        Form(
            effective_mode,
            frozenset({"taker", "maker"}),
            choices={"taker": MODES, "maker": MODES},
        ),
        Form(balances_after, frozenset({"p", "q", "rest"})),
        Form(
            group_decides,
            frozenset({"maker_group", "taker_group", "same_uid", "taker_smp"}),
            frozenset({"maker_smp"}),
            choices={"taker_smp": BYBIT_MODES, "maker_smp": BYBIT_MODES},
        ),
    ],
}
