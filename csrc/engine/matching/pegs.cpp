#include "engine/matching/pegs.hpp"

#include <algorithm>

#include "engine/base/numbers.hpp"
#include "engine/matching/plan.hpp"
#include "engine/types/planted.hpp"

namespace engine {

Quote outside_quote(const SpecialMarket& market) {
    constexpr auto BID = static_cast<std::size_t>(TriggerSource::BID);
    constexpr auto OFFER = static_cast<std::size_t>(TriggerSource::OFFER);
    const Followed bid{market.prices[BID], market.is_known[BID]};
    const Followed offer{market.prices[OFFER], market.is_known[OFFER]};
    if (bid.is_known && offer.is_known && bid.price > offer.price) return {};
    return {{bid, offer}};
}

bool pegged_price(const RestingOrder& order, const Details& details, SideNumber side,
                  const Quote& quote, const InstrumentTerms& terms, std::int64_t* price) {
    const OrderType type = order_type_of(order.terms);
    const Followed& own = quote.best[side & 1];
    const Followed& other = quote.best[~side & 1];
    std::int64_t followed = 0;
    if (type == OrderType::PEG_MIDPOINT) {
        if (!own.is_known || !other.is_known) return false;
        followed = middle_of(own.price, other.price);
        if (planted(Bug::MIDPOINT_ROUNDS_UP)) followed += (own.price ^ other.price) & 1;
    } else {
        const Followed& best = type == OrderType::PEG_PRIMARY ? own : other;
        if (!best.is_known) return false;
        followed = best.price;
    }
    followed = sum_within(followed, details.offset);
    if (has(flags_of(order.terms), OrderFlag::PROTECTED)) {
        const std::int64_t worst = details.bound;
        followed = buys_on(side) ? std::min(followed, worst) : std::max(followed, worst);
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
