// What orders are that ask for more than a limit: their details, and where they are when they stand
// in no queue of the book.
//
// Purpose: the plain order's record stays one cache line, and books without such orders know
// nothing of them. Hidden orders and those that wait for a price lie in trees by price and age.
// Invariants: an order has details exactly while it is live and was special when it came; each tree
// holds the orders whose details say so.
// Complexity: details O(1); trees O(log n).
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "engine/base/array.hpp"
#include "engine/base/pool.hpp"
#include "engine/book/books.hpp"
#include "engine/types/instrument.hpp"
#include "engine/types/positions.hpp"
#include "engine/types/records.hpp"

namespace engine {

constexpr std::uint64_t NEVER = std::numeric_limits<std::uint64_t>::max();

// What an order is beyond its RestingOrder.
struct Details {
    std::int64_t reserve;  // of an iceberg, what is open and not shown: not in its RestingOrder
    std::int64_t display_quantity;
    std::int64_t minimum_quantity;
    std::int64_t trigger_price;
    std::int64_t extreme_price;
    std::int64_t offset;
    std::int64_t bound;
    std::uint64_t expiry;
    std::uint64_t arrival;
    std::uint64_t linked_order_id;
    std::uint64_t link_group;  // of orders that cancel each other; 0 for none
    std::uint32_t instrument;
    std::uint32_t self_trade_group;
    Index next_free;
    TriggerSource trigger_source;
    OrderState state;
    bool is_rising;
};

// The details of orders by number.
class DetailsByOrder {
  public:
    // NIL for an order that has none.
    Index index(Index number) const {
        return number < top_ ? of_[number] : NIL;
    }
    bool has(Index number) const {
        return index(number) != NIL;
    }
    // REQUIRES: has(number).
    Details& operator[](Index number) {
        return pool_[of_[number]];
    }
    const Details& operator[](Index number) const {
        return pool_[of_[number]];
    }
    // Throws std::bad_alloc before anything changes. Other details may move.
    void give(Index number, const Details& details);
    void take(Index number) {
        pool_.give(std::exchange(of_[number], NIL));
    }
    std::size_t count() const {
        return pool_.live();
    }
    std::size_t memory_bytes() const {
        return pool_.memory_bytes() + top_ * sizeof(Index);
    }

  private:
    static Index& next_free(Details& details) {
        return details.next_free;
    }

    Array<Index> of_;
    Index top_ = 0;
    Pool<Details, next_free> pool_;
};

// Smaller ones first: a better or nearer price, and at one price an older order.
struct Place {
    std::int64_t rank;
    std::uint64_t arrival;
    auto operator<=>(const Place&) const = default;
};
// Of an order that may rest at a price that meets another: hidden ones come behind those shown.
inline Place choosy_place(const RestingOrder& order, const Details& details, SideNumber side) {
    const std::uint64_t is_hidden = has(flags_of(order.terms), OrderFlag::HIDDEN) ? 1 : 0;
    return {rank_of(side, order.price), details.arrival | is_hidden << 63};
}
using OrdersByPlace = std::map<Place, Index>;
using OrdersByAge = std::map<std::uint64_t, Index>;

// An account's orders on one side of a market: 0 for bids, 1 for asks.
struct AccountSide {
    std::uint32_t account;
    SideNumber side;
    auto operator<=>(const AccountSide&) const = default;
};
using LotsByPosition = std::map<Which, std::int64_t>;

// A place whose order falls from best to worst as the price rises, or as it falls.
constexpr std::int64_t nearness(std::int64_t price, bool is_rising) {
    return is_rising ? price : ~price;
}

constexpr std::size_t SOURCES = 6;

using PegsByRank = std::map<Rank, std::uint32_t>;

// The best price of a side that pegged orders follow, if there is one.
struct Followed {
    std::int64_t price = 0;
    bool is_known = false;
    bool operator==(const Followed&) const = default;
};
struct Quote {
    Followed best[2];  // by side
    bool operator==(const Quote&) const = default;
};

// An instrument that has rules of its own, or has or had special orders.
struct SpecialMarket {
    InstrumentTerms terms;
    MarketRules rules;
    bool is_known[SOURCES] = {};
    std::int64_t prices[SOURCES] = {};
    OrdersByPlace hidden[2];              // by side
    OrdersByPlace choosy[2];              // orders that may rest at prices that meet, by side
    OrdersByPlace waiting[SOURCES][2];    // for a price: to fall, to rise
    OrdersByPlace trailing[SOURCES][2];   // trail, by side: the first one moves first
    OrdersByAge unpriced[SOURCES];        // trailing orders that wait for the first price
    OrdersByAge at_market[2];             // in a call without a limit, by side
    OrdersByAge uncalled;                 // wait for a call
    OrdersByAge unreleased;               // wait for a linked order's end
    OrdersByAge pegged;                   // follow the market, in the book or not
    PegsByRank pegs_at[2];                // how many of them queue at each price, by side
    Quote followed;                       // the prices that they were last compared with
    std::uint64_t pegs_settled = 0;       // pegs older than this stand where those prices put them
    LotsByPosition positions;             // that were supplied, below 0 when short
    const Positions* accounts = nullptr;  // whose positions hold otherwise, in a derivative
    bool is_exchange = false;             // with accounts, of two currencies that change hands
    std::uint32_t instrument = 0;
    std::map<AccountSide, OrdersByAge> reducing;  // reduce-only orders, where no list is empty
    std::int64_t unseen[2] = {};                  // open lots that are in no queue, by side
    Index top_order[2] = {NIL, NIL};  // came to rest alone at the best price shown, by side
    std::uint64_t order_count = 0;    // live orders with details
    Phase phase = Phase::CONTINUOUS;
    bool is_pinned = false;  // special for good: by its rules, or its last price comes from outside

    bool is_dark() const {
        return rules.is_dark();
    }
    // Which position an order is for: of two, the one that it opens or closes.
    Which which(std::uint32_t account, SideNumber side, OrderFlags flags) const {
        const bool is_hedged = accounts != nullptr && accounts->is_hedged(account, instrument);
        return {account, is_hedged && buys_on(side) == has(flags, OrderFlag::REDUCE_ONLY)};
    }
    Which which(const RestingOrder& order, SideNumber side) const {
        return which(order.account, side, flags_of(order.terms));
    }
    std::int64_t position_of(const Which& its) const {
        const auto found = positions.find(its);
        if (found != positions.end()) return found->second;
        return accounts == nullptr ? 0 : accounts->lots_of(its, instrument);
    }
    // How much reduce-only orders of a side can make a position of their account smaller.
    std::int64_t reducible(AccountSide place) const {
        constexpr auto CLOSES = static_cast<OrderFlags>(OrderFlag::REDUCE_ONLY);
        const std::int64_t lots = position_of(which(place.account, place.side, CLOSES));
        return std::max(place.side == 0 ? -lots : lots, std::int64_t{0});
    }

    // Whether a trade at this price sets nothing off and moves nothing.
    bool ignores(std::int64_t price) const {
        constexpr auto LAST = static_cast<std::size_t>(TriggerSource::LAST);
        return trailing[LAST][0].empty() && trailing[LAST][1].empty() && unpriced[LAST].empty() &&
               !is_reached(LAST, price, 0) && !is_reached(LAST, price, 1);
    }
    // Whether an order waits for a price to fall to this one or a higher one, or to rise.
    bool is_reached(std::size_t source, std::int64_t price, bool is_rising) const {
        const OrdersByPlace& tree = waiting[source][is_rising];
        return !tree.empty() && tree.begin()->first.rank <= nearness(price, is_rising);
    }
    void note_price(TriggerSource source, std::int64_t price) {
        is_known[static_cast<std::size_t>(source)] = true;
        prices[static_cast<std::size_t>(source)] = price;
    }

    // Whether it holds, or does, anything that plain orders would have to ask for.
    bool needs_general_way() const {
        return phase != Phase::CONTINUOUS || !rules.is_plain() || !positions.empty() ||
               !reducing.empty() || !pegged.empty() || !unreleased.empty() || !hidden[0].empty() ||
               !hidden[1].empty() || !choosy[0].empty() || !choosy[1].empty();
    }
};

// An order that is over at a time.
struct Expiry {
    std::uint64_t time;
    std::uint64_t arrival;
    Index number;
    auto operator<=>(const Expiry&) const = default;
};

// What a plan does to a resting order.
enum class Deed : std::uint8_t { TRADE, CANCEL, DECREMENT, TRANSFER };

struct Act {
    std::int64_t lots;
    Index maker;
    Deed deed;
};

// All that an incoming order does before it rests or goes.
struct Plan {
    std::vector<Act> acts;
    std::int64_t traded;
    std::int64_t first_price;  // of its trades, when it has any
    std::int64_t last_price;
    bool cancels_taker;  // what is left of the order is canceled: it met its own side
    bool reaches_band;   // it stops because its next trade would lie outside the price band
};

// The first and the last price of trades, if there were any.
struct TradedRange {
    std::int64_t first = 0;
    std::int64_t last = 0;
    bool is_any = false;

    void add(std::int64_t price) {
        if (!is_any) first = price;
        last = price;
        is_any = true;
    }
};

// An iceberg that comes back to the tail of its price while a plan is made.
struct Refreshed {
    Index number;
    std::int64_t shown;
    std::int64_t leaves;
};

// The orders at one price among which a quantity is shared, in queue order.
struct Sharing {
    std::vector<Index> makers;
    std::vector<std::int64_t> sizes;  // 0 for one that takes no part
    std::vector<std::int64_t> given;
};

// An order that takes part in an auction, and with how much.
struct Collected {
    Index number;
    std::int64_t lots;
};
// Who may trade in an auction, by side, first to trade first: the levels where all orders are
// plain, the orders otherwise.
struct AuctionRows {
    std::vector<LevelPlace> levels[2];
    std::vector<Collected> orders[2];
};
using TradedByPosition = std::map<Which, std::array<std::int64_t, 2>>;  // by side

// Something happened to an order that cancels the others of its group.
struct Touched {
    std::uint64_t group;
    Index number;  // of the order, which may be gone
};

// An order as it was at some time: its number may be another's now.
struct Remembered {
    Index number;
    std::uint64_t arrival;
};

// An order that others waited for is no more.
struct Ended {
    std::int64_t traded;
    std::vector<Remembered> children;
};

// A queue that is worked off to its end, and then begun anew in the same memory.
template <class T>
class Worklist {
  public:
    void push(T item) {
        items_.push_back(std::move(item));
    }
    bool is_done() {
        if (next_ < items_.size()) return false;
        items_.clear();
        next_ = 0;
        return true;
    }
    // REQUIRES: !is_done().
    T pop() {
        return std::move(items_[next_++]);
    }
    // What is still to come.
    typename std::vector<T>::iterator begin() {
        return items_.begin() + static_cast<std::ptrdiff_t>(next_);
    }
    typename std::vector<T>::iterator end() {
        return items_.end();
    }

  private:
    std::vector<T> items_;
    std::size_t next_ = 0;
};

// Which orders depend on each other, and what has happened and is yet to have effect.
using OrdersByLink = std::map<std::uint64_t, std::vector<Index>>;
struct OrderLinks {
    OrdersByLink groups;    // each of one instrument
    OrdersByLink children;  // by the id that they wait for
    std::uint64_t group_count = 0;
    Worklist<Touched> touched;
    Worklist<Ended> ended;
};

// All special orders of an engine, and room for working on them that is used again and again.
struct SpecialOrders {
    DetailsByOrder details;
    std::vector<std::unique_ptr<SpecialMarket>> markets;  // by instrument; null for plain ones
    std::set<Expiry> expiries;
    std::uint64_t arrivals = 0;
    std::uint64_t cascade_max = 0;
    Plan plan;
    std::vector<Refreshed> refreshed;
    Sharing sharing;
    std::vector<Index> fired;
    OrderLinks links;
    Worklist<Index> triggered;           // to enter; NIL for one that was canceled meanwhile
    Worklist<std::uint32_t> called;      // instruments in which an order began a call
    std::vector<std::uint32_t> stirred;  // instruments in which something happened, each once
    std::vector<bool> is_stirred;        // by instrument
    AuctionRows rows;
    LotsByPosition given;              // by resting orders, while a plan is made
    std::vector<std::uint32_t> moved;  // accounts whose positions have moved

    SpecialMarket* market(std::uint32_t instrument) const {
        return instrument < markets.size() ? markets[instrument].get() : nullptr;
    }
    std::uint64_t next_expiry() const {
        return expiries.empty() ? NEVER : expiries.begin()->time;
    }
};

}  // namespace engine
