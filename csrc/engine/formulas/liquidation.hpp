// Where a position is liquidated and where it is bankrupt. Source: RISK.md, sections 5 and 6.
//
// ONE formula: balance + entry_rate * V(entry) + pnl(p) = rate * V(p) - deduction. `balance` is
// what stands against the position: wallet or margin, what other positions gain beyond their own
// margin, less what is needed whatever the price. `rate` holds the maintenance rate and the fee to
// close, both of the value at the price itself. Without them it is the bankruptcy price.
#pragma once

#include <limits>

#include "engine/formulas/margin.hpp"

namespace engine {

// How fast a position nears its liquidation, of INVERSE over one over the price. Of the sign of the
// side, or there is no such price.
template <class Number>
constexpr Number linear_slope(Number side, Number quantity, Number multiplier, Number rate) {
    return quantity * multiplier * (side - rate);
}
template <class Number>
constexpr Number inverse_slope(Number side, Number quantity, Number multiplier, Number rate) {
    return quantity * multiplier * (side + rate);
}

// What of the value at entry is left: the initial margin by leverage, less a part that is needed.
template <class Number>
constexpr Number kept_rate(Number leverage, Number rate, Number one) {
    return over(one, leverage, Rounding::DOWN) - rate;
}

// What is level with the balance at the liquidation price. Of the value at entry, `entry_rate` is
// balance too: an initial margin, less a maintenance margin that is of that value.
template <class Number>
constexpr Number linear_reach(Number side, Number quantity, Number multiplier, Number entry_price,
                              Number entry_rate, Number balance) {
    return linear_value(quantity, multiplier, entry_price) * (side - entry_rate) - balance;
}
// REQUIRES: entry_price > 0.
template <class Number>
constexpr Number inverse_reach(Number side, Number quantity, Number multiplier, Number entry_price,
                               Number entry_rate, Number balance) {
    return inverse_value(quantity, multiplier, entry_price) * (side + entry_rate) + balance;
}

// The price where the maintenance margin is a line through zero and beyond: below 0 where there is
// none. Of INVERSE one over it, so that the levels of several tiers can be compared.
template <class Number>
constexpr Number linear_liquidation_level(Number side, Number quantity, Number multiplier,
                                          Number entry_price, Number entry_rate, Number balance,
                                          Number deduction, Number rate) {
    return over(
        linear_reach(side, quantity, multiplier, entry_price, entry_rate, balance + deduction),
        linear_slope(side, quantity, multiplier, rate), Rounding::DOWN);
}
template <class Number>
constexpr Number inverse_liquidation_level(Number side, Number quantity, Number multiplier,
                                           Number entry_price, Number entry_rate, Number balance,
                                           Number deduction, Number rate) {
    return over(
        inverse_reach(side, quantity, multiplier, entry_price, entry_rate, balance + deduction),
        inverse_slope(side, quantity, multiplier, rate), Rounding::DOWN);
}

// A price as a quotient, or none: 0 among ratios, no number among floats.
constexpr Ratio price_or_none(const Ratio& numerator, const Ratio& denominator,
                              const Ratio& slope) {
    if (!slope.is_exact()) return {};
    const bool is_endless = denominator.is_exact() && denominator.numerator() == 0;
    if (slope.numerator() <= 0 || is_endless) return Ratio(0);
    const Ratio price = numerator / denominator;
    if (!price.is_exact()) return {};
    return price.numerator() > 0 ? price : Ratio(0);
}
constexpr double price_or_none(double numerator, double denominator, double slope) {
    constexpr double NONE = std::numeric_limits<double>::quiet_NaN();
    const double price = numerator / denominator;
    const double found = price <= std::numeric_limits<double>::max() && price > 0 ? price : NONE;
    return slope > 0 ? found : NONE;
}

template <class Number>
constexpr Number linear_liquidation_price(Number side, Number quantity, Number multiplier,
                                          Number entry_price, Number entry_rate, Number balance,
                                          Number deduction, Number rate) {
    const Number slope = linear_slope(side, quantity, multiplier, rate);
    const Number reach =
        linear_reach(side, quantity, multiplier, entry_price, entry_rate, balance + deduction);
    return price_or_none(reach, slope, side * slope);
}
template <class Number>
constexpr Number inverse_liquidation_price(Number side, Number quantity, Number multiplier,
                                           Number entry_price, Number entry_rate, Number balance,
                                           Number deduction, Number rate) {
    const Number slope = inverse_slope(side, quantity, multiplier, rate);
    const Number reach =
        inverse_reach(side, quantity, multiplier, entry_price, entry_rate, balance + deduction);
    return price_or_none(slope, reach, side * slope);
}

// The same by leverage, less a part of the value at entry that is needed.
template <class Number>
constexpr Number linear_leveraged_price(Number side, Number quantity, Number multiplier,
                                        Number entry_price, Number leverage, Number needed,
                                        Number balance, Number deduction, Number rate, Number one) {
    return linear_liquidation_price(side, quantity, multiplier, entry_price,
                                    kept_rate(leverage, needed, one), balance, deduction, rate);
}
template <class Number>
constexpr Number inverse_leveraged_price(Number side, Number quantity, Number multiplier,
                                         Number entry_price, Number leverage, Number needed,
                                         Number balance, Number deduction, Number rate,
                                         Number one) {
    return inverse_liquidation_price(side, quantity, multiplier, entry_price,
                                     kept_rate(leverage, needed, one), balance, deduction, rate);
}

// The one price of a long and a short position that share a balance: their sums take the places of
// `reach` and `slope`. There is none where they hedge each other to nothing.
template <class Number>
constexpr Number hedged_price(Number numerator, Number denominator) {
    return price_or_none(numerator, denominator, denominator * denominator);
}

// Process.

// What closing one unit frees of margin, less the fees that it costs.
template <class Number>
constexpr Number freed_margin(Number price, Number quote_price, Number rate, Number liquidator_fee,
                              Number insurance_fee) {
    return price * quote_price * (rate - liquidator_fee) - price * insurance_fee;
}

// dYdX: the oracle price, and a part of the position's maintenance margin off it, which grows with
// what is missing of the account's. REQUIRES: quantity, multiplier, total_maintenance > 0.
template <class Number>
constexpr Number fillable_price(Number side, Number quantity, Number multiplier, Number price,
                                Number net_collateral, Number total_maintenance, Number maintenance,
                                Number adjustment, Number spread, Number one) {
    const Number missing = one - over(net_collateral * one, total_maintenance, Rounding::DOWN);
    const Number zero = one - one;
    const Number part = smaller(larger(adjustment * missing, zero), one);
    return price - over(side * part * spread * maintenance, quantity * multiplier, Rounding::DOWN);
}

// Auto-deleveraging: a gain counts the more, a loss the less, the higher the leverage.
constexpr double rank_by_leverage(double profit, double leverage) {
    return profit > 0 ? profit * leverage : profit / leverage;
}
constexpr Ratio rank_by_leverage(const Ratio& profit, const Ratio& leverage) {
    if (!profit.is_exact()) return {};
    return profit.numerator() > 0 ? profit * leverage : profit / leverage;
}

// Bybit: long 1 at 20,000, 50 times, 0.5 % at entry.
static_assert(linear_leveraged_price(Ratio(1), Ratio(1), Ratio(1), Ratio(20'000), Ratio(50),
                                     Ratio(5, 1'000), Ratio(0), Ratio(0), Ratio(0),
                                     Ratio(1)) == Ratio(19'700));
// Gate: long at 10, 3 times, 1 % and a fee of 0.06 %, both of the value there.
static_assert(linear_liquidation_price(Ratio(1), Ratio(1), Ratio(1), Ratio(10), Ratio(1, 3),
                                       Ratio(0), Ratio(0),
                                       Ratio(106, 10'000)) == Ratio(200'000, 29'682));
// Bybit, inverse: long 60,000 at 50,000, a margin of 0.12.
static_assert(inverse_liquidation_price(Ratio(1), Ratio(60'000), Ratio(1), Ratio(50'000), Ratio(0),
                                        Ratio(12, 100), Ratio(0),
                                        Ratio(5, 1'000)) == Ratio(60'300, 132) * Ratio(100));
// A short position that holds the coins it would have to buy, and a long one that is paid in full.
static_assert(inverse_liquidation_price(Ratio(-1), Ratio(100), Ratio(1), Ratio(50), Ratio(0),
                                        Ratio(2), Ratio(1), Ratio(0)) == Ratio(0));
static_assert(linear_liquidation_price(Ratio(1), Ratio(1), Ratio(1), Ratio(10), Ratio(1), Ratio(0),
                                       Ratio(0), Ratio(0)) == Ratio(0));
// Drift: at 100, 10 % margin, 1 % to the liquidator and 1 % to the fund.
static_assert(freed_margin(Ratio(100), Ratio(1), Ratio(10, 100), Ratio(1, 100), Ratio(1, 100)) ==
              Ratio(8));
// dYdX: 10,000,000 at 500, 499 of the 500 millions that are needed.
static_assert(fillable_price(Ratio(1), Ratio(10'000'000), Ratio(1), Ratio(500), Ratio(499'000'000),
                             Ratio(500'000'000), Ratio(500'000'000), Ratio(1), Ratio(1, 10),
                             Ratio(1)) == Ratio(49'999, 100));
static_assert(rank_by_leverage(Ratio(-5, 100), Ratio(95, 4)) == Ratio(-2, 950));

}  // namespace engine
