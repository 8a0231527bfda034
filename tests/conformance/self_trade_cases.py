"""What answers the cases of self-trade prevention: orders that meet, and what became of them.

A mode has its venue's name here; statuses and prevented quantities are Binance's words. A transfer
takes off both orders what a decrement does; what it moves besides is between accounts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from conformance.cases import Form, Library, Question
from conformance.matching_cases import AT_MARKET, HERE, SIDES, Steps, given, is_true
from conformance.scenarios import number

from engine import ExecType, OrderType, ReportFlag, SelfTradeMode, Side

MODES: Final = {
    "NONE": SelfTradeMode.NONE,
    "EXPIRE_TAKER": SelfTradeMode.CANCEL_NEWEST,
    "EXPIRE_MAKER": SelfTradeMode.CANCEL_OLDEST,
    "EXPIRE_BOTH": SelfTradeMode.CANCEL_BOTH,
    "DECREMENT": SelfTradeMode.DECREMENT_AND_CANCEL,
    "TRANSFER": SelfTradeMode.DECREMENT_AND_CANCEL,
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
OWNER: Final = 1  # an account
MAKER_FIELDS: Final = frozenset({"id", "price", "qty", "mode", "account"})
TAKER_FIELDS: Final = frozenset({"side", "price", "qty", "account"})


# Orders of one owner.


def prevented(question: Question, library: Library) -> dict[str, Any]:
    """Let an order meet others of its owner; say what was traded, and what became of each.

    All are of one account but where a case says whose they are. Whatever of an order neither
    traded, nor is open, nor ended for want of others was prevented.
    """
    inputs = question.inputs
    taker = {"id": "taker", "mode": inputs["mode"], **inputs["taker"]}
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


# Two orders, and which mode decides.


def effective_mode(question: Question, library: Library) -> str:
    """Let an order meet a larger one of its owner; tell by what is left which mode took effect."""
    inputs = question.inputs
    book = library.make_book()
    modes = [MODES[inputs[party]] for party in ("maker", "taker")]
    book.submit(Side.BUY, HERE, 3, order_id=1, account=OWNER, self_trade_mode=modes[0])
    report = book.submit(Side.SELL, HERE, 2, order_id=2, account=OWNER, self_trade_mode=modes[1])
    if len(report.trades):
        return "NONE"
    orders = [book.order(order_id) for order_id in (1, 2)]
    left = tuple(0 if order is None else order.leaves_quantity for order in orders)
    return {
        (3, 0): "EXPIRE_TAKER",
        (0, 2): "EXPIRE_MAKER",
        (0, 0): "EXPIRE_BOTH",
        (1, 0): "DECREMENT",
    }[left]


def reason_of_modes(question: Question) -> str | None:
    """Say why two modes can't be asked about: a transfer differs from a decrement in accounts."""
    is_transfer = question.inputs["taker"] == question.inputs["maker"] == "TRANSFER"
    return "needs transfers between accounts" if is_transfer else None


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
            frozenset({"makers", "taker", "mode"}),
            choices={"mode": MODES},
            reason=reason_of_orders,
        ),
        Form(
            effective_mode,
            frozenset({"taker", "maker"}),
            choices={"taker": MODES, "maker": MODES},
            reason=reason_of_modes,
        ),
        Form(
            group_decides,
            frozenset({"maker_group", "taker_group", "same_uid", "taker_smp"}),
            frozenset({"maker_smp"}),
            choices={"taker_smp": BYBIT_MODES, "maker_smp": BYBIT_MODES},
        ),
    ],
}
