#include "engine/matching/plan.hpp"

#include <algorithm>

#include "engine/matching/allocation.hpp"
#include "engine/matching/pegs.hpp"
#include "engine/matching/price_band.hpp"
#include "engine/types/planted.hpp"

namespace engine {

namespace {

constexpr Details PLAIN{};

// An incoming order on its way through the other side.
class Walk {
  public:
    Walk(const Entrant& taker, const Books& books, SpecialOrders& special,
         const SpecialMarket* market, const PriceBand& band, Plan* plan)
        : taker_(taker),
          books_(books),
          special_(special),
          market_(market),
          band_(band),
          plan_(*plan),
          dark_(market != nullptr && market->is_dark() ? market : nullptr),
          has_reducing_(market != nullptr && !market->reducing.empty()),
          open_(taker.order.leaves),
          budget_(taker.details.bound),
          has_budget_(taker.has(OrderFlag::BUDGET)),
          each_(taker.has(OrderFlag::MINIMUM_EACH) ? taker.details.minimum_quantity : 0) {
        plan_.acts.clear();
        plan_.traded = 0;
        plan_.cancels_taker = false;
        plan_.reaches_band = false;
        if (has_reducing_) special_.given.clear();
    }

    bool is_over() const {
        return open_ == 0 || plan_.cancels_taker || plan_.reaches_band || is_out_of_money_;
    }

    // What is shown at one price, and what icebergs show after that.
    void meet_level(Link level) {
        special_.refreshed.clear();
        if (is_shared(level)) {
            share(level);
        } else {
            meet_queue(level);
        }
        for (std::size_t i = 0; i < special_.refreshed.size() && !is_over(); i++) {
            const Refreshed next = special_.refreshed[i];
            meet_shown(next.number, next.shown, next.leaves);
        }
    }

    void meet_hidden(Index number) {
        const RestingOrder& order = books_.order(number);
        const SideNumber side = taker_.side ^ 1;
        if (dark_ != nullptr && has_yet_to_move(order, details(number), side, *dark_)) return;
        meet(number, order.leaves, order.leaves);
    }

  private:
    const Details& details(Index number) const {
        return special_.details.has(number) ? special_.details[number] : PLAIN;
    }

    // Beyond the band nothing is shared: whoever is met there first is where it is reached.
    bool is_shared(Link level) const {
        if (market_ == nullptr || market_->rules.allocation != Allocation::PRO_RATA) return false;
        return band_.holds(books_.order(static_cast<Index>(books_.first_of(level))).price);
    }

    void meet_queue(Link level) {
        Link at = books_.first_of(level);
        for (; !Queues::is_level(at) && !is_over(); at = books_.next_of(at)) {
            const Index number = static_cast<Index>(at);
            const std::int64_t shown = books_.order(number).leaves;
            meet_shown(number, shown, shown + details(number).reserve);
        }
    }

    void meet_shown(Index number, std::int64_t shown, std::int64_t leaves) {
        show_next(number, shown, leaves, meet(number, shown, leaves));
    }

    // An iceberg that gave all that it shows goes to the tail with its next part.
    void show_next(Index number, std::int64_t shown, std::int64_t leaves, std::int64_t taken) {
        if (taken != shown || taken == leaves) return;
        const std::int64_t left = leaves - taken;
        const std::int64_t display = details(number).display_quantity;
        special_.refreshed.push_back({number, std::min(display, left), left});
    }

    // Shares what comes in among what is shown at a price. Orders of its own side are dealt with
    // first. Those that take no part of themselves, or no small one, have no share, and are met by
    // time afterwards, as is all that was left because a share was too small for the taker.
    void share(Link level) {
        Sharing& all = special_.sharing;
        gather(level, &all);
        if (is_over()) return;
        std::int64_t total = 0;
        for (const std::int64_t size : all.sizes) total += size;
        const std::int64_t price = books_.order(all.makers[0]).price;
        const std::int64_t lots_in = affordable(price, std::min(open_, total));
        all.given.assign(all.sizes.size(), 0);
        allocate(all.sizes, lots_in, market_->rules.pro_rata_minimum, top_of(all), all.given);
        for (std::size_t i = 0; i < all.makers.size(); i++) {
            std::int64_t& lots = all.given[i];
            if (lots < std::min(each_, open_)) lots = 0;
            if (lots == 0) continue;
            trade(all.makers[i], price, lots);
            const std::int64_t shown = books_.order(all.makers[i]).leaves;
            show_next(all.makers[i], shown, leaves_of(all.makers[i]), lots);
        }
        for (std::size_t i = 0; i < all.makers.size() && !is_over(); i++) {
            const Index number = all.makers[i];
            const std::int64_t lots = all.given[i];
            const RestingOrder& maker = books_.order(number);
            const bool has_part = !is_choosy(flags_of(maker.terms));
            if (has_part && (lots == maker.leaves || is_to_prevent(number, maker))) continue;
            meet_shown(number, maker.leaves - lots, leaves_of(number) - lots);
        }
    }

    // Who stands there, and with how much each has a part; deals with its own side on the way. A
    // reduce-only order has it with what those before it leave of their position.
    void gather(Link level, Sharing* all) {
        all->makers.clear();
        all->sizes.clear();
        LotsByPosition before;
        for (Link at = books_.first_of(level); !Queues::is_level(at); at = books_.next_of(at)) {
            const Index number = static_cast<Index>(at);
            const RestingOrder& maker = books_.order(number);
            std::int64_t size = is_choosy(flags_of(maker.terms)) ? 0 : maker.leaves;
            if (size != 0 && is_to_prevent(number, maker)) {
                if (!is_over()) meet(number, size, leaves_of(number));
                size = 0;
            }
            if (has_reducing_) {
                std::int64_t& others = before[which(maker)];
                const std::int64_t room = std::max(reducible(maker) - others, std::int64_t{0});
                if (has(flags_of(maker.terms), OrderFlag::REDUCE_ONLY)) size = std::min(size, room);
                others += size;
            }
            all->makers.push_back(number);
            all->sizes.push_back(size);
        }
    }

    // The top order was alone when it came, and is none once it leaves its place: it is the first.
    TopOrder top_of(const Sharing& all) const {
        TopOrder top;
        if (market_->top_order[(taker_.side ^ 1) & 1] != all.makers[0]) return top;
        top.place = 0;
        top.minimum = market_->rules.top_order_minimum;
        top.maximum = market_->rules.top_order_maximum;
        return top;
    }

    std::int64_t leaves_of(Index number) const {
        return books_.order(number).leaves + details(number).reserve;
    }

    std::int64_t affordable(std::int64_t price, std::int64_t lots) const {
        return has_budget_ && price > 0 ? std::min(lots, budget_ / price) : lots;
    }

    // What happens with one resting order; how much it gives of itself.
    std::int64_t meet(Index number, std::int64_t available, std::int64_t leaves) {
        const RestingOrder& maker = books_.order(number);
        std::int64_t wanted = std::min(open_, available);
        if (has_reducing_) wanted = std::min(wanted, reducible(maker));
        const std::int64_t lots = affordable(maker.price, wanted);
        const bool trades = lots > 0 && suits_both(maker, details(number), leaves, lots);
        if (trades && is_to_prevent(number, maker)) {
            prevent(number, leaves);
            return 0;
        }
        is_out_of_money_ = lots < wanted;
        if (!trades) return 0;
        if (!band_.holds(maker.price)) {
            plan_.reaches_band = true;
            return 0;
        }
        trade(number, maker.price, lots);
        return lots;
    }

    void trade(Index number, std::int64_t price, std::int64_t lots) {
        if (plan_.traded == 0) plan_.first_price = price;
        plan_.last_price = price;
        plan_.acts.push_back({lots, number, Deed::TRADE});
        plan_.traded += lots;
        open_ -= lots;
        if (has_reducing_) special_.given[which(books_.order(number))] += lots;
        if (has_budget_ && price > 0) budget_ -= lots * price;
    }

    // Which position an order of the other side is for.
    Which which(const RestingOrder& maker) const {
        return market_->which(maker, taker_.side ^ 1);
    }

    // What a reduce-only order may give: no more than is left of the position. A trade for the same
    // position as the incoming order's leaves it, and others of that make what orders here can
    // reduce larger.
    std::int64_t reducible(const RestingOrder& maker) const {
        const bool is_bound = has(flags_of(maker.terms), OrderFlag::REDUCE_ONLY) &&
                              !planted(Bug::PLAN_IGNORES_POSITIONS);
        if (!is_bound) return INT64_HIGHEST;
        const Which its = which(maker);
        if (its == market_->which(taker_.order, taker_.side)) return INT64_HIGHEST;
        const std::int64_t room = market_->reducible({maker.account, (taker_.side ^ 1) & 1});
        const auto given = special_.given.find(its);
        if (given == special_.given.end()) return room;
        return std::max(room - given->second, std::int64_t{0});
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

    // Whether the incoming order's mode forbids the two to trade with each other.
    bool is_to_prevent(Index number, const RestingOrder& maker) const {
        return taker_.self_trade_mode() != SelfTradeMode::NONE && is_own(number, maker) &&
               !planted(Bug::SELF_TRADE_ALLOWED);
    }

    bool is_own(Index number, const RestingOrder& maker) const {
        const std::uint32_t group = taker_.details.self_trade_group;
        return group != 0 ? details(number).self_trade_group == group
                          : maker.account == taker_.order.account;
    }

    // Whether what the two lose is to change hands: both ask for it, and it is not one account's.
    bool is_transfer(const RestingOrder& maker) const {
        constexpr SelfTradeMode MODE = SelfTradeMode::TRANSFER;
        const bool is_both =
            self_trade_mode_of(maker.terms) == MODE || planted(Bug::TRANSFER_BY_ONE_MODE);
        return taker_.self_trade_mode() == MODE && is_both && market_ != nullptr &&
               market_->is_exchange && maker.account != taker_.order.account;
    }

    // Its buyer pays: that comes out of a budget as a trade does.
    void transfer(Index number, std::int64_t wanted) {
        const std::int64_t price = books_.order(number).price;
        const std::int64_t lots = affordable(price, wanted);
        is_out_of_money_ = lots < wanted;
        plan_.acts.push_back({lots, number, Deed::TRANSFER});
        open_ -= lots;
        if (has_budget_ && price > 0) budget_ -= lots * price;
    }

    // What the incoming order's mode asks for instead of a trade with its own side.
    void prevent(Index number, std::int64_t leaves) {
        const SelfTradeMode mode = taker_.self_trade_mode();
        const bool decrements =
            mode == SelfTradeMode::DECREMENT_AND_CANCEL || mode == SelfTradeMode::TRANSFER;
        if (decrements) {
            const std::int64_t lots = std::min(open_, leaves);
            if (is_transfer(books_.order(number))) return transfer(number, lots);
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
    const SpecialMarket* market_;
    const PriceBand& band_;
    Plan& plan_;
    const SpecialMarket* dark_;  // null in a lit market
    bool has_reducing_;
    std::int64_t open_;
    std::int64_t budget_;
    bool has_budget_;
    bool is_out_of_money_ = false;
    std::int64_t each_;  // its minimum for every fill
};

// Price by price, at each price first what is shown, then what is hidden.
void walk(const Entrant& taker, const Books& books, SpecialOrders& special,
          const SpecialMarket* market, Rank limit, const PriceBand& band, Plan* plan) {
    const SideNumber other = taker.side ^ 1;
    Walk walk(taker, books, special, market, band, plan);
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
    // A post-only order must not rest where it would trade, be that within the band or not.
    const bool is_bound = market != nullptr && !taker.has(OrderFlag::POST_ONLY);
    const PriceBand band = is_bound ? band_of(*market) : PriceBand{};
    walk(taker, books, special, market, limit_of(taker), band, plan);
    if (taker.type() != OrderType::MARKET_TO_LIMIT) return;
    // The best price that it can trade at, and no other.
    if (plan->traded == 0) {
        plan->acts.clear();
        plan->cancels_taker = false;
        return;
    }
    walk(taker, books, special, market, rank_of(taker.side ^ 1, plan->first_price), band, plan);
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
