# cython: language_level=3, binding=True, embedsignature=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""`ExecutionReport`, what the calls of the compiled core return."""

cimport cython
cimport numpy as cnp
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int8_t, uint8_t, uint16_t
from libc.string cimport memcpy

from engine._native cimport cTrade

import numpy as np

from engine import _schema

cnp.import_array()

cdef cnp.dtype REPORT = _schema.REPORT_DTYPE
cdef cnp.dtype TRADE = _schema.TRADE_DTYPE
cdef uint8_t MAKER = _schema.Liquidity.MAKER
cdef uint8_t TAKER = _schema.Liquidity.TAKER

# Members by value: a look-up costs a tenth of calling the enumeration.
cdef dict EXEC_TYPES = {int(member): member for member in _schema.ExecType}
cdef dict STATUSES = {int(member): member for member in _schema.OrderStatus}
cdef dict REASONS = {int(member): member for member in _schema.RejectReason}
cdef dict SIDES = {0: 0, **{int(member): member for member in _schema.Side}}
cdef dict KINDS = {int(member): member for member in _schema.CommandKind}
cdef dict LIQUIDITIES = {int(member): member for member in _schema.Liquidity}
cdef dict ORDER_TYPES = {int(member): member for member in _schema.OrderType}
cdef dict SELF_TRADE_MODES = {int(member): member for member in _schema.SelfTradeMode}
cdef dict TIMES_IN_FORCE = {int(member): member for member in _schema.TimeInForce}


cdef inline void write_trade(cTrade* trade, const cReport* maker, const cReport* taker) noexcept:
    """Write what `trades_of` says of two reports."""
    trade.trade_id = taker.trade_id
    trade.maker_order_id = maker.order_id
    trade.taker_order_id = taker.order_id
    trade.price = taker.last_price
    trade.quantity = taker.last_quantity
    trade.timestamp = taker.timestamp
    trade.instrument = taker.instrument
    trade.maker_account = maker.account
    trade.taker_account = taker.account
    memcpy(&trade.side, &taker.side, 1)


@cython.final
@cython.no_gc
@cython.freelist(256)
cdef class ExecutionReport:
    """What a command did to its own order: the last report that it made.

    Attributes are the fields of `REPORT_DTYPE`; prices in ticks, quantities in lots. `reports` has
    every report of the command and `trades` its trades, as arrays. A refused order is a report too,
    with `exec_type` REJECTED and a `reject_reason`.

    Examples
    --------
    >>> book = OrderBook()
    >>> report = book.submit(SELL, 101, 5)
    >>> report.order_status.name, report.leaves_quantity
    ('NEW', 5)
    >>> book.submit(BUY, 101, 2).trades["quantity"].tolist()
    [2]
    """

    __match_args__ = ("exec_type", "order_status", "order_id")

    def __init__(self):
        raise TypeError("ExecutionReport is made by submit, cancel, replace and reduce")

    @property
    def exec_type(self):
        """What happened, an `ExecType`."""
        return EXEC_TYPES[<uint8_t>self.record.exec_type]

    @property
    def order_status(self):
        """Where the order stands, an `OrderStatus`."""
        return STATUSES[<uint8_t>self.record.order_status]

    @property
    def reject_reason(self):
        """Why the command was refused, a `RejectReason`; NONE when it was not."""
        return REASONS[<uint16_t>self.record.reject_reason]

    @property
    def side(self):
        """The order's `Side`; 0 when the order is not known."""
        return SIDES[<int8_t>self.record.side]

    @property
    def kind(self):
        """The `CommandKind` of the command."""
        return KINDS[<uint8_t>self.record.kind]

    @property
    def liquidity(self):
        """TAKER when the last event was a fill, a `Liquidity`."""
        return LIQUIDITIES[<uint8_t>self.record.liquidity]

    @property
    def flags(self):
        """Facts about the event, bits of `ReportFlag`."""
        return _schema.ReportFlag(self.record.flags)

    @property
    def instrument(self):
        """The instrument's number."""
        return self.record.instrument

    @property
    def account(self):
        """The order's account."""
        return self.record.account

    @property
    def sequence_number(self):
        """The report's number in its engine, from 1."""
        return self.record.sequence_number

    @property
    def timestamp(self):
        """The engine's time, nanoseconds."""
        return self.record.timestamp

    @property
    def order_id(self):
        """The order's id, assigned or chosen."""
        return self.record.order_id

    @property
    def price(self):
        """The order's limit, ticks; 0 for a market order."""
        return self.record.price

    @property
    def leaves_quantity(self):
        """What is open, lots."""
        return self.record.leaves_quantity

    @property
    def filled_quantity(self):
        """What has traded over the order's life, lots."""
        return self.record.filled_quantity

    @property
    def last_quantity(self):
        """The last fill, or what was canceled, lots; the limit behind a refusal."""
        return self.record.last_quantity

    @property
    def last_price(self):
        """The price of the last fill, ticks; what was held against that limit."""
        return self.record.last_price

    @property
    def trade_id(self):
        """The last trade's number in its engine."""
        return self.record.trade_id

    @property
    def contra_order_id(self):
        """The other order of the last trade."""
        return self.record.contra_order_id

    @property
    def fee(self):
        """What the order's account pays for the last trade, smallest units; below 0 a rebate."""
        return self.record.fee

    @property
    def client_order_id(self):
        """The caller's name for the order."""
        return self.record.client_order_id

    @property
    def command_id(self):
        """The caller's number for the command."""
        return self.record.command_id

    @property
    def order_type(self):
        """The order's `OrderType`."""
        return ORDER_TYPES[<uint8_t>self.record.order_type]

    @property
    def time_in_force(self):
        """The order's `TimeInForce`."""
        return TIMES_IN_FORCE[<uint8_t>self.record.time_in_force]

    @property
    def self_trade_mode(self):
        """What the order does instead of a trade with itself, a `SelfTradeMode`."""
        return SELF_TRADE_MODES[<uint8_t>self.record.self_trade_mode]

    @property
    def order_flags(self):
        """The order's flags, bits of `OrderFlag`."""
        return _schema.OrderFlag(self.record.order_flags)

    @property
    def reports(self):
        """Every report of the command, an array of `REPORT_DTYPE`."""
        return np.frombuffer(self._bytes(), REPORT)

    @property
    def trades(self):
        """The trades of the command, an array of `TRADE_DTYPE`."""
        cdef const cReport* reports = &self.record
        cdef size_t count = 1
        if self.others is not None:
            reports = <const cReport*>PyBytes_AS_STRING(self.others)
            count = <size_t>PyBytes_GET_SIZE(self.others) // sizeof(cReport)
        cdef size_t place, trade_count = 0
        for place in range(count):
            trade_count += <uint8_t>reports[place].liquidity == TAKER
        cdef cnp.ndarray trades = np.zeros(trade_count, TRADE)
        cdef cTrade* trade = <cTrade*>cnp.PyArray_DATA(trades)
        cdef const cReport* maker = reports
        for place in range(count):
            if <uint8_t>reports[place].liquidity == MAKER:
                maker = reports + place  # the taker's report of the same trade follows
            elif <uint8_t>reports[place].liquidity == TAKER:
                write_trade(trade, maker, reports + place)
                trade += 1
        return trades

    def to_dict(self):
        """The fields by name, enumerations as members."""
        return {name: getattr(self, name) for name in REPORT.names if "reserved" not in name}

    cdef bytes _bytes(self):
        if self.others is not None:
            return self.others
        return PyBytes_FromStringAndSize(<char*>&self.record, sizeof(cReport))

    def __eq__(self, other):
        if not isinstance(other, ExecutionReport):
            return NotImplemented
        return self._bytes() == (<ExecutionReport>other)._bytes()

    def __hash__(self):
        return hash(self._bytes())

    def __reduce__(self):
        return _report_from_bytes, (self._bytes(),)

    def __repr__(self):
        if self.exec_type == _schema.ExecType.DONE:  # of no order, but it counts
            counts = f"last_quantity={self.last_quantity}, last_price={self.last_price}"
            return f"ExecutionReport(DONE, kind={self.kind.name}, {counts})"
        text = f"ExecutionReport({self.exec_type.name}, {self.order_status.name}"
        if self.reject_reason:
            text += f", reject_reason={self.reject_reason.name}"
        side = self.side.name if self.side else None
        return (
            f"{text}, order_id={self.order_id}, side={side}, price={self.price}, "
            f"leaves_quantity={self.leaves_quantity}, filled_quantity={self.filled_quantity})"
        )


def _report_from_bytes(bytes data not None):
    """Undo the pickling of an `ExecutionReport`."""
    cdef Py_ssize_t size = PyBytes_GET_SIZE(data)
    if size == 0 or size % sizeof(cReport) != 0:
        raise ValueError(f"data was {size} bytes, not a multiple of {sizeof(cReport)}")
    return make_report(<const cReport*>PyBytes_AS_STRING(data), size // sizeof(cReport), data)
