// One instrument taken out of an engine and put into another: docs/shards.md.
#include <algorithm>
#include <utility>

#include "engine/base/archive.hpp"
#include "engine/engine/engine.hpp"
#include "engine/engine/image_numbers.hpp"

namespace engine {

std::vector<std::uint64_t> Engine::order_ids(std::uint32_t instrument) const {
    std::vector<Index> orders;
    all_orders(instrument, &orders);
    std::vector<std::uint64_t> ids;
    ids.reserve(orders.size());
    for (const Index number : orders) ids.push_back(books_.order(number).order_id);
    return ids;
}

Departure Engine::departure(std::uint32_t instrument) const {
    ENGINE_ASSERT(is_whole_);
    ENGINE_ASSERT(instrument < instrument_count_);
    Departure its{instrument, order_ids(instrument), fresh_special_market(instrument), {}};
    if (accounts_.is_kept()) its.holdings = accounts_.holdings(instrument, open_orders(instrument));
    return its;
}

// What the instrument had beside its book when it was added.
std::unique_ptr<SpecialMarket> Engine::fresh_special_market(std::uint32_t instrument) const {
    const MarketRules& its = rules(instrument);
    return its == MarketRules{} ? nullptr : new_special_market(instrument, its);
}

// -- writing

void Engine::save_instrument(Packer& out, std::uint32_t instrument) const {
    ENGINE_ASSERT(is_whole_);
    OrdersByLink groups;
    OrdersByLink children;
    const auto is_of_other = [&](Index number) {
        return special_.details[number].instrument != instrument;
    };
    for (const auto& [group, members] : special_.links.groups) {
        if (!is_of_other(members.front())) groups.emplace(group, members);
    }
    for (const auto& [parent, all] : special_.links.children) {
        std::vector<Index> members = all;
        std::erase_if(members, is_of_other);
        if (!members.empty()) children.emplace(parent, std::move(members));
    }
    std::vector<Index> orders;
    detailed(instrument, &orders);
    std::vector<std::uint64_t> ages;
    for (const Index number : orders) ages.push_back(special_.details[number].arrival);
    std::vector<std::uint64_t> group_numbers;
    for (const auto& [group, members] : groups) group_numbers.push_back(group);
    const ImageNumbers numbers(std::move(ages), std::move(group_numbers));
    out.put(orders.size());
    out.put(groups.size());
    save_market(out, instrument, numbers);
    save_links(out, groups, children, numbers);
}

// -- reading

void Engine::load_instrument(Unpacker& in, const Departure& departure) {
    ENGINE_ASSERT(is_whole_);
    const std::uint32_t instrument = departure.instrument;
    const std::vector<std::uint64_t>& ids = departure.order_ids;
    for (const std::uint64_t id : ids) ENGINE_ASSERT(books_.find(id) == NIL);
    ENGINE_ASSERT(ids.size() <= orders_max_ - books_.order_count());
    const ImageBase base{special_.arrivals, special_.links.group_count, true};
    std::unique_ptr<SpecialMarket> fresh = fresh_special_market(instrument);
    reserve(ids.size() + CHUNK);
    Parted parted = departure.holdings.parted;
    if (accounts_.is_kept()) accounts_.make_room(departure.holdings);
    is_whole_ = false;
    try {
        special_.arrivals += in.get();
        special_.links.group_count += in.get();
        load_market(in, instrument, base);
        if (in.is_sound()) load_links(in, base);
        ENGINE_ASSERT(in.is_sound());
        ENGINE_ASSERT(in.left() == 0);
    } catch (...) {
        clear_instrument(instrument, ids, std::move(fresh));
        special_.arrivals = base.age;
        special_.links.group_count = base.group;
        is_whole_ = true;
        throw;
    }
    if (accounts_.is_kept()) accounts_.receive(departure.holdings, std::move(parted));
    room_ -= ids.size();
    const Market& market = markets_[instrument];
    counters_.trades += market.trades;
    counters_.reports += market.orders + 2 * market.trades;
    next_expiry_ = special_.next_expiry();
    is_whole_ = true;
}

void Engine::follow(const Engine& other) {
    ENGINE_ASSERT(counters_.reports == 0);
    if (!accounts_.is_kept()) return;
    accounts_.follow(other.accounts_);
    rates_.follow(other.rates_, accounts_);
}

// -- forgetting

void Engine::forget_instrument(Departure departure) {
    ENGINE_ASSERT(is_whole_);
    const Market& market = markets_[departure.instrument];
    counters_.trades -= market.trades;
    counters_.reports -= market.orders + 2 * market.trades;
    if (accounts_.is_kept()) accounts_.release(departure.holdings);
    clear_instrument(departure.instrument, departure.order_ids, std::move(departure.fresh));
}

// Makes an instrument what it was when it was added. Asks for no memory. Of the orders some may be
// missing, and some may not be in all that they are to be a part of.
void Engine::clear_instrument(std::uint32_t instrument, const std::vector<std::uint64_t>& order_ids,
                              std::unique_ptr<SpecialMarket> fresh) {
    forget_links(instrument);
    for (const std::uint64_t order_id : order_ids) forget_order(order_id);
    markets_[instrument] = Market{terms_of(instrument)};
    if (special_.market(instrument) != nullptr) special_.markets[instrument] = std::move(fresh);
    for (SideNumber side = 2 * instrument; side < 2 * instrument + 2; side++) {
        BookSide& its = books_.side(side);
        ENGINE_ASSERT(its.order_count == 0);
        its.quantity = 0;
        its.way = Way::PLAIN;
    }
    choose_way(instrument);
    next_expiry_ = special_.next_expiry();
}

void Engine::forget_order(std::uint64_t order_id) {
    const Index number = books_.find(order_id);
    if (number == NIL) return;
    if (has_details(number)) {
        const Details& its = special_.details[number];
        if (its.expiry != 0) special_.expiries.erase({its.expiry, its.arrival, number});
        special_.details.take(number);
    }
    RestingOrder& order = books_.order(number);
    if (books_.is_aside(order)) {
        books_.take_back(order);
    } else {
        books_.dequeue(number);
    }
    books_.forget_order(number, order);
}

// Forgets which orders of an instrument depend on each other, and nothing else of them.
void Engine::forget_links(std::uint32_t instrument) {
    OrderLinks& links = special_.links;
    const auto is_here = [&](Index number) {
        return special_.details[number].instrument == instrument;
    };
    std::erase_if(links.groups, [&](const auto& entry) { return is_here(entry.second.front()); });
    for (auto& [parent, members] : links.children) std::erase_if(members, is_here);
    std::erase_if(links.children, [](const auto& entry) { return entry.second.empty(); });
}

}  // namespace engine
