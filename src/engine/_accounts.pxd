# What the compiled accounts say, as Python values.
from libc.stdint cimport int64_t, uint32_t, uint64_t

from engine._native cimport Accounts, Contract, InstrumentTerms, TierRates, Wide


cdef int read_contract(
    object given, const InstrumentTerms& terms, uint32_t currencies, Contract* contract
) except -1
cdef object number_of(Wide wide)
cdef object account_of(const Accounts& accounts, uint32_t index)
cdef object balance_of(const Accounts& accounts, uint32_t index, uint32_t currency)
cdef object position_of(
    const Accounts& accounts, uint32_t index, uint32_t instrument, bint is_short
)
cdef list open_positions_of(const Accounts& accounts, uint32_t index)
cdef object open_interest_of(const Accounts& accounts, int64_t instrument)
cdef object funding_of(const Accounts& accounts, uint32_t instrument)
cdef object exposure_of(
    const Accounts& accounts, uint32_t index, uint32_t currency, uint64_t time
)
cdef object limit_of(const Accounts& accounts, uint32_t index, object limit, uint32_t of)
cdef int hash_accounts(
    const Accounts& accounts, const TierRates& rates, list parts, uint32_t instruments
) except -1
