// The queues of orders at each level, and what a level knows of itself.
//
// Purpose: first in, first out, with removal from anywhere. A queue is a circular list of orders
// through its level, which is the sentinel: linking and unlinking have no special case for first,
// last or only, and so no branch. Orders and levels are linked in one index space: an order's links
// lie at its number, above zero, a level below zero. So following a link is one address, whatever
// it leads to. Links stand apart from what an order is, eight of them to a cache line; a level is
// half a line. Levels come alone or in blocks of 8 neighbours; both keep their (empty) queue while
// they wait for reuse.
// Invariants: the sentinel of an empty queue points at itself; totals are those of the queue.
// Complexity: everything O(1).
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/pool.hpp"
#include "engine/base/two_way_array.hpp"

namespace engine {

using Link = std::int32_t;         // an order's number, or a level below zero
using SideNumber = std::uint32_t;  // 2 * instrument + (0 for bids, 1 for asks)

struct Links {
    Link previous;
    Link next;
};
static_assert(sizeof(Links) == 8);

// One price of one side.
struct PriceLevel {
    Links ends;             // the last order and the first
    std::int64_t quantity;  // of all its orders, lots
    std::uint32_t order_count;
    Index page;  // that it is in; while it waits for reuse, the next that does
    SideNumber side;
    std::uint32_t slot;  // of its page, 0 to 63
};
static_assert(sizeof(PriceLevel) == 32);

constexpr Link LEVELS_PER_BLOCK = 8;
constexpr Link LINKS_PER_LEVEL = sizeof(PriceLevel) / sizeof(Links);

class Queues {
  public:
    Queues() {
        reserve(0, 0, 0);
    }

    // Room for `orders` more order numbers from `order_end` on, and for `prices` more prices, each
    // of which may need a lone level and a block.
    void reserve(std::size_t order_end, std::size_t orders, std::size_t prices) {
        constexpr std::size_t LINKS = LEVELS_PER_BLOCK * LINKS_PER_LEVEL;
        const std::size_t lone_blocks = prices / LEVELS_PER_BLOCK + 1;
        // A look ahead that finds no level reads what stands at the first few numbers.
        const std::size_t numbers = order_end + orders < LINKS ? LINKS : order_end + orders;
        const std::size_t levels = level_links_ + (prices + lone_blocks) * LINKS;
        links_.reserve(levels, numbers, level_links_ + order_end);
    }

    // -- queues
    static constexpr bool is_level(Link link) {
        return link < 0;
    }
    ENGINE_INLINE Links& at(Link link) {
        return links_[link];
    }
    ENGINE_INLINE const Links& at(Link link) const {
        return links_[link];
    }
    ENGINE_INLINE PriceLevel& level(Link link) {
        return reinterpret_cast<PriceLevel&>(links_[link]);
    }
    ENGINE_INLINE const PriceLevel& level(Link link) const {
        return reinterpret_cast<const PriceLevel&>(links_[link]);
    }
    // The first order of a level, the level itself when it is empty.
    ENGINE_INLINE Link first(Link level) const {
        return at(level).next;
    }
    ENGINE_INLINE Link last(Link level) const {
        return at(level).previous;
    }
    ENGINE_INLINE void append(Link level, Link order) {
        const Link last = at(level).previous;
        at(order) = {last, level};
        at(last).next = order;
        at(level).previous = order;
    }
    void prepend(Link level, Link order) {
        const Link next = at(level).next;
        at(order) = {level, next};
        at(next).previous = order;
        at(level).next = order;
    }
    ENGINE_INLINE void remove(Link order) {
        const Link previous = at(order).previous;
        const Link next = at(order).next;
        at(previous).next = next;
        at(next).previous = previous;
    }

    // -- levels, empty; their page, side and slots are the taker's to write
    Link take_lone();
    void give_lone(Link level);
    // The first of a block, the others behind it.
    Link take_block();
    void give_block(Link first);

    // Levels in use: blocks count whole.
    std::size_t live_levels() const {
        return live_levels_;
    }
    std::size_t memory_bytes(std::size_t orders) const {
        return (orders + level_links_) * sizeof(Links);
    }

    ENGINE_INLINE void prefetch(Link link) const {
        ENGINE_PREFETCH(&links_[link]);
    }

  private:
    Link make_block();

    TwoWayArray<Links> links_;
    std::size_t level_links_ = 0;  // in use below zero
    std::size_t live_levels_ = 0;
    Link free_lone_ = NIL;
    Link free_block_ = NIL;
};

}  // namespace engine
