// The formulas of the engine as functions of numbers of one kind, for calculators.
#pragma once

#include "engine/formulas/liquidation.hpp"
#include "engine/formulas/margin.hpp"
#include "engine/formulas/mark.hpp"

namespace engine {

// With `one` being 1, and without a rounding, which these numbers don't need.
template <class Number>
struct Formulas {
    using N = Number;

    static N part(N value, N rate) {
        return engine::part(value, rate, N(1));
    }
    static N margin(N value, N rate, N deduction) {
        return engine::margin(value, rate, deduction, N(1));
    }
    static N by_leverage(N value, N leverage) {
        return over(value, leverage, Rounding::UP);
    }
    static N linear_value(N quantity, N multiplier, N price) {
        return engine::linear_value(quantity, multiplier, price);
    }
    static N inverse_value(N quantity, N multiplier, N price) {
        return engine::inverse_value(quantity, multiplier, price);
    }
    static N linear_price(N quantity, N multiplier, N value) {
        return engine::linear_price(quantity, multiplier, value);
    }
    static N inverse_price(N quantity, N multiplier, N value) {
        return engine::inverse_price(quantity, multiplier, value);
    }
    static N linear_gain(N side, N entry_value, N value) {
        return engine::linear_gain(side, entry_value, value);
    }
    static N inverse_gain(N side, N entry_value, N value) {
        return engine::inverse_gain(side, entry_value, value);
    }
    static N linear_pnl(N side, N quantity, N multiplier, N entry_price, N price) {
        return engine::linear_pnl(side, quantity, multiplier, entry_price, price);
    }
    static N inverse_pnl(N side, N quantity, N multiplier, N entry_price, N price) {
        return engine::inverse_pnl(side, quantity, multiplier, entry_price, price);
    }
    static N linear_break_even(N side, N quantity, N multiplier, N entry, N costs, N rate) {
        return engine::linear_break_even(side, quantity, multiplier, entry, costs, rate, N(1));
    }
    static N inverse_break_even(N side, N quantity, N multiplier, N entry, N costs, N rate) {
        return engine::inverse_break_even(side, quantity, multiplier, entry, costs, rate, N(1));
    }
    static N ratio_of(N amount, N whole) {
        return engine::ratio_of(amount, whole);
    }
    static N deduction_after(N deduction, N floor, N rate, N rate_before) {
        return engine::deduction_after(deduction, floor, rate, rate_before, N(1));
    }
    static N sloped_rate(N base, N slope, N size) {
        return engine::sloped_rate(base, slope, size);
    }
    static N scaled_rate(N rate, N open_interest, N lower, N upper) {
        return engine::scaled_rate(rate, open_interest, lower, upper, N(1));
    }
    static N linear_bankruptcy_value(N side, N value, N initial) {
        return engine::linear_bankruptcy_value(side, value, initial);
    }
    static N inverse_bankruptcy_value(N side, N value, N initial) {
        return engine::inverse_bankruptcy_value(side, value, initial);
    }
    static N open_loss(N side, N quantity, N multiplier, N price, N mark_price) {
        return engine::open_loss(side, quantity, multiplier, price, mark_price);
    }
    static N inverse_open_loss(N side, N quantity, N multiplier, N price, N mark_price) {
        return engine::inverse_open_loss(side, quantity, multiplier, price, mark_price);
    }
    static N worst_side(N position, N buys, N sells) {
        return engine::worst_side(position, buys, sells);
    }
    static N added_quantity(N side, N quantity, N position) {
        return engine::added_quantity(side, quantity, position);
    }
    static N opening_quantity(N side, N quantity, N position) {
        return engine::opening_quantity(side, quantity, position);
    }
    static N bounded(N value, N lowest, N highest) {
        return engine::bounded(value, lowest, highest);
    }
    static N premium_index(N price, N index) {
        return engine::premium_index(price, index, N(1));
    }
    static N impact_premium_index(N bid, N ask, N reference, N index) {
        return engine::impact_premium_index(bid, ask, reference, index, N(1));
    }
    static N interest_rate(N quote_rate, N base_rate, N periods) {
        return engine::interest_rate(quote_rate, base_rate, periods);
    }
    static N additive_rate(N premium, N interest, N scale) {
        return engine::additive_rate(premium, interest, scale);
    }
    static N dampened_rate(N premium, N interest, N damp, N scale) {
        return engine::dampened_rate(premium, interest, damp, scale);
    }
    static N bounded_additive_rate(N premium, N interest, N scale, N floor, N cap) {
        return engine::bounded_additive_rate(premium, interest, scale, floor, cap);
    }
    static N bounded_dampened_rate(N premium, N interest, N damp, N scale, N floor, N cap) {
        return engine::bounded_dampened_rate(premium, interest, damp, scale, floor, cap);
    }
    static N funding_cap(N multiplier, N initial_rate, N maintenance_rate) {
        return engine::funding_cap(multiplier, initial_rate, maintenance_rate, N(1));
    }
    static N accrued_rate(N rate, N elapsed, N period) {
        return engine::accrued_rate(rate, elapsed, period);
    }
    static N funding_payment(N side, N value, N rate) {
        return engine::funding_payment(side, value, rate, N(1));
    }
    static N index_change(N rate, N price, N elapsed, N period) {
        return engine::index_change(rate, price, elapsed, period, N(1));
    }
    static N socialized_index_change(N loss, N longs, N shorts) {
        return engine::socialized_index_change(loss, longs, shorts);
    }
    static N index_due(N position, N index, N entry_index) {
        return engine::index_due(position, index, entry_index);
    }
    static N mid_price(N bid, N ask) {
        return engine::mid_price(bid, ask, N(2));
    }
    static N fair_basis(N index, N rate, N left, N interval) {
        return engine::fair_basis(index, rate, left, interval, N(1));
    }
    static N moved_average(N average, N value, N weight) {
        return engine::moved_average(average, value, weight, N(1));
    }
    static N middle(N a, N b, N c) {
        return engine::middle(a, b, c);
    }
    static N price_in_band(N price, N index, N part) {
        return engine::price_in_band(price, index, part, N(1));
    }
    static N linear_liquidation_level(N side, N quantity, N multiplier, N entry, N entry_rate,
                                      N balance, N deduction, N rate) {
        return engine::linear_liquidation_level(side, quantity, multiplier, entry, entry_rate,
                                                balance, deduction, rate);
    }
    static N inverse_liquidation_level(N side, N quantity, N multiplier, N entry, N entry_rate,
                                       N balance, N deduction, N rate) {
        return engine::inverse_liquidation_level(side, quantity, multiplier, entry, entry_rate,
                                                 balance, deduction, rate);
    }
    static N linear_liquidation_price(N side, N quantity, N multiplier, N entry, N entry_rate,
                                      N balance, N deduction, N rate) {
        return engine::linear_liquidation_price(side, quantity, multiplier, entry, entry_rate,
                                                balance, deduction, rate);
    }
    static N inverse_liquidation_price(N side, N quantity, N multiplier, N entry, N entry_rate,
                                       N balance, N deduction, N rate) {
        return engine::inverse_liquidation_price(side, quantity, multiplier, entry, entry_rate,
                                                 balance, deduction, rate);
    }
    static N linear_leveraged_price(N side, N quantity, N multiplier, N entry, N leverage, N needed,
                                    N balance, N deduction, N rate) {
        return engine::linear_leveraged_price(side, quantity, multiplier, entry, leverage, needed,
                                              balance, deduction, rate, N(1));
    }
    static N inverse_leveraged_price(N side, N quantity, N multiplier, N entry, N leverage,
                                     N needed, N balance, N deduction, N rate) {
        return engine::inverse_leveraged_price(side, quantity, multiplier, entry, leverage, needed,
                                               balance, deduction, rate, N(1));
    }
    static N linear_slope(N side, N quantity, N multiplier, N rate) {
        return engine::linear_slope(side, quantity, multiplier, rate);
    }
    static N linear_reach(N side, N quantity, N multiplier, N entry, N entry_rate, N balance) {
        return engine::linear_reach(side, quantity, multiplier, entry, entry_rate, balance);
    }
    static N inverse_slope(N side, N quantity, N multiplier, N rate) {
        return engine::inverse_slope(side, quantity, multiplier, rate);
    }
    static N inverse_reach(N side, N quantity, N multiplier, N entry, N entry_rate, N balance) {
        return engine::inverse_reach(side, quantity, multiplier, entry, entry_rate, balance);
    }
    static N kept_rate(N leverage, N rate) {
        return engine::kept_rate(leverage, rate, N(1));
    }
    static N hedged_price(N numerator, N denominator) {
        return engine::hedged_price(numerator, denominator);
    }
    static N freed_margin(N price, N quote_price, N rate, N liquidator_fee, N insurance_fee) {
        return engine::freed_margin(price, quote_price, rate, liquidator_fee, insurance_fee);
    }
    static N fillable_price(N side, N quantity, N multiplier, N price, N collateral, N total,
                            N maintenance, N adjustment, N spread) {
        return engine::fillable_price(side, quantity, multiplier, price, collateral, total,
                                      maintenance, adjustment, spread, N(1));
    }
    static N rank_by_leverage(N profit, N leverage) {
        return engine::rank_by_leverage(profit, leverage);
    }
    static N total(N a, N b) {
        return a + b;
    }
    static N at_least(N a, N b) {
        return larger(a, b);
    }
    static N at_most(N a, N b) {
        return smaller(a, b);
    }
};

}  // namespace engine
