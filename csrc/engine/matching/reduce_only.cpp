#include "engine/matching/reduce_only.hpp"

#include <algorithm>

#include "engine/types/planted.hpp"

namespace engine {

namespace {

std::int64_t open_of(const Books& books, const SpecialOrders& special, Index number) {
    return books.order(number).leaves + special.details[number].reserve;
}

// How much of the position is left for an order. One that may stay shares the position with those
// that are there; one that is gone at once goes before them.
std::int64_t room_for(const Entrant& order, const Books& books, const SpecialOrders& special,
                      const SpecialMarket& market) {
    const AccountSide place{order.order.account, order.side & 1};
    std::int64_t room = market.reducible(place);
    const bool stays = market.phase != Phase::CONTINUOUS ||
                       may_rest(order.type(), time_in_force_of(order.order.terms), order.flags());
    if (market.rules.reduce_only_rule != ReduceOnlyRule::SHRINK || !stays) return room;
    const auto found = market.reducing.find(place);
    if (found == market.reducing.end()) return room;
    for (const auto& [arrival, number] : found->second) {
        if (number != order.number) room -= open_of(books, special, number);
    }
    return std::max(room, std::int64_t{0});
}

}  // namespace

std::int64_t entitled(const Entrant& order, const Books& books, const SpecialOrders& special,
                      const SpecialMarket* market) {
    const std::int64_t leaves = order.order.leaves;
    if (!order.has(OrderFlag::REDUCE_ONLY)) return leaves;
    if (market == nullptr) return 0;
    const ReduceOnlyRule rule = market->rules.reduce_only_rule;
    if (rule == ReduceOnlyRule::IMMEDIATE && market->phase != Phase::CONTINUOUS) return 0;
    const std::int64_t room = room_for(order, books, special, *market);
    if (rule == ReduceOnlyRule::CANCEL && leaves > room) return 0;
    return std::min(leaves, room);
}

std::vector<Excess> excesses(const SpecialMarket& market, const Books& books,
                             const SpecialOrders& special, AccountSide place) {
    std::vector<Excess> found;
    const auto orders = market.reducing.find(place);
    if (orders == market.reducing.end()) return found;
    const std::int64_t room = market.reducible(place);
    const bool is_each = market.rules.reduce_only_rule == ReduceOnlyRule::CANCEL;
    // The orders of a side together fit in 64 bits.
    std::int64_t excess = -room;
    for (const auto& [arrival, number] : orders->second) excess += open_of(books, special, number);
    const auto meet = [&](Index number) {
        const std::int64_t open = open_of(books, special, number);
        if (is_each) {
            if (open > room) found.push_back({number, open});
        } else if (excess > 0) {
            found.push_back({number, std::min(open, excess)});
            excess -= found.back().lots;
        }
    };
    if (planted(Bug::OLDEST_REDUCE_ONLY_FIRST)) {
        for (const auto& [arrival, number] : orders->second) meet(number);
        return found;
    }
    for (auto at = orders->second.rbegin(); at != orders->second.rend(); ++at) meet(at->second);
    return found;
}

}  // namespace engine
