#include "engine/matching/pegs.hpp"

#include <algorithm>

#include "engine/base/numbers.hpp"
#include "engine/matching/plan.hpp"
#include "engine/types/planted.hpp"

namespace engine {

Quote outside_quote(const SpecialMarket& market) {
    constexpr TriggerSource SOURCE_OF[2] = {TriggerSource::BID, TriggerSource::OFFER};
    Quote quote;
    for (SideNumber side = 0; side < 2; side++) {
        const auto source = static_cast<std::size_t>(SOURCE_OF[side]);
        quote.is_known[side] = market.is_known[source];
        quote.prices[side] = market.prices[source];
    }
    const bool is_crossed =
        quote.is_known[0] && quote.is_known[1] && quote.prices[0] > quote.prices[1];
    return is_crossed ? Quote{} : quote;
}

bool pegged_price(const RestingOrder& order, const Details& details, SideNumber side,
                  const Quote& quote, const InstrumentTerms& terms, std::int64_t* price) {
    const OrderType type = order_type_of(order.terms);
    const SideNumber own = side & 1;
    for (SideNumber one = 0; one < 2; one++) {
        if (follows(type, own, one) && !quote.is_known[one]) return false;
    }
    std::int64_t followed = quote.prices[type == OrderType::PEG_PRIMARY ? own : own ^ 1];
    if (type == OrderType::PEG_MIDPOINT) {
        followed = middle_of(quote.prices[0], quote.prices[1]);
        if (planted(Bug::MIDPOINT_ROUNDS_UP)) {
            followed += (quote.prices[0] ^ quote.prices[1]) & 1;
        }
    }
    followed = sum_within(followed, details.offset);
    if (has(flags_of(order.terms), OrderFlag::PROTECTED)) {
        const std::int64_t worst = details.bound;
        followed = own == 0 ? std::min(followed, worst) : std::max(followed, worst);
    }
    *price = std::clamp(followed, terms.min_price, terms.max_price);
    return true;
}

bool has_yet_to_move(const RestingOrder& order, const Details& details, SideNumber side,
                     const SpecialMarket& market) {
    if (!market.is_dark() || !is_pegged(order_type_of(order.terms))) return false;
    std::int64_t price = 0;
    const Quote quote = outside_quote(market);
    const bool has_peg = pegged_price(order, details, side, quote, market.terms, &price);
    return (!has_peg || price != order.price) && !planted(Bug::PEG_TRADES_BEFORE_IT_MOVES);
}

}  // namespace engine
