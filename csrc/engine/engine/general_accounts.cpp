// The general way of accounts: their commands, what their orders hold, what their trades pay.
#include <utility>

#include "engine/engine/general.hpp"
#include "engine/matching/reduce_only.hpp"

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
        case CommandKind::SET_POSITION_MODE:
            accounts.set_position_mode(account, command.instrument,
                                       static_cast<PositionMode>(command.selector));
            return report_.done(command, command.selector, 0);
        case CommandKind::SET_MARGIN_MODE:
            accounts.set_margin_mode(account, command.instrument,
                                     static_cast<MarginMode>(command.selector));
            return report_.done(command, command.selector, 0);
        case CommandKind::ADD_MARGIN: {
            const bool is_long = command.side == Side::BUY;
            accounts.add_margin(accounts.directed(account, command.instrument, is_long), amount);
            break;
        }
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

// Lets the positions in an instrument pay each other, or in every one that has what it takes.
template <class Out>
void General<Out>::fund(const Command& command) {
    Accounts& accounts = engine_.accounts_;
    const std::uint64_t time = report_.counters().time;
    const auto source = static_cast<FundingSource>(command.selector);
    std::vector<Due> dues;
    if (source != FundingSource::EVERY) {
        const std::int64_t* const told = source == FundingSource::TOLD ? &command.price : nullptr;
        dues.push_back({command.instrument, {}});
        accounts.accrual(command.instrument, told, time, &dues.back().accrual);
    } else if (accounts.is_kept()) {
        for (std::uint32_t i = 0; i < engine_.instrument_count(); i++) {
            Due due{i, {}};
            if (!has_funding(accounts.contract(i))) continue;
            const RejectReason reason = accounts.accrual(i, nullptr, time, &due.accrual);
            if (reason == RejectReason::NONE) dues.push_back(due);
        }
    }
    accounts.fund(dues, time);
    const bool is_for_all = source == FundingSource::EVERY;
    report_.done(command, static_cast<std::int64_t>(dues.size()),
                 is_for_all ? 0 : dues[0].accrual.rate);
}

// The party to the trades of an order: the position that it is for.
template <class Out>
Index General<Out>::party_of(const RestingOrder& order, SideNumber side) {
    Accounts& accounts = engine_.accounts_;
    const Index party = accounts.party_of(order.account, side / 2);
    return accounts.of_two(party, buys_on(side), is_reduce_only(flags_of(order.terms)));
}

// What an order holds for where it is, to be kept until it has changed. REQUIRES: it is not loose.
template <class Out>
Held General<Out>::held_by(Index number) {
    return engine_.accounts_.is_kept() ? engine_.held(number) : Held{};
}

// Lets an order hold what it is to hold where it is by now. One that was loose held nothing.
template <class Out>
void General<Out>::hold(Index number, const Held& before) {
    if (!engine_.accounts_.is_kept()) return;
    const SideNumber side = books().side_of_order(number);
    const Index party = party_of(books().order(number), side);
    engine_.accounts_.hold(party, buys_on(side), before, engine_.held(number));
}

// To be called before an order is taken out of its place.
template <class Out>
void General<Out>::hold_nothing(Index number) {
    if (!engine_.accounts_.is_kept()) return;
    const SideNumber side = books().side_of_order(number);
    const Index party = party_of(books().order(number), side);
    engine_.accounts_.hold(party, buys_on(side), engine_.held(number), {});
}

// Pays the parties of a trade. `side` is the taker's; an auction has none, and names the buyer's.
template <class Out>
Fees General<Out>::pay(const RestingOrder& maker, const RestingOrder& taker, SideNumber side,
                       std::int64_t lots, std::int64_t price, bool is_auction) {
    Accounts& accounts = engine_.accounts_;
    if (!accounts.is_kept()) return {};
    const TradeSide taker_side{side / 2, buys_on(side), lots, price};
    const Index maker_party = party_of(maker, side ^ 1);
    const Index taker_party = party_of(taker, side);
    return accounts.pay(maker_party, taker_party, taker_side, is_auction, report_.counters().time);
}

// Moves lots from the seller to the buyer, and their value back, at the maker's price: as a trade
// does, but without fees. REQUIRES: the instrument is an exchange. `side` is the taker's.
template <class Out>
void General<Out>::exchange(const RestingOrder& maker, const RestingOrder& taker, SideNumber side,
                            std::int64_t lots) {
    const std::uint32_t instrument = side / 2;
    ENGINE_ASSERT(market_of(side).is_exchange);
    ENGINE_ASSERT(maker.account != taker.account);
    Accounts& accounts = engine_.accounts_;
    const Contract& contract = accounts.contract(instrument);
    AccountIndex buyer = accounts.find(taker.account);
    AccountIndex seller = accounts.find(maker.account);
    if (!buys_on(side)) std::swap(buyer, seller);
    accounts.transfer(seller, buyer, contract.base, wide(lots) * contract.lot_units);
    accounts.transfer(buyer, seller, contract.settle,
                      accounts.worth(instrument, lots, maker.price));
}

// Why an order that comes in later than its command can not: what it may cost, with as much as it
// is entitled to, instead of what it holds for where it is.
template <class Out>
RejectReason General<Out>::funds_reason_of(Entrant order, const Held& held) {
    if (!engine_.accounts_.is_kept()) return RejectReason::NONE;
    cut(order);
    const Phase phase = market_of(order.side).phase;
    return engine_.funds_reason(order, phase, engine_.need_of(order, phase, held, special()));
}

template class General<ReportBuffer>;
template class General<TradeBuffer>;

}  // namespace engine
