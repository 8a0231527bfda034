// What the core knows of an instrument: bounds in ticks and lots, and the conventions that venues
// differ in.
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

}  // namespace engine
