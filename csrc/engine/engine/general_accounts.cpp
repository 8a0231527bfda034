// The general way of accounts: their commands, what their orders hold, what their trades pay.
#include "engine/engine/general.hpp"

namespace engine {

// Carries out a command of accounts, which is not refused.
template <class Out>
void General<Out>::apply_to_account(const Command& command) {
    Accounts& accounts = engine_.accounts_;
    const AccountIndex account = accounts.find(command.account);
    const std::int64_t amount = command.quantity;
    switch (command.kind) {
        case CommandKind::SET_ACCOUNT:
            accounts.set(command.account, command.self_trade_group,
                         static_cast<std::uint32_t>(amount), command.selector);
            note_tier(command);
            break;
        case CommandKind::DEPOSIT:
            accounts.deposit(account, command.instrument, amount);
            break;
        case CommandKind::WITHDRAW:
            accounts.deposit(account, command.instrument, -amount);
            break;
        case CommandKind::TRANSFER:
            accounts.transfer(account, accounts.find(command.linked_order_id), command.instrument,
                              amount);
            break;
        case CommandKind::SET_LEVERAGE:
            accounts.set_rate(account, command.instrument, rate_of_leverage(amount));
            break;
        case CommandKind::SET_LIMIT:
        case CommandKind::SET_DEFAULT_LIMIT:
            set_limit(command);
            break;
        case CommandKind::SET_RATE:
            set_rate(command);
            break;
        default:
            ENGINE_ASSERT(false);
    }
    report_.done(command, amount, 0);
}

// Lets a live order hold what it is to hold by now. An order that is loose holds nothing.
template <class Out>
void General<Out>::hold(Index number) {
    if (engine_.accounts_.is_kept()) set_held(number, engine_.due(number));
}

template <class Out>
void General<Out>::hold_nothing(Index number) {
    if (engine_.accounts_.is_kept()) set_held(number, {});
}

template <class Out>
void General<Out>::set_held(Index number, const Held& due) {
    std::vector<Held>& held = engine_.held_;
    if (held.size() <= number) held.resize(std::size_t{number} + 1);
    const SideNumber side = books().side_of_order(number);
    const AccountIndex account = engine_.accounts_.find(books().order(number).account);
    engine_.accounts_.hold(account, side / 2, buys_on(side), held[number], due);
    held[number] = due;
}

// Pays the parties of a trade. `side` is the taker's; an auction has none, and names the buyer's.
template <class Out>
Fees General<Out>::pay(std::uint32_t maker, std::uint32_t taker, SideNumber side, std::int64_t lots,
                       std::int64_t price, bool is_auction) {
    Accounts& accounts = engine_.accounts_;
    if (!accounts.is_kept()) return {};
    const TradeSide taker_side{side / 2, buys_on(side), lots, price};
    return accounts.pay(accounts.find(maker), accounts.find(taker), taker_side, is_auction,
                        report_.counters().time);
}

// Why an order that comes in later than its command can not: what it may cost, with as much as it
// is entitled to.
template <class Out>
RejectReason General<Out>::funds_reason_of(Entrant order) {
    if (!engine_.accounts_.is_kept()) return RejectReason::NONE;
    cut(order);
    const Phase phase = market_of(order.side).phase;
    return engine_.funds_reason(order, phase, engine_.need_of(order, phase, special()));
}

template class General<ReportBuffer>;
template class General<TradeBuffer>;

}  // namespace engine
