#include "engine/matching/auction.hpp"

#include <algorithm>
#include <numeric>

#include "engine/base/assert.hpp"
#include "engine/base/numbers.hpp"
#include "engine/types/planted.hpp"

namespace engine {

namespace {

struct Stretch {
    std::int64_t lowest;
    std::int64_t highest;
    std::int64_t bought;
    std::int64_t sold;

    std::int64_t volume() const {
        return std::min(bought, sold);
    }
    std::int64_t surplus() const {
        return bought - sold;
    }
};

constexpr std::int64_t size_of(std::int64_t surplus) {
    return surplus < 0 ? -surplus : surplus;
}

// The stretches that are best so far; they are met in the order of their prices, and lie together.
class Best {
  public:
    explicit Best(bool weighs_surplus) : weighs_surplus_(weighs_surplus) {}

    void meet(const Stretch& next) {
        if (is_empty_ || is_better(next)) {
            is_empty_ = false;
            first_ = next;
            buying_ = next.surplus() > 0;
            selling_ = next.surplus() < 0;
            last_buying_ = next.highest;
            first_selling_ = next.lowest;
        } else if (is_worse(next)) {
            return;
        } else if (next.surplus() > 0) {
            buying_ = true;
            last_buying_ = next.highest;
        } else if (next.surplus() < 0) {
            if (!selling_) first_selling_ = next.lowest;
            selling_ = true;
        }
        highest_ = next.highest;
    }

    std::int64_t volume() const {
        return is_empty_ ? 0 : first_.volume();
    }
    std::int64_t lowest() const {
        return first_.lowest;
    }
    std::int64_t highest() const {
        return highest_;
    }

    // The price, where surpluses are of one size.
    std::int64_t price(const AuctionTerms& terms) const {
        std::int64_t from = lowest();
        std::int64_t to = highest();
        if (terms.rule == AuctionRule::LOWEST) return from;
        if (planted(Bug::AUCTION_AT_THE_WRONG_END)) return buying_ && !selling_ ? from : to;
        if (buying_ && !selling_) {
            if (!terms.has_reference || terms.upper == NO_SHARE) return to;
            return std::clamp(raised(terms.reference, terms.upper), from, to);
        }
        if (selling_ && !buying_) {
            if (!terms.has_reference || terms.lower == NO_SHARE) return from;
            return std::clamp(lowered(terms.reference, terms.lower), from, to);
        }
        if (terms.rule == AuctionRule::REVERSAL && buying_) {
            from = last_buying_;
            to = first_selling_;
        }
        return terms.has_reference ? std::clamp(terms.reference, from, to) : from;
    }

  private:
    bool is_better(const Stretch& next) const {
        if (next.volume() != first_.volume()) return next.volume() > first_.volume();
        return weighs_surplus_ && size_of(next.surplus()) < size_of(first_.surplus());
    }
    bool is_worse(const Stretch& next) const {
        if (next.volume() != first_.volume()) return next.volume() < first_.volume();
        return weighs_surplus_ && size_of(next.surplus()) > size_of(first_.surplus());
    }

    bool weighs_surplus_;
    bool is_empty_ = true;
    Stretch first_{};
    std::int64_t highest_ = 0;
    bool buying_ = false;   // there are stretches with a surplus of buyers,
    bool selling_ = false;  // of sellers
    std::int64_t last_buying_ = 0;
    std::int64_t first_selling_ = 0;
};

std::int64_t lots_of(std::span<const PricedLots> limits) {
    std::int64_t lots = 0;
    for (const PricedLots& limit : limits) {
        ENGINE_ASSERT(limit.lots > 0);
        ENGINE_ASSERT(!sum_overflows(lots, limit.lots));
        lots += limit.lots;
    }
    return lots;
}

// The middle and the lowest are those of limits, unless there are none.
constexpr bool is_of_limits_alone(AuctionRule rule) {
    return rule == AuctionRule::MIDPOINT || rule == AuctionRule::LOWEST;
}

// Both sides and the reference from the lowest price up.
class Climb {
  public:
    Climb(const AuctionSide& bids, const AuctionSide& asks, const AuctionTerms& terms)
        : bids_(bids.limits),
          asks_(asks.limits),
          bought_(bids.market_lots + lots_of(bids.limits)),
          sold_(asks.market_lots),
          reference_(terms.reference),
          is_reference_ahead_(
              terms.has_reference &&
              (!is_of_limits_alone(terms.rule) || (bids.limits.empty() && asks.limits.empty()))) {}

    // The next limit or the reference; whether there is one.
    bool next(std::int64_t* price) const {
        const bool has_bid = !bids_.empty();
        const bool has_ask = !asks_.empty();
        *price = INT64_HIGHEST;
        if (has_bid) *price = std::min(*price, bids_.back().price);
        if (has_ask) *price = std::min(*price, asks_.front().price);
        if (is_reference_ahead_) *price = std::min(*price, reference_);
        return has_bid || has_ask || is_reference_ahead_;
    }
    // Comes to a price: sellers with that limit join.
    Stretch at(std::int64_t price) {
        for (; !asks_.empty() && asks_.front().price == price; asks_ = asks_.subspan(1)) {
            sold_ += asks_.front().lots;
        }
        return {price, price, bought_, sold_};
    }
    // Goes beyond it: buyers with that limit leave.
    void pass(std::int64_t price) {
        for (; !bids_.empty() && bids_.back().price == price;
             bids_ = bids_.first(bids_.size() - 1)) {
            bought_ -= bids_.back().lots;
        }
        if (is_reference_ahead_ && reference_ == price) is_reference_ahead_ = false;
    }
    Stretch between(std::int64_t below, std::int64_t above) const {
        return {below + 1, above - 1, bought_, sold_};
    }

  private:
    std::span<const PricedLots> bids_;
    std::span<const PricedLots> asks_;
    std::int64_t bought_;
    std::int64_t sold_;
    std::int64_t reference_;
    bool is_reference_ahead_;
};

std::int64_t surplus_at(std::int64_t price, const AuctionSide& bids, const AuctionSide& asks) {
    std::int64_t bought = bids.market_lots;
    for (const PricedLots& limit : bids.limits) {
        if (limit.price >= price) bought += limit.lots;
    }
    std::int64_t sold = asks.market_lots;
    for (const PricedLots& limit : asks.limits) {
        if (limit.price <= price) sold += limit.lots;
    }
    return bought - sold;
}

// So many millionths of the size of a price, with `rounding` millionths added before they are cut.
std::uint64_t distance_of(std::int64_t price, std::int64_t share, std::uint64_t rounding) {
    ENGINE_ASSERT(share >= 0);
    ENGINE_ASSERT(share <= MILLIONTHS);
    const std::uint64_t parts = static_cast<std::uint64_t>(share);
    const std::uint64_t whole = static_cast<std::uint64_t>(MILLIONTHS);
    const std::uint64_t bits = static_cast<std::uint64_t>(price);
    const std::uint64_t size = price < 0 ? 0 - bits : bits;
    return size / whole * parts + (size % whole * parts + rounding) / whole;
}

// The places of the orders that trade at a price, first to trade first.
std::vector<std::size_t> row_of(std::span<const AuctionOrder> orders, Side side,
                                std::int64_t price) {
    const bool buys = side == Side::BUY;
    const auto is_better = [buys](std::int64_t one, std::int64_t other) {
        return buys ? one > other : one < other;
    };
    std::vector<std::size_t> row;
    for (std::size_t place = 0; place < orders.size(); place++) {
        const AuctionOrder& order = orders[place];
        if (!order.has_limit || !is_better(price, order.price)) row.push_back(place);
    }
    std::stable_sort(row.begin(), row.end(), [&](std::size_t one, std::size_t other) {
        const AuctionOrder& a = orders[one];
        const AuctionOrder& b = orders[other];
        if (!a.has_limit || !b.has_limit) return !a.has_limit && b.has_limit;
        return is_better(a.price, b.price);
    });
    return row;
}

}  // namespace

bool uncross(const AuctionSide& bids, const AuctionSide& asks, const AuctionTerms& terms,
             Uncrossing* found) {
    const bool is_midpoint = terms.rule == AuctionRule::MIDPOINT;
    Climb climb(bids, asks, terms);
    Best best(!is_midpoint);
    std::int64_t price = 0;
    bool is_more = climb.next(&price);
    while (is_more) {
        best.meet(climb.at(price));
        climb.pass(price);
        std::int64_t above = 0;
        is_more = climb.next(&above);
        if (!is_more) break;
        ENGINE_ASSERT(above > price);
        const bool is_gap = above - 1 > price;
        if (is_gap && terms.prices == AuctionPrices::EVERY_TICK) {
            best.meet(climb.between(price, above));
        }
        price = above;
    }
    if (best.volume() == 0) return false;
    found->price = is_midpoint ? std::midpoint(best.lowest(), best.highest()) : best.price(terms);
    found->volume = best.volume();
    found->surplus = surplus_at(found->price, bids, asks);
    found->lowest = best.lowest();
    found->highest = best.highest();
    ENGINE_ASSERT(found->lowest <= found->price);
    ENGINE_ASSERT(found->price <= found->highest);
    return true;
}

std::int64_t raised(std::int64_t price, std::int64_t share) {
    const std::uint64_t distance = distance_of(price, share, 500'000);
    // Below 0 it rises to 0 at most, above it doubles at most.
    if (price < 0) return static_cast<std::int64_t>(static_cast<std::uint64_t>(price) + distance);
    return sum_within(price, static_cast<std::int64_t>(distance));
}

std::int64_t lowered(std::int64_t price, std::int64_t share) {
    const std::uint64_t distance = distance_of(price, share, 499'999);
    const std::uint64_t most = static_cast<std::uint64_t>(INT64_HIGHEST);
    return difference_within(price, static_cast<std::int64_t>(std::min(distance, most)));
}

CollectedSide::CollectedSide(std::span<const AuctionOrder> orders, Side side) {
    for (const AuctionOrder& order : orders) {
        if (order.has_limit) {
            limits_.push_back({order.price, order.lots});
        } else {
            market_lots_ += order.lots;
        }
    }
    std::sort(limits_.begin(), limits_.end(), [side](const PricedLots& a, const PricedLots& b) {
        return side == Side::BUY ? a.price > b.price : a.price < b.price;
    });
}

std::vector<AuctionFill> auction_fills(std::span<const AuctionOrder> bids,
                                       std::span<const AuctionOrder> asks, std::int64_t price) {
    const std::vector<std::size_t> buyers = row_of(bids, Side::BUY, price);
    const std::vector<std::size_t> sellers = row_of(asks, Side::SELL, price);
    std::vector<AuctionFill> fills;
    std::int64_t bought = 0;  // of the buyer whose turn it is
    std::int64_t sold = 0;
    for (std::size_t i = 0, j = 0; i < buyers.size() && j < sellers.size();) {
        const AuctionOrder& bid = bids[buyers[i]];
        const AuctionOrder& ask = asks[sellers[j]];
        const std::int64_t lots = std::min(bid.lots - bought, ask.lots - sold);
        ENGINE_ASSERT(lots > 0);
        fills.push_back({buyers[i], sellers[j], lots});
        bought += lots;
        sold += lots;
        if (bought == bid.lots) {
            bought = 0;
            i++;
        }
        if (sold == ask.lots) {
            sold = 0;
            j++;
        }
    }
    return fills;
}

}  // namespace engine
