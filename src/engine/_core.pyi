"""Types of the compiled core, checked against it by stubtest."""

from collections.abc import Mapping
from typing import Final, NoReturn, TypedDict, final

from engine._report import ExecutionReport
from engine._schema import (
    OrderFlag,
    OrderType,
    ReplacePriority,
    Side,
    TimeInForce,
)
from engine.records import Depth, Order, QueuePosition, RecordArray

LOWEST: Final[int]
HIGHEST: Final[int]
MAX_ORDERS: Final[int]

@final
class Core:
    def __new__(cls, *, max_orders: int = ...) -> Core: ...
    def add_instrument(
        self,
        *,
        min_price: int = ...,
        max_price: int = ...,
        min_quantity: int = 1,
        max_quantity: int = ...,
        replace_priority: ReplacePriority | int = ReplacePriority.KEEP_ON_DECREASE,
    ) -> int: ...
    def reserve(self, orders: int) -> None: ...
    def book(self, instrument: int) -> OrderBook: ...
    def match(
        self,
        commands: RecordArray,
        *,
        detail: str = "all",
        out: RecordArray | None = None,
    ) -> RecordArray: ...
    def instrument_of(self, order_id: int) -> int | None: ...
    def order(self, order_id: int) -> Order | None: ...
    def queue_position(self, order_id: int) -> QueuePosition | None: ...
    def state_hash(self) -> str: ...
    def check_invariants(self) -> None: ...
    @property
    def instrument_count(self) -> int: ...
    @property
    def time(self) -> int: ...
    @property
    def report_count(self) -> int: ...
    @property
    def trade_count(self) -> int: ...
    @property
    def memory_bytes(self) -> int: ...
    def __len__(self) -> int: ...
    def __contains__(self, order_id: object, /) -> bool: ...
    def __reduce__(self) -> NoReturn: ...

@final
class OrderBook:
    @property
    def core(self) -> Core: ...
    @property
    def instrument(self) -> int: ...
    def __new__(
        cls,
        *,
        min_price: int = ...,
        max_price: int = ...,
        min_quantity: int = 1,
        max_quantity: int = ...,
        replace_priority: ReplacePriority | int = ReplacePriority.KEEP_ON_DECREASE,
        max_orders: int = ...,
    ) -> OrderBook: ...
    def submit(
        self,
        side: Side | int,
        price: int,
        quantity: int,
        order_id: int = 0,
        account: int = 0,
        *,
        order_type: OrderType | int = 0,
        time_in_force: TimeInForce | int = 0,
        flags: OrderFlag | int = 0,
        client_order_id: int = 0,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport: ...
    def cancel(
        self, order_id: int, *, account: int = 0, command_id: int = 0, timestamp: int = 0
    ) -> ExecutionReport: ...
    def replace(
        self,
        order_id: int,
        price: int,
        quantity: int,
        *,
        account: int = 0,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport: ...
    def reduce(
        self,
        order_id: int,
        quantity: int,
        *,
        account: int = 0,
        command_id: int = 0,
        timestamp: int = 0,
    ) -> ExecutionReport: ...
    def match(
        self,
        commands: RecordArray,
        *,
        detail: str = "all",
        out: RecordArray | None = None,
    ) -> RecordArray: ...
    def best_bid(self) -> int | None: ...
    def best_ask(self) -> int | None: ...
    def depth(self, levels: int = 10) -> Depth: ...
    def orders(self, side: Side | int, price: int | None = None) -> RecordArray: ...
    def order(self, order_id: int) -> Order | None: ...
    def queue_position(self, order_id: int) -> QueuePosition | None: ...
    def order_count(self, side: Side | int | None = None) -> int: ...
    def last_trade(self) -> tuple[int, int] | None: ...
    def state_hash(self) -> str: ...
    def check_invariants(self) -> None: ...
    def __len__(self) -> int: ...
    def __contains__(self, order_id: object, /) -> bool: ...
    def __reduce__(self) -> NoReturn: ...
    def _repr_html_(self) -> str: ...

class _Schema(TypedDict):
    records: Mapping[str, list[tuple[str, int, int]]]
    sizes: Mapping[str, int]
    enums: Mapping[str, Mapping[str, int]]

def schema() -> _Schema: ...
def plant(name: str) -> None: ...
