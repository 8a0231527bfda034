// Limits and switches: their commands, and what they refuse.
#include <algorithm>

#include "engine/engine/general.hpp"
#include "engine/types/limits.hpp"

namespace engine {

// -- what is refused

bool Engine::is_enabled(std::uint32_t account, std::uint32_t instrument) const {
    const AccountIndex index = accounts_.find(account);
    if (index == NO_ACCOUNT || instrument >= instrument_count_) return false;
    return !accounts_.limits().is_off(account, accounts_.account(index).group, instrument);
}

RejectReason Engine::size_reason(std::uint32_t account, std::uint32_t instrument,
                                 std::int64_t quantity, const std::int64_t* limit) const {
    const LimitsInForce limits =
        accounts_.limits().in_force(accounts_.find(account), LimitOf::INSTRUMENT, instrument);
    if (limits.is_passed(Limit::ORDER_QUANTITY, quantity)) {
        return RejectReason::ORDER_QUANTITY_LIMIT;
    }
    if (limit == nullptr || !limits.has(Limit::ORDER_VALUE)) return RejectReason::NONE;
    const Wide value = accounts_.order_value(instrument, quantity, *limit);
    return limits.is_passed(Limit::ORDER_VALUE, value) ? RejectReason::ORDER_VALUE_LIMIT
                                                       : RejectReason::NONE;
}

bool Engine::has_all_orders(std::uint32_t account) const {
    const AccountIndex index = accounts_.find(account);
    const Limits& limits = accounts_.limits();
    return limits.in_force(index, LimitOf::ACCOUNT, 0)
        .is_reached(Limit::OPEN_ORDERS, accounts_.account(index).live_orders);
}

// Above the market price to buy, and below it to sell.
bool Engine::is_too_far(std::uint32_t account, SideNumber side, std::int64_t limit) const {
    const std::uint32_t instrument = side / 2;
    const LimitsInForce limits =
        accounts_.limits().in_force(accounts_.find(account), LimitOf::INSTRUMENT, instrument);
    std::int64_t from = 0;
    if (!limits.has(Limit::PRICE_DISTANCE) || !market_price(instrument, &from)) return false;
    const Wide apart = (wide(limit) - from) * MILLION;
    const Wide most = size_of(from) * limits[Limit::PRICE_DISTANCE];
    return buys_on(side) ? apart > most : -apart > most;
}

bool Engine::comes_again(const Command& command, std::uint64_t time) const {
    const AccountIndex account = accounts_.find(command.account);
    const Account& its = accounts_.account(account);
    if (!its.has_last || its.last != asked_by(command)) return false;
    const LimitsInForce in_force = accounts_.limits().in_force(account, LimitOf::ACCOUNT, 0);
    const Wide passed = Wide{time} - its.last_time;
    return in_force.has(Limit::DUPLICATE_WINDOW) && passed < in_force[Limit::DUPLICATE_WINDOW];
}

// Whether an order could make a position larger.
bool Engine::may_open(const Entrant& order) const {
    return has_positions(order.side / 2) &&
           !only_closes(order.order.account, order.side, order.flags());
}

Prospect Engine::prospect(const Entrant& order, const Need& need) const {
    return accounts_.prospect(accounts_.find(order.order.account), order.side / 2,
                              buys_on(order.side), need.lots, need.value, need.instead_of);
}

Tally Engine::tally_with(const Entrant& order, const Prospect& found) const {
    const std::uint32_t number = order.order.account;
    const std::uint32_t instrument = order.side / 2;
    const Index party = accounts_.find_party(number, instrument, buys_on(order.side));
    Tally tally = accounts_.tally(accounts_.find(number), accounts_.contract(instrument).settle);
    tally.change(accounts_.exposure(accounts_.party(party)), found.with);
    return tally;
}

RejectReason Engine::exposure_reason(const Entrant& order, const Need& need) const {
    const std::uint32_t instrument = order.side / 2;
    if (!may_open(order)) return RejectReason::NONE;
    const AccountIndex account = accounts_.find(order.order.account);
    const Limits& limits = accounts_.limits();
    const Prospect found = prospect(order, need);
    if (!found.grows()) return RejectReason::NONE;
    if (limits.in_force(account, LimitOf::INSTRUMENT, instrument)
            .is_passed(Limit::POSITION, found.lots)) {
        return RejectReason::POSITION_LIMIT;
    }
    const std::uint32_t currency = accounts_.contract(instrument).settle;
    const LimitsInForce of_currency = limits.in_force(account, LimitOf::CURRENCY, currency);
    const Tally tally = tally_with(order, found);
    if (of_currency.is_passed(Limit::NET_EXPOSURE, tally.sum.worst())) {
        return RejectReason::NET_EXPOSURE_LIMIT;
    }
    return of_currency.is_passed(Limit::GROSS_EXPOSURE, tally.gross)
               ? RejectReason::GROSS_EXPOSURE_LIMIT
               : RejectReason::NONE;
}

RejectReason Engine::loss_reason(const Entrant& order, const Need& need, std::uint64_t time) const {
    const std::uint32_t instrument = order.side / 2;
    if (!may_open(order)) return RejectReason::NONE;
    const AccountIndex account = accounts_.find(order.order.account);
    const std::uint32_t currency = accounts_.contract(instrument).settle;
    const LimitsInForce limits = accounts_.limits().in_force(account, LimitOf::CURRENCY, currency);
    const bool has_any = limits.has(Limit::DAILY_LOSS) || limits.has(Limit::DRAWDOWN);
    if (!has_any || !prospect(order, need).grows()) return RejectReason::NONE;
    const Wide day_loss = accounts_.day_loss(account, currency, time);
    if (limits.is_reached(Limit::DAILY_LOSS, day_loss)) return RejectReason::DAILY_LOSS_LIMIT;
    const Wide drawdown = accounts_.drawdown(account, currency);
    return limits.is_reached(Limit::DRAWDOWN, drawdown) ? RejectReason::DRAWDOWN_LIMIT
                                                        : RejectReason::NONE;
}

// -- the commands

template <class Out>
void General<Out>::set_limit(const Command& command) {
    Accounts& accounts = engine_.accounts_;
    const bool is_common = command.kind == CommandKind::SET_DEFAULT_LIMIT;
    accounts.set_limit({is_common ? NO_ACCOUNT : accounts.find(command.account),
                        static_cast<Limit>(command.selector), command.instrument,
                        command.quantity});
}

// The first rate limit finds the accounts that there are.
template <class Out>
void General<Out>::set_rate(const Command& command) {
    TierRates& rates = engine_.rates_;
    const Accounts& accounts = engine_.accounts_;
    if (!rates.is_any()) {
        rates.begin();
        for (AccountIndex account = 0; account < accounts.count(); account++) {
            rates.set_tier(account, accounts.account(account).tier);
        }
    }
    rates.set(
        {command.self_trade_group, static_cast<RateLimit>(command.selector), command.quantity});
}

// An account was made or changed.
template <class Out>
void General<Out>::note_tier(const Command& command) {
    TierRates& rates = engine_.rates_;
    if (!rates.is_any()) return;
    rates.set_tier(engine_.accounts_.find(command.account),
                   static_cast<std::uint32_t>(command.quantity));
}

// Turns trading off or on; turned off, the orders of what the switch is for are canceled.
template <class Out>
void General<Out>::turn_switch(const Command& command) {
    const SwitchScopes scope = command.selector;
    Accounts& accounts = engine_.accounts_;
    const bool is_of_account = has(scope, SwitchScope::BY_ACCOUNT);
    const bool is_of_group = has(scope, SwitchScope::BY_GROUP);
    const bool is_of_instrument = has(scope, SwitchScope::BY_INSTRUMENT);
    const bool is_off = command.quantity != 0;
    std::uint32_t number = command.instrument;
    if (is_of_account) number = command.account;
    if (is_of_group) number = command.self_trade_group;
    accounts.turn(scope, number, is_off);
    std::vector<Index> orders;
    if (is_off && !has(scope, SwitchScope::KEEP_ORDERS)) {
        const Instruments among = named_by(command, is_of_instrument);
        orders = is_of_account ? orders_of_account(number, among) : live_orders(among);
    }
    std::erase_if(orders, [&](Index order) {
        if (!is_of_group) return false;
        return accounts.account(accounts.find(books().order(order).account)).group != number;
    });
    cancel_all(command, orders);
}

template class General<ReportBuffer>;
template class General<TradeBuffer>;

}  // namespace engine
