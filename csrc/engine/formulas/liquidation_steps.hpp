// How much of a position a liquidation closes, at which price, and who gives what no fund has.
// Source: RISK.md, section 6.
//
// Lots are above 0 and values sizes, in whole units. Everything is pure, and constant time but for
// the search of a tier.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/formulas/margin.hpp"
#include "engine/formulas/value.hpp"

namespace engine {

// A quotient counts as no more than this in size.
constexpr Wide PROPORTION_MOST = Wide{1} << 126;

constexpr Wider size_of_wide(Wide number) {
    return number < 0 ? 0 - static_cast<Wider>(number) : static_cast<Wider>(number);
}

// amount * part / whole, with 256 bits between. REQUIRES: whole > 0.
constexpr Wide proportion(Wide amount, Wide part, Wide whole, Rounding rounding) {
    Wide product = 0;
    if (ENGINE_LIKELY(!__builtin_mul_overflow(amount, part, &product))) {
        return std::clamp(divide(product, whole, rounding), -PROPORTION_MOST, PROPORTION_MOST);
    }
    const Wider a = size_of_wide(amount);
    const Wider b = size_of_wide(part);
    const auto half = [](Wider number, bool is_high) {
        return Wider{static_cast<std::uint64_t>(is_high ? number >> 64 : number)};
    };
    const Wider low = half(a, false) * half(b, false);
    const Wider cross = half(a, true) * half(b, false) + half(low, true);
    const Wider other = half(a, false) * half(b, true) + half(cross, false);
    const Wider words[2] = {half(a, true) * half(b, true) + half(cross, true) + half(other, true),
                            other << 64 | half(low, false)};
    const Wider divisor = static_cast<Wider>(whole);
    const auto most = static_cast<Wider>(PROPORTION_MOST);
    Wider quotient = 0;
    Wider rest = 0;
    for (const Wider word : words) {
        for (int bit = 127; bit >= 0; bit--) {
            const bool is_past = (rest >> 127) != 0;
            rest = rest << 1 | (word >> bit & 1);
            const bool is_one = is_past || rest >= divisor;
            if (is_one) rest -= divisor;
            quotient = std::min(quotient << 1 | Wider{is_one}, most);
        }
    }
    const bool is_negative = (amount < 0) != (part < 0);
    const bool is_odd = (quotient & 1) != 0;
    if (rest != 0 && quotient < most && goes_away(is_negative, is_odd, rest, divisor, rounding)) {
        quotient += 1;
    }
    return is_negative ? -static_cast<Wide>(quotient) : static_cast<Wide>(quotient);
}
static_assert(proportion(-7, 1, 2, Rounding::FLOOR) == -4);
static_assert(proportion(Wide{1} << 100, Wide{3} << 90, Wide{1} << 91, Rounding::FLOOR) ==
              Wide{3} << 99);
static_assert(proportion(-(Wide{1} << 100), Wide{1} << 90, (Wide{1} << 91) + 1, Rounding::FLOOR) <
              -(Wide{1} << 98));
static_assert(proportion((Wide{1} << 90) + 1, Wide{1} << 90, Wide{1} << 91, Rounding::CEILING) ==
              (Wide{1} << 89) + 1);
static_assert(proportion(Wide{1} << 120, Wide{1} << 120, 1, Rounding::FLOOR) == PROPORTION_MOST);

// The part of an amount that goes with a part of a value; all with all of it.
constexpr Wide share_of(Wide amount, Wide part, Wide whole) {
    return part == whole ? amount : proportion(amount, part, whole, Rounding::FLOOR);
}

// What a value must lose to be so many tiers lower; all of it from the lowest ones.
constexpr Wide above_tier(const Contract& contract, Wide value) {
    std::size_t place = 0;
    while (place + 1 < contract.margin_tiers.size() &&
           contract.margin_tiers[place + 1].floor < value) {
        ++place;
    }
    const std::size_t down = contract.liquidation.tiers_down;
    return place < down ? value : value - contract.margin_tiers[place - down + 1].floor;
}

// How many lots of a position that is worth a value are closed at once, when its pool has so much
// less than it needs, and whether a part of it was closed a short time ago. Its margin is of a
// value of its own, which may be that at entry.
constexpr std::int64_t lots_to_close(const Contract& contract, std::int64_t lots, Wide value,
                                     Wide margin_value, Wide shortage, bool is_soon) {
    const LiquidationTerms& terms = contract.liquidation;
    Wide part = value;
    Wide whole = value;
    if (terms.step == LiquidationStep::TIER_DOWN) {
        whole = margin_value;
        part = above_tier(contract, margin_value);
    } else if (terms.step == LiquidationStep::SHORTAGE) {
        const std::int64_t kept = maintenance_rate_at(contract, margin_value, lots);
        const std::int64_t paid = contract.close_rate - terms.fee_rate;
        const Wide freed = contract.value_at_entry ? part_of(margin_value, kept, Rounding::FLOOR) +
                                                         part_of(value, paid, Rounding::FLOOR)
                                                   : part_of(value, kept + paid, Rounding::FLOOR);
        whole = larger(freed, Wide{0});
        part = shortage;
    } else if (terms.step == LiquidationStep::FRACTION && !is_soon && value > terms.above) {
        part = std::max(part_of(value, terms.fraction, Rounding::FLOOR), Wide{terms.least});
    }
    if (part >= whole) return lots;
    const Wide closed = proportion(lots, part, whole, Rounding::CEILING);
    return std::max(std::int64_t{1}, static_cast<std::int64_t>(closed));
}

// The last price at which lots lose no more than their share, with a fee by a rate; false where
// there is none. It may be outside 64 bits.
constexpr bool bankruptcy_tick(const Contract& contract, bool is_buyer, std::int64_t lots,
                               std::int64_t mark, Wide share, std::int64_t rate, Wide* price) {
    const bool is_inverse = contract.kind == ContractKind::INVERSE;
    const Wide value =
        value_of(contract, lots, mark, is_buyer ? Rounding::CEILING : Rounding::FLOOR);
    const Wide of_tick = wide(lots) * contract.value_factor;
    const bool gets_more = is_buyer == is_inverse;
    // What is sold must be worth so much with its fee off, what is bought no more with its fee.
    Wide target = gets_more ? value - share : value + share;
    if (target > 0 && gets_more) {
        if (rate >= BILLION) return false;
        target = proportion(target, BILLION, BILLION - rate, Rounding::CEILING);
    } else if (target > 0) {
        target = proportion(target, BILLION, BILLION + rate, Rounding::FLOOR);
    }
    const Rounding rounding = is_buyer ? Rounding::FLOOR : Rounding::CEILING;
    if (!is_inverse) {
        *price = divide(target, of_tick, rounding);
        return true;
    }
    *price = target > 0 ? divide(of_tick, target, rounding) : wide(INT64_HIGHEST);
    return target > 0 || is_buyer;
}

// What a position may lose by its sale, beside the mark: a part of its maintenance margin, the
// larger the more its pool has less than its own. Nothing is rounded up. REQUIRES: missing >= 0.
constexpr Wide fillable_room(const LiquidationTerms& terms, Wide maintenance, Wide missing,
                             Wide needed) {
    const Wide most = proportion(maintenance, terms.spread, BILLION, Rounding::FLOOR);
    const Wide moved = proportion(missing, terms.adjustment, BILLION, Rounding::FLOOR);
    return moved >= needed ? most : proportion(most, moved, needed, Rounding::FLOOR);
}
// dYdX: with 499 of the 500 millions that are needed, a tenth of a 500th of them.
static_assert(fillable_room({.adjustment = BILLION, .spread = BILLION / 10}, 500'000'000, 1'000'000,
                            500'000'000) == 100'000);

// An amount in parts of another, of which `one` are all of it, within bounds.
constexpr std::int64_t RATIO_MOST = std::int64_t{1} << 62;
constexpr std::int64_t ratio_within(Wide amount, Wide whole, std::int64_t one) {
    const Wide most = RATIO_MOST;
    if (whole <= 0) return amount > 0 ? RATIO_MOST : amount < 0 ? -RATIO_MOST : 0;
    return static_cast<std::int64_t>(
        std::clamp(proportion(amount, one, whole, Rounding::FLOOR), -most, most));
}

// What a position is ranked by: gain and entry value are its own, the others its pool's.
struct Ranked {
    Wide gain;
    Wide entry_value;
    Wide collateral;
    Wide value;
    Wide maintenance;
    Wide equity;
};

// Where a position stands in the queue: the highest gives first. REQUIRES: equity > 0.
constexpr Wide deleverage_rank(const Contract& contract, const Ranked& its) {
    constexpr std::int64_t LEVERAGE_ONE = 1'000'000;
    if (contract.liquidation.rank == DeleverageRank::RATIO) {
        return wide(ratio_within(its.gain, its.collateral, BILLION)) *
               ratio_within(its.maintenance, its.equity, LEVERAGE_ONE);
    }
    const Wide entry = its.entry_value < 0 ? -its.entry_value : its.entry_value;
    const std::int64_t of_entry = ratio_within(its.gain, entry, BILLION);
    const std::int64_t leverage = its.gain >= 0 ? ratio_within(its.value, its.equity, LEVERAGE_ONE)
                                                : ratio_within(its.equity, its.value, LEVERAGE_ONE);
    return wide(of_entry) * leverage;
}

}  // namespace engine
