// Division of whole numbers with the rounding named; 128-bit intermediates. Constant time and pure.
#pragma once

#include <cstdint>

#include "engine/base/assert.hpp"
#include "engine/base/numbers.hpp"
#include "engine/types/enums.hpp"

namespace engine {

__extension__ using Wide = __int128;

// A product or sum of 64-bit numbers fits.
constexpr Wide wide(std::int64_t number) {
    return number;
}

constexpr bool fits(Wide number) {
    return number >= INT64_LOWEST && number <= INT64_HIGHEST;
}

// Whether a quotient that was cut off, with a rest of this size above 0, is rounded away from 0.
template <class Number>
constexpr bool goes_away(bool is_negative, bool is_odd, Number rest, Number denominator,
                         Rounding rounding) {
    const Number twice = 2 * rest;
    switch (rounding) {
        case Rounding::DOWN:
            return false;
        case Rounding::UP:
            return true;
        case Rounding::FLOOR:
            return is_negative;
        case Rounding::CEILING:
            return !is_negative;
        case Rounding::HALF_UP:
            return twice >= denominator;
        case Rounding::HALF_EVEN:
            return twice > denominator || (twice == denominator && is_odd);
    }
    return false;
}

// The quotient as a whole number. REQUIRES: denominator > 0.
constexpr Wide divide(Wide numerator, Wide denominator, Rounding rounding) {
    const Wide quotient = numerator / denominator;
    const Wide rest = numerator - quotient * denominator;
    if (rest == 0) return quotient;
    const bool is_negative = numerator < 0;
    const Wide sign = is_negative ? -1 : 1;
    const bool is_away = goes_away(is_negative, quotient % 2 != 0, is_negative ? -rest : rest,
                                   denominator, rounding);
    return is_away ? quotient + sign : quotient;
}
static_assert(divide(-5, 2, Rounding::DOWN) == -2 && divide(-5, 2, Rounding::UP) == -3);
static_assert(divide(-5, 2, Rounding::FLOOR) == -3 && divide(-5, 2, Rounding::CEILING) == -2);
static_assert(divide(-5, 2, Rounding::HALF_UP) == -3 && divide(-5, 2, Rounding::HALF_EVEN) == -2);
static_assert(divide(7, 2, Rounding::HALF_EVEN) == 4 && divide(7, 3, Rounding::HALF_UP) == 2);

// The formulas are written once for three kinds of numbers: whole ones, which the engine has and
// where each quotient is rounded as it is named; ratios, which are exact and have no use for a
// rounding; and floating-point ones.

// REQUIRES: denominator > 0.
constexpr Wide over(Wide numerator, Wide denominator, Rounding rounding) {
    return divide(numerator, denominator, rounding);
}
constexpr double over(double numerator, double denominator, Rounding /*rounding*/) {
    return numerator / denominator;
}
constexpr Wide smaller(Wide a, Wide b) {
    return b < a ? b : a;
}
// That which is no number wins, as in everything that is made of it.
constexpr double smaller(double a, double b) {
    return b < a || b != b ? b : a;
}

}  // namespace engine
