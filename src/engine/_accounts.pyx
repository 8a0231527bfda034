# cython: language_level=3, binding=True, boundscheck=False, wraparound=False
# cython: autotestdict=False
"""Contracts from Python values, and what accounts have as Python values."""

import struct

from libc.stdint cimport int8_t, int64_t, uint8_t, uint16_t, uint32_t
from libcpp cimport bool as cbool
from libcpp.map cimport map as cmap
from libcpp.set cimport set as cset
from libcpp.utility cimport pair
from libcpp.vector cimport vector

from engine._native cimport (
    BILLION,
    NO_ACCOUNT,
    NOT_LIMITED,
    TIER_MAX,
    CloseFee,
    ContractKind,
    Deficit,
    DeleverageRank,
    FeeCurrency,
    FeeRates,
    FundingAccrual,
    FundingTerms,
    Limit,
    LimitSet,
    LiquidationSale,
    LiquidationStep,
    LiquidationTerms,
    MarginTier,
    OrderPrice,
    Rounding,
    Tally,
    TierRate,
    TierRates,
    cAccount,
    cBalance,
    cFunded,
    cPosition,
    high_half,
    low_half,
    what_of,
)
from engine._numbers cimport within

from engine import _schema
from engine.records import Account, Balance, Exposure, Funding, OpenInterest, Position

HIGHEST = 2**63 - 1
LOWEST = -(2**63)
ATTOS = 10**18  # a slope is told in parts of it
NO_HOLDING = 104  # the bytes of a position that there is not
cdef dict LOWEST_PRICE = {_schema.ContractKind.SPOT: 0, _schema.ContractKind.INVERSE: 1}
cdef int NO_FUNDING = _schema.FundingAccrual.NONE
cdef object BUY = _schema.BUY
cdef object SELL = _schema.SELL
cdef tuple TERMS = (
    *("kind", "base", "settle", "lot_units", "value_factor", "maker_rate", "taker_rate"),
    *("initial_rate", "maintenance_rate", "value_rounding", "fee_rounding"),
    *("min_value", "max_value", "open_loss", "fee_tiers", "margin_tiers"),
    *("initial_slope", "maintenance_slope", "close_fee", "initial_close_fee", "value_at_entry"),
    *("funding_in_maintenance", "initial_at_mark"),
    *("open_interest_lower", "open_interest_upper", "rate_step"),
    *("order_price", "order_price_buffer", "fee_currency"),
    *("funding", "funding_interest", "funding_damp", "funding_floor", "funding_cap"),
    *("funding_period", "funding_told"),
    *("liquidation_at_margin", "liquidation_step", "liquidation_tiers"),
    *("liquidation_fraction", "liquidation_above", "liquidation_least"),
    *("liquidation_cooldown", "liquidation_sale", "liquidation_backstop"),
    *("liquidation_adjustment", "liquidation_spread", "liquidation_keeps_orders"),
    *("liquidation_fee_rate", "liquidation_most_rate", "deficit", "deleverage_rank"),
)


cdef int64_t term_of(dict given, str name, int64_t lowest, int64_t highest) except? -1:
    """A term of the contract within bounds; 0 where it is not given."""
    return number_within(given.get(name, 0), name, lowest, highest)


cdef int64_t number_within(
    object value, str name, int64_t lowest, int64_t highest
) except? -1:
    try:
        return within(value, name, lowest, highest)
    except OverflowError as error:
        raise ValueError(str(error)) from None


cdef int read_fee_tiers(object given, Contract* contract) except -1:
    """Read the rates of tiers; a tier between them that has none has the contract's own."""
    cdef FeeRates own
    cdef FeeRates rates
    cdef size_t place
    own.maker = contract.maker_rate
    own.taker = contract.taker_rate
    for tier, (maker, taker) in dict(given).items():
        place = <size_t>number_within(tier, "fee_tiers", 0, TIER_MAX)
        rates.maker = number_within(maker, f"fee_tiers[{tier}].maker", -BILLION, BILLION)
        rates.taker = number_within(taker, f"fee_tiers[{tier}].taker", -BILLION, BILLION)
        if contract.fee_tiers.size() <= place:
            contract.fee_tiers.resize(place + 1, own)
        contract.fee_tiers[place] = rates
    return 0


cdef int read_margin_tiers(object given, int64_t most, Contract* contract) except -1:
    """Read tiers behind the first, which is the contract's own.

    Floors rise, rates do not fall, and nor does the maintenance margin where a tier begins.
    """
    cdef MarginTier tier
    cdef MarginTier before
    cdef list rows = list(given)
    if rows and most == 0:
        raise ValueError(f"margin_tiers were {len(rows)}, of a SPOT contract")
    tier.floor = tier.deduction = 0
    tier.initial_rate = contract.initial_rate
    tier.maintenance_rate = contract.maintenance_rate
    for place, (floor, initial, maintenance, *deduction) in enumerate(rows):
        name = f"margin_tiers[{place}]"
        contract.margin_tiers.push_back(tier)
        before = tier
        tier.floor = number_within(floor, f"{name}.floor", tier.floor + 1, HIGHEST - 1)
        tier.initial_rate = number_within(initial, f"{name}.initial", tier.initial_rate, most)
        tier.maintenance_rate = number_within(
            maintenance, f"{name}.maintenance", tier.maintenance_rate, tier.initial_rate
        )
        more = int(tier.floor) * int(tier.maintenance_rate - before.maintenance_rate) // BILLION
        tier.deduction = number_within(
            sum(deduction), f"{name}.deduction", 0, before.deduction + <int64_t>more
        )
    if rows:
        contract.margin_tiers.push_back(tier)
    return 0


cdef int read_funding(dict asked, bint is_spot, FundingTerms* terms) except -1:
    """Read how positions pay each other; rates are of contracts that have funding only."""
    accrual = _schema.FundingAccrual(asked.get("funding", 0))
    cdef bint has_funding = accrual != _schema.FundingAccrual.NONE
    if is_spot and has_funding:
        raise ValueError(f"funding was {accrual.name}, of a SPOT contract")
    cdef int64_t least = LOWEST if has_funding else 0
    cdef int64_t most = HIGHEST if has_funding else 0
    terms.accrual = <FundingAccrual><int>accrual
    terms.interest = term_of(asked, "funding_interest", least, most)
    terms.damp = term_of(asked, "funding_damp", 0, most)
    terms.floor = term_of(asked, "funding_floor", least, most)
    terms.cap = term_of(asked, "funding_cap", terms.floor, most)
    terms.period = term_of(asked, "funding_period", 0, most)
    terms.is_told = term_of(asked, "funding_told", 0, has_funding) != 0
    return 0


cdef int read_liquidation(dict asked, bint is_spot, LiquidationTerms* terms) except -1:
    """Read how positions are closed: of a step what it needs, and nothing of what another does."""
    cdef int64_t most = 0 if is_spot else BILLION
    terms.at_margin = term_of(asked, "liquidation_at_margin", 0, not is_spot) != 0
    step = _schema.LiquidationStep(asked.get("liquidation_step", 0))
    number_within(step, "liquidation_step", 0, 0 if is_spot else max(_schema.LiquidationStep))
    terms.step = <LiquidationStep><int>step
    cdef bint goes_down = step == _schema.LiquidationStep.TIER_DOWN
    terms.tiers_down = <uint8_t>term_of(
        asked, "liquidation_tiers", goes_down, TIER_MAX if goes_down else 0
    )
    cdef bint takes_part = step == _schema.LiquidationStep.FRACTION
    terms.fraction = term_of(
        asked, "liquidation_fraction", takes_part, BILLION if takes_part else 0
    )
    terms.above = term_of(asked, "liquidation_above", 0, HIGHEST if takes_part else 0)
    terms.least = term_of(asked, "liquidation_least", 0, HIGHEST if takes_part else 0)
    terms.cooldown = term_of(asked, "liquidation_cooldown", 0, HIGHEST if takes_part else 0)
    sale = _schema.LiquidationSale(asked.get("liquidation_sale", 0))
    number_within(sale, "liquidation_sale", 0, 0 if is_spot else max(_schema.LiquidationSale))
    terms.sale = <LiquidationSale><int>sale
    cdef bint sells = sale != _schema.LiquidationSale.NONE
    terms.backstop = term_of(asked, "liquidation_backstop", 0, most if sells else 0)
    cdef bint is_fillable = sale == _schema.LiquidationSale.FILLABLE
    terms.adjustment = term_of(asked, "liquidation_adjustment", 0, HIGHEST if is_fillable else 0)
    terms.spread = term_of(asked, "liquidation_spread", 0, BILLION if is_fillable else 0)
    terms.keeps_orders = term_of(asked, "liquidation_keeps_orders", 0, not is_spot) != 0
    terms.fee_rate = term_of(asked, "liquidation_fee_rate", 0, most)
    asked.setdefault("liquidation_most_rate", BILLION)
    terms.most_rate = term_of(asked, "liquidation_most_rate", 0, BILLION)
    deficit = _schema.Deficit(asked.get("deficit", 0))
    number_within(deficit, "deficit", 0, 0 if is_spot else max(_schema.Deficit))
    terms.deficit = <Deficit><int>deficit
    rank = _schema.DeleverageRank(asked.get("deleverage_rank", 0))
    terms.rank = <DeleverageRank><int>rank
    return 0


cdef int read_growth(dict asked, bint is_spot, Contract* contract) except -1:
    """Read how the initial rate grows with the open interest, if it does."""
    contract.open_interest_upper = term_of(
        asked, "open_interest_upper", 0, 0 if is_spot else HIGHEST
    )
    cdef int64_t upper = contract.open_interest_upper
    contract.open_interest_lower = term_of(asked, "open_interest_lower", 0, max(upper - 1, 0))
    asked.setdefault("rate_step", 1)
    contract.rate_step = term_of(asked, "rate_step", 1, BILLION if upper else 1)
    return 0


cdef int read_contract(
    object given, const InstrumentTerms& terms, uint32_t currencies, Contract* contract
) except -1:
    """Read a contract that is given by the names of its terms."""
    cdef dict asked = dict(given)
    for name in asked:
        if name not in TERMS:
            raise ValueError(f"contract had {name}, which is none of {', '.join(TERMS)}")
    asked.setdefault("value_factor", 1)
    kind = _schema.ContractKind(asked.get("kind", 0))
    cdef bint is_spot = kind == _schema.ContractKind.SPOT
    cdef int64_t most = 0 if is_spot else BILLION
    contract.kind = <ContractKind><int>kind
    contract.base = <uint32_t>term_of(asked, "base", 0, <int64_t>currencies - 1 if is_spot else 0)
    contract.settle = <uint32_t>term_of(asked, "settle", 0, <int64_t>currencies - 1)
    contract.lot_units = term_of(asked, "lot_units", is_spot, HIGHEST if is_spot else 0)
    contract.value_factor = term_of(asked, "value_factor", 1, HIGHEST)
    contract.maker_rate = term_of(asked, "maker_rate", -BILLION, BILLION)
    contract.taker_rate = term_of(asked, "taker_rate", -BILLION, BILLION)
    read_fee_tiers(asked.get("fee_tiers", {}), contract)
    contract.initial_rate = term_of(asked, "initial_rate", 0, most)
    contract.maintenance_rate = term_of(asked, "maintenance_rate", 0, contract.initial_rate)
    read_margin_tiers(asked.get("margin_tiers", ()), most, contract)
    cdef bint has_rates = not is_spot and contract.margin_tiers.empty()
    contract.initial_slope = term_of(asked, "initial_slope", 0, ATTOS if has_rates else 0)
    contract.maintenance_slope = term_of(asked, "maintenance_slope", 0, contract.initial_slope)
    read_growth(asked, is_spot, contract)
    cdef int64_t conventions = 0 if is_spot else max(_schema.CloseFee)
    contract.close_fee = <CloseFee><int>term_of(asked, "close_fee", 0, conventions)
    contract.initial_close_fee = <CloseFee><int>term_of(
        asked, "initial_close_fee", 0, conventions
    )
    contract.value_at_entry = term_of(asked, "value_at_entry", 0, 0 if is_spot else 1) != 0
    contract.initial_at_mark = term_of(asked, "initial_at_mark", 0, 0 if is_spot else 1) != 0
    contract.open_loss = term_of(asked, "open_loss", 0, 0 if is_spot else 1) != 0
    order_price = _schema.OrderPrice(asked.get("order_price", 0))
    number_within(order_price, "order_price", 0, 0 if is_spot else max(_schema.OrderPrice))
    contract.order_price = <OrderPrice><int>order_price
    cdef bint has_buffer = order_price == _schema.OrderPrice.MAX_LAST_MARK
    contract.order_price_buffer = term_of(
        asked, "order_price_buffer", 0, BILLION if has_buffer else 0
    )
    read_funding(asked, is_spot, &contract.funding)
    cdef bint has_funding = <int>contract.funding.accrual != NO_FUNDING
    contract.funding_in_maintenance = term_of(asked, "funding_in_maintenance", 0, has_funding) != 0
    read_liquidation(asked, is_spot, &contract.liquidation)
    contract.min_value = term_of(asked, "min_value", 0, HIGHEST)
    contract.max_value = term_of(asked, "max_value", 0, HIGHEST)
    value_rounding = _schema.Rounding(asked.get("value_rounding", 0))
    contract.value_rounding = <Rounding><int>value_rounding
    contract.fee_currency = <FeeCurrency><int>term_of(asked, "fee_currency", 0, is_spot)
    fee_rounding = _schema.Rounding(asked.get("fee_rounding", 0))
    contract.fee_rounding = <Rounding><int>fee_rounding
    if is_spot and contract.base == contract.settle:
        raise ValueError(f"base and settle were both {contract.base}, must be two currencies")
    if 0 < contract.max_value < contract.min_value:
        raise ValueError(
            f"max_value was {contract.max_value}, below min_value, {contract.min_value}"
        )
    lowest = LOWEST_PRICE.get(kind, terms.min_price)
    if terms.min_price < lowest:
        raise ValueError(f"min_price was {terms.min_price}, below {lowest} of {kind.name}")
    return 0


cdef object number_of(Wide wide):
    """A number of 128 bits."""
    return (int(high_half(wide)) << 64) | int(low_half(wide))


cdef object account_of(const Accounts& accounts, uint32_t index):
    cdef const cAccount* account = &accounts.account(index)
    return Account(account.group, account.tier, _schema.AccountFlag(account.flags))


cdef object balance_of(const Accounts& accounts, uint32_t index, uint32_t currency):
    cdef const cBalance* balance = &accounts.balance(index, currency)
    return Balance(
        number_of(balance.amount),
        number_of(balance.held),
        number_of(balance.margin),
        number_of(accounts.unrealized(index, currency)),
        number_of(accounts.isolated(index, currency)),
        number_of(accounts.isolated_margin(index, currency)),
        number_of(accounts.maintenance(index, currency)),
    )


cdef object position_of(
    const Accounts& accounts, uint32_t index, uint32_t instrument, bint is_short
):
    """The only position, or of two the long or the short one; None where there is none of it."""
    cdef const cPosition* position = accounts.position(index, instrument)
    if is_short:
        position = accounts.short_position(index, instrument)
        if position == NULL:
            return None
    if position == NULL:
        return Position(0, 0, 0, 0, 0, 0, 0, 0, accounts.least_rate(index, instrument))
    # Read before the enumerations are called, which may let in a thread that moves what is kept.
    cdef int position_mode = position.is_hedged
    cdef int margin_mode = position.is_isolated
    return Position(
        position.lots,
        number_of(position.entry_value),
        number_of(position.realized),
        number_of(position.fees),
        number_of(position.buys),
        number_of(position.sells),
        number_of(position.margin) + number_of(accounts.added(position[0])),
        number_of(accounts.unrealized(position[0])),
        accounts.initial_rate(position[0]),
        number_of(accounts.added(position[0])),
        number_of(accounts.paid(position[0]).funding),
        number_of(accounts.maintenance(position[0])),
        _schema.PositionMode(position_mode),
        _schema.MarginMode(margin_mode),
    )


cdef list open_positions_of(const Accounts& accounts, uint32_t index):
    """Instrument and side of each position that is not 0: SELL for the short one of two."""
    cdef vector[uint32_t] parties = accounts.positions_of(index)
    cdef vector[pair[uint32_t, cbool]] found
    cdef pair[uint32_t, cbool] its
    for party in parties:
        its.first = accounts.party(party).instrument
        its.second = &accounts.party(party) == accounts.short_position(index, its.first)
        found.push_back(its)
    # Tuples are made when all was looked at: making them may let another thread in.
    return [(its.first, SELL if its.second else BUY) for its in found]


cdef object open_interest_of(const Accounts& accounts, int64_t instrument):
    """How many positions are not 0, and the lots of the long ones; of all instruments below 0."""
    cdef uint32_t party
    cdef const cPosition* position
    cdef int64_t positions = 0
    lots = 0
    for party in range(accounts.party_end()):
        position = &accounts.party(party)
        if position.lots == 0 or (instrument >= 0 and position.instrument != instrument):
            continue
        positions += 1
        if position.lots > 0:
            lots += position.lots
    return OpenInterest(positions, lots)


cdef object exposure_of(
    const Accounts& accounts, uint32_t index, uint32_t currency, uint64_t time
):
    cdef const Tally* tally = &accounts.tally(index, currency)
    return Exposure(
        number_of(tally.sum.longs),
        number_of(tally.sum.shorts),
        number_of(tally.gross),
        number_of(tally.result),
        number_of(accounts.day_loss(index, currency, time)),
        number_of(accounts.drawdown(index, currency)),
    )


cdef object limit_of(const Accounts& accounts, uint32_t index, object limit, uint32_t of):
    cdef Limit number = <Limit><int>limit
    cdef int64_t value = accounts.limits().in_force(index, what_of(number), of)[number]
    return None if value == NOT_LIMITED else value


cdef object bytes_of(Wide wide):
    return number_of(wide).to_bytes(16, "little", signed=True)


cdef bytes holding_of(const Accounts& accounts, const cPosition* position):
    """What of a position counts for the state hash; zeros where there is none."""
    if position == NULL:
        return bytes(NO_HOLDING)
    return (
        struct.pack("<q", position.lots)
        + bytes_of(position.entry_value)
        + bytes_of(position.realized)
        + bytes_of(position.fees)
        + bytes_of(accounts.added(position[0]))
        + bytes_of(accounts.paid(position[0]).funding)
        + bytes_of(accounts.paid(position[0]).rest)
    )


cdef int hash_accounts(
    const Accounts& accounts, const TierRates& rates, list parts, uint32_t instruments
) except -1:
    """Add the accounts to the state hash, as docs/semantics/state-hash.md has them."""
    cdef uint32_t index, currency, instrument
    cdef const cAccount* account
    cdef const cPosition* position
    cdef list rows = []
    cdef list balances = []
    cdef list positions = []
    cdef list numbers = []
    for index in range(accounts.count()):
        numbers.append(accounts.account(index).number)
    numbers.sort()
    for number in numbers:
        index = accounts.find(number)
        account = &accounts.account(index)
        rows.append(struct.pack("<IIII", number, account.group, account.tier, account.flags))
        for currency in range(accounts.currency_count()):
            amount = bytes_of(accounts.balance(index, currency).amount)
            if any(amount):
                balances.append(struct.pack("<II", number, currency) + amount)
        for instrument in range(instruments):
            position = accounts.position(index, instrument)
            if position == NULL:
                continue
            modes = struct.pack("<BB", position.is_hedged, position.is_isolated)
            rate = struct.pack("<q", position.chosen_rate)
            both = holding_of(accounts, position)
            both += holding_of(accounts, accounts.short_position(index, instrument))
            body = modes + rate + both
            if any(body):
                positions.append(struct.pack("<II", number, instrument) + body)
    for records in (rows, balances, positions):
        parts.append(struct.pack("<Q", len(records)))
        parts.append(b"".join(records))
    for currency in range(accounts.currency_count()):
        parts.append(int(accounts.deposits(currency)).to_bytes(16, "little", signed=True))
        parts.append(bytes_of(accounts.house(currency)))
        parts.append(bytes_of(accounts.rounding(currency)))
    hash_funding(accounts, parts, instruments)
    hash_parted(accounts, parts)
    hash_limits(accounts, parts)
    hash_switches(accounts, parts)
    hash_rates(rates, parts)
    hash_past(accounts, parts, numbers)
    return 0


cdef int hash_funding(const Accounts& accounts, list parts, uint32_t instruments) except -1:
    """Add what the funding of instruments has come to."""
    cdef uint32_t instrument
    cdef const cFunded* funded
    cdef list rows = []
    for instrument in range(instruments):
        funded = &accounts.funded(instrument)
        if funded.has_begun:
            time = struct.pack("<Q", funded.time)
            rate = struct.pack("<Iq", instrument, funded.rate)
            rows.append(rate + bytes_of(funded.index) + time)
    parts.append(struct.pack("<Q", len(rows)))
    parts.append(b"".join(rows))
    return 0


cdef int hash_parted(const Accounts& accounts, list parts) except -1:
    """Add when parts of positions were closed for their losses."""
    cdef list rows = []
    cdef cmap[pair[uint32_t, uint32_t], uint64_t] parted = accounts.parted()
    for row in parted:
        rows.append(struct.pack("<IIQ", row.first.first, row.first.second, row.second))
    parts.append(struct.pack("<Q", len(rows)))
    parts.append(b"".join(rows))
    return 0


cdef object funding_of(const Accounts& accounts, uint32_t instrument):
    """What the funding of an instrument has come to; None where its contract has none."""
    if <int>accounts.contract(instrument).funding.accrual == NO_FUNDING:
        return None
    cdef const cFunded* funded = &accounts.funded(instrument)
    return Funding(funded.rate, number_of(funded.index), funded.time)


cdef int hash_limits(const Accounts& accounts, list parts) except -1:
    """Add the limits that are set: those for all, then those of accounts."""
    cdef vector[LimitSet] found = accounts.limits().all()
    cdef list common = []
    cdef list own = []
    for limit in found:
        of_what = (<uint16_t>limit.limit, limit.of, limit.value)
        if limit.account == NO_ACCOUNT:
            common.append(of_what)
        else:
            own.append((accounts.account(limit.account).number, *of_what))
    for layout, rows in (("<IIq", sorted(common)), ("<IIIq", sorted(own))):
        parts.append(struct.pack("<Q", len(rows)))
        parts.append(b"".join([struct.pack(layout, *row) for row in rows]))
    return 0


cdef int hash_switches(const Accounts& accounts, list parts) except -1:
    """Add what is switched off."""
    parts.append(struct.pack("<B", accounts.limits().is_venue_off()))
    hash_numbers(accounts.limits().instruments_off(), parts)
    hash_numbers(accounts.limits().groups_off(), parts)
    hash_numbers(accounts.limits().accounts_off(), parts)
    return 0


cdef int hash_numbers(const cset[uint32_t]& numbers, list parts) except -1:
    parts.append(struct.pack("<Q", numbers.size()))
    for number in numbers:
        parts.append(struct.pack("<I", number))
    return 0


cdef int hash_rates(const TierRates& rates, list parts) except -1:
    """Add the rate limits that are set."""
    cdef vector[TierRate] found = rates.all()
    parts.append(struct.pack("<Q", found.size()))
    for rate in found:
        parts.append(struct.pack("<IIq", rate.tier, <uint16_t>rate.limit, rate.value))
    return 0


cdef int hash_past(const Accounts& accounts, list parts, list numbers) except -1:
    """Add what limits look back at: results, and the last orders of accounts."""
    cdef uint32_t index, currency
    cdef const Tally* tally
    cdef const cAccount* account
    cdef list results = []
    cdef list asked = []
    for number in numbers:
        index = accounts.find(number)
        for currency in range(accounts.currency_count()):
            tally = &accounts.tally(index, currency)
            day = struct.pack("<Q", tally.day)
            body = bytes_of(tally.best) + day + bytes_of(tally.begin)
            if any(body):
                results.append(struct.pack("<II", number, currency) + body)
        account = &accounts.account(index)
        if account.has_last:
            asked.append(
                struct.pack(
                    "<IIbBqqqQ",
                    number,
                    account.last.instrument,
                    <int8_t>account.last.side,
                    <uint8_t>account.last.type,
                    account.last.price,
                    account.last.trigger_price,
                    account.last.quantity,
                    account.last_time,
                )
            )
    for records in (results, asked):
        parts.append(struct.pack("<Q", len(records)))
        parts.append(b"".join(records))
    return 0
