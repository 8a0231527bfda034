// By which number isolated positions of an instrument and a side are ordered by how soon they lose.
//
// A position loses where what is left of it,
//     assigned - funding owed + gain at the mark - maintenance margin,
// is below 0. But for roundings that is, for each of its lots, a key that mark and funding do not
// move less a bound that is the same for all. So none loses whose key is above the bound; the few
// others are asked. The key of a LINEAR long position of entry value E that last paid at index P is
//     (assigned - E) / lots + P, against the bound I - mark * factor * (1 - rate),
// with the index I of now; of a short one (assigned + E) / lots - P, against
//     -I + mark * factor * (1 + rate).
// The rate is what the maintenance margin, with the fee to close, is of the value. It does not fall
// as positions grow: that of the largest one is right for all. A position that pays at an index
// keeps its key: what is left of `assigned` falls as P rises. What of the maintenance margin no
// mark moves, where it is of the value at entry or holds a fee that is not of the mark, is taken
// off `assigned`, and the rate has nothing of it.
//
// Of what is left without its maintenance margin, that is so large a part or more where, with the
// rate divided by that part, a position would lose: so the same keys say who is warned, by another
// bound. Only what is taken off `assigned` would be another.
#pragma once

#include <cstdint>

#include "engine/formulas/margin.hpp"

namespace engine {

// What the key of a position is made of.
struct Watched {
    std::int64_t lots = 0;  // below 0 when short; not 0
    Wide entry_value = 0;
    Wide assigned = 0;       // when it last paid, less what of its maintenance margin is fixed
    Wide index = 0;          // of its instrument's funding, then
    std::uint32_t rest = 0;  // billionths that it has paid too much
};

// Keys are in so many billionths of a unit: 2^63 of them are 9 million billions of units a lot.
// Beyond those all are equal.
constexpr int KEY_SHIFT = 20;
constexpr std::int64_t KEY_LOWEST = INT64_LOWEST;      // is never above a bound
constexpr std::int64_t BOUND_HIGHEST = INT64_HIGHEST;  // below which every key may be

constexpr std::int64_t cut_key(Wide billionths) {
    const Wide cut = billionths >> KEY_SHIFT;
    if (cut < INT64_LOWEST) return INT64_LOWEST;
    return cut > INT64_HIGHEST ? INT64_HIGHEST : static_cast<std::int64_t>(cut);
}

// How far what is left of a position may be above the end, before it is rounded, where it loses. It
// has -1 at most by then, or 0 where it loses with no more than its margin. Funding, margin and the
// fee to close are rounded by less than a unit each; of INVERSE contracts the gain too, and the
// value that margin, fee and next funding are of, each of which is no more than all of it.
constexpr Wide maintenance_slack(const Contract& contract) {
    const Wide of_value = contract.close_rate == 0 ? 1 : 2;
    const Wide of_inverse = of_value + (contract.funding_in_maintenance ? 1 : 0);
    return of_value + (contract.kind == ContractKind::INVERSE ? of_inverse : 0);
}
constexpr Wide watch_slack(const Contract& contract) {
    const Wide of_funding_and_gain = contract.kind == ContractKind::INVERSE ? 2 : 1;
    const Wide of_all = of_funding_and_gain + maintenance_slack(contract);
    return contract.liquidation.at_margin ? of_all : of_all - 1;
}

// REQUIRES: lots != 0.
constexpr std::int64_t watch_key(const Contract& contract, const Watched& its) {
    const Wide side = its.lots < 0 ? -1 : 1;
    const Wide gained = contract.kind == ContractKind::INVERSE ? side : -side;
    const Wide left = its.assigned + gained * its.entry_value - watch_slack(contract);
    // So that in billionths it has 127 bits.
    constexpr Wide MOST = Wide{1} << 96;
    if (left > MOST || left < -MOST) return KEY_LOWEST;
    return cut_key(side * its.index +
                   divide(left * BILLION + its.rest, side * its.lots, Rounding::FLOOR));
}

// What the maintenance margin of a position, with so much for the next funding and before it is
// rounded, is of its value at the mark, in billionths rounded up.
constexpr Wide whole_rate(const Contract& contract, Wide value, Wide lots, std::int64_t funding) {
    if (contract.value_at_entry) return contract.close_rate;
    const Wide rate =
        maintenance_rate_at(contract, value, lots) + wide(contract.close_rate) + funding;
    if (contract.margin_tiers.empty()) return rate;
    const Wide deduction = tier_of(contract.margin_tiers, value).deduction;
    return deduction == 0 ? rate : rate - divide(deduction * BILLION, value, Rounding::FLOOR);
}

// The bound of positions on a side, +1 or -1, none of which has more than `lots_most`: of those
// whose key is above it none has a maintenance margin of `level` billionths of the rest, or more.
// REQUIRES: lots_most > 0; of INVERSE mark > 0; 0 < level <= BILLION, and less than that only where
// nothing is taken off `assigned`.
constexpr std::int64_t watch_bound_at(const Contract& contract, Wide side, std::int64_t mark,
                                      Wide index, Wide lots_most, std::int64_t funding,
                                      Wide level) {
    const Wide factor = contract.value_factor;
    const auto scaled = [&](Wide value) {
        const Wide rate = whole_rate(contract, value, lots_most, funding);
        return divide(rate * BILLION, level, Rounding::CEILING);
    };
    if (contract.kind == ContractKind::INVERSE) {
        const Wide value = divide(lots_most * factor, mark, Rounding::CEILING);
        if (value > VALUE_MOST) return BOUND_HIGHEST;
        Wide part = side * BILLION + scaled(value);
        if (__builtin_mul_overflow(part, factor, &part)) return BOUND_HIGHEST;
        return cut_key(side * index + divide(part, mark, Rounding::CEILING));
    }
    const Wide signed_lot = factor * mark;
    const Wide lot = signed_lot < 0 ? -signed_lot : signed_lot;
    Wide value = 0;
    if (__builtin_mul_overflow(lot, lots_most, &value) || value > VALUE_MOST) return BOUND_HIGHEST;
    Wide bound = 0;
    if (__builtin_mul_overflow(lot, scaled(value), &bound)) return BOUND_HIGHEST;
    const Wide rest = side * index - side * signed_lot * BILLION;
    return __builtin_add_overflow(bound, rest, &bound) ? BOUND_HIGHEST : cut_key(bound);
}

// Those whose key is above it do not lose.
constexpr std::int64_t watch_bound(const Contract& contract, Wide side, std::int64_t mark,
                                   Wide index, Wide lots_most, std::int64_t funding) {
    return watch_bound_at(contract, side, mark, index, lots_most, funding, BILLION);
}

// Whether the maintenance margin has something that no mark moves.
constexpr bool has_fixed_maintenance(const Contract& contract) {
    const bool is_of_mark =
        contract.close_fee == CloseFee::NONE || contract.close_fee == CloseFee::MARK;
    return contract.value_at_entry || !is_of_mark;
}

// Those whose key is above it are not warned at a level either. What the maintenance margin is
// rounded by counts for as much more; and who has no more than its margin may not lose, but is
// warned. A lot has that at most.
constexpr std::int64_t warn_bound(const Contract& contract, Wide side, std::int64_t mark,
                                  Wide index, Wide lots_most, std::int64_t funding, Wide level) {
    if (has_fixed_maintenance(contract)) return BOUND_HIGHEST;
    const Wide more =
        1 + divide(maintenance_slack(contract) * (BILLION - level), level, Rounding::CEILING);
    const std::int64_t bound =
        watch_bound_at(contract, side, mark, index, lots_most, funding, level);
    std::int64_t found = 0;
    const bool is_beyond = __builtin_add_overflow(bound, cut_key(more * BILLION) + 1, &found);
    return is_beyond ? BOUND_HIGHEST : found;
}

}  // namespace engine
