# cython: language_level=3, binding=True, embedsignature=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""The compiled netting of `engine.settlement`."""

cimport cython
cimport numpy as cnp
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memcpy
from libcpp.vector cimport vector

from engine._arrays cimport check_array, new_array
from engine._native cimport raise_python, set_invariant_error
from engine._numbers cimport within

import numpy as np

from engine import _schema
from engine.errors import CommandError, InvariantError, SettlementError

cnp.import_array()

Py_INCREF(InvariantError)
set_invariant_error(<PyObject*>InvariantError)

cdef cnp.dtype TRADE = _schema.TRADE_DTYPE
cdef cnp.dtype TRANSFER = _schema.TRANSFER_DTYPE
cdef cnp.dtype FEE = np.dtype(np.int64)

cdef extern from "<span>" namespace "std" nogil:
    cdef cppclass Trades "std::span<const engine::Trade>":
        Trades(const cTrade* first, size_t count)
    cdef cppclass AllTerms "std::span<const engine::SettlementTerms>":
        AllTerms(const vector[cTerms]& terms)

cdef extern from "engine/accounts/settlement.hpp" namespace "engine" nogil:
    const uint32_t NO_CURRENCY
    ctypedef int SettlementFault "engine::SettlementFault"
    const SettlementFault NO_FAULT "engine::SettlementFault::NONE"
    const SettlementFault BAD_INSTRUMENT "engine::SettlementFault::INSTRUMENT"
    const SettlementFault BAD_SIDE "engine::SettlementFault::SIDE"
    const SettlementFault BAD_QUANTITY "engine::SettlementFault::QUANTITY"
    const SettlementFault BASE_OVERFLOW "engine::SettlementFault::BASE"
    const SettlementFault QUOTE_OVERFLOW "engine::SettlementFault::QUOTE"

    cdef cppclass cTrade "engine::Trade":
        pass

    cdef cppclass cTransfer "engine::Transfer":
        pass

    cdef cppclass cTerms "engine::SettlementTerms":
        cTerms()
        uint32_t base
        uint32_t quote
        uint32_t buyer_fee
        uint32_t seller_fee
        int64_t lot_units
        int64_t value_factor

    cdef cppclass TradeFees:
        TradeFees()
        const int64_t* maker
        const int64_t* taker
        uint32_t account

    cdef cppclass SettlementCheck:
        SettlementFault fault
        size_t index

    cdef cppclass cNetting "engine::Netting":
        SettlementCheck add(
            Trades trades, AllTerms terms, const TradeFees& fees
        ) except +raise_python
        void take_back(
            Trades trades, AllTerms terms, const TradeFees& fees
        ) except +raise_python
        vector[cTransfer] transfers() except +raise_python
        void clear() except +raise_python


cdef const int64_t* amounts_of(object fees, size_t count, str name) except? NULL:
    """Where the fees of so many trades begin; NULL where there are none."""
    if fees is None:
        return NULL
    check_array(fees, FEE, name, "int64")
    if <size_t>cnp.PyArray_SIZE(fees) != count:
        raise CommandError(f"{name} were {cnp.PyArray_SIZE(fees)}, for {count} trades")
    return <const int64_t*>cnp.PyArray_DATA(fees)


cdef TradeFees fees_of(object maker_fees, object taker_fees, object account, size_t count) except *:
    cdef TradeFees fees
    fees.maker = amounts_of(maker_fees, count, "maker_fees")
    fees.taker = amounts_of(taker_fees, count, "taker_fees")
    if account is None and (maker_fees is not None or taker_fees is not None):
        raise SettlementError("fee_account was not given, and there are fees")
    fees.account = 0 if account is None else within(account, "fee_account", 0, 2**32 - 1)
    return fees


cdef int refuse(SettlementCheck check, object trades, size_t first) except -1:
    trade = trades[check.index]
    place = f"trades[{first + check.index}]"
    if check.fault == BAD_INSTRUMENT:
        raise SettlementError(f"{place}.instrument was {trade['instrument']}, without terms")
    if check.fault == BAD_SIDE:
        raise SettlementError(f"{place}.side was {trade['side']}, not BUY=1 or SELL=-1")
    if check.fault == BAD_QUANTITY:
        raise SettlementError(f"{place}.quantity was {trade['quantity']}, must be 1 or more")
    lots = f"{trade['quantity']} lots"
    if check.fault == BASE_OVERFLOW:
        raise OverflowError(f"{place}: the base units of {lots} do not fit 64 bits")
    if check.fault == QUOTE_OVERFLOW:
        raise OverflowError(
            f"{place}: the quote units of {lots} at {trade['price']} do not fit 64 bits"
        )
    raise OverflowError(f"{place}: what one of its accounts gets or pays does not fit 64 bits")


def check_trades(trades):
    """Refuse what is not an array of trades."""
    check_array(trades, TRADE, "trades", "TRADE_DTYPE")


@cython.final
cdef class Netting:
    """What accounts get and pay, summed up over trades; `engine.settlement` is its face."""

    cdef cNetting netting
    cdef vector[cTerms] terms

    def __reduce__(self):
        raise TypeError("a Netting cannot be pickled: add its trades to another one")

    def add_instrument(self, terms):
        """Tell what the trades of the next instrument move."""
        cdef cTerms own
        own.base = NO_CURRENCY if terms.base_currency is None else terms.base_currency
        own.quote = terms.quote_currency
        own.buyer_fee, own.seller_fee = terms.fee_currencies
        own.lot_units = terms.lot_units
        own.value_factor = terms.value_factor
        self.terms.push_back(own)

    def add(self, trades, maker_fees, taker_fees, fee_account, size_t first):
        """Add trades, all or none; `first` is the number of the first one in messages."""
        check_array(trades, TRADE, "trades", "TRADE_DTYPE")
        cdef size_t count = cnp.PyArray_SIZE(trades)
        cdef TradeFees fees = fees_of(maker_fees, taker_fees, fee_account, count)
        cdef const cTrade* records = <const cTrade*>cnp.PyArray_DATA(trades)
        cdef SettlementCheck check = self.netting.add(
            Trades(records, count), AllTerms(self.terms), fees
        )
        if check.fault != NO_FAULT:
            refuse(check, trades, first)

    def take_back(self, trades, maker_fees, taker_fees, fee_account):
        """Take trades back that were added."""
        cdef size_t count = cnp.PyArray_SIZE(trades)
        cdef TradeFees fees = fees_of(maker_fees, taker_fees, fee_account, count)
        cdef const cTrade* records = <const cTrade*>cnp.PyArray_DATA(trades)
        self.netting.take_back(Trades(records, count), AllTerms(self.terms), fees)

    def transfers(self):
        """What is to change hands, by account, then currency."""
        cdef vector[cTransfer] found = self.netting.transfers()
        cdef cnp.ndarray array = new_array(TRANSFER, found.size())
        if not found.empty():
            memcpy(cnp.PyArray_DATA(array), found.data(), found.size() * sizeof(cTransfer))
        array.flags.writeable = False
        return array

    def clear(self):
        """Forget all trades."""
        self.netting.clear()
