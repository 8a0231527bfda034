"""Types of the compiled core, checked against it by stubtest."""

from collections.abc import Callable, Mapping
from typing import Final, NoReturn, final

from engine._book import OrderBook
from engine._schema import (
    Allocation,
    AuctionPrices,
    AuctionRule,
    BandAction,
    ReduceOnlyRule,
    ReplacePriority,
    TriggerOrder,
    Visibility,
)
from engine.records import (
    Account,
    Balance,
    Order,
    OrderDetail,
    Position,
    QueuePosition,
    RecordArray,
)

LOWEST: Final[int]
HIGHEST: Final[int]
MAX_ORDERS: Final[int]
MAX_CASCADE: Final[int]

@final
class Core:
    def __new__(
        cls, *, max_orders: int = ..., max_cascade: int = ..., accounts: bool = False
    ) -> Core: ...
    def add_instrument(
        self,
        *,
        min_price: int = ...,
        max_price: int = ...,
        min_quantity: int = 1,
        max_quantity: int = ...,
        replace_priority: ReplacePriority | int = ReplacePriority.KEEP_ON_DECREASE,
        trigger_order: TriggerOrder | int = TriggerOrder.BY_PRICE_REACHED,
        auction_rule: AuctionRule | int = AuctionRule.CLOSEST,
        auction_prices: AuctionPrices | int = AuctionPrices.EVERY_TICK,
        allocation: Allocation | int = Allocation.PRICE_TIME,
        pro_rata_minimum: int = 0,
        top_order_minimum: int = 0,
        top_order_maximum: int = 0,
        static_band: int = 0,
        dynamic_band: int = 0,
        band_action: BandAction | int = BandAction.REJECT,
        reduce_only_rule: ReduceOnlyRule | int = ReduceOnlyRule.SHRINK,
        visibility: Visibility | int = Visibility.LIT,
        contract: Mapping[str, int] | None = None,
    ) -> int: ...
    def add_currency(self) -> int: ...
    def accounts(self) -> list[int]: ...
    def account(self, number: int) -> Account | None: ...
    def balance(self, account: int, currency: int) -> Balance | None: ...
    def account_position(self, account: int, instrument: int) -> Position | None: ...
    def house(self, currency: int) -> int: ...
    def deposits(self, currency: int) -> int: ...
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
    def detail(self, order_id: int) -> OrderDetail | None: ...
    def queue_position(self, order_id: int) -> QueuePosition | None: ...
    def state_hash(self) -> str: ...
    def check_invariants(self) -> None: ...
    @property
    def instrument_count(self) -> int: ...
    @property
    def time(self) -> int: ...
    @property
    def next_order_id(self) -> int: ...
    @property
    def report_count(self) -> int: ...
    @property
    def trade_count(self) -> int: ...
    @property
    def memory_bytes(self) -> int: ...
    def __len__(self) -> int: ...
    def __contains__(self, order_id: object, /) -> bool: ...
    def __reduce__(self) -> NoReturn: ...

def plant(name: str) -> None: ...
def set_book_maker(maker: Callable[[Core, int], OrderBook]) -> None: ...
