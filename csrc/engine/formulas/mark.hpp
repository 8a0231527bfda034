// At which price positions are valued: fair basis, averages, the middle of several prices. Source:
// RISK.md, section 3.
//
// Rates and weights are in parts of `one`: BILLION in whole numbers, 1 elsewhere.
#pragma once

#include "engine/formulas/funding.hpp"

namespace engine {

template <class Number>
constexpr Number mid_price(Number bid, Number ask, Number two, Rounding rounding = Rounding::DOWN) {
    return over(bid + ask, two, rounding);
}

// What the next funding moves the price away from the index, by the time that is left until then.
// REQUIRES: interval > 0.
template <class Number>
constexpr Number fair_basis(Number index, Number rate, Number left, Number interval, Number one,
                            Rounding rounding = Rounding::DOWN) {
    return over(index * rate * left, interval * one, rounding);
}

// An average that moves towards a value by a weight: 0 not at all, `one` all the way.
template <class Number>
constexpr Number moved_average(Number average, Number value, Number weight, Number one,
                               Rounding rounding = Rounding::DOWN) {
    return average + over(weight * (value - average), one, rounding);
}

// The middle one of three.
template <class Number>
constexpr Number middle(Number a, Number b, Number c) {
    return larger(smaller(a, b), smaller(larger(a, b), c));
}

// A price no farther from the index than a part of it. REQUIRES: index, part >= 0.
template <class Number>
constexpr Number price_in_band(Number price, Number index, Number part, Number one,
                               Rounding rounding = Rounding::DOWN) {
    const Number reach = over(index * part, one, rounding);
    return bounded(price, index - reach, index + reach);
}

// BitMEX: 97843.77, 0.011 % in 8 hours, 267 minutes left; in cents 599 and a rest.
static_assert(fair_basis<Wide>(9'784'377, 110'000, 267, 480, BILLION, Rounding::HALF_UP) == 599);
static_assert(middle<Wide>(50'020, 50'005, 50'100) == 50'020 && middle<Wide>(3, 3, 1) == 3);
static_assert(middle(Ratio(1), Ratio(3), Ratio(2)) == Ratio(2));
static_assert(price_in_band<Wide>(111, 100, BILLION / 10, BILLION) == 110);
static_assert(moved_average(Ratio(10), Ratio(14), Ratio(1, 4), Ratio(1)) == Ratio(11));

}  // namespace engine
