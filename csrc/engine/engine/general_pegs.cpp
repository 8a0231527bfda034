// The general way of orders that follow the market.
#include "engine/engine/general.hpp"
#include "engine/matching/pegs.hpp"

namespace engine {

namespace {

constexpr ReportFlags NO_FLAGS = 0;
constexpr ReportFlags REDUCE_ONLY = static_cast<ReportFlags>(ReportFlag::REDUCE_ONLY);

}  // namespace

// Moves the oldest pegged order that does not stand where it is to stand: to the tail of its new
// price, and it may trade on the way. One that has nothing to follow waits outside.
template <class Out>
bool General<Out>::repeg(const Command& command, std::uint32_t instrument) {
    SpecialMarket* const market = special().market(instrument);
    if (market == nullptr || market->phase != Phase::CONTINUOUS) return false;
    if (market->pegged.empty()) return false;
    look_for_pegs(instrument);
    auto at = market->pegged.lower_bound(market->pegs_settled);
    for (; at != market->pegged.end(); ++at) {
        const Index number = at->second;
        Entrant order = entrant_from(number, false);
        const bool is_resting = order.details.state == OrderState::RESTING;
        std::int64_t price = 0;
        const bool has_peg = pegged_price(order.order, order.details, order.side, market->followed,
                                          market->terms, &price);
        if (has_peg == is_resting && (!has_peg || price == order.order.price)) continue;
        market->pegs_settled = at->first;
        const Command its = about(command, instrument);
        const Cause cause{its, order.side};
        if (has_peg) {
            move_to(cause, order, price);
        } else {
            unpeg(cause, order);
        }
        return true;
    }
    market->pegs_settled = special().arrivals + 1;
    return false;
}

// Lets a pegged order enter at its new price, with as much as it is entitled to by now.
template <class Out>
void General<Out>::move_to(const Cause& cause, Entrant& order, std::int64_t price) {
    const Index number = order.number;
    books().reserve(2);
    if (entitled_of(order) == 0) return cancel(cause, number, REDUCE_ONLY);
    order.order.price = price;
    const RejectReason reason = funds_reason_of(order, engine_.held(number));
    if (reason != RejectReason::NONE) return cancel(cause, number, NO_FLAGS, reason);
    leave_place(order);
    order.details.state = OrderState::RESTING;
    const ReportFlags flags = cut(order);
    state(cause, ExecType::RESTATED, order.order, order.details, flags);
    special().details[number].state = OrderState::RESTING;
    enter(cause, order);
}

// Lets a pegged order wait outside until it enters at the price that it follows then.
template <class Out>
void General<Out>::unpeg(const Cause& cause, Entrant& order) {
    leave_place(order);
    order.details.state = OrderState::UNPEGGED;
    state(cause, ExecType::RESTATED, order.order, order.details, NO_FLAGS);
    keep_aside(order);
}

// Takes a pegged order out of wherever it is, as the youngest.
template <class Out>
void General<Out>::leave_place(Entrant& order) {
    detach(order.number);
    order.order.timestamp = report_.counters().time;
    stamp(order.number);
    order.details.arrival = details_of(order.number).arrival;
}

// Takes the pegged orders out of the book that no step was left for, oldest first. Where one stood
// it would meet others as the market comes back, and have nothing to move for.
template <class Out>
void General<Out>::leave_outside(const Command& command, std::uint32_t instrument) {
    SpecialMarket* const market = special().market(instrument);
    if (market == nullptr || market->phase != Phase::CONTINUOUS) return;
    if (market->pegged.empty()) return;
    look_for_pegs(instrument);
    const Command its = about(command, instrument);
    auto at = market->pegged.lower_bound(market->pegs_settled);
    while (at != market->pegged.end()) {
        const Index number = (at++)->second;  // one that is taken out comes again, as the youngest
        if (engine_.stands_right(number, *market, market->followed)) continue;
        Entrant order = entrant_from(number, false);
        unpeg({its, order.side}, order);
    }
}

// Takes note of the prices that are followed. Where one has moved, every peg is to be looked at;
// else those that came or moved since the last look, which are younger.
template <class Out>
void General<Out>::look_for_pegs(std::uint32_t instrument) {
    SpecialMarket& market = *special().market(instrument);
    const SideNumber bids = 2 * instrument;
    const Quote found =
        market.is_dark() ? outside_quote(market) : Quote{{best_shown(bids), best_shown(bids + 1)}};
    if (found == market.followed) return;
    market.followed = found;
    market.pegs_settled = 0;
}

// The best price of a side at which an order that is not pegged is shown. O(prices at which there
// are pegs only).
template <class Out>
Followed General<Out>::best_shown(SideNumber side) {
    const PegsByRank& pegs_at = market_of(side).pegs_at[side & 1];
    books().best_level(books().side(side));
    LevelWalk levels = books().levels(side);
    LevelPlace place{};
    while (levels.next(&place)) {
        const auto pegs = pegs_at.find(place.rank);
        const std::uint32_t count = pegs == pegs_at.end() ? 0 : pegs->second;
        if (books().level(place.level).order_count == count) continue;
        return {rank_of(side, place.rank), true};
    }
    return {};
}

template class General<ReportBuffer>;
template class General<TradeBuffer>;

}  // namespace engine
