#include "engine/book/books.hpp"

namespace engine {

void Books::add_book() {
    prices_.add_book();
}

void Books::reserve(std::size_t orders) {
    // Each order may bring a level of its own.
    links_.reserve(top_ + 2 * orders);
    nodes_.reserve(top_ + 2 * orders);
    prices_.reserve(orders);
}

bool Books::offers(SideNumber number, Rank limit, std::int64_t lots) const {
    PriceIndex::Walk walk(prices_, number);
    for (Index at = walk.next(); at != NIL; at = walk.next()) {
        const PriceLevel& level = nodes_[at].level;
        if (rank_of(number, level.price) > limit) return false;
        if (level.quantity >= lots) return true;
        lots -= level.quantity;
    }
    return false;
}

Order Books::describe(Index node) const {
    const RestingOrder& order = nodes_[node].order;
    const SideNumber number = nodes_[order.level].level.side;
    Order record{};
    record.order_id = order.order_id;
    record.client_order_id = order.client_order_id;
    record.price = order.price;
    record.leaves_quantity = order.leaves;
    record.filled_quantity = order.filled;
    record.timestamp = order.timestamp;
    record.instrument = number / 2;
    record.account = order.account;
    record.side = side_of(number);
    record.order_type = order.terms.order_type;
    record.time_in_force = order.terms.time_in_force;
    record.flags = order.terms.flags;
    return record;
}

bool Books::best_price(SideNumber number, std::int64_t* price) const {
    PriceIndex::Walk walk(prices_, number);
    const Index at = walk.next();
    if (at == NIL) return false;
    *price = nodes_[at].level.price;
    return true;
}

std::size_t Books::depth(SideNumber number, std::size_t levels, Level* out) const {
    PriceIndex::Walk walk(prices_, number);
    std::size_t count = 0;
    while (count < levels) {
        const Index at = walk.next();
        if (at == NIL) break;
        const PriceLevel& level = nodes_[at].level;
        out[count++] = {level.price, level.quantity, level.order_count};
    }
    return count;
}

void Books::orders_at(SideNumber number, std::int64_t price, std::vector<Order>* out) const {
    const Index at = prices_.find(number, rank_of(number, price));
    if (at == NIL) return;
    for (Index node = links_[at].next; node != at; node = links_[node].next) {
        out->push_back(describe(node));
    }
}

void Books::orders_of(SideNumber number, std::vector<Order>* out) const {
    out->reserve(out->size() + prices_.side(number).order_count);
    PriceIndex::Walk walk(prices_, number);
    for (Index at = walk.next(); at != NIL; at = walk.next()) {
        for (Index node = links_[at].next; node != at; node = links_[node].next) {
            out->push_back(describe(node));
        }
    }
}

void Books::queue_ahead(Index node, std::uint64_t* orders, std::int64_t* lots) const {
    const Index level = nodes_[node].order.level;
    *orders = 0;
    *lots = 0;
    for (Index at = links_[node].previous; at != level; at = links_[at].previous) {
        *orders += 1;
        *lots += nodes_[at].order.leaves;
    }
}

std::size_t Books::memory_bytes() const {
    return ids_.memory_bytes() + prices_.memory_bytes() + top_ * (sizeof(Links) + sizeof(Node));
}

Index Books::worst_level(SideNumber number) const {
    PriceIndex::Walk walk(prices_, number);
    Index last = NIL;
    for (Index at = walk.next(); at != NIL; at = walk.next()) last = at;
    return last;
}

void Books::check_side(SideNumber number, std::size_t* orders, std::size_t* levels) const {
    const BookSide& side = prices_.side(number);
    std::int64_t side_quantity = 0;
    std::size_t side_orders = 0;
    PriceIndex::Walk walk(prices_, number);
    for (Index at = walk.next(); at != NIL; at = walk.next()) {
        const PriceLevel& level = nodes_[at].level;
        ENGINE_ASSERT(level.side == number);
        ENGINE_ASSERT(prices_.find(number, rank_of(number, level.price)) == at);
        std::int64_t quantity = 0;
        std::size_t count = 0;
        Index previous = at;
        for (Index node = links_[at].next; node != at; node = links_[node].next) {
            const RestingOrder& order = nodes_[node].order;
            ENGINE_ASSERT(links_[node].previous == previous);
            ENGINE_ASSERT(order.level == at);
            ENGINE_ASSERT(order.price == level.price);
            ENGINE_ASSERT(order.leaves > 0);
            ENGINE_ASSERT(find(order.order_id) == node);
            quantity += order.leaves;
            count += 1;
            previous = node;
        }
        ENGINE_ASSERT(links_[at].previous == previous);
        ENGINE_ASSERT(count == level.order_count);
        ENGINE_ASSERT(count > 0);
        ENGINE_ASSERT(quantity == level.quantity);
        side_quantity += quantity;
        side_orders += count;
        *levels += 1;
    }
    ENGINE_ASSERT(side_quantity == side.quantity);
    ENGINE_ASSERT(side_orders == side.order_count);
    *orders += side_orders;
}

void Books::check_invariants() const {
    prices_.check_invariants();
    std::size_t orders = 0;
    std::size_t levels = 0;
    for (SideNumber number = 0; number < prices_.side_count(); number++) {
        check_side(number, &orders, &levels);
    }
    ENGINE_ASSERT(orders == ids_.size());
    std::size_t free_nodes = 0;
    for (Index node = free_; node != NIL; node = links_[node].next) free_nodes += 1;
    ENGINE_ASSERT(orders + levels + free_nodes + 1 == top_);
    for (SideNumber bids = 0; bids < prices_.side_count(); bids += 2) {
        std::int64_t bid = 0;
        std::int64_t ask = 0;
        const bool is_two_sided = best_price(bids, &bid) && best_price(bids + 1, &ask);
        ENGINE_ASSERT(!is_two_sided || bid < ask);
    }
}

}  // namespace engine
