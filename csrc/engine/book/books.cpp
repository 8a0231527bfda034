#include "engine/book/books.hpp"

namespace engine {

// Calls see(number) for each order of the level, first in the queue first.
template <class See>
void Books::for_each_order(Link level, See see) const {
    for (Link at = queues_.first(level); !Queues::is_level(at); at = queues_.at(at).next) {
        see(static_cast<Index>(at));
    }
}

void Books::open_aside(SideNumber bids) {
    if (aside_.size() < side_count()) aside_.resize(side_count(), NIL);
    for (SideNumber number = bids; number <= bids + 1; number++) {
        if (aside_[number] != NIL) continue;
        queues_.reserve(top_, 1, 1);
        aside_[number] = queues_.take_lone();
        queues_.level(aside_[number]).side = number;
        aside_levels_ += 1;
    }
}

bool Books::offers(SideNumber number, Rank limit, std::int64_t lots) const {
    PriceIndex::Walk walk(prices_, number);
    PriceIndex::Place place;
    while (walk.next(&place)) {
        if (place.rank > limit) return false;
        const std::int64_t offered = queues_.level(place.level).quantity;
        if (offered >= lots) return true;
        lots -= offered;
    }
    return false;
}

Link Books::worst_level(SideNumber number) const {
    PriceIndex::Walk walk(prices_, number);
    PriceIndex::Place place{};
    while (walk.next(&place)) continue;
    return place.level;
}

Order Books::describe(Index number) const {
    const RestingOrder& order = orders_[number];
    const SideNumber side = side_of_order(number);
    Order record{};
    record.order_id = order.order_id;
    record.client_order_id = order.client_order_id;
    record.price = order.price;
    record.leaves_quantity = order.leaves;
    record.filled_quantity = order.filled;
    record.timestamp = order.timestamp;
    record.instrument = side / 2;
    record.account = order.account;
    record.side = side_of(side);
    record.order_type = order_type_of(order.terms);
    record.time_in_force = time_in_force_of(order.terms);
    record.self_trade_mode = self_trade_mode_of(order.terms);
    record.flags = flags_of(order.terms);
    return record;
}

std::size_t Books::depth(SideNumber number, std::size_t levels, Level* out) const {
    PriceIndex::Walk walk(prices_, number);
    PriceIndex::Place place;
    std::size_t count = 0;
    while (count < levels && walk.next(&place)) {
        const PriceLevel& level = queues_.level(place.level);
        out[count++] = {rank_of(number, place.rank), level.quantity, level.order_count};
    }
    return count;
}

void Books::numbers_at(SideNumber number, std::int64_t price, std::vector<Index>* out) const {
    Link level;
    if (!prices_.find(number, rank_of(number, price), &level)) return;
    for_each_order(level, [&](Index at) { out->push_back(at); });
}

void Books::queue_ahead(Index number, std::uint64_t* orders, std::int64_t* lots) const {
    *orders = 0;
    *lots = 0;
    Link at = queues_.at(link_of(number)).previous;
    for (; !Queues::is_level(at); at = queues_.at(at).previous) {
        *orders += 1;
        *lots += orders_[static_cast<Index>(at)].leaves;
    }
}

std::size_t Books::memory_bytes() const {
    return ids_.memory_bytes() + prices_.memory_bytes() + queues_.memory_bytes(top_) +
           top_ * (sizeof(RestingOrder) + (has_notes_ ? sizeof(Index) : 0));
}

void Books::check_side(SideNumber number, std::size_t* orders) const {
    const BookSide& side = prices_.side(number);
    std::int64_t side_quantity = 0;
    std::size_t side_orders = 0;
    PriceIndex::Walk walk(prices_, number);
    PriceIndex::Place place;
    while (walk.next(&place)) {
        const PriceLevel& level = queues_.level(place.level);
        std::int64_t quantity = 0;
        std::size_t count = 0;
        Link previous = place.level;
        for_each_order(place.level, [&](Index at) {
            const RestingOrder& order = orders_[at];
            ENGINE_ASSERT(queues_.at(link_of(at)).previous == previous);
            ENGINE_ASSERT(order.level == place.level);
            ENGINE_ASSERT(order.price == rank_of(number, place.rank));
            ENGINE_ASSERT(order.leaves > 0);
            ENGINE_ASSERT(find(order.order_id) == at);
            quantity += order.leaves;
            count += 1;
            previous = link_of(at);
        });
        ENGINE_ASSERT(queues_.last(place.level) == previous);
        ENGINE_ASSERT(count > 0);
        ENGINE_ASSERT(count == level.order_count);
        ENGINE_ASSERT(quantity == level.quantity);
        side_quantity += quantity;
        side_orders += count;
    }
    ENGINE_ASSERT(side_quantity == side.quantity || side.way != Way::PLAIN);
    ENGINE_ASSERT(side_orders == side.order_count);
    *orders += side_orders;
}

void Books::check_invariants() const {
    prices_.check_invariants(aside_levels_);
    std::size_t orders = 0;
    for (SideNumber number = 0; number < side_count(); number++) check_side(number, &orders);
    ENGINE_ASSERT(orders + aside_count_ == order_count());
    std::size_t free_numbers = 0;
    for (Link at = link_of(free_); at != NIL; at = queues_.at(at).next) free_numbers += 1;
    ENGINE_ASSERT(orders + aside_count_ + free_numbers + 1 == top_);
    for (SideNumber bids = 0; bids < side_count(); bids += 2) {
        std::int64_t bid = 0;
        std::int64_t ask = 0;
        if (side(bids).way == Way::GENERAL) continue;  // some may wait at prices that meet
        const bool is_two_sided = best_price(bids, &bid) && best_price(bids + 1, &ask);
        ENGINE_ASSERT(!is_two_sided || bid < ask);
    }
}

}  // namespace engine
