// Where orders and accounts meet: what an order holds, and whether its account can have it.
#include <algorithm>

#include "engine/engine/engine.hpp"
#include "engine/matching/phases.hpp"
#include "engine/matching/reduce_only.hpp"

namespace engine {

namespace {

// The limit by which an order in the market counts, or false where it has none.
bool limit_of(const Entrant& order, std::int64_t* price) {
    const OrderType type = order.type();
    *price = order.order.price;
    if (type == OrderType::LIMIT || is_pegged(type)) return true;
    *price = order.details.bound;
    return order.has(OrderFlag::PROTECTED);
}

// What an incoming order does that its account pays for.
bool costs(Deed deed) {
    const bool is_transfer = deed == Deed::TRANSFER && !planted(Bug::TRANSFER_NEEDS_NOTHING);
    return deed == Deed::TRADE || is_transfer;
}

}  // namespace

Need Engine::need_of(const Entrant& order, Phase phase, const Held& held,
                     SpecialOrders& special) const {
    const std::uint32_t instrument = order.side / 2;
    const OrderPrice counts_at = accounts_.contract(instrument).order_price;
    Need need{order.order.leaves, 0, held};
    const auto count = [&](std::int64_t lots, std::int64_t at) {
        const Wide worth = accounts_.worth(instrument, lots, at);
        need.value += size_of(worth);
        need.worth += worth;
    };
    std::int64_t price = 0;
    const bool is_limited = limit_of(order, &price);
    const bool is_at_limit = is_limited && counts_at != OrderPrice::EXECUTION;
    if (is_at_limit || phase != Phase::CONTINUOUS) {
        if (is_limited) count(need.lots, price);
        return need;
    }
    make_plan(order, books_, special, special.market(instrument), &special.plan);
    const Plan& plan = special.plan;
    const bool is_raised = !is_limited && counts_at == OrderPrice::MAX_LAST_MARK;
    const std::int64_t least = is_raised ? assumed_least(order.side) : INT64_LOWEST;
    if (is_limited) {
        count(need.lots - plan.traded, price);
    } else if (order.type() == OrderType::MARKET_TO_LIMIT && plan.traded != 0) {
        count(need.lots, std::max(plan.first_price, least));
        return need;
    } else {
        need.lots = 0;
    }
    for (const Act& act : plan.acts) {
        if (!costs(act.deed)) continue;
        if (!is_limited) need.lots += act.lots;
        count(act.lots, std::max(books_.order(act.maker).price, least));
    }
    return need;
}

// No lower than this count the trades of a LINEAR seller without a limit: than the last price with
// the buffer of the contract, and the mark. An INVERSE one is worth less the higher the price is.
std::int64_t Engine::assumed_least(SideNumber side) const {
    const std::uint32_t instrument = side / 2;
    const Contract& contract = accounts_.contract(instrument);
    Wide least = INT64_LOWEST;
    if (buys_on(side) || contract.kind == ContractKind::INVERSE) return INT64_LOWEST;
    std::int64_t found = 0;
    if (price(instrument, TriggerSource::MARK, &found)) least = found;
    if (price(instrument, TriggerSource::LAST, &found)) {
        least = std::max(
            least, found + part_of(wide(found), contract.order_price_buffer, Rounding::CEILING));
    }
    return static_cast<std::int64_t>(std::min(least, wide(INT64_HIGHEST)));
}

bool Engine::affords(const Entrant& order, const Need& need) const {
    const std::uint32_t instrument = order.side / 2;
    const bool buys = buys_on(order.side);
    const bool is_valued = buys || accounts_.contract(instrument).kind != ContractKind::SPOT;
    if (is_valued && !fits(need.value)) return false;
    if (only_closes(order.order.account, order.side, order.flags())) return true;
    const Wide loss = accounts_.open_loss(instrument, buys, need.lots, need.worth);
    return accounts_.affords(accounts_.find(order.order.account), instrument, buys, need.lots,
                             need.value, loss, need.instead_of);
}

RejectReason Engine::funds_reason(const Entrant& order, Phase phase, const Need& need) const {
    const ContractKind kind = accounts_.contract(order.side / 2).kind;
    const bool needs_limit = kind != ContractKind::SPOT || buys_on(order.side);
    if (phase != Phase::CONTINUOUS && is_at_market(order.type(), order.flags()) && needs_limit) {
        return RejectReason::UNBOUNDED_COST;
    }
    return affords(order, need) ? RejectReason::NONE : RejectReason::INSUFFICIENT_FUNDS;
}

RejectReason Engine::value_reason(std::uint32_t instrument, std::int64_t quantity,
                                  const std::int64_t* limit, OrderFlags flags) const {
    const Contract& contract = accounts_.contract(instrument);
    if (contract.min_value == 0 && contract.max_value == 0) return RejectReason::NONE;
    std::int64_t price = 0;
    if (limit != nullptr) {
        price = *limit;
    } else if (!market_price(instrument, &price) || price < lowest_price(contract.kind)) {
        return RejectReason::NONE;
    }
    const Wide value = accounts_.order_value(instrument, quantity, price);
    const bool reduces = has(flags, OrderFlag::REDUCE_ONLY);
    if (!reduces && value < contract.min_value) return RejectReason::VALUE_TOO_SMALL;
    const bool is_bounded = limit != nullptr && contract.max_value != 0;
    return is_bounded && value > contract.max_value ? RejectReason::VALUE_TOO_LARGE
                                                    : RejectReason::NONE;
}

Held Engine::held(Index number) const {
    const RestingOrder& order = books_.order(number);
    if (!has_details(number)) return {order.leaves, order.price};
    const Details& details = special_.details[number];
    if (!is_in_market(details.state)) return {};
    const SideNumber side = books_.side_of_order(number);
    const bool holds_nothing = only_closes(order.account, side, flags_of(order.terms));
    if (holds_nothing && !planted(Bug::CLOSING_ORDER_HOLDS)) return {};
    const bool is_limited = details.state == OrderState::RESTING;
    return {order.leaves + details.reserve, is_limited ? order.price : 0};
}

// Every live order of an instrument, with what it holds for.
std::vector<OpenOrder> Engine::open_orders(std::uint32_t instrument) const {
    std::vector<Index> orders;
    all_orders(instrument, &orders);
    std::vector<OpenOrder> open;
    open.reserve(orders.size());
    for (const Index number : orders) {
        const SideNumber side = books_.side_of_order(number);
        const AccountIndex account = accounts_.find(books_.order(number).account);
        open.push_back({account, instrument, buys_on(side), held(number)});
    }
    return open;
}

// That what accounts hold is what their orders are to hold, and that nothing was made or lost.
void Engine::check_accounts() const {
    std::vector<std::uint64_t> live(accounts_.count());
    std::vector<OpenOrder> open;
    for (std::uint32_t i = 0; i < instrument_count_; i++) {
        for (const OpenOrder& order : open_orders(i)) {
            open.push_back(order);
            live[order.account] += 1;
        }
    }
    for (AccountIndex account = 0; account < live.size(); account++) {
        ENGINE_ASSERT(live[account] == accounts_.account(account).live_orders);
    }
    accounts_.check(open);
}

}  // namespace engine
