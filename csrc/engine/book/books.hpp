// The books of one engine: their orders, queues, levels and ids.
//
// Purpose: everything that rests, and nothing of what it means. Knows no account, no fee and no
// clock. Orders are numbered records of one cache line; queues.hpp holds their links and
// price_index.hpp finds their levels.
// Invariants: a level that is marked has at least one order; its totals are those of its queue;
// each live order is in the queue of its price and under its id in the index.
// Complexity: enqueue, dequeue, shrink and find O(1); questions as stated at each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/array.hpp"
#include "engine/base/id_index.hpp"
#include "engine/book/price_index.hpp"
#include "engine/book/queues.hpp"
#include "engine/types/enums.hpp"
#include "engine/types/planted.hpp"
#include "engine/types/records.hpp"

namespace engine {

// Walks over one side's levels, best first.
using LevelWalk = PriceIndex::Walk;
using LevelPlace = PriceIndex::Place;

// What an order is apart from its price and size, as one word of its report: type, time in force,
// self-trade mode, 8 zero bits, flags.
using TermsWord = std::uint64_t;

// Of a command without a self-trade mode.
constexpr TermsWord plain_terms_of(const Command& command) {
    return static_cast<TermsWord>(command.order_type) |
           static_cast<TermsWord>(command.time_in_force) << 8 |
           static_cast<TermsWord>(command.flags) << 32;
}
constexpr TermsWord terms_of(const Command& command) {
    return plain_terms_of(command) | static_cast<TermsWord>(command.self_trade_mode) << 16;
}
constexpr OrderType order_type_of(TermsWord terms) {
    return static_cast<OrderType>(terms & 0xFF);
}
constexpr TimeInForce time_in_force_of(TermsWord terms) {
    return static_cast<TimeInForce>(terms >> 8 & 0xFF);
}
constexpr SelfTradeMode self_trade_mode_of(TermsWord terms) {
    return static_cast<SelfTradeMode>(terms >> 16 & 0xFF);
}
constexpr TermsWord with_type(TermsWord terms, OrderType type) {
    return (terms & ~TermsWord{0xFF}) | static_cast<TermsWord>(type);
}
constexpr OrderFlags flags_of(TermsWord terms) {
    return static_cast<OrderFlags>(terms >> 32);
}

// One cache line: all that a report of the order needs. The first four fields stand as they do in
// the report.
struct alignas(64) RestingOrder {
    std::uint64_t order_id;
    std::int64_t price;
    std::int64_t leaves;
    std::int64_t filled;
    std::uint64_t client_order_id;
    std::uint64_t timestamp;
    TermsWord terms;
    std::uint32_t account;
    Link level;  // that it queues at; NIL while it has not been in a queue
};
static_assert(sizeof(RestingOrder) == 64);

constexpr SideNumber side_number(std::uint32_t instrument, Side side) {
    return 2 * instrument + (static_cast<std::uint8_t>(side) >> 7);
}
// Whether its orders buy.
constexpr bool buys_on(SideNumber number) {
    return (number & 1) == 0;
}
constexpr Side side_of(SideNumber number) {
    return static_cast<Side>(1 - 2 * static_cast<int>(number & 1));
}
static_assert(side_of(side_number(3, Side::BUY)) == Side::BUY);
static_assert(side_of(side_number(3, Side::SELL)) == Side::SELL);

class Books {
  public:
    // How many orders have numbers.
    static constexpr std::size_t ORDERS = IdIndex::NUMBER_MOST;

    Books() : prices_(queues_) {
        reserve(0);
    }

    // -- instruments and room
    void add_book() {
        prices_.add_book();
    }
    // Room for `orders` more orders, each at a price of its own.
    void reserve(std::size_t orders) {
        reserve_records(orders);
        grow_ids(orders);
    }
    // The same but for their ids: only a promise of memory until it is written to.
    void reserve_records(std::size_t orders) {
        orders_.reserve(top_, orders);
        if (has_notes_) notes_.reserve(top_, orders);
        queues_.reserve(top_, orders, orders);
        prices_.reserve(orders);
    }
    // Places for the ids of so many more orders: some microseconds for each hundred that were not
    // there before.
    void grow_ids(std::size_t orders) {
        ids_.grow(orders, IdOf{*this});
    }

    // Keeps a number with each order from now on, for whoever notes something there: it stays with
    // the order's number, and may be that of an order that was here before. REQUIRES: no order.
    void keep_notes() {
        has_notes_ = true;
        reserve(0);
    }
    ENGINE_INLINE Index& note(Index number) {
        return notes_[number];
    }

    // -- ids
    ENGINE_INLINE Index find(std::uint64_t order_id) const {
        return ids_.find(order_id, IdOf{*this});
    }
    // Whether it is known at once that no live order has the id, and there is room for one.
    ENGINE_INLINE bool is_free(std::uint64_t order_id) const {
        return ids_.is_free(order_id);
    }
    // Room for one more id, so that make_order() allocates nothing. Throws std::bad_alloc before
    // anything changes.
    void make_room_for(std::uint64_t order_id) {
        ids_.make_room(order_id, IdOf{*this});
    }

    // -- reading
    ENGINE_INLINE RestingOrder& order(Index number) {
        return orders_[number];
    }
    ENGINE_INLINE const RestingOrder& order(Index number) const {
        return orders_[number];
    }
    ENGINE_INLINE BookSide& side(SideNumber number) {
        return prices_.side(number);
    }
    ENGINE_INLINE const BookSide& side(SideNumber number) const {
        return prices_.side(number);
    }
    SideNumber side_count() const {
        return prices_.side_count();
    }
    LevelWalk levels(SideNumber number) const {
        return LevelWalk(prices_, number);
    }
    // Appends the levels of a side down to a rank, best first.
    void levels_to(SideNumber number, Rank worst, std::vector<LevelPlace>* out) const {
        prices_.levels_to(number, worst, out);
    }
    // The order behind this one at its price; a level when it is the last.
    Link next_of(Link order) const {
        return queues_.at(order).next;
    }
    Link first_of(Link level) const {
        return queues_.first(level);
    }
    SideNumber side_number_of(const RestingOrder& order) const {
        return level_of(order).side;
    }
    const PriceLevel& level(Link level) const {
        return queues_.level(level);
    }
    // The level that an order queues at.
    ENGINE_INLINE PriceLevel& level_of(const RestingOrder& order) {
        return queues_.level(order.level);
    }
    ENGINE_INLINE const PriceLevel& level_of(const RestingOrder& order) const {
        return queues_.level(order.level);
    }
    ENGINE_INLINE SideNumber side_of_order(Index number) const {
        return level_of(orders_[number]).side;
    }
    // Every number that an order has is below; free ones have the id 0.
    Index number_end() const {
        return static_cast<Index>(top_);
    }
    std::size_t order_count() const {
        return ids_.size();
    }

    // The best level of a side, its rank exact then; not a level when the side is empty.
    ENGINE_INLINE Link best_level(BookSide& side) {
        return prices_.best(side);
    }
    // The same after an order of it was taken, which may have been its last.
    ENGINE_INLINE Link next_best_level(BookSide& side) {
        return prices_.find_best(side);
    }
    ENGINE_INLINE Index first_in(Link level) const {
        return static_cast<Index>(queues_.first(level));
    }
    // Whether the side offers `lots` up to the rank. O(levels walked).
    bool offers(SideNumber number, Rank limit, std::int64_t lots) const;
    // The worst level of a side that has one, for a planted bug only.
    Link worst_level(SideNumber number) const;

    // -- changing. An order out of every queue is loose: just made, or taken out to be placed anew.
    // REQUIRES: reserve() and make_room_for() made room.
    Index make_order(std::uint64_t order_id) {
        const Index number = take_number();
        ids_.insert(order_id, number, IdOf{*this});
        return number;
    }
    // REQUIRES: is_free(order_id).
    ENGINE_INLINE Index make_order_at_once(std::uint64_t order_id) {
        const Index number = take_number();
        ids_.put(order_id, number);
        return number;
    }
    ENGINE_INLINE void forget_order(Index number, RestingOrder& order) {
        ids_.erase(order.order_id, number);
        order.order_id = 0;  // so that no hint finds it
        queues_.at(link_of(number)).next = link_of(free_);
        free_ = number;
    }
    // Puts a loose order at the tail of its price, and its lots on its side.
    ENGINE_INLINE void enqueue(SideNumber side_number, Index number, RestingOrder& order,
                               std::int64_t price, std::int64_t lots) {
        ENGINE_ASSERT(lots > 0);
        BookSide& side = prices_.side(side_number);
        side.quantity += lots;
        side.order_count += 1;
        link(side_number, number, order, rank_of(side_number, price), lots);
    }
    // Takes an order out of its queue and its lots off its side; it is loose then.
    ENGINE_INLINE void dequeue(Index number) {
        const RestingOrder& order = orders_[number];
        dequeue(prices_.side(level_of(order).side), number, order.leaves, order.level);
    }
    // The same, of an order that has so many lots at a level of the side.
    ENGINE_INLINE void dequeue(BookSide& side, Index number, std::int64_t lots, Link level) {
        side.quantity -= lots;
        side.order_count -= 1;
        unlink(number, lots, queues_.level(level));
    }
    // Moves an order to the tail of the price of this rank of its side, which may be its own, with
    // new lots; `others` is what the rest of the side has. Its price and lots are for the caller to
    // write.
    ENGINE_INLINE void requeue(Index number, RestingOrder& order, SideNumber side_number, Rank rank,
                               std::int64_t lots, std::int64_t others) {
        prices_.side(side_number).quantity = others + lots;
        unlink(number, order.leaves, level_of(order));
        link(side_number, number, order, rank, lots);
    }
    // Takes all orders out of a level's queue at once, the totals of the side apart. They must be
    // forgotten already. When the levels in front are empty, drop_front() is to be called.
    void empty_level(Link place) {
        PriceLevel& level = queues_.level(place);
        level.ends = {place, place};
        level.quantity = 0;
        level.order_count = 0;
        prices_.unmark(level);
    }
    // The same of the orders in front of one of them, so many and with so many lots.
    void begin_level(Link place, Index first, std::uint32_t orders, std::int64_t lots) {
        PriceLevel& level = queues_.level(place);
        ENGINE_ASSERT(orders < level.order_count);
        level.quantity -= lots;
        level.order_count -= orders;
        level.ends.next = link_of(first);
        queues_.at(link_of(first)).previous = place;
    }
    // Frees the room of the prices in front of a side's best one.
    void drop_front(SideNumber number) {
        prices_.drop_front(number);
    }
    // Marks a loose order as one of a side that stands in none of its queues: hidden, or outside.
    // REQUIRES: open_aside() was called for the side.
    void set_aside(SideNumber side_number, RestingOrder& order) {
        order.level = aside_[side_number];
        aside_count_ += 1;
    }
    // Makes such an order loose again.
    void take_back(RestingOrder& order) {
        ENGINE_ASSERT(order.level == aside_[side_number_of(order)]);
        order.level = NIL;
        aside_count_ -= 1;
    }
    // Whether an order, which is not loose, was set aside.
    bool is_aside(const RestingOrder& order) const {
        const SideNumber side = side_number_of(order);
        return side < aside_.size() && order.level == aside_[side];
    }
    // Makes ready for orders set aside, on both sides of a book.
    void open_aside(SideNumber bids);

    // Takes lots off an order that keeps some, and its place.
    ENGINE_INLINE void shrink(Index number, std::int64_t lots) {
        RestingOrder& order = orders_[number];
        ENGINE_ASSERT(lots > 0);
        ENGINE_ASSERT(lots < order.leaves);
        PriceLevel& level = level_of(order);
        order.leaves -= lots;
        level.quantity -= lots;
        prices_.side(level.side).quantity -= lots;
    }

    // Gives lots to an order in its place, or takes some with a negative number; it keeps some.
    void grow(Index number, std::int64_t lots) {
        RestingOrder& order = orders_[number];
        PriceLevel& level = level_of(order);
        order.leaves += lots;
        level.quantity += lots;
        prices_.side(level.side).quantity += lots;
        ENGINE_ASSERT(order.leaves > 0);
    }

    // -- questions; none changes anything
    Order describe(Index number) const;
    // The best price, or false.
    ENGINE_INLINE bool best_price(SideNumber number, std::int64_t* price) const {
        Rank rank;
        if (!prices_.best_rank(number, &rank)) return false;
        *price = rank_of(number, rank);
        return true;
    }
    // Up to `levels` best levels, written to `out`; returns how many. O(levels).
    std::size_t depth(SideNumber number, std::size_t levels, Level* out) const;
    std::size_t level_count(SideNumber number, std::size_t most) const {
        return prices_.level_count(number, most);
    }
    // Appends the orders of one price in queue order.
    void numbers_at(SideNumber number, std::int64_t price, std::vector<Index>* out) const;
    // Orders and lots in front of a live order. O(orders in front).
    void queue_ahead(Index number, std::uint64_t* orders, std::int64_t* lots) const;

    std::size_t memory_bytes() const;
    // Throws BrokenInvariant. O(everything).
    void check_invariants() const;

    // -- prefetching, in the order in which a command touches memory. NIL is a number like others
    // here.
    ENGINE_INLINE void prefetch_id(std::uint64_t order_id) const {
        ids_.prefetch(order_id);
    }
    ENGINE_INLINE void prefetch_side(SideNumber side, Rank rank) const {
        prices_.prefetch_side(side, rank);
    }
    ENGINE_INLINE void prefetch_record(Index number) const {
        ENGINE_PREFETCH(&orders_[number]);
    }
    ENGINE_INLINE Index peek_order(std::uint64_t order_id) const {
        return ids_.peek(order_id);
    }
    ENGINE_INLINE Index guess_page(SideNumber side, Rank rank) const {
        return prices_.guess_page(side, rank);
    }
    ENGINE_INLINE void prefetch_order(Index number) const {
        ENGINE_PREFETCH(&orders_[number]);
        queues_.prefetch(link_of(number));
    }
    ENGINE_INLINE void prefetch_page(Index page) const {
        prices_.prefetch_page(page);
    }
    // What an order's removal touches besides itself.
    ENGINE_INLINE void prefetch_neighbours(Index number) const {
        const Links links = queues_.at(link_of(number));
        queues_.prefetch(links.previous);
        queues_.prefetch(links.next);
        queues_.prefetch(orders_[number].level);
    }
    ENGINE_INLINE Link guess_level(Index page, Rank rank) const {
        return prices_.page(page).level_at(rank);
    }
    ENGINE_INLINE void prefetch_level(Link level) const {
        queues_.prefetch(level);
    }
    ENGINE_INLINE void prefetch_page_of(Index number) const {
        prices_.prefetch_page(level_of(orders_[number]).page);
    }
    ENGINE_INLINE void prefetch_last(Link level) const {
        queues_.prefetch(queues_.last(level));
    }

  private:
    ENGINE_INLINE Index take_number() {
        if (free_ != NIL) {
            const Index number = free_;
            free_ = static_cast<Index>(queues_.at(link_of(number)).next);
            return number;
        }
        ENGINE_ASSERT(top_ < orders_.capacity());
        return static_cast<Index>(top_++);
    }
    static constexpr Link link_of(Index number) {
        return static_cast<Link>(number);
    }
    // Into and out of the queue, the totals of the side apart.
    ENGINE_INLINE void link(SideNumber side_number, Index number, RestingOrder& order, Rank rank,
                            std::int64_t lots) {
        const Link place = prices_.occupy(side_number, rank);
        PriceLevel& level = queues_.level(place);
        order.level = place;
        level.quantity += lots;
        level.order_count += 1;
        if (planted(Bug::LIFO_IN_LEVEL)) return queues_.prepend(place, link_of(number));
        queues_.append(place, link_of(number));
    }
    ENGINE_INLINE void unlink(Index number, std::int64_t lots, PriceLevel& level) {
        const std::uint32_t others = level.order_count - 1;
        ENGINE_ASSERT(static_cast<std::int32_t>(others) >= 0);
        if (!planted(Bug::CANCEL_KEEPS_LEVEL_TOTAL)) level.quantity -= lots;
        level.order_count = others;
        queues_.remove(link_of(number));
        prices_.vacate(level, others == 0);
    }
    template <class See>
    void for_each_order(Link level, See see) const;
    void check_side(SideNumber number, std::size_t* orders) const;

    // What the index of ids asks about its numbers.
    struct IdOf {
        const Books& books;
        ENGINE_INLINE std::uint64_t operator()(Index number) const {
            return books.orders_[number].order_id;
        }
    };

    IdIndex ids_;
    Queues queues_;
    PriceIndex prices_;
    Array<RestingOrder> orders_;
    Array<Index> notes_;  // by order, where they are kept
    bool has_notes_ = false;
    std::vector<Link> aside_;  // for each side a level in no page, which orders set aside name
    std::size_t aside_count_ = 0;
    std::size_t aside_levels_ = 0;
    std::size_t top_ = 1;
    Index free_ = NIL;
};

}  // namespace engine
