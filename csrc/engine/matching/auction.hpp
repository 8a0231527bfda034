// The price of a call auction, and who trades with whom at it: pure functions over interest.
//
// At a price, buyers with that limit or a higher one would trade, sellers with that or a lower one,
// and market orders whatever it is. The smaller sum is the executable volume, buyers less sellers
// the surplus. Neither changes between two neighbouring limits: so prices are judged by stretches,
// and the width of the range costs nothing.
// REQUIRES of all interest: lots of 1 or more, and a total a side that fits in 63 bits. Then every
// sum here does, and a surplus is the difference of two of them.
// Complexity: uncross O(n) in the limits, sorted before; auction_fills O(n log n).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/types/enums.hpp"

namespace engine {

struct PricedLots {
    std::int64_t price;
    std::int64_t lots;
};

// One side: its limits best first, equal ones side by side or as one, and what has no limit.
struct AuctionSide {
    std::span<const PricedLots> limits;
    std::int64_t market_lots;
};

// The same in memory of its own.
struct Interest {
    std::vector<PricedLots> limits;
    std::int64_t market_lots = 0;

    // REQUIRES: no limit after a worse one.
    void add(std::int64_t price, std::int64_t lots) {
        if (!limits.empty() && limits.back().price == price) {
            limits.back().lots += lots;
        } else {
            limits.push_back({price, lots});
        }
    }
    AuctionSide side() const {
        return {limits, market_lots};
    }
};

constexpr std::int64_t MILLIONTHS = 1'000'000;
constexpr std::int64_t NO_SHARE = -1;

struct AuctionTerms {
    AuctionRule rule = AuctionRule::CLOSEST;
    AuctionPrices prices = AuctionPrices::EVERY_TICK;
    bool has_reference = false;
    std::int64_t reference = 0;
    // How far from the reference market pressure may move the price, in millionths of its size from
    // 0 to 1'000'000; NO_SHARE: to the end of the range.
    std::int64_t upper = NO_SHARE;
    std::int64_t lower = NO_SHARE;
};

struct Uncrossing {
    std::int64_t price;
    std::int64_t volume;
    std::int64_t surplus;  // of buyers above 0, of sellers below
    std::int64_t lowest;   // the range that reference, pressure or the middle decided in
    std::int64_t highest;
};

// Finds the price at which most lots trade; whether there is one. There is none when nothing would
// trade, or when nobody has a limit and there is no reference.
bool uncross(const AuctionSide& bids, const AuctionSide& asks, const AuctionTerms& terms,
             Uncrossing* found);

// The price that many millionths of its own size above or below, rounded half up to a tick, or the
// end of 64 bits that it would pass. REQUIRES: 0 <= share <= MILLIONTHS.
std::int64_t raised(std::int64_t price, std::int64_t share);
std::int64_t lowered(std::int64_t price, std::int64_t share);

struct AuctionOrder {
    std::int64_t price;
    std::int64_t lots;
    bool has_limit;
};

// The limits of a side's orders, best first, and what of them has none.
class CollectedSide {
  public:
    CollectedSide(std::span<const AuctionOrder> orders, Side side);
    AuctionSide side() const {
        return {limits_, market_lots_};
    }

  private:
    std::vector<PricedLots> limits_;
    std::int64_t market_lots_ = 0;
};

struct AuctionFill {
    std::size_t bid;  // places in what was given
    std::size_t ask;
    std::int64_t lots;
};

// Who trades with whom at a price: market orders first, then the better limits, at one price the
// order that was given first; the two rows are paired from their heads.
std::vector<AuctionFill> auction_fills(std::span<const AuctionOrder> bids,
                                       std::span<const AuctionOrder> asks, std::int64_t price);

}  // namespace engine
