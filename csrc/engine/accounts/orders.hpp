// Orders and trades, as accounts see them.
//
// Purpose: what the engine tells accounts of an order, of those that are open and of a trade, and
// what it is answered. Records of whole numbers, that know no book and no account.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "engine/accounts/limits.hpp"
#include "engine/base/numbers.hpp"
#include "engine/base/pool.hpp"
#include "engine/formulas/value.hpp"
#include "engine/types/records.hpp"

namespace engine {

// The sides of what is open.
constexpr std::size_t TO_BUY = 0;
constexpr std::size_t TO_SELL = 1;
constexpr std::size_t side_of_open(bool is_buyer) {
    return is_buyer ? TO_BUY : TO_SELL;
}

// What an order holds for: so many lots at its limit; none for an order that waits.
struct Held {
    std::int64_t lots = 0;
    std::int64_t price = 0;
    bool operator==(const Held&) const = default;
};

// What is open of a position: values of orders, and their lots.
struct Open {
    Wide buys = 0;
    Wide sells = 0;
    Wide buying = 0;
    Wide selling = 0;

    void add(bool is_buyer, Wide value, Wide lots) {
        (is_buyer ? buys : sells) += value;
        (is_buyer ? buying : selling) += lots;
    }
};

// An order that is open.
struct OpenOrder {
    AccountIndex account;
    std::uint32_t instrument;
    bool is_buyer;
    Held held;
};

// What an account would have in a derivative with an order, and without it.
struct Prospect {
    Exposure with;
    Exposure without;
    Wide lots = 0;  // of the position in the order's direction, with all that is open on its side

    // Whether the order makes the position's worst side larger.
    bool grows() const {
        return with.worst() > without.worst();
    }
};

// What there is, and what is needed of it.
struct Shortfall {
    Wide there = 0;
    Wide needed = 0;
};

// What a trade costs its parties.
struct Fees {
    std::int64_t maker = 0;
    std::int64_t taker = 0;
};

// Within these an order with a limit, of an account without limits of its own, is within the limits
// and the bounds of its contract. One line for an instrument; what is not simple has none.
struct alignas(64) OrderBounds {
    std::int64_t value_factor;
    std::int64_t quantity_most;
    std::int64_t value_least;
    std::uint64_t value_span;    // so much more than that is the most
    std::int64_t position_most;  // lots of the position in the order's direction
    std::int64_t farthest[2];    // to buy the price, to sell its complement
    std::uint32_t settle;
    std::uint32_t quantity_least;  // of an order without a limit
};
static_assert(sizeof(OrderBounds) == 64);

// What an instrument's trades are worth and cost, and what new positions need, in one line. Values
// and rates are those of a simple contract.
struct alignas(64) TradeTerms {
    std::int64_t value_factor;
    std::int64_t mark;
    ReadyRate maker;  // of accounts whose tier has no rates
    ReadyRate taker;
    std::uint32_t settle;
    std::uint32_t least_rate;  // at which a position requires margin and a fee, billionths
    bool is_simple;
    bool is_spot;
    bool has_mark;
    bool has_tiers;
    bool is_beside_funding;
};
static_assert(sizeof(TradeTerms) == 64);

// One side of a trade: `is_buyer` of lots at a price.
struct TradeSide {
    std::uint32_t instrument;
    bool is_buyer;
    std::int64_t lots;
    std::int64_t price;
};

// A plain order that comes in: what it asks for, and what it counts as.
struct PlainOrder {
    Index party;  // the position
    bool is_buyer;
    bool is_limited;            // by a price, and so by the limits of prices and values
    std::int64_t quantity;      // that was asked for
    std::int64_t lots;          // of them that count: as `quantity`, unless it is not limited
    std::int64_t value;         // of the lots that count
    Held instead_of;            // what it holds for where it is
    std::int64_t value_before;  // of that
    bool has_market_price;      // and the one that limits compare prices with
    std::int64_t price;
    std::int64_t market_price;
};

// What becomes of a plain order: it is checked, holds, or both.
enum class Admission : std::uint8_t { CHECK, HOLD, CHECK_AND_HOLD };

// What a plain order comes to hold for, and what for before: lots, and their values.
struct OpenChange {
    bool is_buyer;
    std::int64_t lots;
    std::int64_t lots_before;
    std::int64_t value = 0;
    std::int64_t value_before = 0;

    std::int64_t more() const {
        return value - value_before;
    }
};

}  // namespace engine
