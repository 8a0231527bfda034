// Orders outside the book: what they wait for, and which of them a price sets off.
//
// Complexity: O(log n) an order that starts to wait, is set off, or whose trigger price moves; a
// price that reaches nothing and moves no trailing order O(1).
#pragma once

#include <vector>

#include "engine/book/books.hpp"
#include "engine/matching/special_orders.hpp"

namespace engine {

class Triggers {
  public:
    Triggers(SpecialMarket& market, const Books& books, DetailsByOrder& details)
        : market_(market), books_(books), details_(details) {}

    // Lets a conditional order begin to wait. A trailing order with an activation price waits for
    // that first, whichever side of the market it is on; where no price is known yet, for a rise to
    // it when it sells, a fall when it buys.
    void place(Index number);
    // Puts an order that waited, and was removed, back to wait as its details say.
    void insert(Index number);
    // Takes a waiting order away.
    void remove(Index number);
    // Whether the price that an order watches is already where it waits for it.
    bool has_reached(Index number) const;
    // Takes note of a price; appends the orders that it sets off, which wait no more, in the order
    // of their entry.
    void on_price(TriggerSource source, std::int64_t price, std::vector<Index>* fired);

  private:
    OrdersByPlace& tree_of(const Details& details) {
        return market_.waiting[source_of(details)][details.is_rising];
    }
    static std::size_t source_of(const Details& details) {
        return static_cast<std::size_t>(details.trigger_source);
    }
    static Place place_of(const Details& details) {
        return {nearness(details.trigger_price, details.is_rising), details.arrival};
    }
    // Among the trailing orders of a side: the better the price that it saw, the later it moves.
    static Place trail_of(const Details& details) {
        return {nearness(details.extreme_price, !details.is_rising), details.arrival};
    }
    OrdersByPlace& trailing_with(const Details& details) {
        return market_.trailing[source_of(details)][!details.is_rising];
    }
    bool buys(Index number) const;
    OrderType type_of(Index number) const;
    std::int64_t better(Index number, std::int64_t one, std::int64_t other) const;
    void start(Index number, std::int64_t extreme);
    void trail(Index number, std::int64_t extreme);
    void follow(TriggerSource source, std::int64_t price);
    void follow_side(std::size_t source, std::size_t side, std::int64_t price);
    void fire(std::size_t source, std::int64_t price, bool is_rising, std::vector<Index>* fired);

    SpecialMarket& market_;
    const Books& books_;
    DetailsByOrder& details_;
};

}  // namespace engine
