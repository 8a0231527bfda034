// What is shown of the books, as it is known from reports: orders in queues, queues at prices.
//
// Purpose: the feed's own memory of what it has told. It has nothing of accounts, of hidden
// orders, or of what an iceberg holds back. Besides what rests it holds the orders that are on
// their way in, until the command that moves them ends.
// Invariants: an order with standing RESTING is in the queue of its level, and a level's quantity
// and count are those of its queue; only a touched level may be empty, or differ from what was
// published of it.
// Complexity: everything O(1), but the level of a price, which is O(log n).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "engine/base/hash_index.hpp"
#include "engine/base/pool.hpp"
#include "engine/feed/sorted_levels.hpp"
#include "engine/types/enums.hpp"

namespace engine {

enum class Standing : std::uint8_t { ENTERING, RESTING, GONE };

// Where an order stands among those that are still to be told of; none when it has been told.
constexpr std::uint32_t TOLD = ~std::uint32_t{0};

struct ShownOrder {
    std::uint64_t order_id;
    std::int64_t price;
    std::int64_t quantity;  // what it shows, lots
    std::int64_t peak;      // what it showed when it came in or last came back; the most it shows
    Index level;
    Index previous;
    Index next;
    std::uint32_t place;  // TOLD, or its place among those that will be added
    std::uint32_t side_number;
    Standing standing;
    bool is_hidden;
    std::uint16_t reserved;
};
static_assert(sizeof(ShownOrder) == 56);

struct ShownLevel {
    std::int64_t price;
    std::int64_t quantity;
    std::int64_t told_quantity;
    std::uint32_t order_count;
    std::uint32_t told_count;
    Index first;
    Index last;
    std::uint32_t side_number;
    bool is_touched;
};
static_assert(sizeof(ShownLevel) == 48);

class Picture {
  public:
    // A side is named by 2 * market + (is it the asks).
    static constexpr Side side_of(std::uint32_t side_number) {
        return side_number % 2 == 0 ? Side::BUY : Side::SELL;
    }

    void add_market() {
        sides_.resize(sides_.size() + 2);
    }

    const ShownOrder& order(Index number) const {
        return orders_[number];
    }
    ShownOrder& order(Index number) {
        return orders_[number];
    }
    const ShownLevel& level(Index number) const {
        return levels_[number];
    }
    ShownLevel& level(Index number) {
        return levels_[number];
    }
    const SortedLevels& side(std::uint32_t side_number) const {
        return sides_[side_number];
    }
    std::size_t order_count() const {
        return orders_.live();
    }

    // The order of this id, or NIL.
    ENGINE_INLINE Index find(std::uint64_t order_id) const {
        const auto is_it = [&](Index number) { return orders_[number].order_id == order_id; };
        const Index found = index_.find(mix(order_id), is_it);
        return ENGINE_LIKELY(found != NIL || crowded_.empty()) ? found : find_crowded(order_id);
    }
    // For looking ahead, each of them some reports before the next one.
    ENGINE_INLINE void prefetch(std::uint64_t order_id, std::uint32_t side_number) const {
        index_.prefetch(mix(order_id));
        ENGINE_PREFETCH(&sides_[side_number]);
    }
    ENGINE_INLINE void prefetch_order(std::uint64_t order_id, std::uint32_t side_number) const {
        ENGINE_PREFETCH(&orders_[index_.peek(mix(order_id))]);
        sides_[side_number].prefetch_row();
    }
    ENGINE_INLINE void prefetch_neighbours(std::uint64_t order_id,
                                           std::uint32_t side_number) const {
        const ShownOrder& order = orders_[index_.peek(mix(order_id))];
        ENGINE_PREFETCH(&levels_[order.level]);
        ENGINE_PREFETCH(&orders_[order.previous]);
        ENGINE_PREFETCH(&orders_[order.next]);
        sides_[side_number].prefetch_last();
    }
    // The level at a price, which may be gone by the time, or NIL.
    ENGINE_INLINE Index prefetch_level(std::uint32_t side_number, std::int64_t price) const {
        const Index level = sides_[side_number].find(merit(side_of(side_number), price));
        ENGINE_PREFETCH(&levels_[level]);
        return level;
    }
    ENGINE_INLINE void prefetch_tail(Index level) const {
        ENGINE_PREFETCH(&orders_[levels_[level].last]);
        orders_.prefetch_next();
    }

    // A new order on its way in. REQUIRES: the id is not known.
    Index enter(std::uint64_t order_id, std::uint32_t side_number, std::int64_t price);

    // Puts an order that is on its way in, or was taken out, at the tail of its price.
    void append(Index number);

    // Takes a resting order out of its queue; it is then on its way in once more.
    void take_out(Index number);

    // Lets a resting order show so much, in its place. REQUIRES: 0 <= quantity <= its peak.
    ENGINE_INLINE void show(Index number, std::int64_t quantity) {
        ShownOrder& order = orders_[number];
        ENGINE_ASSERT(order.standing == Standing::RESTING);
        ENGINE_ASSERT(quantity >= 0 && quantity <= order.peak);
        ShownLevel& level = levels_[order.level];
        level.quantity -= order.quantity - quantity;
        order.quantity = quantity;
        touch(order.level);
    }

    // Lets the id go; the order's number stays taken until give().
    void forget_id(Index number);
    void give(Index number) {
        orders_.give(number);
    }

    // The levels that changed since they were last cleared, each once, in no order to rely on.
    std::vector<Index>& touched() {
        return touched_;
    }
    // Frees a level that has no order.
    void drop_level(Index number);

    // Throws BrokenInvariant unless queues, levels and indexes agree. O(everything).
    void check() const;

  private:
    ENGINE_INLINE void touch(Index number) {
        ShownLevel& level = levels_[number];
        if (level.is_touched) return;
        level.is_touched = true;
        touched_.push_back(number);
    }
    ENGINE_NOINLINE Index find_crowded(std::uint64_t order_id) const;
    Index level_at(std::uint32_t side_number, std::int64_t price);
    void check_level(Index number, std::uint32_t side_number) const;

    static Index& next_free_order(ShownOrder& order) {
        return order.next;
    }
    static Index& next_free_level(ShownLevel& level) {
        return level.first;
    }

    Pool<ShownOrder, next_free_order> orders_;
    Pool<ShownLevel, next_free_level> levels_;
    HashIndex index_;
    std::map<std::uint64_t, Index> crowded_;  // ids that the index has no room for
    std::vector<SortedLevels> sides_;
    std::vector<Index> touched_;
};

}  // namespace engine
