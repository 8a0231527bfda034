// What can be asked of an engine, where special orders have a part in the answer.
#include <algorithm>

#include "engine/accounts/liquidation_price.hpp"
#include "engine/engine/engine.hpp"
#include "engine/matching/pegs.hpp"
#include "engine/matching/plan.hpp"
#include "engine/matching/reduce_only.hpp"
#include "engine/types/planted.hpp"

namespace engine {

namespace {

// How many orders before its turn the record of one is asked for.
constexpr std::size_t RECORDS_AHEAD = 16;

// Appends the orders of queues, one after the other. Several are read side by side: each is a
// chain, which waits for memory at every link.
class QueueReader {
  public:
    QueueReader(const Books& books, std::vector<Index>* out) : books_(books), out_(out) {}

    void add(Link level) {
        while (count_ == WIDTH) step();
        reading_[count_] = {books_.first_of(level), out_->size()};
        count_ += 1;
        out_->resize(out_->size() + books_.level(level).order_count);
    }
    void finish() {
        while (count_ > 0) step();
    }

  private:
    static constexpr std::size_t WIDTH = 8;

    // An order to be read, or the level when its queue has ended, and its place.
    struct Reading {
        Link at;
        std::size_t place;
    };

    // Reads one order of each.
    void step() {
        for (std::size_t i = 0; i < count_;) {
            Reading& reading = reading_[i];
            if (Queues::is_level(reading.at)) {
                count_ -= 1;
                reading = reading_[count_];
                continue;
            }
            (*out_)[reading.place] = static_cast<Index>(reading.at);
            reading.place += 1;
            reading.at = books_.next_of(reading.at);
            i += 1;
        }
    }

    const Books& books_;
    std::vector<Index>* out_;
    Reading reading_[WIDTH] = {};
    std::size_t count_ = 0;
};

}  // namespace

std::size_t Engine::memory_bytes() const {
    return books_.memory_bytes() + instrument_count_ * sizeof(Market) +
           special_.details.memory_bytes() + (accounts_.is_kept() ? accounts_.memory_bytes() : 0);
}

Order Engine::describe(Index number) const {
    Order record = books_.describe(number);
    if (has_details(number)) record.leaves_quantity += special_.details[number].reserve;
    return record;
}

OrderDetail Engine::detail(Index number) const {
    const Details& details = special_.details[number];
    const RestingOrder& order = books_.order(number);
    const bool is_waiting = details.state != OrderState::RESTING;
    const bool is_unseen = is_waiting || has(flags_of(order.terms), OrderFlag::HIDDEN);
    OrderDetail record{};
    record.order_id = order.order_id;
    record.arrival = details.arrival;
    record.displayed_quantity = is_unseen ? 0 : order.leaves;
    record.display_quantity = details.display_quantity;
    record.minimum_quantity = details.minimum_quantity;
    record.trigger_price = is_waiting ? details.trigger_price : 0;
    record.extreme_price = details.extreme_price;
    record.offset = details.offset;
    record.bound = details.bound;
    record.expiry = details.expiry;
    record.linked_order_id = details.linked_order_id;
    record.link_group = details.link_group;
    record.instrument = details.instrument;
    record.self_trade_group = details.self_trade_group;
    record.self_trade_mode = self_trade_mode_of(order.terms);
    record.trigger_source = details.trigger_source;
    record.state = details.state;
    record.is_rising = details.is_rising;
    return record;
}

void Engine::orders_of(SideNumber side, std::vector<Index>* out) const {
    orders_to(side, INT64_HIGHEST, out);
}

void Engine::orders_to(SideNumber side, Rank worst, std::vector<Index>* out) const {
    static const OrdersByPlace NOTHING;
    const SpecialMarket* const market = special_.market(side / 2);
    const OrdersByPlace& hidden = market == nullptr ? NOTHING : market->hidden[side & 1];
    auto next = hidden.begin();
    const auto hidden_before = [&](Rank rank) {
        for (; next != hidden.end() && next->first.rank < rank; ++next) {
            out->push_back(next->second);
        }
    };
    std::vector<LevelPlace> levels;
    books_.levels_to(side, worst, &levels);
    QueueReader queues(books_, out);
    for (std::size_t i = 0; i < levels.size(); i++) {
        books_.prefetch_level(levels[std::min(i + RECORDS_AHEAD, levels.size() - 1)].level);
        hidden_before(levels[i].rank);
        queues.add(levels[i].level);
    }
    queues.finish();
    for (; next != hidden.end() && next->first.rank <= worst; ++next) {
        out->push_back(next->second);
    }
}

void Engine::orders_at(SideNumber side, std::int64_t price, std::vector<Index>* out) const {
    books_.numbers_at(side, price, out);
    const SpecialMarket* const market = special_.market(side / 2);
    if (market == nullptr) return;
    const OrdersByPlace& hidden = market->hidden[side & 1];
    const Rank rank = rank_of(side, price);
    auto at = hidden.lower_bound({rank, 0});
    for (; at != hidden.end() && at->first.rank == rank; ++at) out->push_back(at->second);
}

void Engine::waiting(std::uint32_t instrument, std::vector<Index>* out) const {
    const SpecialMarket* const market = special_.market(instrument);
    if (market == nullptr) return;
    const std::size_t before = out->size();
    for (std::size_t source = 0; source < SOURCES; source++) {
        for (const OrdersByPlace& orders : market->waiting[source]) {
            for (const auto& [place, number] : orders) out->push_back(number);
        }
        for (const auto& [arrival, number] : market->unpriced[source]) out->push_back(number);
    }
    for (const OrdersByAge& orders : market->at_market) {
        for (const auto& [arrival, number] : orders) out->push_back(number);
    }
    for (const auto& [arrival, number] : market->uncalled) out->push_back(number);
    for (const auto& [arrival, number] : market->unreleased) out->push_back(number);
    for (const auto& [arrival, number] : market->pegged) {
        const bool waits = special_.details[number].state == OrderState::UNPEGGED;
        if (waits) out->push_back(number);
    }
    std::sort(out->begin() + static_cast<std::ptrdiff_t>(before), out->end(),
              [this](Index one, Index other) {
                  return special_.details[one].arrival < special_.details[other].arrival;
              });
}

void Engine::all_orders(std::uint32_t instrument, std::vector<Index>* out) const {
    orders_of(2 * instrument, out);
    orders_of(2 * instrument + 1, out);
    waiting(instrument, out);
}

void Engine::detailed(std::uint32_t instrument, std::vector<Index>* out) const {
    const SpecialMarket* const market = special_.market(instrument);
    if (market == nullptr || market->order_count == 0) return;
    all_orders(instrument, out);
    const auto is_plain = [this](Index number) { return !special_.details.has(number); };
    out->erase(std::remove_if(out->begin(), out->end(), is_plain), out->end());
    std::sort(out->begin(), out->end(), [this](Index one, Index other) {
        return special_.details[one].arrival < special_.details[other].arrival;
    });
}

std::size_t Engine::resting_count(SideNumber side) const {
    const SpecialMarket* const market = special_.market(side / 2);
    return books_.side(side).order_count +
           (market == nullptr ? 0 : market->hidden[side & 1].size());
}

std::size_t Engine::waiting_count(std::uint32_t instrument) const {
    const SpecialMarket* const market = special_.market(instrument);
    if (market == nullptr) return 0;
    std::vector<Index> orders;
    waiting(instrument, &orders);
    return orders.size();
}

void Engine::collected(SideNumber side, Rank worst, std::vector<Index>* out) const {
    const SpecialMarket* const market = special_.market(side / 2);
    const auto stays_out = [this](Index number) {
        const OrderFlags flags = flags_of(books_.order(number).terms);
        if (planted(Bug::AUCTION_IGNORES_HIDDEN) && has(flags, OrderFlag::HIDDEN)) return true;
        return is_choosy(flags);
    };
    if (market != nullptr) {
        for (const auto& [arrival, number] : market->at_market[side & 1]) {
            if (!stays_out(number)) out->push_back(number);
        }
    }
    const auto first = static_cast<std::ptrdiff_t>(out->size());
    orders_to(side, worst, out);
    const bool takes_all = market == nullptr || market->choosy[side & 1].empty();
    if (takes_all && !planted(Bug::AUCTION_IGNORES_HIDDEN)) return;
    out->erase(std::remove_if(out->begin() + first, out->end(), stays_out), out->end());
}

std::int64_t Engine::open_of(Index number) const {
    const std::int64_t reserve = has_details(number) ? special_.details[number].reserve : 0;
    return books_.order(number).leaves + reserve;
}

void Engine::in_auction(SideNumber side, Rank worst, std::vector<Collected>* out) const {
    std::vector<Index> numbers;
    collected(side, worst, &numbers);
    const SpecialMarket* const market = special_.market(side / 2);
    const bool has_reducing = market != nullptr && !market->reducing.empty();
    LotsByPosition rooms;
    out->reserve(numbers.size());
    for (std::size_t i = 0; i < numbers.size(); i++) {
        books_.prefetch_record(numbers[std::min(i + RECORDS_AHEAD, numbers.size() - 1)]);
        const Index number = numbers[i];
        const RestingOrder& order = books_.order(number);
        std::int64_t lots = open_of(number);
        if (has_reducing) {
            const AccountSide place{order.account, side & 1};
            const auto [room, is_new] = rooms.try_emplace(market->which(order, side), 0);
            if (is_new) room->second = market->reducible(place);
            if (is_reduce_only(flags_of(order.terms))) lots = std::min(lots, room->second);
            room->second = std::max(room->second - lots, std::int64_t{0});
        }
        if (lots > 0) out->push_back({number, lots});
    }
}

bool Engine::liquidation_price(AccountIndex account, std::uint32_t instrument, bool is_short,
                               std::int64_t* price) const {
    const Position* its = is_short ? accounts_.short_position(account, instrument)
                                   : accounts_.position(account, instrument);
    if (its == nullptr || its->lots == 0) return false;
    const InstrumentTerms& terms = terms_of(instrument);
    const LiquidationPrice question(accounts_, accounts_.index_of(*its));
    return question.find(terms.min_price, terms.max_price, price);
}

bool Engine::position(std::uint32_t instrument, std::uint32_t account, std::int64_t* lots) const {
    const bool is_found = position_of(instrument, {account, false}, lots);
    if (!has_positions(instrument) || !accounts_.is_hedged(account, instrument)) return is_found;
    *lots += accounts_.lots_of({account, true}, instrument);
    return true;
}

bool Engine::position_of(std::uint32_t instrument, const Which& its, std::int64_t* lots) const {
    if (has_positions(instrument)) {
        *lots = accounts_.lots_of(its, instrument);
        return accounts_.find(its.account) != NO_ACCOUNT;
    }
    const LotsByPosition& all = positions(instrument);
    const auto found = all.find(its);
    const bool is_found = found != all.end();
    *lots = is_found ? found->second : 0;
    return is_found;
}

const LotsByPosition& Engine::positions(std::uint32_t instrument) const {
    static const LotsByPosition NONE;
    const SpecialMarket* const market = special_.market(instrument);
    return market == nullptr ? NONE : market->positions;
}

Which Engine::which(std::uint32_t account, SideNumber side, OrderFlags flags) const {
    const SpecialMarket* const market = special_.market(side / 2);
    return market == nullptr ? Which{account, false} : market->which(account, side, flags);
}

bool Engine::only_closes(std::uint32_t account, SideNumber side, OrderFlags flags) const {
    return is_reduce_only(flags) && accounts_.is_hedged(account, side / 2);
}

std::int64_t Engine::open_quantity(const Which& its, SideNumber side) const {
    std::vector<Index> orders;
    all_orders(side / 2, &orders);
    std::int64_t lots = 0;
    for (const Index number : orders) {
        const RestingOrder& order = books_.order(number);
        if (order.account != its.account || books_.side_of_order(number) != side) continue;
        if (which(order.account, side, flags_of(order.terms)) == its) lots += open_of(number);
    }
    return lots;
}

bool Engine::has_orders(std::uint32_t account, std::uint32_t instrument) const {
    std::vector<Index> orders;
    all_orders_of(account, {instrument, instrument + 1}, &orders);
    return !orders.empty();
}

bool Engine::may_trade(SideNumber side, Rank* worst) const {
    const SideNumber other = side ^ 1;
    const SpecialMarket* const market = special_.market(side / 2);
    *worst = INT64_HIGHEST;
    if (market != nullptr && !market->at_market[other & 1].empty()) return true;
    Rank best = INT64_HIGHEST;
    LevelPlace place{};
    const bool is_shown = books_.levels(other).next(&place);
    const bool is_hidden = market != nullptr && !market->hidden[other & 1].empty();
    if (!is_shown && !is_hidden) return false;
    if (is_shown) best = place.rank;
    if (is_hidden) best = std::min(best, market->hidden[other & 1].begin()->first.rank);
    *worst = rank_of(side, rank_of(other, best));
    return true;
}

Interest Engine::interest(SideNumber side, Rank worst, AuctionRows* rows) const {
    Interest found;
    if (has_only_plain_orders(side / 2)) {
        std::vector<LevelPlace>& levels = rows->levels[side & 1];
        books_.levels_to(side, worst, &levels);
        found.limits.reserve(levels.size());
        for (std::size_t i = 0; i < levels.size(); i++) {
            books_.prefetch_level(levels[std::min(i + RECORDS_AHEAD, levels.size() - 1)].level);
            const LevelPlace& place = levels[i];
            found.add(rank_of(side, place.rank), books_.level(place.level).quantity);
        }
        return found;
    }
    std::vector<Collected>& orders = rows->orders[side & 1];
    in_auction(side, worst, &orders);
    for (std::size_t i = 0; i < orders.size(); i++) {
        books_.prefetch_record(orders[std::min(i + RECORDS_AHEAD, orders.size() - 1)].number);
        const auto [number, lots] = orders[i];
        const bool is_at_market =
            has_details(number) && special_.details[number].state == OrderState::AT_MARKET;
        if (is_at_market) {
            found.market_lots += lots;
        } else {
            found.add(books_.order(number).price, lots);
        }
    }
    return found;
}

bool Engine::uncrossing(std::uint32_t instrument, Uncrossing* found) const {
    AuctionRows rows;
    return uncrossing(instrument, found, &rows);
}

bool Engine::uncrossing(std::uint32_t instrument, Uncrossing* found, AuctionRows* rows) const {
    Interest sides[2];
    for (SideNumber side = 0; side < 2; side++) {
        Rank worst = 0;
        if (!may_trade(2 * instrument + side, &worst)) return false;
        rows->levels[side].clear();
        rows->orders[side].clear();
        sides[side] = interest(2 * instrument + side, worst, rows);
    }
    AuctionTerms terms;
    const InstrumentTerms& conventions = terms_of(instrument);
    terms.rule = conventions.auction_rule;
    terms.prices = conventions.auction_prices;
    terms.has_reference = price(instrument, TriggerSource::REFERENCE, &terms.reference) ||
                          price(instrument, TriggerSource::LAST, &terms.reference);
    return uncross(sides[0].side(), sides[1].side(), terms, found);
}

bool Engine::price(std::uint32_t instrument, TriggerSource source, std::int64_t* price) const {
    if (source == TriggerSource::LAST && !is_special(instrument)) {
        *price = markets_[instrument].last_price;
        return markets_[instrument].last_quantity != 0;
    }
    const SpecialMarket* const market = special_.market(instrument);
    const auto place = static_cast<std::size_t>(source);
    if (market == nullptr || !market->is_known[place]) return false;
    *price = market->prices[place];
    return true;
}

std::uint64_t Engine::top_order(SideNumber side) const {
    const SpecialMarket* const market = special_.market(side / 2);
    const Index number = market == nullptr ? NIL : market->top_order[side & 1];
    return number == NIL ? 0 : books_.order(number).order_id;
}

PriceBand Engine::price_band(std::uint32_t instrument) const {
    const SpecialMarket* const market = special_.market(instrument);
    return market == nullptr ? PriceBand{} : band_of(*market);
}

bool Engine::queue_ahead(Index number, std::uint64_t* orders, std::int64_t* lots) const {
    if (has_details(number) && special_.details[number].state != OrderState::RESTING) return false;
    const RestingOrder& order = books_.order(number);
    if (!has(flags_of(order.terms), OrderFlag::HIDDEN)) {
        books_.queue_ahead(number, orders, lots);
        return true;
    }
    std::vector<Index> queue;
    orders_at(books_.side_of_order(number), order.price, &queue);
    *orders = 0;
    *lots = 0;
    for (const Index other : queue) {
        if (other == number) break;
        *orders += 1;
        *lots += books_.order(other).leaves;
    }
    return true;
}

// Whether two orders stand at prices that meet of which neither waits for a fill of some size.
bool Engine::is_crossed(std::uint32_t instrument) const {
    std::int64_t best[2];
    for (SideNumber side = 0; side < 2; side++) {
        std::vector<Index> orders;
        orders_of(2 * instrument + side, &orders);
        const auto waits = [&](Index number) {
            return is_choosy(flags_of(books_.order(number).terms));
        };
        const auto first = std::find_if_not(orders.begin(), orders.end(), waits);
        if (first == orders.end()) return false;
        best[side] = books_.order(*first).price;
    }
    return best[0] >= best[1];
}

// It was alone at the best price that is shown when it came, and stands there since.
void Engine::check_top_order(SideNumber side) const {
    const SpecialMarket& market = *special_.market(side / 2);
    const Index top = market.top_order[side & 1];
    if (top == NIL) return;
    LevelWalk levels = books_.levels(side);
    LevelPlace place{};
    ENGINE_ASSERT(market.rules.top_order_maximum > 0);
    ENGINE_ASSERT(levels.next(&place));
    ENGINE_ASSERT(books_.first_in(place.level) == top);
}

// What pegged orders follow now, of the orders of an instrument: bids and asks as they trade.
Quote Engine::quote_of(const SpecialMarket& market, const std::vector<Index>& orders) const {
    if (market.is_dark()) return outside_quote(market);
    Quote quote;
    for (const Index number : orders) {
        const RestingOrder& order = books_.order(number);
        if (has_details(number)) {
            if (special_.details[number].state != OrderState::RESTING) continue;
            const bool is_hidden = has(flags_of(order.terms), OrderFlag::HIDDEN);
            if (is_hidden || is_pegged(order_type_of(order.terms))) continue;
        }
        Followed& best = quote.best[books_.side_of_order(number) & 1];
        if (!best.is_known) best = {order.price, true};
    }
    return quote;
}

// Whether a pegged order stands where a quote puts it, or waits outside.
bool Engine::stands_right(Index number, const SpecialMarket& market, const Quote& quote) const {
    const Details& details = special_.details[number];
    if (details.state != OrderState::RESTING) return true;
    const RestingOrder& order = books_.order(number);
    const SideNumber side = books_.side_of_order(number);
    std::int64_t price = 0;
    return pegged_price(order, details, side, quote, market.terms, &price) && price == order.price;
}

void Engine::check_special(std::uint32_t instrument) const {
    const SpecialMarket& market = *special_.market(instrument);
    std::vector<Index> orders;
    all_orders(instrument, &orders);
    std::int64_t unseen[2] = {};
    PegsByRank pegs_at[2];
    std::uint64_t with_details = 0;
    for (const Index number : orders) {
        const RestingOrder& order = books_.order(number);
        ENGINE_ASSERT(books_.find(order.order_id) == number);
        ENGINE_ASSERT(order.leaves > 0);
        if (!has_details(number)) continue;
        const Details& details = special_.details[number];
        with_details += 1;
        ENGINE_ASSERT(details.instrument == instrument);
        ENGINE_ASSERT(details.reserve >= 0);
        ENGINE_ASSERT(details.expiry == 0 || details.expiry > counters_.time);
        const bool has_trigger = details.state == OrderState::UNTRIGGERED ||
                                 details.state == OrderState::UNACTIVATED ||
                                 details.state == OrderState::UNPRICED;
        const bool is_unreleased = details.state == OrderState::UNRELEASED;
        ENGINE_ASSERT(is_unreleased || has_trigger == is_conditional(order_type_of(order.terms)));
        ENGINE_ASSERT(details.state != OrderState::ENTERING);
        ENGINE_ASSERT(details.state != OrderState::AT_MARKET || market.phase != Phase::CONTINUOUS);
        const bool is_aside =
            details.state != OrderState::RESTING || has(flags_of(order.terms), OrderFlag::HIDDEN);
        const SideNumber side = books_.side_of_order(number);
        ENGINE_ASSERT(side / 2 == instrument);
        unseen[side & 1] += is_aside ? order.leaves : details.reserve;
        const bool is_shown_peg = !is_aside && is_pegged(order_type_of(order.terms));
        if (is_shown_peg) pegs_at[side & 1][rank_of(side, order.price)] += 1;
    }
    ENGINE_ASSERT(market.phase != Phase::CONTINUOUS || !is_crossed(instrument));
    const Quote quote = quote_of(market, orders);
    for (const auto& [arrival, number] : market.pegged) {
        ENGINE_ASSERT(has_details(number));
        ENGINE_ASSERT(special_.details[number].arrival == arrival);
        ENGINE_ASSERT(market.phase != Phase::CONTINUOUS || stands_right(number, market, quote));
    }
    ENGINE_ASSERT(pegs_at[0] == market.pegs_at[0]);
    ENGINE_ASSERT(pegs_at[1] == market.pegs_at[1]);
    check_top_order(2 * instrument);
    check_top_order(2 * instrument + 1);
    check_positions(instrument);
    ENGINE_ASSERT(unseen[0] == market.unseen[0]);
    ENGINE_ASSERT(unseen[1] == market.unseen[1]);
    ENGINE_ASSERT(with_details == market.order_count);
    ENGINE_ASSERT(is_special(instrument) ==
                  (with_details != 0 || market.is_pinned || market.phase != Phase::CONTINUOUS));
    ENGINE_ASSERT((books_.side(2 * instrument).way == Way::GENERAL) == market.needs_general_way());
    for (SideNumber side = 2 * instrument; side < 2 * instrument + 2; side++) {
        std::int64_t queued = 0;
        orders.clear();
        orders_of(side, &orders);
        ENGINE_ASSERT(books_.side(side).way == books_.side(2 * instrument).way);
        for (const Index number : orders) {
            const bool is_hidden = has(flags_of(books_.order(number).terms), OrderFlag::HIDDEN);
            if (!is_hidden) queued += books_.order(number).leaves;
        }
        ENGINE_ASSERT(books_.side(side).quantity == queued + unseen[side & 1]);
    }
}

// That reduce-only orders are no more than positions, and that these fit in 64 bits with all that
// their accounts may trade.
void Engine::check_positions(std::uint32_t instrument) const {
    const SpecialMarket& market = *special_.market(instrument);
    std::vector<Index> orders;
    detailed(instrument, &orders);
    const auto is_held = [this](Index number) {
        return is_reduce_only(flags_of(books_.order(number).terms)) &&
               is_in_market(special_.details[number].state);
    };
    std::ptrdiff_t held = 0;
    for (const auto& [place, list] : market.reducing) {
        ENGINE_ASSERT(!list.empty());
        for (const auto& [arrival, number] : list) {
            held += 1;
            ENGINE_ASSERT(is_held(number));
            ENGINE_ASSERT(special_.details[number].arrival == arrival);
            ENGINE_ASSERT(books_.order(number).account == place.account);
            ENGINE_ASSERT(books_.side_of_order(number) == 2 * instrument + place.side);
        }
        ENGINE_ASSERT(excesses(market, books_, special_, place).empty());
    }
    ENGINE_ASSERT(held == std::count_if(orders.begin(), orders.end(), is_held));
    for (const auto& [its, lots] : market.positions) {
        const SideNumber side = 2 * instrument + (lots < 0);
        ENGINE_ASSERT(lots != INT64_LOWEST);
        ENGINE_ASSERT(!sum_overflows(open_quantity(its, side), lots < 0 ? -lots : lots));
    }
}

void Engine::check_invariants() const {
    books_.check_invariants();
    ENGINE_ASSERT(books_.order_count() <= orders_max_);
    for (std::uint32_t i = 0; i < instrument_count_; i++) {
        if (special_.market(i) != nullptr) check_special(i);
    }
    ENGINE_ASSERT(special_.stirred.empty());
    if (accounts_.is_kept()) check_accounts();
    ENGINE_ASSERT(next_expiry_ == special_.next_expiry());
    check_totals();
}

}  // namespace engine
