"""The readable specification: what the compiled core must do, in plain Python.

It keeps each side of a book as a `SortedDict` of price to queue, imports nothing compiled (so it
cannot inherit a bug), and answers the same calls with the same bytes as `engine.OrderBook` and the
compiled core. Read it in this order:

1. `validation`: why a command is refused, as one table in order of precedence.
2. `side` and `book`: what stands where, and which fills an incoming order would get.
3. `machine`: what each command changes.
4. `reports`: what is said about it.
5. `accounts`, `formulas` and `funds`: what is owned, what trades pay, what an order needs.
6. `order_book` and `core`: the calls a user makes, for one instrument and for many.

`auction` and `allocation` stand on their own: they are `engine.auctions` in plain Python. So do
`rate_limits`, which is `engine.RateLimiter`, and `settlement`, which is `engine.settlement`.
`ratios` and `units` are the formulas of `engine.calc`, in fractions and in whole units.

Examples
--------
>>> from engine.reference import BUY, SELL, OrderBook
>>> book = OrderBook()
>>> book.submit(SELL, price=101, quantity=5).order_id
1
>>> report = book.submit(BUY, price=102, quantity=7)
>>> report.exec_type.name, report.last_price, report.leaves_quantity
('TRADE', 101, 2)
>>> book.submit(BUY, price=102, quantity=0).reject_reason.name
'QUANTITY_TOO_SMALL'
"""

from .._schema import BUY, SELL
from ..records import Order
from .allocation import allocate, by_time, pro_rata
from .auction import auction_fills, uncross_price
from .core import Core
from .order_book import OrderBook
from .rate_limits import RateLimiter
from .reports import ExecutionReport
from .settlement import net_trades, settle

__all__ = [
    "BUY",
    "SELL",
    "Core",
    "ExecutionReport",
    "Order",
    "OrderBook",
    "RateLimiter",
    "allocate",
    "auction_fills",
    "by_time",
    "net_trades",
    "pro_rata",
    "settle",
    "uncross_price",
]
