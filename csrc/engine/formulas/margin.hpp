// What a position needs: initial and maintenance margin by tiers, the fee to close it, margin of
// orders. Source: RISK.md, section 4.
//
// Rates are in parts of `one`: BILLION in whole numbers, 1 elsewhere. A requirement is rounded UP
// unless its caller has another rule.
#pragma once

#include <cstddef>
#include <span>

#include "engine/formulas/pnl.hpp"

namespace engine {

template <class Number>
constexpr Number larger(Number a, Number b) {
    return -smaller(-a, -b);
}
template <class Number>
constexpr Number absolute(Number a) {
    return larger(a, -a);
}

// Tiers.

template <class Number>
constexpr Number margin(Number value, Number rate, Number deduction, Number one,
                        Rounding rounding = Rounding::UP) {
    return over(value * rate - deduction * one, one, rounding);
}

// What makes the margin of MARGINAL tiers go on without a step where a tier begins.
template <class Number>
constexpr Number deduction_after(Number deduction, Number floor, Number rate, Number rate_before,
                                 Number one, Rounding rounding = Rounding::DOWN) {
    return deduction + over(floor * (rate - rate_before), one, rounding);
}

// The rate of SLOPE: a base and so much for each unit of size.
template <class Number>
constexpr Number sloped_rate(Number base, Number slope, Number size) {
    return base + slope * size;
}

// An initial rate that grows to `one` with the open interest between two bounds.
// REQUIRES: lower < upper.
template <class Number>
constexpr Number scaled_rate(Number rate, Number open_interest, Number lower, Number upper,
                             Number one, Rounding rounding = Rounding::DOWN) {
    const Number above = larger(smaller(open_interest, upper) - lower, lower - lower);
    return rate + over((one - rate) * above, upper - lower, rounding);
}

// Of an instrument, in whole units. The first tier has floor 0, and floors go up.
struct MarginSchedule {
    std::span<const MarginTier> tiers;
    TierMode mode = TierMode::MARGINAL;
    std::int64_t initial_slope = 0;  // billionths for each unit of size
    std::int64_t maintenance_slope = 0;
    Rounding initial_rounding = Rounding::UP;
    Rounding maintenance_rounding = Rounding::UP;
};

// The last tier that begins below the value, the first one of 0. Linear in the number of tiers.
constexpr const MarginTier& tier_of(std::span<const MarginTier> tiers, Wide value) {
    std::size_t tier = 0;
    while (tier + 1 < tiers.size() && tiers[tier + 1].floor < value) ++tier;
    return tiers[tier];
}

// A contract's rate with what the size of a position adds to it, rounded up: no more than all of
// the value. The size is in lots, of INVERSE contracts it is the value.
constexpr std::int64_t rate_with_slope(const Contract& contract, std::int64_t rate,
                                       std::int64_t slope, Wide value, Wide lots) {
    if (slope == 0) return rate;
    constexpr Wide ALL = Wide{BILLION} * BILLION;  // 1 in 10^-18; with slope 1 reached at this size
    const Wide size = smaller(contract.kind == ContractKind::INVERSE ? value : lots, ALL);
    const Wide found = sloped_rate(wide(rate) * BILLION, wide(slope), size);
    return static_cast<std::int64_t>(divide(smaller(found, ALL), BILLION, Rounding::CEILING));
}

// The least initial rate of a contract's position of a value, and of so many lots.
constexpr std::int64_t initial_rate_at(const Contract& contract, Wide value, Wide lots) {
    const std::int64_t rate = contract.margin_tiers.empty()
                                  ? contract.initial_rate
                                  : tier_of(contract.margin_tiers, value).initial_rate;
    return rate_with_slope(contract, rate, contract.initial_slope, value, lots);
}

// An initial rate by the open interest, a value: taken down to a step, and no less than it was.
constexpr std::int64_t grown_rate(const Contract& contract, std::int64_t rate, Wide open_interest) {
    if (contract.open_interest_upper == 0) return rate;
    const auto grown = static_cast<std::int64_t>(scaled_rate<Wide>(
        rate, open_interest, contract.open_interest_lower, contract.open_interest_upper, BILLION));
    return std::max(rate, grown - grown % contract.rate_step);
}

// The maintenance rate of one, without the fee to close it.
constexpr std::int64_t maintenance_rate_at(const Contract& contract, Wide value, Wide lots) {
    const std::int64_t rate = contract.margin_tiers.empty()
                                  ? contract.maintenance_rate
                                  : tier_of(contract.margin_tiers, value).maintenance_rate;
    return rate_with_slope(contract, rate, contract.maintenance_slope, value, lots);
}

// What part of its value a position on a side, +1 or -1, would pay by a rate of funding, which is
// in 10^-18: rounded up, and no more than all. 0 where the maintenance margin does not hold it.
constexpr std::int64_t next_funding(const Contract& contract, Wide side, std::int64_t rate) {
    if (!contract.funding_in_maintenance) return 0;
    const Wide part = divide(side * rate, BILLION, Rounding::CEILING);
    return static_cast<std::int64_t>(smaller(larger(part, Wide{0}), Wide{BILLION}));
}

// What a contract's position must be worth at least, but for the fee to close it: the rate of its
// tier and that of the next funding, rounded up, less the deduction.
constexpr Wide maintenance_margin(const Contract& contract, Wide value, Wide lots,
                                  std::int64_t funding) {
    const Wide deduction =
        contract.margin_tiers.empty() ? 0 : tier_of(contract.margin_tiers, value).deduction;
    const std::int64_t rate = maintenance_rate_at(contract, value, lots) + funding;
    return part_of(value, rate, Rounding::CEILING) - deduction;
}

// REQUIRES: value and size of 63 bits, above or at 0; at least one tier.
constexpr Wide maintenance_margin(const MarginSchedule& schedule, Wide value, Wide size) {
    const MarginTier& tier = tier_of(schedule.tiers, value);
    const Wide rate =
        schedule.mode == TierMode::SLOPE
            ? sloped_rate<Wide>(tier.maintenance_rate, schedule.maintenance_slope, size)
            : wide(tier.maintenance_rate);
    const Wide deduction = schedule.mode == TierMode::MARGINAL ? tier.deduction : 0;
    return margin<Wide>(value, rate, deduction, BILLION, schedule.maintenance_rounding);
}

// The least that the tier asks for, or more where the leverage, in billionths, is lower.
constexpr Wide initial_margin(const MarginSchedule& schedule, Wide value, Wide size,
                              Wide leverage) {
    const MarginTier& tier = tier_of(schedule.tiers, value);
    const Wide rate = schedule.mode == TierMode::SLOPE
                          ? sloped_rate<Wide>(tier.initial_rate, schedule.initial_slope, size)
                          : wide(tier.initial_rate);
    const Wide least = margin<Wide>(value, rate, 0, BILLION, schedule.initial_rounding);
    if (leverage == 0) return least;
    return larger(least, over(value * BILLION, leverage, schedule.initial_rounding));
}

// The fee to close.

// The value at which the initial margin is lost: less than at entry for a linear long position,
// more for an inverse one, whose coins buy less.
template <class Number>
constexpr Number linear_bankruptcy_value(Number side, Number value, Number initial) {
    return value - side * initial;
}
template <class Number>
constexpr Number inverse_bankruptcy_value(Number side, Number value, Number initial) {
    return value + side * initial;
}

// What a fee to close is of.
template <class Number>
constexpr Number close_fee_base(CloseFee convention, ContractKind kind, Number side,
                                Number entry_value, Number mark_value, Number initial) {
    switch (convention) {
        case CloseFee::NONE:
            break;
        case CloseFee::MARK:
            return mark_value;
        case CloseFee::BANKRUPTCY:
            return kind == ContractKind::INVERSE
                       ? inverse_bankruptcy_value(side, entry_value, initial)
                       : linear_bankruptcy_value(side, entry_value, initial);
        case CloseFee::ENTRY:
            return entry_value;
        case CloseFee::COST_PLUS_INITIAL:
            return entry_value + initial;
    }
    return entry_value - entry_value;
}

// What a contract's margin holds of it by one convention, for a side, +1 or -1: rounded up.
constexpr Wide held_close_fee(const Contract& contract, CloseFee convention, Wide side,
                              Wide entry_value, Wide mark_value, Wide initial) {
    const Wide base =
        close_fee_base(convention, contract.kind, side, entry_value, mark_value, initial);
    return part_of(base, contract.held.taker, Rounding::CEILING);
}

// Orders.

// What an order would lose at once at the mark price: nothing, or a loss above 0.
template <class Number>
constexpr Number open_loss(Number side, Number quantity, Number multiplier, Number price,
                           Number mark_price) {
    const Number gain = linear_pnl(side, quantity, multiplier, price, mark_price);
    return -smaller(gain, gain - gain);
}
// REQUIRES: prices > 0.
template <class Number>
constexpr Number inverse_open_loss(Number side, Number quantity, Number multiplier, Number price,
                                   Number mark_price, Rounding rounding = Rounding::FLOOR) {
    const Number gain = inverse_pnl(side, quantity, multiplier, price, mark_price, rounding);
    return -smaller(gain, gain - gain);
}

// WORST_SIDE: the largest position that could come of a position (below 0 short) and its orders.
template <class Number>
constexpr Number worst_side(Number position, Number buys, Number sells) {
    return larger(absolute(position),
                  larger(absolute(position + buys), absolute(position - sells)));
}

// EXACT: what of an order asks for margin, below 0 what it sets free. What closes the position
// frees as much as it would have asked for.
template <class Number>
constexpr Number added_quantity(Number side, Number quantity, Number position) {
    const Number zero = quantity - quantity;
    return quantity + smaller(zero, side * position + side * position);
}
// EXACT: what of an order opens a position, and can lose.
template <class Number>
constexpr Number opening_quantity(Number side, Number quantity, Number position) {
    const Number zero = quantity - quantity;
    return larger(quantity + smaller(zero, side * position), zero);
}

// Binance BTCUSDT: 12,000,001 in the tier above 12,000,000 at 2 % less 131,450.
static_assert(margin(Ratio(12'000'001), Ratio(2, 100), Ratio(131'450), Ratio(1)) ==
              Ratio(10'855'002, 100));
static_assert(deduction_after(Ratio(50), Ratio(250'000), Ratio(1, 100), Ratio(5, 1'000),
                              Ratio(1)) == Ratio(1'300));
// Deribit: 25 BTC at 2 % and 0.005 % a coin.
static_assert(sloped_rate(Ratio(2, 100), Ratio(5, 100'000), Ratio(25)) == Ratio(2'125, 100'000));
// dYdX: 28.1 of 25 to 60 million millions, at 20 %.
static_assert(scaled_rate<Wide>(200'000, 28'123'456'789'123, 25'000'000'000'000, 60'000'000'000'000,
                                1'000'000) == 271'393);
static_assert(worst_side<Wide>(5, 2, 4) == 7 && worst_side<Wide>(2, 0, 7) == 5);
static_assert(added_quantity<Wide>(1, 3, -1) == 1 && opening_quantity<Wide>(1, 3, -1) == 2);
static_assert(open_loss<Wide>(-1, 1, 1, 925'330, 925'984) == 654);

}  // namespace engine
