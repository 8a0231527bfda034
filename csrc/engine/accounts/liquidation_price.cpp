#include "engine/accounts/liquidation_price.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"

namespace engine {

LiquidationPrice::LiquidationPrice(const Accounts& accounts, Index party)
    : accounts_(accounts),
      contract_(accounts.contract(accounts.party(party).instrument)),
      mark_(accounts.mark(accounts.party(party).instrument)) {
    ENGINE_ASSERT(accounts.party(party).lots != 0);
    const MarginPools pools(accounts);
    const MarginPool pool = pools.of_position(party);
    is_watched_ = pools.is_watched(pool);
    if (!is_watched_) return;
    rest_ = pools.equity(pool) - pools.maintenance(pool);
    for (const Index each : pools.positions(pool)) {
        const Position& position = accounts.party(each);
        at_margin_ |= accounts.contract(position.instrument).liquidation.at_margin;
        if (position.instrument != accounts.party(party).instrument) continue;
        moved_.push_back(&position);
        rest_ -= left_at(position, mark_);
    }
}

bool LiquidationPrice::find(std::int64_t lowest, std::int64_t highest, std::int64_t* price) const {
    if (!is_watched_) return false;
    const std::int64_t bottom = std::max(std::min(lowest, mark_), lowest_price(contract_.kind));
    const std::int64_t top = std::max(highest, mark_);
    Wide lots = 0;
    for (const Position* its : moved_) lots += its->lots;
    const bool is_lost = is_lost_at(mark_);
    // A long one loses on the way down; what has lost already, on the way up from where it keeps.
    const bool is_down = (lots > 0) != is_lost;
    if (find_on_way(is_down, is_down ? bottom : top, price)) return true;
    // A long one and a short one may need more on the way on which they gain.
    return moved_.size() > 1 && find_on_way(!is_down, is_down ? top : bottom, price);
}

bool LiquidationPrice::is_lost_at(std::int64_t price) const {
    Wide left = rest_;
    for (const Position* its : moved_) left += left_at(*its, price);
    return at_margin_ ? left <= 0 : left < 0;
}

Wide LiquidationPrice::left_at(const Position& position, std::int64_t price) const {
    const std::int64_t lots = position.lots < 0 ? -position.lots : position.lots;
    const Wide value = accounts_.order_value(position.instrument, lots, price);
    return accounts_.gain_at(position, price) - accounts_.maintenance_at(position, value);
}

bool LiquidationPrice::find_on_way(bool is_down, std::int64_t end, std::int64_t* price) const {
    const bool is_lost = is_lost_at(mark_);
    std::int64_t same = mark_;
    for (const std::int64_t stop : stops(is_down, end)) {
        std::int64_t other = stop;
        if (is_lost_at(other) == is_lost) {
            same = other;
            continue;
        }
        while (wide(same) - other > 1 || wide(other) - same > 1) {
            const std::int64_t middle = middle_of(same, other);
            (is_lost_at(middle) == is_lost ? same : other) = middle;
        }
        *price = is_lost ? same : other;
        return true;
    }
    return false;
}

std::vector<std::int64_t> LiquidationPrice::stops(bool is_down, std::int64_t end) const {
    std::vector<Wide> edges{end};
    for (const Position* its : moved_) add_edges(*its, &edges);
    std::vector<std::int64_t> found;
    for (const Wide edge : edges) {
        const bool is_between = is_down ? edge < mark_ && edge >= end : edge > mark_ && edge <= end;
        if (is_between) found.push_back(static_cast<std::int64_t>(edge));
    }
    std::sort(found.begin(), found.end());
    if (is_down) std::reverse(found.begin(), found.end());
    return found;
}

// The last price on this side of where a tier begins, and the first on the other.
void LiquidationPrice::add_edges(const Position& position, std::vector<Wide>* edges) const {
    const bool is_inverse = contract_.kind == ContractKind::INVERSE;
    const Wide lot_value = absolute(wide(position.lots)) * contract_.value_factor;
    if (!is_inverse) edges->push_back(0);  // below 0 the value grows again
    for (const MarginTier& tier : contract_.margin_tiers) {
        if (tier.floor == 0) continue;
        const Wide last = is_inverse ? (lot_value - 1) / tier.floor : tier.floor / lot_value;
        edges->insert(edges->end(), {last, last + 1});
        if (!is_inverse) edges->insert(edges->end(), {-last, -last - 1});
    }
}

}  // namespace engine
