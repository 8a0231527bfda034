// Reduce-only orders: the positions that they are held against, and what they may have of them.
//
// Positions are supplied from outside and move with the trades of their accounts. Of a market's
// reduce-only orders those are held against them that are in its book, or in a call without a
// limit; the others are when they come in.
// Complexity: O(log n) in accounts, and O(1) for each reduce-only order that the account has there.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/book/books.hpp"
#include "engine/matching/plan.hpp"
#include "engine/matching/special_orders.hpp"

namespace engine {

constexpr bool is_reduce_only(OrderFlags flags) {
    return has(flags, OrderFlag::REDUCE_ONLY);
}

// Whether such orders are held against the position where they are.
constexpr bool is_in_market(OrderState state) {
    return state == OrderState::RESTING || state == OrderState::AT_MARKET;
}

// With how much an order may come into the market; 0 when it is not to come in. `market` is null
// where no position was supplied.
std::int64_t entitled(const Entrant& order, const Books& books, const SpecialOrders& special,
                      const SpecialMarket* market);

// What an order has more than the position.
struct Excess {
    Index number;
    std::int64_t lots;
};

// What the reduce-only orders of an account on a side are more than its position, the newest first.
std::vector<Excess> excesses(const SpecialMarket& market, const Books& books,
                             const SpecialOrders& special, AccountSide place);

}  // namespace engine
