// Which positions are worth less than they must be kept with, and how they are taken over.
#include <algorithm>

#include "engine/accounts/accounts.hpp"
#include "engine/accounts/admission.hpp"
#include "engine/formulas/margin.hpp"

namespace engine {

Wide Accounts::maintenance(const Position& position) const {
    const std::int64_t lots = position.lots < 0 ? -position.lots : position.lots;
    const Told& mark = marks_[position.instrument];
    const Wide value = mark.is_known ? order_value(position.instrument, lots, mark.price)
                                     : size_of(position.entry_value);
    const std::int64_t rate = maintenance_rate_at(contracts_[position.instrument], value);
    return part_of(value, rate, Rounding::CEILING);
}

Wide Accounts::assigned(const Position& position) const {
    return margin_of(position, 0, 0, position.chosen_rate) + added(position);
}

Wide Accounts::maintenance(AccountIndex account, std::uint32_t currency) const {
    Wide sum = 0;
    for (Index at = accounts_[account].first_position; at != NIL; at = positions_[at].next) {
        if (is_shared(at, currency)) sum += maintenance(positions_[at]);
    }
    return sum;
}

Wide Accounts::isolated_margin(AccountIndex account, std::uint32_t currency) const {
    see_marks(account, currency);
    Wide sum = 0;
    for (Index at = accounts_[account].first_position; at != NIL; at = positions_[at].next) {
        const Position& position = positions_[at];
        const bool counts = contracts_[position.instrument].settle == currency;
        if (counts && position.is_isolated != 0) sum += position.margin + added(position);
    }
    return sum;
}

bool Accounts::is_lost(Index party) const {
    const Position& position = positions_[party];
    if (position.lots == 0 || position.is_isolated == 0) return false;
    if (!marks_[position.instrument].is_known) return false;
    see_marks(position.account, contracts_[position.instrument].settle);
    return assigned(position) + position.unrealized < maintenance(position);
}

bool Accounts::is_lost(AccountIndex account, std::uint32_t currency) const {
    bool has_any = false;
    for (Index at = accounts_[account].first_position; at != NIL; at = positions_[at].next) {
        if (positions_[at].lots == 0 || !is_shared(at, currency)) continue;
        if (!marks_[positions_[at].instrument].is_known) return false;
        has_any = true;
    }
    if (!has_any) return false;
    see_marks(account, currency);
    const Balance& its = wallet(account, currency).balance;
    const Wide equity = its.amount + its.unrealized - isolated_margin(account, currency);
    return equity < maintenance(account, currency);
}

std::vector<AccountIndex> Accounts::losers(AccountIndex but) const {
    std::vector<AccountIndex> found;
    for (AccountIndex account = 0; account < count_; account++) {
        if (account == but) continue;
        bool loses = false;
        for (Index at = accounts_[account].first_position; at != NIL; at = positions_[at].next) {
            loses = loses || is_lost(at);
        }
        for (std::uint32_t currency = 0; currency < currency_count_ && !loses; currency++) {
            loses = is_lost(account, currency);
        }
        if (loses) found.push_back(account);
    }
    std::sort(found.begin(), found.end(), [this](AccountIndex one, AccountIndex other) {
        return accounts_[one].number < accounts_[other].number;
    });
    return found;
}

std::vector<Index> Accounts::positions_of(AccountIndex account) const {
    std::vector<Index> found;
    for (Index at = accounts_[account].first_position; at != NIL; at = positions_[at].next) {
        if (positions_[at].lots != 0) found.push_back(at);
    }
    std::sort(found.begin(), found.end(), [this](Index one, Index other) {
        const Position& a = positions_[one];
        const Position& b = positions_[other];
        return a.instrument != b.instrument ? a.instrument < b.instrument : apart(b).is_short;
    });
    return found;
}

Wide Accounts::take_over(Index party, Index to, std::uint64_t time) {
    const std::int64_t lots = positions_[party].lots;
    const Wide paid = move_at_mark(party, -lots, time);
    move_at_mark(to, lots, time);
    return paid;
}

// A position trades lots at the mark, below 0 when they are sold, without an order and a fee.
Wide Accounts::move_at_mark(Index party, std::int64_t lots, std::uint64_t time) {
    Position& position = positions_[party];
    const Contract& contract = contracts_[position.instrument];
    Wallet& its = wallet(position.account, contract.settle);
    settle(position, its);
    const TradeSide side{position.instrument, lots > 0, lots < 0 ? -lots : lots,
                         marks_[position.instrument].price};
    const Wide value = value_of(contract, side.lots, side.price, contract.value_rounding);
    const Exposure was = exposure(position);
    const Wide paid = move_position(position, side, value);
    its.balance.amount += paid;
    refresh(position, its, was);
    its.tally.add(paid, time);
    return paid;
}

}  // namespace engine
