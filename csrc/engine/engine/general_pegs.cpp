// The general way of orders that follow the market.
#include <algorithm>

#include "engine/engine/general.hpp"

namespace engine {

// Moves the oldest pegged order that does not stand where it is to stand: to the tail of its new
// price, and it may trade on the way. One that has nothing to follow waits outside.
template <class Out>
bool General<Out>::repeg(const Command& command, std::uint32_t instrument) {
    SpecialMarket* const market = special().market(instrument);
    if (market == nullptr || market->phase != Phase::CONTINUOUS) return false;
    for (const auto& entry : market->pegged) {
        const Index number = entry.second;  // a copy: what moves leaves the tree
        Entrant order = entrant_from(number, false);
        const bool is_resting = order.details.state == OrderState::RESTING;
        std::int64_t price = 0;
        const bool has_peg = find_peg(order, &price);
        if (has_peg == is_resting && (!has_peg || price == order.order.price)) continue;
        books().reserve(2);
        const Command its = about(command, instrument);
        const Cause cause{its, order.side};
        detach(number);
        order.order.timestamp = report_.counters().time;
        stamp(number);
        order.details.arrival = details_of(number).arrival;
        order.details.state = has_peg ? OrderState::RESTING : OrderState::UNPEGGED;
        if (has_peg) order.order.price = price;
        state(cause, ExecType::RESTATED, order.order, order.details, 0);
        if (has_peg) {
            special().details[number].state = OrderState::RESTING;
            enter(cause, order);
        } else {
            keep_aside(order);
        }
        return true;
    }
    return false;
}

// The price at which a pegged order is to stand now, or false when it has nothing to follow. Its
// worst price holds it, and the instrument's bounds do.
template <class Out>
bool General<Out>::find_peg(const Entrant& order, std::int64_t* price) {
    const SideNumber own = order.side;
    std::int64_t followed = 0;
    if (order.type() == OrderType::PEG_MIDPOINT) {
        std::int64_t one = 0;
        std::int64_t other = 0;
        if (!best_shown(own, &one) || !best_shown(own ^ 1, &other)) return false;
        followed = middle_of(one, other);
    } else {
        const bool is_primary = order.type() == OrderType::PEG_PRIMARY;
        if (!best_shown(is_primary ? own : own ^ 1, &followed)) return false;
    }
    followed = sum_within(followed, order.details.offset);
    if (order.has(OrderFlag::PROTECTED)) {
        const std::int64_t worst = order.details.bound;
        followed = (own & 1) == 0 ? std::min(followed, worst) : std::max(followed, worst);
    }
    const InstrumentTerms& terms = market_of(own).terms;
    *price = std::clamp(followed, terms.min_price, terms.max_price);
    return true;
}

// The best price of a side at which an order that is not pegged is shown, or false.
template <class Out>
bool General<Out>::best_shown(SideNumber side, std::int64_t* price) {
    LevelWalk levels = books().levels(side);
    LevelPlace place{};
    while (levels.next(&place)) {
        Link at = books().first_of(place.level);
        for (; !Queues::is_level(at); at = books().next_of(at)) {
            const RestingOrder& order = books().order(static_cast<Index>(at));
            if (is_pegged(order_type_of(order.terms))) continue;
            *price = order.price;
            return true;
        }
    }
    return false;
}

template class General<ReportBuffer>;
template class General<TradeBuffer>;

}  // namespace engine
