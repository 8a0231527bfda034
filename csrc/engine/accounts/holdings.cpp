#include "engine/accounts/holdings.hpp"

#include <utility>

#include "engine/accounts/admission.hpp"
#include "engine/base/assert.hpp"
#include "engine/types/planted.hpp"

namespace engine {

namespace {

// The currencies of a holding: that of settlement, and of SPOT that which is bought.
constexpr std::size_t SETTLED = 0;
constexpr std::size_t BOUGHT = 1;

// What a position has made.
Wide made(const Part& part) {
    return part.position.realized - part.position.fees - part.paid.funding;
}

}  // namespace

void Means::add(const Means& other, Wide sign) {
    amount += sign * other.amount;
    held += sign * other.held;
    margin += sign * other.margin;
    isolated += sign * other.isolated;
    gain += sign * other.gain;
    needed += sign * other.needed;
}

Wide Holdings::deposits(std::size_t place) const {
    Wide sum = place == SETTLED ? entry + funding : 0;
    for (const Holding& its : all) sum += its.means[place].amount;
    return sum;
}

// -- how much money

bool Allotment::add(Holdings& going, const Accounts& from) {
    ENGINE_ASSERT(lack_.where == Lack::Where::NOWHERE);
    lack_.instrument = going.instrument;
    for (Holding& holding : going.all) {
        for (std::size_t place = 0; place < going.currency_count; place++) {
            const std::uint32_t currency = going.currencies[place];
            if (!add(holding, holding.means[place], from, currency)) return false;
        }
    }
    for (std::size_t place = 0; place < going.currency_count; place++) {
        const std::uint32_t currency = going.currencies[place];
        const Wide more = going.deposits(place);
        const Wide left = deposits(from, currency) -= more;
        const Wide reached = deposits(to_, currency) += more;
        if (fits(left) && fits(reached)) continue;
        lack_.where = Lack::Where::DEPOSITS;
        lack_.currency = currency;
        return false;
    }
    return true;
}

bool Allotment::add(const Holding& holding, Means& part, const Accounts& from,
                    std::uint32_t currency) {
    Means& left = means(from, holding.number, currency);
    Means& reached = means(to_, holding.number, currency);
    left.add(part, -1);
    const Wide loss = planted(Bug::LOSS_STAYS_BEHIND) ? 0 : -std::min(Wide{0}, part.gain);
    const Wide least = part.held + part.isolated + part.needed + loss;
    const Wide most = std::max(least, part.held + part.margin + loss);
    part.amount = most;
    // The margin of isolated positions is their own, and of nothing nothing is asked for.
    if (!holding.is_isolated && (most != 0 || part.gain != 0)) {
        const Wide spare = left.spare();
        part.amount = std::min(most, spare);
        if (part.amount < least) {
            lack_ = {Lack::Where::LEFT, holding.number, lack_.instrument, currency, least, spare};
            return false;
        }
    }
    left.amount -= part.amount;
    reached.add(part, 1);
    if (part.needed != 0 && reached.excess() < 0) {
        const Wide there = reached.excess() + reached.needed;
        lack_ = {Lack::Where::REACHED, holding.number, lack_.instrument, currency,
                 reached.needed,       there};
        return false;
    }
    return true;
}

Means& Allotment::means(const Accounts& its, std::uint32_t number, std::uint32_t currency) {
    const auto [found, is_new] = means_.try_emplace({&its, number, currency});
    if (is_new) found->second = its.means(its.find(number), currency);
    return found->second;
}

Wide& Allotment::deposits(const Accounts& its, std::uint32_t currency) {
    return deposits_.try_emplace({&its, currency}, its.deposits(currency)).first->second;
}

// -- what there is

Means Accounts::means(AccountIndex account, std::uint32_t currency) const {
    see_marks(account, currency);
    const Balance& its = wallet(account, currency).balance;
    Means found{its.amount, its.held, its.margin, isolated_margin(account, currency),
                its.unrealized};
    for (Index at = accounts_[account].first_position; at != NIL; at = positions_[at].next) {
        if (is_shared(at, currency)) found.needed += needed(positions_[at]);
    }
    return found;
}

// The least equity with which a position is not lost.
Wide Accounts::needed(const Position& position) const {
    if (position.lots == 0) return 0;
    return maintenance(position) + contracts_[position.instrument].liquidation.at_margin;
}

Holdings Accounts::holdings(std::uint32_t instrument, const std::vector<OpenOrder>& orders) const {
    const Contract& contract = contracts_[instrument];
    const bool is_spot = contract.kind == ContractKind::SPOT;
    std::map<std::uint32_t, Holding> found;
    const auto of_account = [&](AccountIndex account) -> Holding& {
        const auto [at, is_new] = found.try_emplace(accounts_[account].number);
        if (is_new) at->second = new_holding(account, instrument);
        return at->second;
    };
    for (const OpenOrder& order : orders) {
        Holding& its = of_account(order.account);
        its.orders += 1;
        if (!is_spot) continue;
        const Wide value = order_value(instrument, order.held.lots, order.held.price);
        its.means[order.is_buyer ? SETTLED : BOUGHT].held +=
            spot_need(contract, order.is_buyer, order.held.lots, value);
    }
    for (const Index party : parties_in(instrument)) {
        const bool is_second = apart(positions_[party]).is_short;
        if (is_second && positions_[party].is_hedged == 0) continue;
        see_marks(positions_[party].account, contract.settle);
        if (!is_blank(party)) read_part(&of_account(positions_[party].account), party);
    }
    Holdings its;
    its.instrument = instrument;
    its.currencies = {contract.settle, contract.base};
    its.currency_count = is_spot ? 2 : 1;
    its.mark = marks_[instrument];
    its.index = indexes_[instrument];
    its.funded = funded_[instrument];
    its.open_interest = open_interest_[instrument];
    for (const auto& [place, time] : parted_) {
        if (place.second == instrument) its.parted.emplace(place, time);
    }
    for (const auto& [number, holding] : found) {
        for (const Part& part : holding.parts) {
            const bool is_gain = gains(contract, part.position.lots > 0);
            its.entry += is_gain ? -part.position.entry_value : part.position.entry_value;
            its.funding += part.paid.funding;
        }
        its.all.push_back(holding);
    }
    return its;
}

std::vector<bool> Accounts::in_use() const {
    std::vector<bool> found(contracts_.size());
    for (Index party = 1; party < position_count_; party++) {
        const bool is_other = apart(positions_[party]).is_short && positions_[party].is_hedged == 0;
        if (!is_other && !is_blank(party)) found[positions_[party].instrument] = true;
    }
    return found;
}

Holding Accounts::new_holding(AccountIndex account, std::uint32_t instrument) const {
    const Account& owner = accounts_[account];
    Holding its{};
    its.account = account;
    its.number = owner.number;
    its.has_last = owner.has_last && owner.last.instrument == instrument;
    its.last = owner.last;
    its.last_time = owner.last_time;
    return its;
}

void Accounts::read_part(Holding* holding, Index party) const {
    const Position& position = positions_[party];
    ENGINE_ASSERT(!moves(position));
    const Wide more = added(position);
    holding->parts[apart(position).is_short ? 1 : 0] = {position, paid(position), more};
    holding->is_hedged = position.is_hedged != 0;
    holding->is_isolated = position.is_isolated != 0;
    Means& its = holding->means[SETTLED];
    its.margin += position.margin + more;
    if (holding->is_isolated) {
        its.isolated += position.margin + more;
    } else {
        its.gain += position.unrealized;
        its.needed += needed(position);
    }
}

// -- what comes

void Accounts::make_room(const Holdings& coming) {
    const std::size_t most = 2 * coming.all.size();
    positions_.reserve(position_count_, most);
    if (has_funding_) paid_.reserve(position_count_, most);
    shared_.reserve((position_count_ + most) / WORD_BITS + 1);
    for (const Holding& holding : coming.all) {
        if (holding.is_hedged || holding.is_isolated) keep_apart();
    }
    if (keeps_apart_) apart_.reserve(position_count_, most);
    for (const Holding& holding : coming.all) {
        const Index party = party_of(holding.number, coming.instrument);
        ENGINE_ASSERT(party != NIL);
        if (holding.is_hedged && apart_[party].other == NIL) make_other(party);
        if (!holding.is_isolated) continue;
        watch_.note(party, coming.instrument);
        if (holding.is_hedged) watch_.note(apart_[party].other, coming.instrument);
    }
}

void Accounts::receive(const Holdings& coming, Parted parted) {
    const std::uint32_t instrument = coming.instrument;
    ENGINE_ASSERT(!marks_[instrument].was_told);
    ENGINE_ASSERT(open_interest_[instrument] == 0);
    if (coming.mark.was_told) set_mark(instrument, coming.mark.price);
    indexes_[instrument] = coming.index;
    funded_[instrument] = coming.funded;
    open_interest_[instrument] = coming.open_interest;
    pay_from(instrument, coming.funded.index);
    shift_money(coming, 1);
    for (const Holding& holding : coming.all) receive(holding, instrument);
    parted_.merge(parted);
    ENGINE_ASSERT(parted.empty());
    marks_told_[contracts_[instrument].settle] += 1;
    note_news();
}

void Accounts::receive(const Holding& holding, std::uint32_t instrument) {
    Account& owner = accounts_[find(holding.number)];
    owner.live_orders += holding.orders;
    if (holding.has_last && (!owner.has_last || owner.last_time <= holding.last_time)) {
        owner.has_last = true;
        owner.last = holding.last;
        owner.last_time = holding.last_time;
    }
    const Index party = find_party(holding.number, instrument);
    ENGINE_ASSERT(party != NIL);
    put_part(holding.parts[0], party);
    if (holding.is_hedged) put_part(holding.parts[1], apart_[party].other);
}

void Accounts::put_part(const Part& part, Index party) {
    Position& position = positions_[party];
    ENGINE_ASSERT(!moves(position));
    ENGINE_ASSERT(position.lots == 0 && position.realized == 0 && position.fees == 0);
    ENGINE_ASSERT(position.buys == 0 && position.sells == 0);
    const Position& its = part.position;
    position.chosen_rate = its.chosen_rate;
    position.is_hedged = its.is_hedged;
    position.lots = its.lots;
    position.open_lots[TO_BUY] = its.open_lots[TO_BUY];
    position.open_lots[TO_SELL] = its.open_lots[TO_SELL];
    position.entry_value = its.entry_value;
    position.realized = its.realized;
    position.fees = its.fees;
    position.buys = its.buys;
    position.sells = its.sells;
    set_isolated(party, its.is_isolated != 0);
    if (has_funding(contracts_[position.instrument])) paid_[party] = part.paid;
    if (planted(Bug::FUNDING_PAID_AGAIN) && has_funding_) paid_[party].index = 0;
    shift_added(position, part.added);
    Wallet& wallet_there = wallet(position.account, contracts_[position.instrument].settle);
    refresh(position, wallet_there, {});
    wallet_there.tally.begin_day(day_funded(position));
    wallet_there.tally.shift(made(part));
}

// -- what goes

void Accounts::release(const Holdings& going) {
    const std::uint32_t instrument = going.instrument;
    shift_money(going, -1);
    for (const Holding& holding : going.all) {
        accounts_[holding.account].live_orders -= holding.orders;
        const Index party = find_party(holding.number, instrument);
        if (party == NIL) continue;  // its orders wait, and hold nothing
        const Index other = apart(positions_[party]).other;
        take_part(party);
        if (other != NIL) take_part(other);
    }
    std::erase_if(parted_, [&](const auto& entry) { return entry.first.second == instrument; });
    marks_[instrument] = {};
    indexes_[instrument] = {};
    funded_[instrument] = {};
    open_interest_[instrument] = 0;
    pay_from(instrument, 0);
    find_bounds(instrument);
    marks_told_[contracts_[instrument].settle] += 1;
    note_news();
}

void Accounts::take_part(Index party) {
    ENGINE_ASSERT(party != NIL);
    Position& position = positions_[party];
    Wallet& its = wallet(position.account, contracts_[position.instrument].settle);
    its.tally.shift(-made({position, paid(position)}));
    watch_.forget(party, position.instrument);
    shift_added(position, -added(position));
    const Exposure was = exposure(position);
    position.chosen_rate = 0;
    position.lots = position.open_lots[TO_BUY] = position.open_lots[TO_SELL] = 0;
    position.entry_value = position.realized = position.fees = 0;
    position.buys = position.sells = 0;
    if (has_funding_) paid_[party] = {};
    refresh(position, its, was);
    position.is_hedged = 0;
    set_isolated(party, false);
    ENGINE_ASSERT(is_blank(party));
}

// -- on both sides

// Money comes, or below 0 goes, and all of these accounts have nothing that moves then.
void Accounts::shift_money(const Holdings& moved, Wide sign) {
    for (std::size_t place = 0; place < moved.currency_count; place++) {
        const std::uint32_t currency = moved.currencies[place];
        for (const Holding& holding : moved.all) {
            const AccountIndex account = find(holding.number);
            see_marks(account, currency);
            Wallet& its = wallet(account, currency);
            its.room.value = 0;
            its.balance.amount += sign * holding.means[place].amount;
            its.balance.held += sign * holding.means[place].held;
        }
        deposits_[currency] += static_cast<std::int64_t>(sign * moved.deposits(place));
    }
    rounding_[moved.currencies[SETTLED]] += sign * moved.funding;
}

// Positions of an instrument that have no lots have paid up to here.
void Accounts::pay_from(std::uint32_t instrument, Wide index) {
    if (!has_funding(contracts_[instrument])) return;
    for (Index party = 1; party < position_count_; party++) {
        const Position& position = positions_[party];
        if (position.instrument == instrument && position.lots == 0) paid_[party].index = index;
    }
}

void Accounts::follow(const Accounts& others) {
    ENGINE_ASSERT(count_ == 0);
    for (AccountIndex i = 0; i < others.count_; i++) {
        const Account& its = others.accounts_[i];
        set(its.number, its.group, its.tier, its.flags);
    }
    limits_ = others.limits_;
    common_orders_limits_ = limits_.of_orders(NO_ACCOUNT);
    for (std::uint32_t i = 0; i < contracts_.size(); i++) see_common_limits(i);
    note_news();
}

}  // namespace engine
