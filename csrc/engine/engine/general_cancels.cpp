// Cancels of many orders at once, and which orders they find.
#include <algorithm>

#include "engine/engine/general.hpp"

namespace engine {

namespace {

constexpr ReportFlags NO_FLAGS = 0;

}  // namespace

template <class Out>
void General<Out>::mass_cancel(const Command& command) {
    const CancelScopes scope = command.selector;
    const Instruments among = named_by(command, has(scope, CancelScope::BY_INSTRUMENT));
    std::vector<Index> orders = has(scope, CancelScope::BY_ACCOUNT)
                                    ? orders_of_account(command.account, among)
                                    : live_orders(among);
    const auto is_left = [&](Index number) {
        const RestingOrder& order = books().order(number);
        const OrderType type = order_type_of(order.terms);
        const bool is_limited = has_price(type) && !is_trailing(type);
        const bool is_in_range =
            is_limited && order.price >= command.price && order.price <= command.bound;
        return (has(scope, CancelScope::BY_SIDE) &&
                side_of(books().side_of_order(number)) != command.side) ||
               (has(scope, CancelScope::BY_PRICE) && !is_in_range);
    };
    std::erase_if(orders, is_left);
    cancel_all(command, orders);
}

// The command's instrument, or all.
template <class Out>
Instruments General<Out>::named_by(const Command& command, bool is_of_instrument) {
    if (is_of_instrument) return {command.instrument, command.instrument + 1};
    return {0, engine_.instrument_count()};
}

// Every order there: bids and asks as they trade, then what waits by age.
template <class Out>
std::vector<Index> General<Out>::live_orders(const Instruments& among) {
    std::vector<Index> orders;
    for (std::uint32_t instrument = among.first; instrument < among.end; instrument++) {
        engine_.all_orders(instrument, &orders);
    }
    return orders;
}

// Those of an account, in the same order.
template <class Out>
std::vector<Index> General<Out>::orders_of_account(std::uint32_t account,
                                                   const Instruments& among) {
    std::vector<Index> orders;
    engine_.all_orders_of(account, among, &orders);
    return orders;
}

template <class Out>
void General<Out>::cancel_all(const Command& command, const std::vector<Index>& orders) {
    for (const Index number : orders) {
        const SideNumber side = books().side_of_order(number);
        cancel({about(command, side / 2), side}, number, NO_FLAGS);
    }
    report_.done(command, static_cast<std::int64_t>(orders.size()), 0);
}

template class General<ReportBuffer>;
template class General<TradeBuffer>;

}  // namespace engine
