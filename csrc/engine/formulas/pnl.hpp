// What a position has gained or lost. Source: RISK.md, section 1.
//
// A position is its side (+1 long, -1 short), its quantity and its entry VALUE, which is a sum: of
// inverse contracts the average price is not. Values are as value.hpp has them; a gain is above 0.
#pragma once

#include "engine/formulas/value.hpp"

namespace engine {

// Open or closed: the value at one price against that at entry. An INVERSE contract is worth less,
// in coins, the higher the price, and its long side gains by it.
template <class Number>
constexpr Number linear_gain(Number side, Number entry_value, Number value) {
    return side * (value - entry_value);
}
template <class Number>
constexpr Number inverse_gain(Number side, Number entry_value, Number value) {
    return side * (entry_value - value);
}

// In whole units.
constexpr Wide gain_of(ContractKind kind, Wide side, Wide entry_value, Wide value) {
    if (kind == ContractKind::INVERSE) return inverse_gain(side, entry_value, value);
    return linear_gain(side, entry_value, value);
}

// The same of two prices, which floating-point numbers lose less by.
template <class Number>
constexpr Number linear_pnl(Number side, Number quantity, Number multiplier, Number entry_price,
                            Number price) {
    return side * quantity * multiplier * (price - entry_price);
}
// REQUIRES: prices > 0.
template <class Number>
constexpr Number inverse_pnl(Number side, Number quantity, Number multiplier, Number entry_price,
                             Number price, Rounding rounding = Rounding::DOWN) {
    return over(side * quantity * multiplier * (price - entry_price), entry_price * price,
                rounding);
}

// What leaves the entry value with a part of the quantity. REQUIRES: 0 <= closed <= quantity,
// quantity > 0; in whole units, value and quantities of 64 bits.
template <class Number>
constexpr Number closed_value(Number entry_value, Number quantity, Number closed,
                              Rounding rounding = Rounding::DOWN) {
    return over(entry_value * closed, quantity, rounding);
}

// The price at which closing leaves nothing after costs and a fee, a rate of the value there.
template <class Number>
constexpr Number linear_break_even(Number side, Number quantity, Number multiplier,
                                   Number entry_value, Number costs, Number rate, Number one,
                                   Rounding rounding = Rounding::DOWN) {
    return over((side * entry_value + costs) * one, quantity * multiplier * (side * one - rate),
                rounding);
}
template <class Number>
constexpr Number inverse_break_even(Number side, Number quantity, Number multiplier,
                                    Number entry_value, Number costs, Number rate, Number one,
                                    Rounding rounding = Rounding::DOWN) {
    return over(quantity * multiplier * (side * one + rate), (side * entry_value - costs) * one,
                rounding);
}

// One amount in parts of another: what was gained of the margin, margin of what is needed.
template <class Number>
constexpr Number ratio_of(Number amount, Number whole, Rounding rounding = Rounding::DOWN) {
    return over(amount, whole, rounding);
}

// BitMEX: long 15,000 at 750, closed at 800.
static_assert(inverse_gain(Ratio(1), Ratio(20), Ratio(1'875, 100)) == Ratio(125, 100));
static_assert(inverse_pnl(Ratio(1), Ratio(15'000), Ratio(1), Ratio(750), Ratio(800)) ==
              Ratio(125, 100));
// Bybit: short 0.4 at 6000, 5000 now.
static_assert(linear_pnl(Ratio(-1), Ratio(4, 10), Ratio(1), Ratio(6'000), Ratio(5'000)) ==
              Ratio(400));
static_assert(closed_value<Wide>(1'000, 3, 1, Rounding::UP) == 334);
// Long 1 at 100 for a fee of 1, a fee of 1 % to close: 101 / 0.99.
static_assert(linear_break_even(Ratio(1), Ratio(1), Ratio(1), Ratio(100), Ratio(1), Ratio(1, 100),
                                Ratio(1)) == Ratio(10'100, 99));

}  // namespace engine
