"""Two engines under the same commands: the first thing in which they differ.

The tests and the test of the tests (`planted.py`) use the same `find_difference`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

import numpy as np
from streams import Stream

from engine import (
    ORDER_DTYPE,
    REPORT_DTYPE,
    TRADE_DTYPE,
    CommandKind,
    Limit,
    RateKind,
    RateLimit,
    Side,
)

TAKEN_BY_ALL = ("order_id", "account", "command_id", "timestamp")
TAKEN_BY = {
    CommandKind.SUBMIT: (
        *TAKEN_BY_ALL,
        *("side", "price", "quantity", "order_type", "time_in_force", "flags", "client_order_id"),
        *("trigger_price", "trigger_source", "display_quantity", "minimum_quantity", "expiry"),
        *("offset", "bound", "linked_order_id", "self_trade_mode", "self_trade_group"),
    ),
    CommandKind.CANCEL: TAKEN_BY_ALL,
    CommandKind.REPLACE: (*TAKEN_BY_ALL, "price", "quantity", "trigger_price"),
    CommandKind.REDUCE: (*TAKEN_BY_ALL, "quantity"),
}
"""The arguments of the verb of each kind that names an order."""

REPORT_FIELDS = tuple(name for name in REPORT_DTYPE.names if not name.startswith("reserved"))


class Pace(NamedTuple):
    """How often a comparison looks, which costs a walk over the orders, and sizes of batches."""

    queues_every: int
    """Commands from one comparison of the queues they touch to the next."""
    questions_every: int
    """Commands from one comparison of everything that can be asked to the next."""
    batch_max: tuple[int, ...]
    """The largest batch, drawn anew for each; everything is asked after each."""


NARROW = Pace(queues_every=1, questions_every=8, batch_max=(1, 2, 64))
WIDE = Pace(queues_every=3000, questions_every=9000, batch_max=(1, 4096, 9000))


class Difference(NamedTuple):
    """Where two engines part."""

    place: int
    """Index of the command after which they differ; of the last one of a batch."""
    what: str
    """The path, and the report, queue or question."""
    tested: str
    specified: str

    def __str__(self) -> str:
        return f"command {self.place}, {self.what}: {self.tested}, specified {self.specified}"


class DisagreementError(Exception):
    """Leaves a comparison at the first difference: what, and both answers."""


class Answer(NamedTuple):
    """What one command gave, on the path of its verb."""

    reports: np.ndarray
    trades: np.ndarray
    last: list[int]
    """The fields of the report that the verb returned."""


def find_difference(
    stream: Stream,
    make_tested: Callable[..., Any],
    make_specified: Callable[..., Any],
    pace: Pace = NARROW,
) -> Difference | None:
    """Return the first difference of two implementations on a stream, None when they agree.

    `make_tested` and `make_specified` make an empty `Core` of either implementation. What the
    tested one raises is a difference; what the specification raises is raised.
    """
    for path in (Comparison.one_by_one, Comparison.in_batches, Comparison.trades_only):
        cores = map(stream.new_core, (make_tested, make_specified))
        comparison = Comparison(*cores, stream, pace)
        try:
            path(comparison)
        except DisagreementError as disagreement:
            what, tested, specified = disagreement.args
            return Difference(comparison.place, f"{path.__name__}, {what}", tested, specified)
    return None


class Comparison:
    """Two fresh engines in the setting of a stream, and the command they have come to."""

    def __init__(self, tested: Any, specified: Any, stream: Stream, pace: Pace = NARROW) -> None:
        self.tested = tested
        self.specified = specified
        self.pace = pace
        self.commands = stream.commands
        self.instruments = range(len(stream.instruments))
        self.currencies = stream.currencies
        self.place = 0

    def one_by_one(self) -> None:
        """Compare the calls of one command each, and the queues it touched after every one."""
        for place, command in enumerate(self.commands):
            self.place = place
            self.compare(carry_out, command)
            if place % self.pace.queues_every == 0 and command["instrument"] in self.instruments:
                self.compare(queues, int(command["instrument"]))
            if place % self.pace.questions_every == 0:
                self.compare_questions()
        self.compare_questions()

    def in_batches(self) -> None:
        """Compare batches of different sizes, some of them written into a buffer handed in."""
        random = Random(len(self.commands))
        for commands in self._batches(random):
            wanted = self.specified.match(commands)
            room = len(wanted) + random.randint(0, 3)
            out = np.zeros(room, wanted.dtype) if random.random() < 0.5 else None
            require_same("reports", ask(_match, self.tested, commands, "all", out), wanted)
            if out is not None:
                require_same("buffer", out[: len(wanted)], wanted)
            self.compare_questions()

    def trades_only(self) -> None:
        """Compare batches that mostly return trades only, and so the numbers of what they skip."""
        random = Random(len(self.commands))
        for commands in self._batches(random):
            detail = random.choice(("trades", "trades", "all"))
            wanted = self.specified.match(commands, detail=detail)
            require_same(detail, ask(_match, self.tested, commands, detail, None), wanted)
        self.compare_questions()

    def _batches(self, random: Random) -> Iterator[np.ndarray]:
        start = 0
        while start < len(self.commands):
            stop = start + random.randint(1, random.choice(self.pace.batch_max))
            self.place = min(stop, len(self.commands)) - 1
            yield self.commands[start:stop]
            start = stop

    def compare_questions(self) -> None:
        """Compare everything that can be asked, and let both check themselves."""
        self.compare(_whole_engine)
        if self.currencies:
            self.compare(accounts, self.currencies)
        for number in self.instruments:
            for question in (queues, market, _levels, _orders_by_id):
                self.compare(question, number)

    def compare(self, question: Callable[..., Any], *arguments: Any) -> None:
        """Compare an answer, which is a tuple, part by part."""
        answers = [ask(question, core, *arguments) for core in (self.tested, self.specified)]
        require_same("parts", *map(len, answers))
        for number, parts in enumerate(zip(*answers, strict=True)):
            require_same(f"{question.__name__.strip('_')}, part {number}", *parts)


def carry_out(core: Any, command: np.void) -> Answer:
    """Carry out one command through the verb of its kind, or else through `match`."""
    report = call(core, command)
    if report is None:
        reports = core.match(command.reshape(1))
        last = [int(reports[-1][name]) for name in REPORT_FIELDS]
        return Answer(reports, np.zeros(0, TRADE_DTYPE), last)
    last = [int(getattr(report, name)) for name in REPORT_FIELDS]
    return Answer(report.reports, report.trades, last)


def call(core: Any, command: np.void) -> Any:
    """Carry out one command through the verb of its kind, and return the verb's report.

    None, and nothing is done, when no verb can express the command, because it names no order or an
    instrument that does not exist, or sets a field that its kind does not take.
    """
    kind = CommandKind(int(command["kind"]))
    taken = {name: int(command[name]) for name in TAKEN_BY.get(kind, ())}
    others = set(command.dtype.names) - set(taken) - {"kind", "side", "instrument"}
    number = int(command["instrument"])
    is_odd = kind not in TAKEN_BY or any(command[name] for name in others)
    if number >= core.instrument_count or is_odd:
        return None
    return getattr(core.book(number), kind.name.lower())(**taken)


def _match(core: Any, commands: np.ndarray, detail: str, out: np.ndarray | None) -> np.ndarray:
    return core.match(commands, detail=detail, out=out)


def _whole_engine(core: Any) -> tuple[Any, ...]:
    core.check_invariants()
    return (*state(core), core.counters())


def state(core: Any) -> tuple[Any, ...]:
    return core.state_hash(), core.time, core.report_count, core.trade_count, len(core)


def queues(core: Any, number: int) -> tuple[np.ndarray, ...]:
    """Ask for every order: bids, asks, what waits, and what they are beyond that."""
    book = core.book(number)
    return (*(book.orders(side) for side in Side), book.waiting(), book.details())


def market(core: Any, number: int) -> tuple[Any, ...]:
    book = core.book(number)
    counts = [len(book), book.order_count(), *(book.order_count(side) for side in Side)]
    auction = (book.phase, book.indicative(), book.price_band())
    tops = [book.top_order(side) for side in Side]
    positions = [book.position(account) for account in (*range(5), 2**32 - 1)]
    prices = (book.best_bid(), book.best_ask())
    return positions, counts, prices, tops, book.last_trade(), auction, book.counters()


def accounts(core: Any, currencies: int) -> tuple[Any, ...]:
    """Ask for all that accounts have, the house too, and for what there is not."""
    numbers = core.accounts()
    answers: list[Any] = [numbers, core.account(2**32 - 1), core.balance(2**32 - 1, 0)]
    for number in numbers:
        answers.append(core.account(number))
        answers += [core.balance(number, currency) for currency in range(currencies + 1)]
        answers += [
            (
                core.account_position(number, instrument, side),
                core.liquidation_price(number, instrument, side),
            )
            for instrument in range(core.instrument_count + 1)
            for side in Side
        ]
        answers += [core.open_positions(number), *_limits(core, number, currencies)]
    answers += [core.exposure(2**32 - 1, 0), core.open_orders(2**32 - 1)]
    answers += [
        (core.house(currency), core.deposits(currency), core.rounding(currency))
        for currency in range(currencies)
    ]
    answers += [core.funding(number) for number in range(core.instrument_count + 1)]
    answers += [core.open_interest(number) for number in range(core.instrument_count + 1)]
    answers += [core.open_interest(), core.open_positions(2**32 - 1)]
    return tuple(answers)


def _limits(core: Any, account: int, currencies: int) -> list[Any]:
    """Ask for the limits that hold for an account, and for what they look at."""
    places = range(max(core.instrument_count, currencies) + 1)
    return [
        core.open_orders(account),
        [core.limit(account, limit, place) for limit in Limit for place in places],
        [core.exposure(account, currency) for currency in range(currencies + 1)],
        [core.is_enabled(account, number) for number in range(core.instrument_count + 1)],
        [core.rate(account, kind) for kind in RateKind],
        [core.rate_limit(core.account(account).tier, limit) for limit in RateLimit],
    ]


def _levels(core: Any, number: int) -> tuple[np.ndarray, ...]:
    """Ask for no levels, some and all, and for the queue at each price."""
    book = core.book(number)
    depths = [levels for count in (0, 2, 100) for levels in book.depth(count)]
    queues = [
        book.orders(side, int(level["price"]))
        for side, levels in zip(Side, book.depth(100), strict=True)
        for level in levels
    ]
    return (*depths, *queues)


def _orders_by_id(core: Any, number: int) -> tuple[Any, ...]:
    """Ask for each order that rests, and for one that does not, by its id."""
    book = core.book(number)
    answers: list[Any] = [book.order(0), book.queue_position(0), 2**64 - 1 in book]
    for orders in (*(book.orders(side) for side in Side), book.waiting()):
        for order_id in map(int, orders["order_id"]):
            order = core.order(order_id)
            answers.append([int(getattr(order, name)) for name in ORDER_DTYPE.names])
            answers.append(order == book.order(order_id))
            answers.append((book.detail(order_id), core.detail(order_id)))
            answers.append((book.queue_position(order_id), core.queue_position(order_id)))
            answers.append((order_id in core, order_id in book, core.instrument_of(order_id)))
    return tuple(answers)


def ask(question: Callable[..., Any], core: Any, *arguments: Any) -> Any:
    """Return the answer; an exception is a disagreement, unless the specification raised it."""
    try:
        return question(core, *arguments)
    except Exception as error:
        if type(core).__module__.startswith("engine.reference"):
            raise
        raise DisagreementError(question.__name__.strip("_"), repr(error), "no error") from error


def require_same(what: str, tested: Any, specified: Any) -> None:
    if not isinstance(specified, np.ndarray):
        if tested != specified:
            raise DisagreementError(what, str(tested), str(specified))
        return
    if tested.dtype != specified.dtype or len(tested) != len(specified):
        raise DisagreementError(what, _shown(tested), _shown(specified))
    if tested.tobytes() != specified.tobytes():
        raise DisagreementError(what, *_unequal_fields(tested, specified))


def _shown(array: np.ndarray) -> str:
    return f"{len(array)} records {array.tolist()}"


def _unequal_fields(tested: np.ndarray, specified: np.ndarray) -> Iterator[str]:
    """Yield the first record that differs, in the fields that differ, for each of the two."""
    index = int(np.flatnonzero(tested != specified)[0])
    names = [
        name for name in specified.dtype.names if tested[index][name] != specified[index][name]
    ]
    for array in (tested, specified):
        fields = ", ".join(f"{name} {array[index][name]}" for name in names)
        yield f"record {index}: {fields}"
