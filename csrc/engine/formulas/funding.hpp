// What longs and shorts pay each other: premium, rate, payment, and the index that carries payments
// to positions nobody touches. Source: RISK.md, section 2.
//
// Rates are in parts of `one`: BILLION in whole numbers, 1 elsewhere. A rate above 0 is paid by
// longs. What a position is paid is above 0, and rounded FLOOR: no credit is rounded up.
#pragma once

#include "engine/formulas/margin.hpp"

namespace engine {

// REQUIRES: lowest <= highest.
template <class Number>
constexpr Number bounded(Number value, Number lowest, Number highest) {
    return larger(smaller(value, highest), lowest);
}

// Premium.

// How far a price, mark or mid, is above the index, in parts of it. REQUIRES: index > 0.
template <class Number>
constexpr Number premium_index(Number price, Number index, Number one,
                               Rounding rounding = Rounding::DOWN) {
    return over((price - index) * one, index, rounding);
}

// How far the impact bid is above a reference, or the impact ask below it, in parts of the index.
// REQUIRES: index > 0.
template <class Number>
constexpr Number impact_premium_index(Number bid, Number ask, Number reference, Number index,
                                      Number one, Rounding rounding = Rounding::DOWN) {
    const Number zero = reference - reference;
    const Number above = larger(bid - reference, zero);
    const Number below = larger(reference - ask, zero);
    return over((above - below) * one, index, rounding);
}

// Rate.

// What a day's interest comes to in one of its periods. REQUIRES: periods > 0.
template <class Number>
constexpr Number interest_rate(Number quote_rate, Number base_rate, Number periods,
                               Rounding rounding = Rounding::DOWN) {
    return over(quote_rate - base_rate, periods, rounding);
}

// Premium and interest together, in parts of `scale`. REQUIRES: scale > 0.
template <class Number>
constexpr Number additive_rate(Number premium, Number interest, Number scale,
                               Rounding rounding = Rounding::DOWN) {
    return over(premium + interest, scale, rounding);
}

// The premium, drawn towards the interest by `damp` at most: where they are nearer than that, the
// interest. Of interest 0 a dead band, max(damp, premium) + min(-damp, premium).
// REQUIRES: damp >= 0, scale > 0.
template <class Number>
constexpr Number dampened_rate(Number premium, Number interest, Number damp, Number scale,
                               Rounding rounding = Rounding::DOWN) {
    return over(premium + bounded(interest - premium, -damp, damp), scale, rounding);
}

// Both, no lower and no higher than two bounds. REQUIRES: floor <= cap.
template <class Number>
constexpr Number bounded_additive_rate(Number premium, Number interest, Number scale, Number floor,
                                       Number cap, Rounding rounding = Rounding::DOWN) {
    return bounded(additive_rate(premium, interest, scale, rounding), floor, cap);
}
template <class Number>
constexpr Number bounded_dampened_rate(Number premium, Number interest, Number damp, Number scale,
                                       Number floor, Number cap,
                                       Rounding rounding = Rounding::DOWN) {
    return bounded(dampened_rate(premium, interest, damp, scale, rounding), floor, cap);
}

// What bounds a rate: a multiple of what the initial margin rate is above the maintenance one's.
template <class Number>
constexpr Number funding_cap(Number multiplier, Number initial_rate, Number maintenance_rate,
                             Number one, Rounding rounding = Rounding::DOWN) {
    return over(multiplier * (initial_rate - maintenance_rate), one, rounding);
}

// What of a rate belongs to a part of its period. REQUIRES: period > 0.
template <class Number>
constexpr Number accrued_rate(Number rate, Number elapsed, Number period,
                              Rounding rounding = Rounding::DOWN) {
    return over(rate * elapsed, period, rounding);
}

// Payment.

// What a position is paid. REQUIRES: in whole numbers a value of 94 bits at most.
template <class Number>
constexpr Number funding_payment(Number side, Number value, Number rate, Number one,
                                 Rounding rounding = Rounding::FLOOR) {
    return over(-(side * value * rate), one, rounding);
}

// What a long position of 1 owes for a part of a period. REQUIRES: period > 0.
template <class Number>
constexpr Number index_change(Number rate, Number price, Number elapsed, Number period, Number one,
                              Rounding rounding = Rounding::DOWN) {
    return over(rate * price * elapsed, period * one, rounding);
}

// What all positions lose together, of each 1. REQUIRES: longs + shorts > 0.
template <class Number>
constexpr Number socialized_index_change(Number loss, Number longs, Number shorts,
                                         Rounding rounding = Rounding::UP) {
    return over(loss, longs + shorts, rounding);
}

// What a position (below 0 short) is due since the index was at its entry index.
template <class Number>
constexpr Number index_due(Number position, Number index, Number entry_index) {
    return -(position * (index - entry_index));
}

struct IndexPayment {
    Wide amount = 0;     // whole units
    Wide remainder = 0;  // parts of a unit, `scale` of which are one: at or above 0, below it
};

// What is due and was left of it, in whole units, once a long position of 1 has come to owe so much
// more; what is left again. Always FLOOR: then the sum of all payments is the same however often a
// position was paid on the way.
// REQUIRES: scale > 0, 0 <= remainder < scale, and in whole units the amount has 126 bits.
constexpr IndexPayment index_payment(std::int64_t position, Wide of_one, std::int64_t scale,
                                     std::int64_t remainder) {
    Wide product = 0;
    Wide due = 0;
    const bool has_room = !__builtin_mul_overflow(wide(position), of_one, &product) &&
                          !__builtin_sub_overflow(wide(remainder), product, &due);
    // Without room for the product its whole units come apart.
    const Wide whole = ENGINE_LIKELY(has_room) ? 0 : of_one / scale;
    if (ENGINE_UNLIKELY(!has_room)) due = remainder - position * (of_one - whole * scale);
    const Wide amount = divide(due, scale, Rounding::FLOOR);
    return {amount - position * whole, due - amount * scale};
}

// GoDark: mark 50010, index 50000, 0.01 a day, a second; BILLION is one.
static_assert(additive_rate(premium_index(Ratio(50'010), Ratio(50'000), Ratio(1)),
                            interest_rate(Ratio(1, 100), Ratio(0), Ratio(86'400)),
                            Ratio(1)) == Ratio(2, 10'000) + Ratio(1, 8'640'000));
static_assert(premium_index<Wide>(50'010, 50'000, BILLION) == 200'000);
// BitMEX: 15,000 contracts of a dollar at 750 are 20 XBT; (1 % - 0.25 %) / 3.
static_assert(interest_rate(Ratio(1, 100), Ratio(1, 400), Ratio(3)) == Ratio(1, 400));
static_assert(funding_payment(Ratio(1), Ratio(20), Ratio(1, 400), Ratio(1)) == Ratio(-5, 100));
// Binance, of four hours; Deribit's dead band at its edge.
static_assert(dampened_rate(Ratio(1, 1'000), Ratio(1, 10'000), Ratio(5, 10'000), Ratio(2)) ==
              Ratio(1, 4'000));
static_assert(dampened_rate<Wide>(-250, 0, 250, 1) == 0 &&
              dampened_rate<Wide>(-251, 0, 250, 1) == -1);
// dYdX: 120,000 millionths in 8 hours, of 50,000 at a tick of 10^-5, for one.
static_assert(index_change<Wide>(120'000, 5, 3'600, 28'800, 1) == 75'000);
static_assert(index_payment(-3, 7, 20, 0).amount == 1);
static_assert(index_payment(3, 7, 20, 0).amount == -2);
static_assert(index_payment(3, 7, 20, 0).remainder == 19);
// Drift: 100 over 7 long and 4 short.
static_assert(socialized_index_change<Wide>(100'000'000, 7, 4) == 9'090'910);

}  // namespace engine
