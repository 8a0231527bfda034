// The books of one engine: their orders, queues, levels and ids.
//
// Purpose: everything that rests, and nothing of what it means. Knows no account, no fee and no clock.
// Orders and levels are nodes of one pool. A level is the sentinel of its orders' circular list: its `next` is the
// first in the queue, its `previous` the last, so linking and unlinking have no special case. Links stand apart from
// the rest of a node, eight of them to a cache line, because a cancel touches three links and one order.
// Invariants: a level in a price index has at least one order; its quantity and count are those of its queue; each
// live order is in its level's queue and under its id in the index.
// Complexity: rest, remove, fill and find O(1); questions as stated at each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/array.hpp"
#include "engine/base/hash_index.hpp"
#include "engine/book/price_index.hpp"
#include "engine/types/enums.hpp"
#include "engine/types/planted.hpp"
#include "engine/types/records.hpp"

namespace engine {

// What an order is apart from its price and size, as the report prints it: type, time in force, 16 zero bits, flags.
struct OrderTerms {
    OrderType order_type;
    TimeInForce time_in_force;
    std::uint16_t reserved;
    OrderFlags flags;
};
static_assert(sizeof(OrderTerms) == 8);

// One cache line: all that a report of the order needs.
struct RestingOrder {
    std::uint64_t order_id;
    std::int64_t price;
    std::int64_t leaves;
    std::int64_t filled;
    std::uint64_t client_order_id;
    std::uint64_t timestamp;
    Index level;
    std::uint32_t account;
    OrderTerms terms;
};
static_assert(sizeof(RestingOrder) == 64);

struct PriceLevel {
    std::int64_t price;
    std::int64_t quantity;
    std::uint32_t order_count;
    Index page;
    SideNumber side;
};

struct Links {
    Index previous;
    Index next;
};

constexpr SideNumber side_number(std::uint32_t instrument, Side side) {
    return 2 * instrument + (side == Side::SELL ? 1U : 0U);
}
constexpr Side side_of(SideNumber number) {
    return (number & 1) == 0 ? Side::BUY : Side::SELL;
}

// From price to rank and back: the complement turns bids around without an overflow anywhere in 64 bits.
constexpr Rank rank_of(SideNumber number, std::int64_t price) {
    return price ^ (static_cast<std::int64_t>(number & 1) - 1);
}

class Books {
  public:
    // -- instruments and room
    void add_book();
    void reserve(std::size_t orders);

    // -- ids
    static std::uint32_t tag_of(std::uint64_t order_id) {
        return HashIndex::tag_of(mix(order_id));
    }
    ENGINE_INLINE Index find(std::uint64_t order_id) const {
        return ids_.find(tag_of(order_id),
                         [&](Index node) { return nodes_[node].order.order_id == order_id; });
    }
    // Whether one more id can be inserted under this one's hash.
    bool make_room_for(std::uint64_t order_id) {
        return ids_.make_room(tag_of(order_id));
    }

    // -- reading
    RestingOrder& order(Index node) {
        return nodes_[node].order;
    }
    const RestingOrder& order(Index node) const {
        return nodes_[node].order;
    }
    const PriceLevel& level(Index node) const {
        return nodes_[node].level;
    }
    BookSide& side(SideNumber number) {
        return prices_.side(number);
    }
    const BookSide& side(SideNumber number) const {
        return prices_.side(number);
    }
    SideNumber side_of_order(Index node) const {
        return nodes_[nodes_[node].order.level].level.side;
    }
    ENGINE_INLINE Index first_in(Index level) const {
        return links_[level].next;
    }
    // The best level of a side, or NIL.
    ENGINE_INLINE Index best_level(SideNumber number) {
        if (planted(Bug::WORST_PRICE_FIRST)) return worst_level(number);
        return prices_.best(prices_.side(number));
    }
    std::size_t order_count() const {
        return ids_.size();
    }

    // -- changing. A node out of every queue is "loose": made, or taken out to be placed anew.
    // REQUIRES: reserve() made room, make_room_for(id) was true.
    ENGINE_INLINE Index make_order(std::uint64_t order_id) {
        const Index node = take_node();
        ids_.insert(tag_of(order_id), node);
        return node;
    }
    ENGINE_INLINE void forget_order(Index node) {
        ids_.erase(tag_of(nodes_[node].order.order_id), node);
        give_node(node);
    }
    // Puts a loose order at the tail of its price.
    ENGINE_INLINE void enqueue(SideNumber number, Index node);
    // Takes an order out of its queue; the node is loose.
    ENGINE_INLINE void dequeue(Index node);
    // Takes lots off an order that keeps some and its place.
    ENGINE_INLINE void shrink(Index node, std::int64_t lots);

    // Whether the side offers `lots` up to the rank. O(levels walked).
    bool offers(SideNumber number, Rank limit, std::int64_t lots) const;

    // -- questions; none changes anything
    Order describe(Index node) const;
    // The best price, or false.
    bool best_price(SideNumber number, std::int64_t* price) const;
    // Up to `levels` best levels, written to `out`; returns how many. O(levels).
    std::size_t depth(SideNumber number, std::size_t levels, Level* out) const;
    // Appends the orders of one price, or of the whole side, in queue order.
    void orders_at(SideNumber number, std::int64_t price, std::vector<Order>* out) const;
    void orders_of(SideNumber number, std::vector<Order>* out) const;
    // Orders and lots in front of a live order. O(orders in front).
    void queue_ahead(Index node, std::uint64_t* orders, std::int64_t* lots) const;

    std::size_t memory_bytes() const;
    // Throws BrokenInvariant. O(everything).
    void check_invariants() const;

    // -- prefetching, in the order in which a command touches memory
    void prefetch_id(std::uint32_t tag) const {
        ENGINE_PREFETCH(ids_.home(tag));
    }
    Index peek_order(std::uint32_t tag) const {
        return ids_.peek(tag);
    }
    void prefetch_order(Index node) const {
        ENGINE_PREFETCH(&nodes_[node]);
        ENGINE_PREFETCH(&links_[node]);
    }
    void prefetch_neighbours(Index node) const {
        const Links at = links_[node];
        ENGINE_PREFETCH(&links_[at.previous]);
        ENGINE_PREFETCH(&links_[at.next]);
        ENGINE_PREFETCH(&nodes_[nodes_[node].order.level]);
    }
    const PriceIndex& prices() const {
        return prices_;
    }

  private:
    union Node {
        RestingOrder order;
        PriceLevel level;
    };
    static_assert(sizeof(Node) == 64);

    ENGINE_INLINE Index take_node() {
        if (free_ != NIL) {
            const Index node = free_;
            free_ = links_[node].next;
            return node;
        }
        ENGINE_ASSERT(top_ < links_.capacity());
        return static_cast<Index>(top_++);
    }
    ENGINE_INLINE void give_node(Index node) {
        links_[node].next = free_;
        free_ = node;
    }
    Index worst_level(SideNumber number) const;
    void check_side(SideNumber number, std::size_t* orders, std::size_t* levels) const;

    HashIndex ids_;
    PriceIndex prices_;
    Array<Links> links_;
    Array<Node> nodes_;
    std::size_t top_ = 1;
    Index free_ = NIL;
};

inline void Books::enqueue(SideNumber number, Index node) {
    RestingOrder& order = nodes_[node].order;
    ENGINE_ASSERT(order.leaves > 0);
    const Rank rank = rank_of(number, order.price);
    const Index page = prices_.page_for(number, rank);
    Index at = prices_.level_at(page, rank);
    if (at == NIL) {
        at = take_node();
        nodes_[at].level = {order.price, 0, 0, page, number};
        links_[at] = {at, at};
        prices_.insert(page, rank, at);
    }
    PriceLevel& level = nodes_[at].level;
    order.level = at;
    if (planted(Bug::LIFO_IN_LEVEL)) {
        const Index first = links_[at].next;
        links_[node] = {at, first};
        links_[first].previous = node;
        links_[at].next = node;
    } else {
        const Index last = links_[at].previous;
        links_[node] = {last, at};
        links_[last].next = node;
        links_[at].previous = node;
    }
    level.quantity += order.leaves;
    level.order_count += 1;
    BookSide& side = prices_.side(number);
    side.quantity += order.leaves;
    side.order_count += 1;
}

inline void Books::dequeue(Index node) {
    const RestingOrder& order = nodes_[node].order;
    const Index at = order.level;
    PriceLevel& level = nodes_[at].level;
    const Links links = links_[node];
    links_[links.previous].next = links.next;
    links_[links.next].previous = links.previous;
    if (!planted(Bug::CANCEL_KEEPS_LEVEL_TOTAL)) level.quantity -= order.leaves;
    level.order_count -= 1;
    BookSide& side = prices_.side(level.side);
    side.quantity -= order.leaves;
    side.order_count -= 1;
    if (level.order_count != 0) return;
    ENGINE_ASSERT(level.quantity == 0 || planted(Bug::CANCEL_KEEPS_LEVEL_TOTAL));
    prices_.erase(level.page, rank_of(level.side, level.price));
    give_node(at);
}

inline void Books::shrink(Index node, std::int64_t lots) {
    RestingOrder& order = nodes_[node].order;
    ENGINE_ASSERT(lots > 0);
    ENGINE_ASSERT(lots < order.leaves);
    order.leaves -= lots;
    PriceLevel& level = nodes_[order.level].level;
    level.quantity -= lots;
    prices_.side(level.side).quantity -= lots;
}

}  // namespace engine
