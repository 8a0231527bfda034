// What an account lacks: told where it was refused something.
#include "engine/accounts/accounts.hpp"

#include <algorithm>
#include <array>

namespace engine {

Shortfall Accounts::shortfall(AccountIndex account, std::uint32_t instrument, bool is_buyer,
                              std::int64_t lots, Wide value, Wide loss,
                              const Held& instead_of) const {
    const Contract& contract = contracts_[instrument];
    see_marks(account, contract.settle);
    const Wide given_up = order_value(instrument, instead_of.lots, instead_of.price);
    if (contract.kind == ContractKind::SPOT) {
        const Wide given_back = spot_need(contract, is_buyer, instead_of.lots, given_up);
        const std::uint32_t currency = is_buyer ? contract.settle : contract.base;
        return {available(account, currency) + given_back,
                spot_need(contract, is_buyer, lots, value)};
    }
    Position fresh{};
    fresh.account = account;
    fresh.instrument = instrument;
    const Index party = find_party(accounts_[account].number, instrument, is_buyer);
    const Position& held = party == NIL ? fresh : positions_[party];
    Open open = open_of(held);
    open.add(is_buyer, -given_up, -wide(instead_of.lots));
    const Wide without = margin_of(held, open, held.chosen_rate);
    open.add(is_buyer, value, lots);
    const Wide with = margin_of(held, open, held.chosen_rate);
    return {to_require(held, contract.settle) + held.margin - without, with - without + loss};
}

Shortfall Accounts::shortfall_of_rate(AccountIndex account, std::uint32_t instrument,
                                      std::int64_t rate) const {
    const std::array<Index, 2> parties = both(account, instrument);
    Wide more = 0;
    for (const Index party : parties) {
        if (party == NIL) continue;
        const Position& position = positions_[party];
        more += margin_of(position, open_of(position), rate) - position.margin;
        more += added_by(position, rate) - added(position);
    }
    return {to_require(positions_[parties[0]], contracts_[instrument].settle), more};
}

Shortfall Accounts::shortfall_of_margin(Index party, Wide amount) const {
    const Position& position = positions_[party];
    see_marks(position.account, contracts_[position.instrument].settle);
    if (amount > 0) {
        return {available(position.account, contracts_[position.instrument].settle), amount};
    }
    return {added(position) + std::min(Wide{0}, unrealized(position)), -amount};
}

}  // namespace engine
