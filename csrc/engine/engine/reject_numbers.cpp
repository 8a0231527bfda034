#include "engine/engine/reject_numbers.hpp"

#include "engine/engine/engine.hpp"
#include "engine/engine/general_check.hpp"
#include "engine/matching/price_band.hpp"
#include "engine/matching/reduce_only.hpp"

namespace engine {

namespace {

// An order that comes into the market with its command, as general_reason() looks at it.
Entrant entrant_of(const Situation& at) {
    const Command& command = at.command;
    if (command.kind == CommandKind::SUBMIT) {
        return entrant_of(command, command.order_id, at.time);
    }
    const Details details =
        at.special.details.has(at.named) ? at.special.details[at.named] : Details{};
    Entrant order{at.books.order(at.named), details, at.books.side_of_order(at.named), at.named,
                  false};
    order.order.price = command.price;
    order.order.leaves = command.quantity;
    return order;
}

// The same with as much as it may come in with.
Entrant entitled_entrant(const Situation& at) {
    Entrant order = entrant_of(at);
    order.order.leaves = entitled(order, at.books, at.special, at.special.market(order.side / 2));
    return order;
}

// The size of what the command's quantity is worth at the limit of its order, or without one in the
// market.
Wide worth(const Situation& at) {
    const Command& command = at.command;
    const Entrant order = entrant_of(at);
    const OrderType type = order.type();
    std::int64_t price = command.price;
    if (!has_price(type) || is_trailing(type)) {
        price = order.details.bound;
        const bool is_bound = order.has(OrderFlag::PROTECTED) && !is_pegged(type);
        if (!is_bound) at.engine.market_price(command.instrument, &price);
    }
    return at.engine.accounts().order_value(command.instrument, command.quantity, price);
}

bool is_of_order(const Command& command) {
    return command.kind == CommandKind::SUBMIT || command.kind == CommandKind::REPLACE;
}

bool is_of_exposure(RejectReason reason) {
    return reason == RejectReason::POSITION_LIMIT || reason == RejectReason::NET_EXPOSURE_LIMIT ||
           reason == RejectReason::GROSS_EXPOSURE_LIMIT;
}

}  // namespace

RejectNumbers bounds_behind(const InstrumentTerms& terms, const Command& command,
                            RejectReason reason) {
    switch (reason) {
        case RejectReason::PRICE_TOO_LOW:
            return {terms.min_price, command.price};
        case RejectReason::PRICE_TOO_HIGH:
            return {terms.max_price, command.price};
        case RejectReason::QUANTITY_TOO_SMALL:
            return {command.kind == CommandKind::REDUCE ? 1 : terms.min_quantity, command.quantity};
        case RejectReason::QUANTITY_TOO_LARGE:
            // The one position that is too large has a size of more than 63 bits.
            return {command.kind == CommandKind::SET_POSITION ? INT64_HIGHEST : terms.max_quantity,
                    command.quantity};
        default:
            return {};
    }
}

RejectNumbers Engine::numbers_behind(const Situation& at, RejectReason reason) const {
    const Command& command = at.command;
    switch (reason) {
        case RejectReason::PRICE_TOO_LOW:
        case RejectReason::PRICE_TOO_HIGH:
        case RejectReason::QUANTITY_TOO_SMALL:
        case RejectReason::QUANTITY_TOO_LARGE:
            ENGINE_ASSERT(at.terms != nullptr);
            return bounds_behind(*at.terms, command, reason);
        case RejectReason::EXPIRY_PASSED:
            return {cut(Wide{at.time}), cut(Wide{command.expiry})};
        case RejectReason::RATE_LIMITED: {
            const bool is_order = is_of_order(command);
            const RateAnswer answer =
                rates_.ask(accounts_.find(command.account),
                           is_order ? RateKind::ORDER : RateKind::CANCEL, at.time);
            return {cut(answer.retry_after), cut(answer.reset_time)};
        }
        case RejectReason::PRICE_OUTSIDE_BAND: {
            const Entrant order = entrant_of(at);
            const PriceBand band = price_band(order.side / 2);
            return {buys_on(order.side) ? band.highest : band.lowest, order.order.price};
        }
        case RejectReason::REDUCE_ONLY_WOULD_INCREASE:
            return {entitled_entrant(at).order.leaves, command.quantity};
        case RejectReason::INSUFFICIENT_FUNDS:
            return funds_numbers(at);
        default:
            if (!has_numbers(reason)) return {};
            return is_of_exposure(reason) ? exposure_numbers(at, reason)
                                          : limit_numbers(at, reason);
    }
}

// What there is, and what is needed of it.
RejectNumbers Engine::funds_numbers(const Situation& at) const {
    const Command& command = at.command;
    const AccountIndex account = accounts_.find(command.account);
    if (command.kind == CommandKind::SET_LEVERAGE) {
        const Shortfall found = accounts_.shortfall_of_rate(account, command.instrument,
                                                            rate_of_leverage(command.quantity));
        return {cut(found.there), cut(found.needed)};
    }
    if (command.kind == CommandKind::ADD_MARGIN) {
        const Index party =
            accounts_.directed(account, command.instrument, command.side == Side::BUY);
        const Shortfall found = accounts_.shortfall_of_margin(party, command.quantity);
        return {cut(found.there), cut(found.needed)};
    }
    if (!is_of_order(command)) {
        return {cut(accounts_.available(account, command.instrument)), command.quantity};
    }
    const Entrant order = entitled_entrant(at);
    const Need need =
        need_of(order, at.phase, order.number == NIL ? Held{} : held(order.number), at.special);
    const bool buys = buys_on(order.side);
    const Wide loss = accounts_.open_loss(order.side / 2, buys, need.lots, need.worth);
    const Shortfall found = accounts_.shortfall(account, order.side / 2, buys, need.lots,
                                                need.value, loss, need.instead_of);
    const bool is_valued = buys || has_positions(order.side / 2);
    return {cut(found.there), is_valued && !fits(need.value) ? INT64_HIGHEST : cut(found.needed)};
}

// What the positions of an account could come to.
RejectNumbers Engine::exposure_numbers(const Situation& at, RejectReason reason) const {
    const Entrant order = entitled_entrant(at);
    const std::uint32_t instrument = order.side / 2;
    const AccountIndex account = accounts_.find(order.order.account);
    const Prospect found = prospect(
        order,
        need_of(order, at.phase, order.number == NIL ? Held{} : held(order.number), at.special));
    const Limits& limits = accounts_.limits();
    if (reason == RejectReason::POSITION_LIMIT) {
        const LimitsInForce own = limits.in_force(account, LimitOf::INSTRUMENT, instrument);
        return {own[Limit::POSITION], cut(found.lots)};
    }
    const LimitsInForce own =
        limits.in_force(account, LimitOf::CURRENCY, accounts_.contract(instrument).settle);
    const Tally tally = tally_with(order, found);
    return reason == RejectReason::NET_EXPOSURE_LIMIT
               ? RejectNumbers{own[Limit::NET_EXPOSURE], cut(tally.sum.worst())}
               : RejectNumbers{own[Limit::GROSS_EXPOSURE], cut(tally.gross)};
}

// What an account had, or asked for, and was allowed.
RejectNumbers Engine::limit_numbers(const Situation& at, RejectReason reason) const {
    const Command& command = at.command;
    const AccountIndex account = accounts_.find(command.account);
    const Account& its = accounts_.account(account);
    const Limits& limits = accounts_.limits();
    const LimitsInForce whole = limits.in_force(account, LimitOf::ACCOUNT, 0);
    const LimitsInForce here = limits.in_force(account, LimitOf::INSTRUMENT, command.instrument);
    const Contract& contract = accounts_.contract(command.instrument);
    const std::uint32_t currency = contract.settle;
    const LimitsInForce of_currency = limits.in_force(account, LimitOf::CURRENCY, currency);
    switch (reason) {
        case RejectReason::ORDER_QUANTITY_LIMIT:
            return {here[Limit::ORDER_QUANTITY], command.quantity};
        case RejectReason::VALUE_TOO_SMALL:
            return {contract.min_value, cut(worth(at))};
        case RejectReason::VALUE_TOO_LARGE:
            return {contract.max_value, cut(worth(at))};
        case RejectReason::ORDER_VALUE_LIMIT:
            return {here[Limit::ORDER_VALUE], cut(worth(at))};
        case RejectReason::OPEN_ORDERS_LIMIT:
            return {whole[Limit::OPEN_ORDERS], cut(its.live_orders)};
        case RejectReason::PRICE_TOO_FAR: {
            std::int64_t from = 0;
            const bool is_known = market_price(command.instrument, &from);
            ENGINE_ASSERT(is_known);
            return {here[Limit::PRICE_DISTANCE], from};
        }
        case RejectReason::DUPLICATE_ORDER:
            return {whole[Limit::DUPLICATE_WINDOW], cut(Wide{at.time} - its.last_time)};
        case RejectReason::DAILY_LOSS_LIMIT:
            return {of_currency[Limit::DAILY_LOSS],
                    cut(accounts_.day_loss(account, currency, at.time))};
        default:
            ENGINE_ASSERT(reason == RejectReason::DRAWDOWN_LIMIT);
            return {of_currency[Limit::DRAWDOWN], cut(accounts_.drawdown(account, currency))};
    }
}

}  // namespace engine
