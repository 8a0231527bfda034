// The queues of orders at each level, and the totals of each.
//
// Purpose: first in, first out, with removal from anywhere. A queue is a circular list of orders
// through its level, which is the sentinel: linking and unlinking have no special case for first,
// last or only, and so no branch. Links stand apart from what an order is, eight of them to a cache
// line. Levels come alone or in blocks of 64 neighbours; both keep their (empty) queue while they
// wait for reuse.
// Invariants: the sentinel of an empty queue points at itself; totals are those of the queue.
// Complexity: everything O(1).
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/array.hpp"
#include "engine/base/pool.hpp"

namespace engine {

constexpr std::uint32_t LEVELS_PER_BLOCK = 64;

struct Links {
    Index previous;
    Index next;
};

struct LevelTotals {
    std::int64_t quantity;  // lots
    std::uint32_t order_count;
    Index next_free;  // while the level, or the block that it is the first of, is free
};
static_assert(sizeof(LevelTotals) == 16);

class Queues {
  public:
    // In a link, the top bit says that the rest numbers a level and not an order.
    static constexpr Index LEVEL = Index{1} << 31;

    // Room for `orders` more order numbers from `order_end` on, and for `pages` times a page that
    // gets its first price or its second: one block at most, and one more for the lone levels.
    void reserve(std::size_t order_end, std::size_t orders, std::size_t pages) {
        order_links_.reserve(order_end, orders);
        level_links_.reserve(level_end_, (pages + 1) * LEVELS_PER_BLOCK);
        totals_.reserve(level_end_, (pages + 1) * LEVELS_PER_BLOCK);
        base_[0] = order_links_.data();
        base_[1] = level_links_.data();
    }

    // -- queues
    ENGINE_INLINE Index first(Index level) const {
        return level_links_[level].next;
    }
    // The last order of a level as a link, the level itself when it is empty.
    ENGINE_INLINE Index last(Index level) const {
        return level_links_[level].previous;
    }
    static constexpr bool is_level(Index link) {
        return (link & LEVEL) != 0;
    }
    ENGINE_INLINE Links& at(Index link) {
        return base_[link >> 31][link & ~LEVEL];
    }
    ENGINE_INLINE const Links& at(Index link) const {
        return base_[link >> 31][link & ~LEVEL];
    }
    ENGINE_INLINE void append(Index level, Index order) {
        const Index last = level_links_[level].previous;
        order_links_[order] = {last, LEVEL | level};
        at(last).next = order;
        level_links_[level].previous = order;
    }
    void prepend(Index level, Index order) {
        const Index next = level_links_[level].next;
        order_links_[order] = {LEVEL | level, next};
        at(next).previous = order;
        level_links_[level].next = order;
    }
    ENGINE_INLINE void remove(Index order) {
        const Links links = order_links_[order];
        at(links.previous).next = links.next;
        at(links.next).previous = links.previous;
    }
    ENGINE_INLINE LevelTotals& totals(Index level) {
        return totals_[level];
    }
    ENGINE_INLINE const LevelTotals& totals(Index level) const {
        return totals_[level];
    }

    // -- a free order number keeps the next one in its link
    ENGINE_INLINE Index& next_free_order(Index order) {
        return order_links_[order].next;
    }

    // -- levels
    Index take_lone();
    void give_lone(Index level);
    Index take_block();
    void give_block(Index first);
    // Gives the orders of one level to an empty one.
    void move(Index from, Index to);

    // Levels in use: blocks count whole.
    std::size_t live_levels() const {
        return live_levels_;
    }
    std::size_t memory_bytes(std::size_t orders) const {
        return orders * sizeof(Links) + level_end_ * (sizeof(Links) + sizeof(LevelTotals));
    }

    void prefetch(Index link) const {
        ENGINE_PREFETCH(&at(link));
    }
    void prefetch_level(Index level) const {
        ENGINE_PREFETCH(&level_links_[level]);
        ENGINE_PREFETCH(&totals_[level]);
    }

  private:
    Index make_block();

    Links* base_[2] = {nullptr, nullptr};
    Array<Links> order_links_;
    Array<Links> level_links_;
    Array<LevelTotals> totals_;
    std::size_t level_end_ = LEVELS_PER_BLOCK;  // block 0 is never given out
    std::size_t live_levels_ = 0;
    Index free_lone_ = NIL;
    Index free_block_ = NIL;
};

}  // namespace engine
