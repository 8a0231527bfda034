// The engine as an image: docs/image-format.md.
//
// Orders are written queue by queue, and those that stand in none by age; what refers to an order
// names its id. So an image says nothing of where things lie in memory, and two engines in the same
// state have the same one. Trees, indexes and totals follow from the orders and are made anew.
#include <algorithm>
#include <map>

#include "engine/base/archive.hpp"
#include "engine/engine/engine.hpp"
#include "engine/engine/image_numbers.hpp"
#include "engine/matching/plan.hpp"
#include "engine/matching/reduce_only.hpp"
#include "engine/matching/triggers.hpp"
#include "engine/types/planted.hpp"

namespace engine {

namespace {

constexpr std::uint64_t IMAGE_VERSION = 1;

template <class Archive>
void fields(Archive& archive, Archived<Archive, Counters>& its) {
    archive(its.time, its.next_order_id, its.reports, its.trades);
}

template <class Archive>
void fields(Archive& archive, Archived<Archive, Market>& its) {
    archive(its.last_price, its.last_quantity, its.orders, its.trades, its.lots_low, its.lots_high);
}

template <class Archive>
void fields(Archive& archive, Archived<Archive, SpecialMarket>& its,
            Archived<Archive, std::uint64_t>& pegs_settled) {
    archive(its.phase, its.is_pinned, its.is_known, its.prices, pegs_settled);
    for (auto& best : its.followed.best) archive(best.price, best.is_known);
}

template <class Archive>
void fields(Archive& archive, Archived<Archive, Details>& its) {
    archive(its.reserve, its.display_quantity, its.minimum_quantity, its.trigger_price,
            its.extreme_price, its.offset, its.bound, its.expiry, its.arrival, its.linked_order_id,
            its.link_group, its.self_trade_group, its.trigger_source, its.state, its.is_rising);
}

template <class Archive>
void fields(Archive& archive, Archived<Archive, RestingOrder>& its) {
    archive(its.order_id, its.price, its.leaves, its.filled, its.client_order_id, its.timestamp,
            its.terms, its.account);
}

// Whether they can be an order's.
bool are_terms(TermsWord terms) {
    return is_member(order_type_of(terms)) && is_member(time_in_force_of(terms)) &&
           is_member(self_trade_mode_of(terms)) && (terms >> 24 & 0xFF) == 0 &&
           (flags_of(terms) & ~ORDER_FLAGS) == 0;
}

bool are_quantities(const RestingOrder& order, const Details& details) {
    return order.leaves > 0 && order.filled >= 0 && details.reserve >= 0 &&
           details.display_quantity >= 0 && details.minimum_quantity >= 0 &&
           !sum_overflows(order.leaves, order.filled);
}

template <class Enum>
void save_counts(Packer& out, const CountsBy<Enum>& counts) {
    for (std::size_t i = 0; i < PLACES<Enum>; i++) out.put(counts.data()[i]);
}

template <class Enum>
void load_counts(Unpacker& in, CountsBy<Enum>& counts) {
    for (std::size_t i = 0; i < PLACES<Enum>; i++) counts[static_cast<Enum>(i)] = in.get();
}

}  // namespace

// -- writing

void Engine::save(Packer& out) const {
    ENGINE_ASSERT(is_whole_);
    Saver saver(out);
    saver(IMAGE_VERSION, instrument_count_, accounts_.is_kept());
    fields(saver, counters_);
    save_counts(out, totals_.commands);
    save_counts(out, totals_.reports);
    save_counts(out, totals_.rejects);
    saver(special_.arrivals, special_.links.group_count);
    if (accounts_.is_kept()) {
        accounts_.save(out);
        rates_.save(out, accounts_.by_number());
    }
    saver(static_cast<std::uint64_t>(books_.order_count()));
    const ImageNumbers own;
    for (std::uint32_t i = 0; i < instrument_count_; i++) save_market(out, i, own);
    save_links(out, special_.links.groups, special_.links.children, own);
    resends_.save(out);
}

void Engine::save_market(Packer& out, std::uint32_t instrument, const ImageNumbers& numbers) const {
    Saver saver(out);
    fields(saver, markets_[instrument]);
    const SpecialMarket* const special = special_.market(instrument);
    saver(special != nullptr);
    if (special != nullptr) {
        const std::uint64_t pegs_settled = numbers.age(special->pegs_settled);
        fields(saver, *special, pegs_settled);
        saver(static_cast<std::uint64_t>(special->positions.size()));
        for (const auto& [its, lots] : special->positions) saver(its.account, its.is_short, lots);
    }
    for (SideNumber side = 2 * instrument; side < 2 * instrument + 2; side++) {
        saver(books_.side(side).order_count);
        LevelWalk levels = books_.levels(side);
        LevelPlace place{};
        while (levels.next(&place)) {
            if (planted(Bug::QUEUE_PLACE_NOT_RESTORED)) {
                std::map<std::uint64_t, Index> by_id;
                for (Link at = books_.first_of(place.level); at > 0; at = books_.next_of(at)) {
                    const auto number = static_cast<Index>(at);
                    by_id.emplace(books_.order(number).order_id, number);
                }
                for (const auto& [order_id, number] : by_id) save_order(out, number, numbers);
                continue;
            }
            for (Link at = books_.first_of(place.level); at > 0; at = books_.next_of(at)) {
                books_.prefetch_order(static_cast<Index>(std::max(books_.next_of(at), 0)));
                save_order(out, static_cast<Index>(at), numbers);
            }
        }
    }
    if (special == nullptr) return;
    std::vector<Index> aside;
    waiting(instrument, &aside);
    for (const OrdersByPlace& hidden : special->hidden) {
        for (const auto& [place, number] : hidden) aside.push_back(number);
    }
    std::sort(aside.begin(), aside.end(), [this](Index one, Index other) {
        return special_.details[one].arrival < special_.details[other].arrival;
    });
    saver(static_cast<std::uint64_t>(aside.size()));
    for (const Index number : aside) {
        saver(buys_on(books_.side_of_order(number)));
        save_order(out, number, numbers);
    }
    for (const SideNumber side : {2 * instrument, 2 * instrument + 1}) saver(top_order(side));
}

void Engine::save_order(Packer& out, Index number, const ImageNumbers& numbers) const {
    Saver saver(out);
    fields(saver, books_.order(number));
    saver(has_details(number));
    if (!has_details(number)) return;
    Details details = special_.details[number];
    details.arrival = numbers.age(details.arrival);
    details.link_group = numbers.group(details.link_group);
    fields(saver, details);
}

// Which orders cancel each other, and which wait for others, in the order in which they came to.
void Engine::save_links(Packer& out, const OrdersByLink& groups, const OrdersByLink& children,
                        const ImageNumbers& numbers) const {
    const auto save_members = [&](std::uint64_t key, const std::vector<Index>& members) {
        out.put(key);
        out.put(members.size());
        for (const Index number : members) out.put(books_.order(number).order_id);
    };
    out.put(groups.size());
    for (const auto& [group, members] : groups) save_members(numbers.group(group), members);
    out.put(children.size());
    for (const auto& [parent, members] : children) save_members(parent, members);
}

// -- reading

bool Engine::load(Unpacker& in) {
    ENGINE_ASSERT(is_whole_ && counters_.reports == 0 && books_.order_count() == 0);
    is_whole_ = false;
    try {
        load_all(in);
    } catch (const BrokenInvariant&) {
        in.fail();  // what stands in it is nothing that an engine could have come to
    }
    is_whole_ = in.is_sound() && in.left() == 0;
    return is_whole_;
}

void Engine::load_all(Unpacker& in) {
    Loader loader(in);
    in.require(in.get() == IMAGE_VERSION);
    in.require(in.get() == instrument_count_);
    in.require(in.get() == (accounts_.is_kept() ? 1 : 0));
    fields(loader, counters_);
    if (planted(Bug::TIME_NOT_RESTORED)) counters_.time = 0;
    if (planted(Bug::NEXT_ID_NOT_RESTORED)) counters_.next_order_id = 1;
    load_counts(in, totals_.commands);
    load_counts(in, totals_.reports);
    load_counts(in, totals_.rejects);
    loader(special_.arrivals, special_.links.group_count);
    in.require(counters_.next_order_id != 0);
    if (accounts_.is_kept()) {
        accounts_.load(in);
        if (in.is_sound()) rates_.load(in, accounts_);
    }
    const std::uint64_t orders = in.get();
    in.require(orders <= orders_max_ && orders <= in.left());
    if (!in.is_sound()) return;
    reserve(orders + CHUNK);
    const ImageBase own;
    for (std::uint32_t i = 0; i < instrument_count_ && in.is_sound(); i++) load_market(in, i, own);
    in.require(books_.order_count() == orders);
    room_ -= books_.order_count();
    if (in.is_sound()) load_links(in, own);
    if (in.is_sound()) resends_.load(in);
    next_expiry_ = special_.next_expiry();
}

void Engine::load_market(Unpacker& in, std::uint32_t instrument, const ImageBase& base) {
    Loader loader(in);
    fields(loader, markets_[instrument]);
    in.require(markets_[instrument].last_quantity >= 0);
    bool is_special_market = false;
    loader(is_special_market);
    in.require(is_special_market || special_.market(instrument) == nullptr);
    if (is_special_market && in.is_sound()) load_special(in, instrument, base);
    for (SideNumber side = 2 * instrument; side < 2 * instrument + 2; side++) {
        for (std::uint64_t count = in.get(); count-- > 0 && in.is_sound();) {
            load_order(in, side, false, base);
        }
    }
    if (!is_special_market || !in.is_sound()) return;
    for (std::uint64_t count = in.get(); count-- > 0 && in.is_sound();) {
        bool buys = false;
        loader(buys);
        load_order(in, 2 * instrument + (buys ? 0 : 1), true, base);
    }
    SpecialMarket& special = *special_.market(instrument);
    for (const SideNumber side : {2 * instrument, 2 * instrument + 1}) {
        const std::uint64_t order_id = in.get();
        if (order_id == 0) continue;
        const Index top = books_.find(order_id);
        in.require(top != NIL && books_.side_of_order(top) == side);
        if (in.is_sound()) special.top_order[side & 1] = top;
    }
    choose_way(instrument);
}

void Engine::load_special(Unpacker& in, std::uint32_t instrument, const ImageBase& base) {
    Loader loader(in);
    SpecialMarket& its = special_market(instrument);
    fields(loader, its, its.pegs_settled);
    its.pegs_settled += base.age;
    for (std::uint64_t count = in.get(); count-- > 0 && in.is_sound();) {
        Which which{};
        std::int64_t lots = 0;
        loader(which.account, which.is_short, lots);
        in.require(lots != INT64_LOWEST);
        in.require(its.positions.empty() || which > its.positions.rbegin()->first);
        if (in.is_sound()) its.positions.emplace(which, lots);
    }
}

void Engine::load_order(Unpacker& in, SideNumber side, bool is_aside, const ImageBase& base) {
    Loader loader(in);
    RestingOrder order{};
    Details details{};
    bool is_detailed = false;
    fields(loader, order);
    loader(is_detailed);
    if (is_detailed) fields(loader, details);
    details.arrival += base.age;
    if (details.link_group != 0) details.link_group += base.group;
    in.require(order.order_id != 0 && books_.find(order.order_id) == NIL);
    in.require(are_quantities(order, details) && are_terms(order.terms));
    if (!in.is_sound()) return;
    in.require(!sum_overflows(books_.side(side).quantity, order.leaves) &&
               !sum_overflows(books_.side(side).quantity + order.leaves, details.reserve));
    // An account with an order in an instrument is known there, whatever it has.
    in.require(!accounts_.is_kept() || accounts_.party_of(order.account, side / 2) != NIL);
    in.require(books_.order_count() < orders_max_);
    in.require(is_detailed ? special_.market(side / 2) != nullptr && details.arrival > base.age &&
                                 details.arrival <= special_.arrivals
                           : !is_aside);
    const bool rests = details.state == OrderState::RESTING;
    const bool is_hidden = has(flags_of(order.terms), OrderFlag::HIDDEN);
    in.require(is_aside == (!rests || is_hidden) && details.state != OrderState::ENTERING);
    if (!in.is_sound()) return;
    books_.make_room_for(order.order_id);
    const Index number = books_.make_order(order.order_id);
    RestingOrder& record = books_.order(number);
    record = order;
    record.level = NIL;
    if (is_aside) {
        books_.set_aside(side, record);
    } else {
        books_.enqueue(side, number, record, record.price, record.leaves);
    }
    if (!is_detailed) return;
    details.instrument = side / 2;
    special_.details.give(number, details);
    put_back(in, number, side, is_aside);
}

// Puts an order with details, which stands where it is shown, to all that it is a part of.
void Engine::put_back(Unpacker& in, Index number, SideNumber side, bool is_aside) {
    SpecialMarket& market = *special_.market(side / 2);
    const RestingOrder& order = books_.order(number);
    const Details& its = special_.details[number];
    const std::size_t own = side & 1;
    const OrderFlags flags = flags_of(order.terms);
    const bool is_peg = is_pegged(order_type_of(order.terms));
    const Place place{rank_of(side, order.price), its.arrival};
    const std::int64_t unseen = is_aside ? order.leaves : its.reserve;
    books_.side(side).quantity += unseen;
    market.unseen[own] += unseen;
    market.order_count += 1;
    const bool expires = its.expiry != 0 && !planted(Bug::EXPIRIES_NOT_RESTORED);
    if (expires) special_.expiries.insert({its.expiry, its.arrival, number});
    if (is_reduce_only(flags) && is_in_market(its.state)) {
        market.reducing[{order.account, side & 1}].emplace(its.arrival, number);
    }
    switch (its.state) {
        case OrderState::RESTING:
            if (is_peg) market.pegged.emplace(its.arrival, number);
            if (is_peg && !is_aside) market.pegs_at[own][place.rank] += 1;
            if (is_choosy(flags)) {
                market.choosy[own].emplace(choosy_place(order, its, side), number);
            }
            if (is_aside) market.hidden[own].emplace(place, number);
            return;
        case OrderState::AT_MARKET:
            market.at_market[own].emplace(its.arrival, number);
            return;
        case OrderState::UNCALLED:
            market.uncalled.emplace(its.arrival, number);
            return;
        case OrderState::UNRELEASED:
            market.unreleased.emplace(its.arrival, number);
            return;
        case OrderState::UNPEGGED:
            in.require(is_peg);
            market.pegged.emplace(its.arrival, number);
            return;
        default:
            in.require(is_conditional(order_type_of(order.terms)));
            if (planted(Bug::STOPS_NOT_RESTORED)) return;
            Triggers(market, books_, special_.details).insert(number);
    }
}

void Engine::load_links(Unpacker& in, const ImageBase& base) {
    OrderLinks& links = special_.links;
    for (std::uint64_t count = in.get(); count-- > 0 && in.is_sound();) {
        const std::uint64_t group = in.get() + base.group;
        in.require(group > base.group && group <= links.group_count);
        std::vector<Index> members = load_members(in);
        for (const Index number : members) {
            in.require(special_.details[number].link_group == group);
        }
        if (in.is_sound()) in.require(links.groups.emplace(group, std::move(members)).second);
    }
    for (std::uint64_t count = in.get(); count-- > 0 && in.is_sound();) {
        const std::uint64_t parent = in.get();
        const std::vector<Index> members = load_members(in);
        for (const Index number : members) {
            const Details& its = special_.details[number];
            in.require(its.state == OrderState::UNRELEASED && its.linked_order_id == parent);
        }
        if (!in.is_sound()) return;
        std::vector<Index>& all = links.children[parent];
        in.require(all.empty() || base.is_of_one);
        all.insert(all.end(), members.begin(), members.end());
    }
}

// Orders that have details, by their ids.
std::vector<Index> Engine::load_members(Unpacker& in) const {
    std::vector<Index> members;
    for (std::uint64_t count = in.get(); count-- > 0 && in.is_sound();) {
        const Index number = books_.find(in.get());
        in.require(number != NIL && has_details(number));
        if (in.is_sound()) members.push_back(number);
    }
    in.require(!members.empty());
    return members;
}

}  // namespace engine
