"""What answers the cases of matching: public calls of the library, in ticks and lots.

The words of the inputs (`qty`, `minq`, `otype`) are the cases', not the engine's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from conformance.cases import Form, Library, Question
from conformance.scenarios import Number, coarsest_step, number, steps_of, whole

from engine import (
    ExecType,
    OrderFlag,
    OrderState,
    OrderType,
    ReduceOnlyRule,
    RejectReason,
    Side,
    TimeInForce,
    TriggerSource,
)
from engine.auctions import AuctionPrices, AuctionRule, TopOrder

SIDES: Final = {
    spelled: side
    for word, side in (("buy", Side.BUY), ("sell", Side.SELL))
    for spelled in (word, word.title(), word.upper())
}
NONE: Final = frozenset({None, "none", ""})
AT_MARKET: Final = frozenset({"M", "MTL"})
TO_LIMIT: Final = "MTL"
TIMES: Final = {word: TimeInForce[word] for word in ("GTC", "IOC", "FOK", "DAY")}
POST_ONLY: Final = {
    **dict.fromkeys((False, "false", "none"), OrderFlag(0)),
    **dict.fromkeys((True, "true", "reject"), OrderFlag.POST_ONLY),
    "slide": OrderFlag.POST_ONLY | OrderFlag.SLIDE,
}
IS_CANCELED: Final = ("bybit", "coinbase")
"""Venues whose word for a post-only order that would take is canceled, not rejected."""
AUCTION_RULES: Final = {
    "asx_bnb": AuctionRule.CLOSEST,
    "maxvol": AuctionRule.CLOSEST,
    "euronext": AuctionRule.REVERSAL,
    "max_volume_mid": AuctionRule.MIDPOINT,
}
TRAILING: Final = frozenset({"STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"})
REDUCE_ONLY_RULES: Final = {
    **dict.fromkeys(
        ("binance-usdm", "binance-coinm", "bitmex", "bitmex-inverse", "bitmex-linear"),
        ReduceOnlyRule.SHRINK,
    ),
    "dydx-v4": ReduceOnlyRule.IMMEDIATE,
    "paradex": ReduceOnlyRule.CANCEL,
}
"""What becomes of reduce-only orders that are more than the position, by venue."""
REDUCER: Final = 7  # an account
MILLION: Final = 1_000_000
MILLIONTHS_A_BASIS_POINT: Final = 100
HERE: Final = 100  # a price for orders whose price does not matter


def given(inputs: dict[str, Any], key: str) -> Any:
    """Return an input, None where it is absent or says that there is none."""
    value = inputs.get(key)
    return None if isinstance(value, str) and value in NONE else value


class Steps:
    """The steps that some numbers are multiples of: ticks or lots."""

    def __init__(self, values: Iterable[Any], size: Number | None = None) -> None:
        self.size = coarsest_step([number(value) for value in values]) if size is None else size

    def count(self, value: Any) -> int:
        """Return how many steps a number is."""
        steps = steps_of(number(value), self.size)
        assert steps is not None, f"{value} lies between two steps of {self.size}"
        return steps

    def value(self, count: int) -> Number:
        """Return the number of so many steps."""
        return count * self.size


# Auctions.


def auction_price(question: Question, library: Library) -> Number | None:
    """Find the price of an auction; with a grid every tick may be it, else only limits."""
    inputs = question.inputs
    rows = {side: inputs[side] for side in ("buys", "sells")}
    reference = given(inputs, "ref")
    reference = None if reference is None or number(reference) == 0 else reference
    limits = [price for row in rows.values() for price, _ in row if price not in AT_MARKET]
    prices = [*limits, *inputs.get("grid", ()), *([] if reference is None else [reference])]
    lots = Steps(quantity for row in rows.values() for _, quantity in row)
    ticks = Steps(prices, tick_of(inputs, prices))
    bids, asks = (
        [
            (None if price in AT_MARKET else ticks.count(price), lots.count(quantity))
            for price, quantity in row
        ]
        for row in rows.values()
    )
    found = library.functions.uncross_price(
        bids,
        asks,
        reference=None if reference is None else ticks.count(reference),
        rule=AUCTION_RULES[inputs["rule"]],
        prices=AuctionPrices.EVERY_TICK if "grid" in inputs else AuctionPrices.LIMITS,
        upper=millionths(inputs, "upper"),
        lower=millionths(inputs, "lower"),
    )
    return None if found is None else ticks.value(found.price)


def tick_of(inputs: dict[str, Any], prices: list[Any]) -> Number | None:
    """Return the tick that is stated, or the step of the grid where every price is on it."""
    tick = given(inputs, "tick")
    if tick is not None:
        return number(tick)
    grid = sorted(number(price) for price in inputs.get("grid", ()))
    step = min((above - below for below, above in pairwise(grid)), default=None)
    is_of_all = step and all(steps_of(number(price), step) is not None for price in prices)
    return step if is_of_all else None


def millionths(inputs: dict[str, Any], key: str) -> int | None:
    """Return a share in millionths, None where there is none."""
    share = given(inputs, key)
    return None if share is None else steps_of(number(share), Decimal(1) / MILLION)


def reason_of_shares(question: Question) -> str | None:
    """Say why limits of market pressure can't be told to the library."""
    inputs = question.inputs
    for key in ("upper", "lower"):
        share = millionths(inputs, key)
        if given(inputs, key) is not None and (share is None or not 0 <= share <= MILLION):
            return "needs a limit of market pressure that is no number of millionths"
    return None


def auction_fills(question: Question, library: Library) -> list[list[Any]]:
    """Let an auction trade at a price; name buyer, seller, quantity and price of each trade."""
    inputs = question.inputs
    rows = [
        sorted(inputs[side], key=lambda order: number(order.get("seq", 0)))
        for side in ("buys", "sells")
    ]
    orders = [order for row in rows for order in row]
    limits = [order["price"] for order in orders if order["price"] not in AT_MARKET]
    ticks = Steps([*limits, inputs["price"]])
    lots = Steps(order["qty"] for order in orders)
    bids, asks = (
        [
            (
                None if order["price"] in AT_MARKET else ticks.count(order["price"]),
                lots.count(order["qty"]),
            )
            for order in row
        ]
        for row in rows
    )
    return [
        [
            rows[0][fill.bid]["id"],
            rows[1][fill.ask]["id"],
            lots.value(fill.quantity),
            number(inputs["price"]),
        ]
        for fill in library.functions.auction_fills(bids, asks, ticks.count(inputs["price"]))
    ]


def reason_of_fills(question: Question) -> str | None:
    """Say why orders can't be told to an auction: one has a field that is not known."""
    orders = [order for side in ("buys", "sells") for order in question.inputs[side]]
    return reason_of_fields("auction_fills", orders, {"id", "price", "qty", "seq"})


def reason_of_fields(
    kind: str, orders: Iterable[dict[str, Any]], known: Collection[str]
) -> str | None:
    """Say which field of an order is not known."""
    unknown = {field for order in orders for field in order} - set(known)
    return f"kind {kind} with an order that has {min(unknown)} is not known" if unknown else None


# Allocation.


def whole_share(question: Question, library: Library) -> int:
    """Give an order a share that is no whole number: its size, of which there are enough others."""
    share = Fraction(number(question.inputs["share"]))
    quantity = share.numerator // share.denominator + 1
    others = share.denominator * quantity - share.numerator
    return int(library.functions.pro_rata([share.numerator, others], quantity)[0])


def pro_rata_step(question: Question, library: Library) -> list[Number]:
    """Share a quantity pro rata, and leave what is left over."""
    inputs = question.inputs
    lots = Steps([*inputs["sizes"], inputs["qty"], inputs["min"]])
    sizes = [lots.count(size) for size in inputs["sizes"]]
    minimum = lots.count(inputs["min"])
    shares = library.functions.pro_rata(sizes, lots.count(inputs["qty"]), minimum=minimum)
    return [lots.value(share) for share in shares]


def allocation(question: Question, library: Library) -> list[Number]:
    """Share a quantity: the top order first, then pro rata, the rest by time."""
    inputs = question.inputs
    bounds = [given(inputs, key) for key in ("minq", "top_min", "top_max")]
    stated = [bound for bound in bounds if bound is not None]
    lots = Steps([*inputs["sizes"], inputs["qty"], *stated])
    minimum, least, most = (None if bound is None else lots.count(bound) for bound in bounds)
    top = given(inputs, "top")
    found = library.functions.allocate(
        [lots.count(size) for size in inputs["sizes"]],
        lots.count(inputs["qty"]),
        minimum=minimum or 0,
        top=None if top is None else TopOrder(whole(top), least or 0, most),
    )
    return [lots.value(share) for share in found]


# Orders on a book.


def order_semantics(question: Question, library: Library) -> dict[str, Any]:
    """Send an order to a book of resting ones; say what it traded and what became of the rest."""
    inputs = question.inputs
    side, limit, least = SIDES[inputs["side"]], given(inputs, "limit"), given(inputs, "minq")
    price = None if limit in AT_MARKET else limit
    ticks = Steps([level for level, _ in inputs["levels"]] + ([] if price is None else [price]))
    quantities = [quantity for _, quantity in inputs["levels"]] + [inputs["qty"]]
    lots = Steps(quantities + ([] if least is None else [least]))
    book = library.make_book()
    for level, quantity in inputs["levels"]:
        book.submit(Side(-side), ticks.count(level), lots.count(quantity))
    report = book.submit(
        side,
        0 if price is None else ticks.count(price),
        lots.count(inputs["qty"]),
        order_type=type_of(limit),
        time_in_force=time_of(inputs),
        flags=POST_ONLY[inputs.get("post_only", False)],
        minimum_quantity=0 if least is None else lots.count(least),
    )
    fills = [
        [ticks.value(int(trade["price"])), lots.value(int(trade["quantity"]))]
        for trade in report.trades
    ]
    order = book.order(report.order_id)
    remaining = number(inputs["qty"]) - sum(quantity for _, quantity in fills)
    ended = "CANCELED"
    if report.reject_reason == RejectReason.POST_ONLY_WOULD_TRADE and not question.venue.startswith(
        IS_CANCELED
    ):
        ended = "REJECTED"
    return {
        "fills": fills,
        "remaining": remaining,
        "rests_at": None if order is None else ticks.value(order.price),
        "status": "FILLED" if remaining == 0 else ended if order is None else "RESTING",
    }


def type_of(limit: Any) -> OrderType:
    """Return the type of an order with a limit, or a word or nothing in its place."""
    if limit == TO_LIMIT:
        return OrderType.MARKET_TO_LIMIT
    return OrderType.MARKET if limit is None or limit in AT_MARKET else OrderType.LIMIT


def time_of(inputs: dict[str, Any]) -> TimeInForce:
    """Return an order's time in force, which may be told by whether the rest rests."""
    if "tif" in inputs:
        return TIMES[inputs["tif"]]
    return TimeInForce.GTC if inputs.get("rest", "rest") == "rest" else TimeInForce.IOC


def reason_of_order(question: Question) -> str | None:
    """Say why an order can't be sent."""
    inputs = question.inputs
    there = sum(number(quantity) for _, quantity in inputs["levels"])
    is_all = there >= number(inputs["qty"])
    waits = time_of(inputs) not in {TimeInForce.IOC, TimeInForce.FOK}
    if type_of(given(inputs, "limit")) == OrderType.MARKET and waits and not is_all:
        return "needs market orders that rest"
    return None


def amended_queue(question: Question, library: Library) -> list[list[Any]]:
    """Amend one order of a queue; return the queue."""
    inputs = question.inputs
    lots = Steps([*(order["qty"] for order in inputs["queue"]), inputs["newqty"]])
    names = {place: order["id"] for place, order in enumerate(inputs["queue"], start=1)}
    book = library.make_book()
    for place, order in enumerate(inputs["queue"], start=1):
        book.submit(Side.BUY, HERE, lots.count(order["qty"]), order_id=place)
    amended = next(place for place, name in names.items() if name == inputs["id"])
    quantity = lots.count(inputs["newqty"])
    name = inputs.get("newid", inputs["id"])
    if inputs["mode"] == "keep":
        report = book.reduce(amended, book.order(amended).leaves_quantity - quantity)
        if report.exec_type != ExecType.REJECTED:
            names[amended] = name
    else:
        book.cancel(amended)
        names[len(names) + 1] = name
        book.submit(Side.BUY, HERE, quantity, order_id=len(names))
    return [
        [names[int(order["order_id"])], lots.value(int(order["leaves_quantity"]))]
        for order in book.orders(Side.BUY, HERE)
    ]


def amended_priority(question: Question, library: Library) -> str:
    """Amend an order before others; say whether it still stands before them.

    An order stays its account's: another account is another order. What changes nothing that the
    engine knows of an order is no command.
    """
    inputs = question.inputs
    difference = inputs.get("dq", 0)
    change = Steps([difference]).count(difference)
    price = HERE + 1 if is_true(inputs.get("price_changed")) else HERE
    quantity = abs(change) + 1
    book = library.make_book()
    book.submit(Side.BUY, HERE, quantity, order_id=1, account=1)
    for others in sorted({HERE, price}):
        book.submit(Side.BUY, others, 1, account=1)
    if is_true(inputs.get("account_changed")):
        book.cancel(1)
        book.submit(Side.BUY, price, quantity + change, order_id=1, account=2)
    elif change or price != HERE:
        book.replace(1, price, quantity + change)
    return "KEEP" if book.queue_position(1).orders_ahead == 0 else "LOSE"


CHANGES: Final = frozenset({"dq", "price_changed", "account_changed"})


def reason_of_queue(question: Question) -> str | None:
    """Say why a queue can't be amended: the order isn't in it, or one has a strange field."""
    inputs = question.inputs
    if all(order.get("id") != inputs["id"] for order in inputs["queue"]):
        return "kind amend of an order that is not in the queue is not known"
    return reason_of_fields("amend", inputs["queue"], {"id", "qty"})


def is_true(value: Any) -> bool:
    """Return a truth that may be written as text."""
    return value is True or str(value).lower() in {"true", "1"}


# Pegged orders.


def pegged_queue(question: Question, library: Library) -> list[list[Any]]:
    """Let orders come in by rank, those that are pegged without a price; return the queue."""
    orders = sorted(question.inputs["orders"], key=lambda order: number(order["rank"]))
    names = dict(enumerate((order["id"] for order in orders), start=1))
    prices = [order["price"] for order in orders if order["kind"] == "limit"]
    caps = [order["cap"] for order in orders if given(order, "cap") is not None]
    ticks, lots = Steps([*prices, *caps]), Steps(order["qty"] for order in orders)
    side = SIDES[min(sides_of(question), default="buy")]
    book = library.make_book()
    for order_id, order in enumerate(orders, start=1):
        is_peg, cap = order["kind"] == "peg", given(order, "cap")
        book.submit(
            side,
            0 if is_peg else ticks.count(order["price"]),
            lots.count(order["qty"]),
            order_id=order_id,
            order_type=OrderType.PEG_PRIMARY if is_peg else OrderType.LIMIT,
            flags=OrderFlag(0) if cap is None else OrderFlag.PROTECTED,
            bound=0 if cap is None else ticks.count(cap),
        )
    return [
        [
            names[int(order["order_id"])],
            ticks.value(int(order["price"])),
            lots.value(int(order["leaves_quantity"])),
        ]
        for order in book.orders(side)
    ]


def sides_of(question: Question) -> set[str]:
    """Return the sides that are told, of all orders or of each; buyers where none is."""
    inputs = question.inputs
    told = {order["side"] for order in inputs["orders"] if "side" in order}
    return told | ({inputs["side"]} if "side" in inputs else set())


PEG_FIELDS: Final = frozenset({"id", "kind", "price", "cap", "qty", "rank", "side"})


def reason_of_pegs(question: Question) -> str | None:
    """Say why orders can't be sent: of two sides, of an unknown kind, a limit with a cap."""
    sides = sides_of(question)
    if len(sides) > 1 or sides - SIDES.keys():
        return f"kind pegged with sides {', '.join(sorted(sides))} is not known"
    for order in question.inputs["orders"]:
        if order["kind"] not in {"limit", "peg"}:
            return f"kind pegged with an order of kind {order['kind']} is not known"
        if order["kind"] == "limit" and given(order, "cap") is not None:
            return "kind pegged with a limit order that has a cap is not known"
    return reason_of_fields("pegged", question.inputs["orders"], PEG_FIELDS)


# Trailing stops.


def trailing_stop(question: Question, library: Library) -> dict[str, Any]:
    """Let prices pass a trailing stop order; the first one is there when it is placed.

    A path is of prices with others between: one that passes the activation price has touched it.
    """
    inputs = question.inputs
    stop = given(inputs, "stop")
    ticks = Steps([*inputs["path"], *([] if stop is None else [stop])])
    first, *path = [ticks.count(price) for price in inputs["path"]]
    activation = None if stop is None else ticks.count(stop)
    side = SIDES[inputs["side"]]
    waits_for_rise = (side == Side.BUY) == inputs["otype"].startswith("STOP_LOSS")
    if activation is not None and (first >= activation if waits_for_rise else first <= activation):
        activation = None  # it is met already
    book = library.make_book()
    book.set_price(TriggerSource.LAST, first)
    order_id = book.submit(
        side,
        0,
        1,
        order_type=OrderType.TRAILING_STOP,
        flags=OrderFlag.TRAIL_RATE,
        offset=int(number(inputs["delta"]) * MILLIONTHS_A_BASIS_POINT),
        trigger_price=activation or 0,
    ).order_id
    detail = book.detail(order_id)
    for price in touched([first, *path], activation):
        report = book.set_price(TriggerSource.LAST, price)
        if ExecType.TRIGGERED in report.reports["exec_type"]:
            break
        detail = book.detail(order_id)
    is_triggered = order_id not in book
    is_tracking = detail.state == OrderState.UNTRIGGERED
    return {
        "triggered": is_triggered,
        "trigger_price": ticks.value(detail.trigger_price) if is_triggered else None,
        "extreme": ticks.value(detail.extreme_price) if is_tracking else None,
    }


def touched(path: Sequence[int], activation: int | None) -> list[int]:
    """Return the prices after the first, and between two of them the activation price."""
    found: list[int] = []
    for before, price in pairwise(path):
        if activation is not None and min(before, price) < activation < max(before, price):
            found.append(activation)
        found.append(price)
    return found


def reason_of_trailing(question: Question) -> str | None:
    """Say why a trailing stop can't be told: types and basis points are Binance's words."""
    if not question.venue.startswith("binance"):
        return f"kind trailing_stop of venue {question.venue} is not known"
    rate = number(question.inputs["delta"]) * MILLIONTHS_A_BASIS_POINT
    return None if rate == int(rate) else "needs a trailing rate that is no number of millionths"


# Reduce-only orders.


def reduced(question: Question, library: Library) -> Number | str:
    """Send an order against a position and more than enough to trade with; say what it traded."""
    inputs = question.inputs
    side = SIDES[inputs["side"]]
    lots = Steps([inputs["pos"], inputs["qty"]])
    quantity = lots.count(inputs["qty"])
    book = library.make_book(reduce_only_rule=REDUCE_ONLY_RULES[question.venue])
    book.set_position(REDUCER, lots.count(inputs["pos"]))
    book.submit(Side(-side), HERE, 2 * quantity)
    conditional: dict[str, Any] = {"order_type": OrderType.STOP, "trigger_price": HERE}
    is_conditional = is_true(inputs["conditional"])
    report = book.submit(
        side,
        0 if is_conditional else HERE,
        quantity,
        account=REDUCER,
        flags=OrderFlag.REDUCE_ONLY,
        time_in_force=TimeInForce.IOC,
        **(conditional if is_conditional else {}),
    )
    if report.exec_type == ExecType.REJECTED:
        return "REJECT"
    if is_conditional:
        report = book.set_price(TriggerSource.LAST, HERE)
    return lots.value(sum(report.trades["quantity"].tolist()))


def kept_reduce_only(question: Question, library: Library) -> list[list[Any]]:
    """Let orders rest that a position allows, then change it; say what is left of them."""
    inputs = question.inputs
    quantities = {order["id"]: order["qty"] for order in inputs["orders"]}
    lots = Steps([inputs["position"], *quantities.values()])
    position = lots.count(inputs["position"])
    is_short = position < 0
    most = sum(map(lots.count, quantities.values()))
    book = library.make_book(reduce_only_rule=REDUCE_ONLY_RULES[question.venue])
    book.set_position(REDUCER, -most if is_short else most)
    names = dict(enumerate(quantities, start=1))
    for order_id, name in names.items():
        quantity = lots.count(quantities[name])
        side, flags = Side.BUY if is_short else Side.SELL, OrderFlag.REDUCE_ONLY
        book.submit(side, HERE, quantity, order_id, REDUCER, flags=flags)
    book.set_position(REDUCER, position)
    orders = {order_id: book.order(order_id) for order_id in names}
    return [
        [name, lots.value(0 if (order := orders[order_id]) is None else order.leaves_quantity)]
        for order_id, name in names.items()
    ]


def reason_of_reduce_only(question: Question) -> str | None:
    """Say why reduce-only orders can't be asked about: each venue has a rule of its own."""
    if question.venue in REDUCE_ONLY_RULES:
        return None
    return f"kind reduce_only of venue {question.venue} is not known"


def reason_of_kept(question: Question) -> str | None:
    """Say why resting orders can't be asked about: they are of one side, that reduces."""
    inputs = question.inputs
    reducing = {"buy"} if number(inputs["position"]) < 0 else {"sell"}
    sides = {str(order.get("side", min(reducing))).lower() for order in inputs["orders"]}
    if sides - reducing and number(inputs["position"]):
        return "kind reduce_only with an order that increases the position is not known"
    unknown = reason_of_fields("reduce_only", inputs["orders"], {"id", "qty", "side"})
    return reason_of_reduce_only(question) or unknown


AUCTION_OPTIONS: Final = frozenset({"ref", "grid", "lower", "upper", "tick"})
FORMS: Final[dict[str, list[Form]]] = {
    "auction_price": [
        Form(
            auction_price,
            frozenset({"buys", "sells", "rule"}),
            AUCTION_OPTIONS,
            {"rule": AUCTION_RULES},
            reason_of_shares,
        )
    ],
    "auction_fills": [
        Form(auction_fills, frozenset({"buys", "sells", "price"}), reason=reason_of_fills)
    ],
    "allocation": [
        Form(whole_share, frozenset({"share"})),
        Form(pro_rata_step, frozenset({"sizes", "qty", "min"})),
        Form(
            allocation,
            frozenset({"sizes", "qty"}),
            frozenset({"minq", "top", "top_min", "top_max"}),
        ),
    ],
    "order_semantics": [
        Form(
            order_semantics,
            frozenset({"levels", "qty", "side"}),
            frozenset({"limit", "rest", "tif", "minq", "post_only"}),
            {"side": SIDES, "rest": {"rest", "cancel"}, "tif": TIMES, "post_only": POST_ONLY},
            reason_of_order,
        )
    ],
    "amend": [
        Form(
            amended_queue,
            frozenset({"queue", "id", "newqty", "mode"}),
            frozenset({"newid"}),
            choices={"mode": {"keep", "replace"}},
            reason=reason_of_queue,
        ),
        *(
            Form(amended_priority, frozenset({change}), CHANGES)
            for change in sorted(CHANGES)  # at least one of them
        ),
    ],
    "pegged": [
        Form(pegged_queue, frozenset({"orders"}), frozenset({"side"}), reason=reason_of_pegs)
    ],
    "trailing_stop": [
        Form(
            trailing_stop,
            frozenset({"side", "otype", "delta", "path"}),
            frozenset({"stop"}),
            {"side": SIDES, "otype": TRAILING},
            reason_of_trailing,
        )
    ],
    "reduce_only": [
        Form(
            reduced,
            frozenset({"pos", "side", "qty", "conditional"}),
            choices={"side": SIDES},
            reason=reason_of_reduce_only,
        ),
        Form(
            kept_reduce_only,
            frozenset({"position", "orders"}),
            frozenset({"venue"}),
            choices={"venue": REDUCE_ONLY_RULES},
            reason=reason_of_kept,
        ),
    ],
}
