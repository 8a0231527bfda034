// What an account lacks: told where it was refused something.
#include "engine/accounts/accounts.hpp"

namespace engine {

Shortfall Accounts::shortfall(AccountIndex account, std::uint32_t instrument, bool is_buyer,
                              std::int64_t lots, Wide value, Wide loss,
                              const Held& instead_of) const {
    const Contract& contract = contracts_[instrument];
    const Wide given_up = order_value(instrument, instead_of.lots, instead_of.price);
    if (contract.kind == ContractKind::SPOT) {
        const Wide given_back = spot_need(contract, is_buyer, instead_of.lots, given_up);
        const std::uint32_t currency = is_buyer ? contract.settle : contract.base;
        return {available(account, currency) + given_back,
                spot_need(contract, is_buyer, lots, value)};
    }
    Position fresh{};
    fresh.instrument = instrument;
    const Position* const found = position(account, instrument);
    const Position& held = found == nullptr ? fresh : *found;
    const Wide buys = held.buys - (is_buyer ? given_up : 0);
    const Wide sells = held.sells - (is_buyer ? 0 : given_up);
    const std::int64_t rate = held.chosen_rate;
    const Wide without = margin_of(held, buys, sells, rate);
    const Wide with =
        margin_of(held, buys + (is_buyer ? value : 0), sells + (is_buyer ? 0 : value), rate);
    return {free(account, contract.settle) + held.margin - without, with - without + loss};
}

Shortfall Accounts::shortfall_of_rate(AccountIndex account, std::uint32_t instrument,
                                      std::int64_t rate) const {
    const Position& held = *position(account, instrument);
    const Wide margin = margin_of(held, held.buys, held.sells, rate);
    return {free(account, contracts_[instrument].settle), margin - held.margin};
}

}  // namespace engine
