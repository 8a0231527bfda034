#include "engine/matching/plan.hpp"

#include <algorithm>

#include "engine/types/planted.hpp"

namespace engine {

namespace {

constexpr Details PLAIN{};

// An incoming order on its way through the other side.
class Walk {
  public:
    Walk(const Entrant& taker, const Books& books, SpecialOrders& special, Plan* plan)
        : taker_(taker),
          books_(books),
          special_(special),
          plan_(*plan),
          open_(taker.order.leaves),
          budget_(taker.details.bound),
          has_budget_(taker.has(OrderFlag::BUDGET)),
          each_(taker.has(OrderFlag::MINIMUM_EACH) ? taker.details.minimum_quantity : 0) {
        plan_.acts.clear();
        plan_.traded = 0;
        plan_.cancels_taker = false;
    }

    bool is_over() const {
        return open_ == 0 || plan_.cancels_taker || is_out_of_money_;
    }

    // What is shown at one price, and what icebergs show after that.
    void meet_level(Link level) {
        special_.refreshed.clear();
        Link at = books_.first_of(level);
        for (; !Queues::is_level(at) && !is_over(); at = books_.next_of(at)) {
            const Index number = static_cast<Index>(at);
            const std::int64_t shown = books_.order(number).leaves;
            meet_shown(number, shown, shown + details(number).reserve);
        }
        for (std::size_t i = 0; i < special_.refreshed.size() && !is_over(); i++) {
            const Refreshed next = special_.refreshed[i];
            meet_shown(next.number, next.shown, next.leaves);
        }
    }

    void meet_hidden(Index number) {
        const std::int64_t leaves = books_.order(number).leaves;
        meet(number, leaves, leaves);
    }

  private:
    const Details& details(Index number) const {
        return special_.details.has(number) ? special_.details[number] : PLAIN;
    }

    void meet_shown(Index number, std::int64_t shown, std::int64_t leaves) {
        const std::int64_t taken = meet(number, shown, leaves);
        if (taken != shown || taken == leaves) return;
        const std::int64_t left = leaves - taken;
        const std::int64_t display = details(number).display_quantity;
        special_.refreshed.push_back({number, std::min(display, left), left});
    }

    // What happens with one resting order; how much it gives of itself.
    std::int64_t meet(Index number, std::int64_t available, std::int64_t leaves) {
        const RestingOrder& maker = books_.order(number);
        const std::int64_t wanted = std::min(open_, available);
        std::int64_t lots = wanted;
        if (has_budget_ && maker.price > 0) lots = std::min(lots, budget_ / maker.price);
        is_out_of_money_ = lots < wanted;
        if (lots == 0) return 0;
        if (!suits_both(maker, details(number), leaves, lots)) return 0;
        if (taker_.self_trade_mode() != SelfTradeMode::NONE && is_own(number, maker) &&
            !planted(Bug::SELF_TRADE_ALLOWED)) {
            prevent(number, leaves);
            return 0;
        }
        if (plan_.traded == 0) plan_.first_price = maker.price;
        plan_.last_price = maker.price;
        plan_.acts.push_back({lots, number, Deed::TRADE});
        plan_.traded += lots;
        open_ -= lots;
        if (has_budget_ && maker.price > 0) budget_ -= lots * maker.price;
        return lots;
    }

    bool suits_both(const RestingOrder& maker, const Details& its, std::int64_t leaves,
                    std::int64_t lots) const {
        const OrderFlags flags = flags_of(maker.terms);
        if (has(flags, OrderFlag::ALL_OR_NONE) && lots < leaves) {
            return planted(Bug::ALL_OR_NONE_FILLS_PARTIALLY);
        }
        if (has(flags, OrderFlag::MINIMUM_EACH) && lots < std::min(its.minimum_quantity, leaves)) {
            return false;
        }
        return lots >= std::min(each_, open_);
    }

    bool is_own(Index number, const RestingOrder& maker) const {
        const std::uint32_t group = taker_.details.self_trade_group;
        return group != 0 ? details(number).self_trade_group == group
                          : maker.account == taker_.order.account;
    }

    // What the incoming order's mode asks for instead of a trade with its own side.
    void prevent(Index number, std::int64_t leaves) {
        const SelfTradeMode mode = taker_.self_trade_mode();
        if (mode == SelfTradeMode::DECREMENT_AND_CANCEL) {
            const std::int64_t lots = std::min(open_, leaves);
            plan_.acts.push_back({lots, number, Deed::DECREMENT});
            open_ -= lots;
            return;
        }
        const bool is_both = mode == SelfTradeMode::CANCEL_BOTH;
        if (is_both || mode == SelfTradeMode::CANCEL_OLDEST) {
            plan_.acts.push_back({leaves, number, Deed::CANCEL});
        }
        if (is_both || mode == SelfTradeMode::CANCEL_NEWEST) plan_.cancels_taker = true;
    }

    const Entrant& taker_;
    const Books& books_;
    SpecialOrders& special_;
    Plan& plan_;
    std::int64_t open_;
    std::int64_t budget_;
    bool has_budget_;
    bool is_out_of_money_ = false;
    std::int64_t each_;  // its minimum for every fill
};

// Price by price, at each price first what is shown, then what is hidden.
void walk(const Entrant& taker, const Books& books, SpecialOrders& special,
          const SpecialMarket* market, Rank limit, Plan* plan) {
    const SideNumber other = taker.side ^ 1;
    Walk walk(taker, books, special, plan);
    LevelWalk levels = books.levels(other);
    LevelPlace level{};
    bool is_shown = levels.next(&level) && level.rank <= limit;
    static const OrdersByPlace NOTHING;
    const OrdersByPlace& hidden = market == nullptr ? NOTHING : market->hidden[other & 1];
    auto at = hidden.begin();
    const auto is_hidden = [&] { return at != hidden.end() && at->first.rank <= limit; };
    while (!walk.is_over() && (is_shown || is_hidden())) {
        const bool is_last =
            planted(Bug::HIDDEN_BEFORE_SHOWN) && is_hidden() && level.rank == at->first.rank;
        if (is_shown && !is_last && (!is_hidden() || level.rank <= at->first.rank)) {
            walk.meet_level(level.level);
            is_shown = levels.next(&level) && level.rank <= limit;
        } else {
            walk.meet_hidden(at->second);
            ++at;
        }
    }
}

// The worst rank of the other side that the order accepts.
Rank limit_of(const Entrant& taker) {
    const SideNumber other = taker.side ^ 1;
    if (has_price(taker.type()) || is_pegged(taker.type())) {
        return rank_of(other, taker.order.price);
    }
    if (taker.has(OrderFlag::PROTECTED) && !planted(Bug::PROTECTED_TAKES_ANY_PRICE)) {
        return rank_of(other, taker.details.bound);
    }
    return INT64_HIGHEST;
}

}  // namespace

void make_plan(const Entrant& taker, const Books& books, SpecialOrders& special,
               const SpecialMarket* market, Plan* plan) {
    walk(taker, books, special, market, limit_of(taker), plan);
    if (taker.type() != OrderType::MARKET_TO_LIMIT) return;
    // The best price that it can trade at, and no other.
    if (plan->traded == 0) {
        plan->acts.clear();
        plan->cancels_taker = false;
        return;
    }
    walk(taker, books, special, market, rank_of(taker.side ^ 1, plan->first_price), plan);
}

bool fills_enough(const Entrant& taker, const Plan& plan) {
    const std::int64_t leaves = taker.order.leaves;
    if (needs_all(taker)) return plan.traded == leaves;
    const std::int64_t minimum = taker.details.minimum_quantity;
    if (minimum != 0 && !taker.has(OrderFlag::MINIMUM_EACH)) {
        return plan.traded >= std::min(minimum, leaves);
    }
    return true;
}

}  // namespace engine
