// The general way of a LIQUIDATE.
#include "engine/engine/general.hpp"
#include "engine/engine/reject_numbers.hpp"
#include "engine/types/planted.hpp"

namespace engine {

namespace {

constexpr ReportFlags NO_FLAGS = 0;

}  // namespace

// Takes over what has to be: by account, isolated positions, then the others by currency. Nothing
// of one account changes whether another loses, but for the one that takes over.
template <class Out>
void General<Out>::liquidate(const Command& command) {
    Accounts& accounts = engine_.accounts_;
    std::int64_t count = 0;
    for (const AccountIndex account : accounts.losers(accounts.find(command.account))) {
        for (const Index party : accounts.positions_of(account)) {
            if (accounts.is_lost(party)) count += end_isolated(command, party);
        }
        for (std::uint32_t i = 0; i < accounts.currency_count(); i++) {
            if (accounts.is_lost(account, i)) count += end_shared(command, account, i);
        }
    }
    report_.done(command, count, 0);
}

template <class Out>
std::int64_t General<Out>::end_isolated(const Command& command, Index party) {
    Accounts& accounts = engine_.accounts_;
    if (!has_room(command, party)) return 0;
    const AccountIndex account = accounts.party(party).account;
    const std::uint32_t instrument = accounts.party(party).instrument;
    cancel_orders(command, account, instrument);
    const Wide assigned = accounts.assigned(accounts.party(party));
    take_over(command, party, [&](Wide paid) { return assigned + paid; });
    return 1;
}

template <class Out>
std::int64_t General<Out>::end_shared(const Command& command, AccountIndex account,
                                      std::uint32_t currency) {
    Accounts& accounts = engine_.accounts_;
    std::vector<Index> shared = accounts.positions_of(account);
    std::erase_if(shared, [&](Index party) { return !accounts.is_shared(party, currency); });
    for (const Index party : shared) {
        if (!has_room(command, party)) return 0;
    }
    for (std::uint32_t i = 0; i < engine_.instrument_count(); i++) {
        const Contract& contract = accounts.contract(i);
        const bool costs = contract.settle == currency ||
                           (contract.kind == ContractKind::SPOT && contract.base == currency);
        if (costs) cancel_orders(command, account, i);
    }
    // The margin of orders in isolated positions may have been what was missing.
    if (!accounts.is_lost(account, currency)) return 0;
    for (const Index party : shared) {
        take_over(command, party, [&](Wide) -> Wide {
            if (party != shared.back()) return 0;
            return accounts.balance(account, currency).amount -
                   accounts.isolated_margin(account, currency);
        });
    }
    return static_cast<std::int64_t>(shared.size());
}

// The position that the one who takes over comes to have with this one.
template <class Out>
Index General<Out>::taker_of(const Command& command, Index party) {
    Accounts& accounts = engine_.accounts_;
    const std::uint32_t instrument = accounts.party(party).instrument;
    const bool is_long = accounts.party(party).lots > 0;
    return accounts.of_two(accounts.party_of(command.account, instrument), is_long, false);
}

// Whether 64 bits hold what it comes to have, with all orders of its side.
template <class Out>
bool General<Out>::has_room(const Command& command, Index party) {
    const Accounts& accounts = engine_.accounts_;
    const Index to = taker_of(command, party);
    const Position& position = accounts.party(party);
    const Wide lots = wide(accounts.party(to).lots) + position.lots;
    const bool is_long = position.lots > 0;
    const SideNumber side = 2 * position.instrument + (is_long ? 0 : 1);
    return (is_long ? lots : -lots) + books().side(side).quantity <= INT64_HIGHEST;
}

template <class Out>
void General<Out>::cancel_orders(const Command& command, AccountIndex account,
                                 std::uint32_t instrument) {
    const std::uint32_t number = engine_.accounts_.account(account).number;
    std::vector<Index> orders;
    engine_.all_orders(instrument, &orders);
    for (const Index order : orders) {
        if (books().order(order).account != number) continue;
        cancel({about(command, instrument), books().side_of_order(order)}, order, NO_FLAGS);
    }
}

// Lets a position go to the one who takes over, with what is left for it once what that has paid is
// known.
template <class Out>
template <class Left>
void General<Out>::take_over(const Command& command, Index party, const Left& left_by) {
    Accounts& accounts = engine_.accounts_;
    const Index to = taker_of(command, party);
    const AccountIndex account = accounts.party(party).account;
    const std::uint32_t instrument = accounts.party(party).instrument;
    const std::int64_t lots = accounts.party(party).lots;
    const Wide paid = accounts.take_over(party, to, report_.counters().time);
    const Wide left = planted(Bug::LOSER_KEEPS_THE_REST) ? 0 : left_by(paid);
    accounts.transfer(account, accounts.party(to).account, accounts.contract(instrument).settle,
                      left);
    report_.liquidated(about(command, instrument), accounts.account(account).number, lots,
                       accounts.mark(instrument), engine::cut(left));
    if (special().market(instrument) != nullptr) trim(about(command, instrument), command.account);
}

template class General<ReportBuffer>;
template class General<TradeBuffer>;

}  // namespace engine
