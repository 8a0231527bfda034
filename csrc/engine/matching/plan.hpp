// What an incoming order would do to the other side, act by act, before anything changes.
//
// One plan answers the questions (would it trade, would it fill whole) and is then carried out, so
// the question and the deed cannot disagree. For books that hold, or orders that are, more than
// plain ones; plain orders between themselves need no plan.
// Complexity: O(1) a resting order that it meets, O(log n) once for what is hidden. Pro rata it
// meets every order that is shown at a price where it trades.
#pragma once

#include <cstdint>

#include "engine/book/books.hpp"
#include "engine/matching/special_orders.hpp"

namespace engine {

// An order on its way into the book.
struct Entrant {
    RestingOrder order;  // its leaves are all that it has open
    Details details;     // all zero for a plain one
    SideNumber side;
    Index number;    // NIL for one that has none yet
    bool is_queued;  // it rests already, and is tried again

    OrderFlags flags() const {
        return flags_of(order.terms);
    }
    OrderType type() const {
        return order_type_of(order.terms);
    }
    SelfTradeMode self_trade_mode() const {
        return self_trade_mode_of(order.terms);
    }
    bool has(OrderFlag flag) const {
        return engine::has(flags(), flag);
    }
};

// REQUIRES: the side's instrument has a special market, or `market` is null and nothing on the
// other side is more than plain.
void make_plan(const Entrant& taker, const Books& books, SpecialOrders& special,
               const SpecialMarket* market, Plan* plan);

// Whether the plan gives an order what it asks for at least, if it trades at all.
bool fills_enough(const Entrant& taker, const Plan& plan);

// Whether an order that comes in now trades.
inline bool would_trade(const Entrant& taker, const Plan& plan) {
    return plan.traded > 0 && fills_enough(taker, plan);
}

constexpr bool needs_all(const Entrant& taker) {
    return time_in_force_of(taker.order.terms) == TimeInForce::FOK ||
           has(flags_of(taker.order.terms), OrderFlag::ALL_OR_NONE);
}

// -- what kinds of orders do
constexpr bool is_conditional(OrderType type) {
    return type >= OrderType::STOP && type <= OrderType::TRAILING_STOP_LIMIT;
}
constexpr bool is_trailing(OrderType type) {
    return type == OrderType::TRAILING_STOP || type == OrderType::TRAILING_STOP_LIMIT;
}
constexpr bool has_price(OrderType type) {
    return type == OrderType::LIMIT || type == OrderType::STOP_LIMIT ||
           type == OrderType::LIMIT_IF_TOUCHED || type == OrderType::TRAILING_STOP_LIMIT;
}
constexpr bool is_pegged(OrderType type) {
    return type >= OrderType::PEG_PRIMARY && type <= OrderType::PEG_MIDPOINT;
}
// What a conditional order becomes; the others stay what they are.
constexpr OrderType released(OrderType type) {
    if (!is_conditional(type)) return type;
    return has_price(type) ? OrderType::LIMIT : OrderType::MARKET;
}
// Whether such an order may wait in the book, now or once it is triggered.
constexpr bool may_rest(OrderType type, TimeInForce in_force, OrderFlags flags) {
    const bool is_immediate = in_force == TimeInForce::IOC || in_force == TimeInForce::FOK;
    return !is_immediate &&
           (has_price(type) || is_pegged(type) || type == OrderType::MARKET_TO_LIMIT ||
            has(flags, OrderFlag::PROTECTED));
}
constexpr bool is_choosy(OrderFlags flags) {
    return has(flags, OrderFlag::ALL_OR_NONE) || has(flags, OrderFlag::MINIMUM_EACH);
}

}  // namespace engine
