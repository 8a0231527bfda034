// What the core knows of an instrument: bounds in ticks and lots, and the conventions that venues
// differ in. What every command looks at stands apart from what only some markets have.
#pragma once

#include <cstdint>

#include "engine/base/numbers.hpp"
#include "engine/types/enums.hpp"

namespace engine {

struct InstrumentTerms {
    std::int64_t min_price = INT64_LOWEST;
    std::int64_t max_price = INT64_HIGHEST;
    std::int64_t min_quantity = 1;
    std::int64_t max_quantity = INT64_HIGHEST;
    ReplacePriority replace_priority = ReplacePriority::KEEP_ON_DECREASE;
    TriggerOrder trigger_order = TriggerOrder::BY_PRICE_REACHED;
    AuctionRule auction_rule = AuctionRule::CLOSEST;
    AuctionPrices auction_prices = AuctionPrices::EVERY_TICK;

    constexpr bool takes_price(std::int64_t price) const {
        return (price >= min_price) & (price <= max_price);
    }
    constexpr bool takes_quantity(std::int64_t quantity) const {
        return (quantity >= min_quantity) & (quantity <= max_quantity);
    }
};

// What a market does that plain ones do not. Those that change what plain orders meet bring all of
// its commands the general way.
struct MarketRules {
    std::int64_t pro_rata_minimum = 0;   // lots; a smaller share is none
    std::int64_t top_order_minimum = 0;  // lots; a smaller order is one like the others
    std::int64_t top_order_maximum = 0;  // lots that the top order gets first; 0 for no top order
    std::int64_t static_band = 0;        // millionths of the reference price; 0 for none
    std::int64_t dynamic_band = 0;       // millionths of the last price; 0 for none
    Allocation allocation = Allocation::PRICE_TIME;
    BandAction band_action = BandAction::REJECT;
    ReduceOnlyRule reduce_only_rule = ReduceOnlyRule::SHRINK;
    Visibility visibility = Visibility::LIT;

    constexpr bool has_bands() const {
        return static_band != 0 || dynamic_band != 0;
    }
    // Whether an order that comes to a price band begins a volatility call.
    constexpr bool may_begin_call() const {
        return has_bands() && band_action == BandAction::VOLATILITY_CALL;
    }
    constexpr bool is_dark() const {
        return visibility == Visibility::DARK;
    }
    constexpr bool is_plain() const {
        return allocation == Allocation::PRICE_TIME && !is_dark() && !has_bands();
    }
    constexpr bool operator==(const MarketRules&) const = default;
};

}  // namespace engine
