// Which positions are worth less than they must be kept with, and how they are taken over.
#include <algorithm>
#include <bit>

#include "engine/accounts/accounts.hpp"
#include "engine/accounts/admission.hpp"
#include "engine/formulas/margin.hpp"
#include "engine/types/planted.hpp"

namespace engine {

namespace {

// Where positions come to rest in the order in which they lie, their wallets lie anywhere.
constexpr Index WALLETS_AHEAD = 8;

// What an account has in the derivatives of a currency, isolated ones apart.
struct Stand {
    Wide gains = 0;
    Wide maintenance = 0;
    Wide paid = 0;    // of funding
    Wide margin = 0;  // of these positions, and of their orders
    bool has_shared = false;
    bool is_blind = false;   // one has no mark
    bool at_margin = false;  // one is lost with no more than its margin
};

// Whether so much is too little.
bool is_short(Wide equity, Wide maintenance, bool at_margin) {
    return at_margin ? equity <= maintenance : equity < maintenance;
}

}  // namespace

// What a position would gain at the mark, and what its size is worth there, or at entry without
// one.
Wide Accounts::gain_of_position(const Position& position, Wide* value) const {
    const Contract& contract = contracts_[position.instrument];
    const Told& mark = marks_[position.instrument];
    const std::int64_t lots = position.lots < 0 ? -position.lots : position.lots;
    std::int64_t worth = 0;
    const bool is_simple = contract.kind == ContractKind::LINEAR && mark.is_known &&
                           mark.price >= 0 && lots != 0 && is_small(position.entry_value);
    if (ENGINE_LIKELY(is_simple) && value_of_order(position.instrument, lots, mark.price, &worth)) {
        *value = worth;
        const Wide gain = worth - position.entry_value;
        return position.lots < 0 ? -gain : gain;
    }
    *value = mark.is_known ? order_value(position.instrument, lots, mark.price)
                           : size_of(position.entry_value);
    return unrealized(position);
}

Wide Accounts::maintenance(const Position& position) const {
    Wide value = 0;
    gain_of_position(position, &value);
    return maintenance_at(position, value);
}

Wide Accounts::maintenance_at(const Position& position, Wide value) const {
    const Contract& contract = contracts_[position.instrument];
    const Wide basis = margin_value(position, value);
    if (ENGINE_LIKELY(contract.is_kept_by_rate && is_small(basis))) {
        return part_up(static_cast<std::int64_t>(basis), contract.maintenance_rate);
    }
    const std::int64_t funding = next_funding_of(position);
    return maintenance_margin(contract, basis, absolute(wide(position.lots)), funding) +
           fee_to_close(position, value);
}

// What the maintenance margin holds of it, where the size is worth a value at the mark.
Wide Accounts::fee_to_close(const Position& position, Wide value) const {
    const Contract& contract = contracts_[position.instrument];
    if (contract.close_fee == CloseFee::NONE) return 0;
    const Wide entry = size_of(position.entry_value);
    const std::int64_t rate =
        std::max(initial_rate_at(contract, entry, absolute(wide(position.lots))),
                 std::int64_t{position.chosen_rate});
    const Wide initial = part_of(entry, rate, Rounding::CEILING);
    return held_close_fee(contract, contract.close_fee, position.lots < 0 ? -1 : 1, entry, value,
                          initial);
}

// The part of the maintenance margin that no mark moves.
Wide Accounts::fixed_maintenance(const Position& position) const {
    const Contract& contract = contracts_[position.instrument];
    const Wide entry = size_of(position.entry_value);
    Wide fixed = 0;
    if (contract.value_at_entry) {
        fixed += maintenance_margin(contract, entry, absolute(wide(position.lots)),
                                    next_funding_of(position));
    }
    return contract.close_fee == CloseFee::MARK ? fixed : fixed + fee_to_close(position, entry);
}

Wide Accounts::assigned(const Position& position) const {
    const Contract& contract = contracts_[position.instrument];
    const bool has_fee = contract.initial_close_fee != CloseFee::NONE;
    if (ENGINE_LIKELY(contract.is_flat && !has_fee && is_small(position.entry_value))) {
        const std::int64_t rate =
            std::max(contract.initial_rate, std::int64_t{position.chosen_rate});
        return part_up(static_cast<std::int64_t>(position.entry_value), rate) + added(position);
    }
    return margin_of(position, {}, position.chosen_rate) + added(position);
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
    return is_short(assigned(position) + position.unrealized, maintenance(position),
                    contracts_[position.instrument].liquidation.at_margin);
}

bool Accounts::is_lost(AccountIndex account, std::uint32_t currency) const {
    bool has_any = false;
    bool at_margin = false;
    for (Index at = accounts_[account].first_position; at != NIL; at = positions_[at].next) {
        if (positions_[at].lots == 0 || !is_shared(at, currency)) continue;
        if (!marks_[positions_[at].instrument].is_known) return false;
        has_any = true;
        at_margin |= contracts_[positions_[at].instrument].liquidation.at_margin;
    }
    if (!has_any) return false;
    see_marks(account, currency);
    const Balance& its = wallet(account, currency).balance;
    const Wide equity = its.amount + its.unrealized - isolated_margin(account, currency);
    return is_short(equity, maintenance(account, currency), at_margin);
}

template <class Visit>
void Accounts::for_shared(const Visit& visit) const {
    for (std::size_t i = 0; i < shared_.size(); i++) {
        for (std::uint64_t left = shared_[i]; left != 0; left &= left - 1) {
            visit(static_cast<Index>(i * WORD_BITS + std::countr_zero(left)));
        }
    }
}

std::vector<AccountIndex> Accounts::losers(AccountIndex but) {
    std::vector<AccountIndex> found;
    find_shared_losers(&found);
    find_isolated_losers(&found);
    std::erase(found, but);
    sort(&found);
    return found;
}

std::vector<AccountIndex> Accounts::near_losing(std::int64_t level) {
    std::vector<AccountIndex> found;
    for_shared([&](Index party) {
        if (positions_[party].lots != 0) found.push_back(positions_[party].account);
    });
    for (const Index party : watched_within(level)) found.push_back(positions_[party].account);
    sort(&found);
    return found;
}

void Accounts::sort(std::vector<AccountIndex>* found) const {
    std::sort(found->begin(), found->end(), [this](AccountIndex one, AccountIndex other) {
        return accounts_[one].number < accounts_[other].number;
    });
    found->erase(std::unique(found->begin(), found->end()), found->end());
}

// One walk over all positions that are not isolated, in the order in which they lie: each pays its
// funding and is worth what it is at the mark, and what accounts have in a currency is summed. What
// isolated ones are to pay is in their margin, and so makes no difference to what stands for these.
void Accounts::find_shared_losers(std::vector<AccountIndex>* found) const {
    if (std::all_of(shared_.begin(), shared_.end(), [](std::uint64_t word) { return word == 0; })) {
        return;
    }
    begin_days();
    std::vector<Stand> stands(std::size_t{count_} * currency_count_);
    // All that move are among these, and so the lists of them are empty then.
    for (std::size_t i = 0; i < stands.size(); i++) wallets_[i].first_moving = NIL;
    for_shared([&](Index party) {
        const Index ahead = std::min(party + WALLETS_AHEAD, position_count_ - 1);
        if (moves(positions_[ahead])) prefetch_wallet(ahead);
        Position& position = positions_[party];
        const Contract& contract = contracts_[position.instrument];
        if (moves(position)) come_to_rest(position, wallet(position.account, contract.settle));
        Stand& stand = stands[std::size_t{position.account} * currency_count_ + contract.settle];
        if (contract.funding.accrual == FundingAccrual::INDEX) {
            stand.paid += collect_funding(position, funded_[position.instrument].index);
        }
        Wide value = 0;
        position.unrealized = gain_of_position(position, &value);
        see_mark_in_margin(position, wallet(position.account, contract.settle));
        stand.margin += position.margin;
        if (position.lots == 0) return;
        stand.gains += position.unrealized;
        stand.maintenance += maintenance_at(position, value);
        stand.has_shared = true;
        stand.is_blind |= !marks_[position.instrument].is_known;
        stand.at_margin |= contract.liquidation.at_margin;
    });
    for (AccountIndex account = 0; account < count_; account++) {
        bool loses = false;
        for (std::uint32_t currency = 0; currency < currency_count_; currency++) {
            const Stand& stand = stands[std::size_t{account} * currency_count_ + currency];
            Wallet& its = wallet(account, currency);
            its.room.value = 0;
            its.balance.amount -= stand.paid;
            its.tally.result -= stand.paid;
            if (!accounts_[account].has_isolated) {
                its.balance.unrealized = stand.gains;
                its.marks_seen = marks_told_[currency];
                its.tally.fundings_seen = fundings_[currency];
            }
            const Wide isolated_margin = its.balance.margin - stand.margin;
            const Wide equity = its.balance.amount + stand.gains - isolated_margin;
            loses |= stand.has_shared && !stand.is_blind &&
                     is_short(equity, stand.maintenance, stand.at_margin);
        }
        if (loses) found->push_back(account);
    }
}

// Those of isolated positions whose keys are not above the bound of their group may be lost.
void Accounts::find_isolated_losers(std::vector<AccountIndex>* found) {
    for (const Index party : watched_within(LOST)) {
        if (is_lost(party)) found->push_back(positions_[party].account);
    }
}

std::vector<Index> Accounts::watched_within(std::int64_t level) {
    std::vector<Index> found;
    for (std::uint32_t instrument = 0; instrument < watch_.instrument_count(); instrument++) {
        watch_noted(instrument);
        if (!marks_[instrument].is_known) continue;
        const auto bound_of = [&](std::uint32_t group, std::uint64_t lots_most) {
            return watch_bound_of(instrument, group, lots_most, level);
        };
        watch_.find(instrument, bound_of, &found);
    }
    return found;
}

void Accounts::watch_noted(std::uint32_t instrument) {
    const std::vector<Index> noted = watch_.take_noted(instrument);
    if (noted.empty()) return;
    std::vector<Keyed> all;
    all.reserve(noted.size());
    for (const Index party : noted) all.push_back(keyed(party));
    watch_.set(instrument, all);
}

// REQUIRES: the instrument has a mark.
std::int64_t Accounts::watch_bound_of(std::uint32_t instrument, std::uint32_t group,
                                      std::uint64_t lots_most, std::int64_t level) const {
    const Wide side = LiquidationWatch::side_of_group(group);
    const Contract& contract = contracts_[instrument];
    const Funded& funded = funded_[instrument];
    const bool is_by_index =
        contract.funding.accrual == FundingAccrual::INDEX && !planted(Bug::WATCH_FORGETS_FUNDING);
    const Wide index = is_by_index ? funded.index : 0;
    const std::int64_t funding = next_funding(contract, side, funded.rate);
    const std::int64_t mark = marks_[instrument].price;
    if (level == LOST) return watch_bound(contract, side, mark, index, lots_most, funding);
    return warn_bound(contract, side, mark, index, lots_most, funding, level);
}

// The key of a position as it has last paid, or none.
Keyed Accounts::keyed(Index party) const {
    const Position& position = positions_[party];
    if (position.lots == 0 || position.is_isolated == 0) return {.party = party};
    const Contract& contract = contracts_[position.instrument];
    const bool is_by_index = contract.funding.accrual == FundingAccrual::INDEX;
    const Watched its{.lots = position.lots,
                      .entry_value = position.entry_value,
                      .assigned = assigned(position) - fixed_maintenance(position),
                      .index = is_by_index ? paid(position).index : 0,
                      .rest = is_by_index ? paid(position).rest : 0};
    return {.party = party,
            .group = LiquidationWatch::group_of(contract, position.lots),
            .lots = LiquidationWatch::size_of_lots(position.lots),
            .key = watch_key(contract, its)};
}

// That a position which was not noted is watched as it would be anew, and is asked when it is lost.
// One whose key was beyond all numbers may have none that is, since it paid.
void Accounts::check_watched(Index party) const {
    if (watch_.is_noted(party)) return;
    const Keyed right = keyed(party);
    ENGINE_ASSERT(watch_.is_watched(party) == (right.lots != 0));
    if (right.lots == 0) return;
    const std::uint32_t instrument = positions_[party].instrument;
    const Keyed its = watch_.keyed(party, instrument);
    ENGINE_ASSERT(its.group == right.group && its.lots >= right.lots);
    ENGINE_ASSERT(its.key == right.key || its.key == KEY_LOWEST || right.key == KEY_LOWEST);
    if (!is_lost(party)) return;
    ENGINE_ASSERT(its.key <= watch_bound_of(instrument, its.group, its.lots, LOST));
}

std::vector<Index> Accounts::positions_of(AccountIndex account) const {
    std::vector<Index> found;
    for (Index at = accounts_[account].first_position; at != NIL; at = positions_[at].next) {
        if (positions_[at].lots != 0) found.push_back(at);
    }
    std::sort(found.begin(), found.end(), [this](Index one, Index other) {
        const Position& a = positions_[one];
        const Position& b = positions_[other];
        return a.instrument != b.instrument ? a.instrument < b.instrument
                                            : apart(b).is_short && !apart(a).is_short;
    });
    return found;
}

std::vector<Index> Accounts::parties_in(std::uint32_t instrument) const {
    std::vector<Index> found;
    for (Index party = 1; party < position_count_; party++) {
        if (positions_[party].instrument == instrument) found.push_back(party);
    }
    std::sort(found.begin(), found.end(), [this](Index one, Index other) {
        const Position& a = positions_[one];
        const Position& b = positions_[other];
        return a.number != b.number ? a.number < b.number : apart(b).is_short && !apart(a).is_short;
    });
    return found;
}

void Accounts::move_at_mark(Index party, std::int64_t lots, std::uint64_t time) {
    Position& position = positions_[party];
    const Contract& contract = contracts_[position.instrument];
    Wallet& its = wallet(position.account, contract.settle);
    come_to_rest(its);
    settle(position, its);
    const TradeSide side{position.instrument, lots > 0, lots < 0 ? -lots : lots,
                         marks_[position.instrument].price};
    const Wide value = value_of(contract, side.lots, side.price, contract.value_rounding);
    const Exposure was = exposure(position);
    const Wide paid = move_position(position, side, value);
    its.balance.amount += paid;
    refresh(position, its, was);
    its.tally.add(paid, time);
}

bool Accounts::was_parted(Index party, std::uint64_t time) const {
    const Position& its = positions_[party];
    const auto found = parted_.find({its.number, its.instrument});
    const auto cooldown =
        static_cast<std::uint64_t>(contracts_[its.instrument].liquidation.cooldown);
    return found != parted_.end() && time - found->second < cooldown;
}

void Accounts::note_part(Index party, std::uint64_t time) {
    const Position& its = positions_[party];
    if (contracts_[its.instrument].liquidation.cooldown == 0) return;
    parted_[{its.number, its.instrument}] = time;
}

void Accounts::bear(Index party, AccountIndex other, Wide part) {
    Position& position = positions_[party];
    const std::uint32_t currency = contracts_[position.instrument].settle;
    settle(position, wallet(position.account, currency));
    transfer(position.account, other, currency, part);
    if (position.is_isolated != 0) change_added(position, -part);
}

}  // namespace engine
