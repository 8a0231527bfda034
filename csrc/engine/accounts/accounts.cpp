#include "engine/accounts/accounts.hpp"

#include <algorithm>
#include <utility>

#include "engine/accounts/admission.hpp"
#include "engine/base/assert.hpp"
#include "engine/formulas/margin.hpp"
#include "engine/types/limits.hpp"

namespace engine {

namespace {

// Memory of new positions is fresh from the system and in no cache: asked for so many before.
constexpr Index FRESH_AHEAD = 8;

constexpr Wide side_of(const Position& position) {
    return position.lots > 0 ? 1 : -1;
}

// The fee to close that an initial margin holds, which is that of the worst side; of two that are
// equally large the higher one. At no price but those of entry and of orders is a value known here.
Wide initial_close_fee(const Contract& contract, const Exposure& exposure, Wide initial) {
    if (contract.initial_close_fee == CloseFee::NONE) return 0;
    const Wide worst = exposure.worst();
    Wide fee = 0;
    for (const Wide value : {exposure.longs, exposure.shorts}) {
        if (size_of(value) != worst) continue;
        fee = std::max(fee, held_close_fee(contract, contract.initial_close_fee, value < 0 ? -1 : 1,
                                           worst, worst, initial));
    }
    return fee;
}

// The part of a value that so many of its lots have. Other than closed_value(), of a value that may
// be a sum of many. REQUIRES: 0 < lots <= all.
Wide share_of(Wide value, std::int64_t lots, std::int64_t all, Rounding rounding) {
    if (lots == all) return value;
    if (fits(value)) return divide(value * lots, all, rounding);
    return value / all * lots + divide(value % all * lots, all, rounding);
}

}  // namespace

Accounts::Accounts() {
    positions_.reserve(0, position_count_);
    bounds_.reserve(0, 1);
}

// -- what there is

std::uint32_t Accounts::add_currency() {
    const std::size_t before = currency_count_;
    const std::size_t count = count_;
    wallets_.reserve(count * before, count);
    for (std::size_t account = count; account-- > 0;) {
        for (std::size_t currency = before; currency-- > 0;) {
            wallets_[account * (before + 1) + currency] = wallets_[account * before + currency];
        }
        wallets_[account * (before + 1) + before] = {};
    }
    currency_count_ += 1;
    marks_told_.push_back(0);
    fundings_.push_back(0);
    house_.push_back(0);
    rounding_.push_back(0);
    deposits_.push_back(0);
    return currency_count_ - 1;
}

void Accounts::add_contract(const Contract& contract) {
    contracts_.push_back(contract);
    Contract& its = contracts_.back();
    its.held = highest_rates(contract);
    its.close_rate = contract.close_fee == CloseFee::MARK ? its.held.taker : 0;
    its.is_flat = contract.margin_tiers.empty() && contract.initial_slope == 0;
    its.is_kept_by_rate =
        its.is_flat && contract.close_fee == CloseFee::NONE && !contract.funding_in_maintenance;
    its.is_moved = contract.initial_at_mark || contract.open_interest_upper != 0;
    its.is_simple = contract.kind == ContractKind::LINEAR && its.is_flat && !contract.open_loss &&
                    contract.order_price == OrderPrice::ORDER &&
                    contract.initial_close_fee == CloseFee::NONE && !its.is_moved;
    const std::size_t instrument = marks_.size();
    marks_.push_back({});
    open_interest_.push_back(0);
    indexes_.push_back({});
    funded_.push_back({});
    common_limits_.push_back({});
    bounds_.reserve(instrument, 1);
    trade_terms_.reserve(instrument, 1);
    see_common_limits(static_cast<std::uint32_t>(instrument));
    const auto is_beside = [&](const Contract& other) {
        return other.settle == contract.settle && has_funding(other);
    };
    its.is_beside_funding = std::any_of(contracts_.begin(), contracts_.end(), is_beside);
    find_trade_terms(static_cast<std::uint32_t>(instrument));
    if (!has_funding(contract)) return;
    for (std::uint32_t i = 0; i < contracts_.size(); i++) {
        contracts_[i].is_beside_funding |= contracts_[i].settle == contract.settle;
        find_trade_terms(i);
    }
    if (has_funding_) return;
    has_funding_ = true;
    paid_.reserve(0, position_count_);
}

void Accounts::set(std::uint32_t number, std::uint32_t group, std::uint32_t tier,
                   AccountFlags flags) {
    AccountIndex index = find(number);
    if (index == NO_ACCOUNT) {
        index = count_;
        accounts_.reserve(count_, 1);
        wallets_.reserve(std::size_t{count_} * currency_count_, currency_count_);
        by_number_.insert(number, index + 1, [this](Index at) { return accounts_[at - 1].number; });
        accounts_[index].number = number;
        count_ += 1;
    }
    Account& account = accounts_[index];
    account.group = group;
    account.tier = static_cast<std::uint8_t>(tier);
    note_news();
    account.flags = flags;
}

AccountIndex Accounts::find(std::uint64_t number) const {
    // Accounts that are numbered from 0 have their numbers for places.
    const bool is_place = number < count_ && accounts_[number].number == number;
    if (is_place) return static_cast<AccountIndex>(number);
    const Index found =
        by_number_.find(number, [&](Index at) { return accounts_[at - 1].number == number; });
    return found == NIL ? NO_ACCOUNT : found - 1;
}

const Position* Accounts::position(AccountIndex account, std::uint32_t instrument) const {
    const Index party = both(account, instrument)[0];
    return party == NIL ? nullptr : &positions_[party];
}

const Position* Accounts::short_position(AccountIndex account, std::uint32_t instrument) const {
    const Index party = both(account, instrument)[1];
    return party == NIL ? nullptr : &positions_[party];
}

bool Accounts::is_hedged(std::uint32_t number, std::uint32_t instrument) const {
    return positions_[find_party(number, instrument)].is_hedged != 0;
}

std::int64_t Accounts::lots_of(const Which& which, std::uint32_t instrument) const {
    return positions_[find_party(which.account, instrument, !which.is_short)].lots;
}

std::array<Index, 2> Accounts::both(AccountIndex account, std::uint32_t instrument) const {
    const Index party = find_party(accounts_[account].number, instrument);
    if (party == NIL) return {NIL, NIL};
    see_marks(account, contracts_[instrument].settle);
    const Position& position = positions_[party];
    return {party, position.is_hedged != 0 ? apart(position).other : NIL};
}

Index Accounts::one_of_two(Index party, bool is_short) const {
    const Apart& its = apart(positions_[party]);
    return its.is_short == is_short ? party : its.other;
}

// Positions may be hedged or isolated from now on.
void Accounts::keep_apart() {
    if (keeps_apart_) return;
    apart_.reserve(0, position_count_);
    keeps_apart_ = true;
}

Index Accounts::directed(AccountIndex account, std::uint32_t instrument, bool is_long) const {
    for (const Index party : both(account, instrument)) {
        const std::int64_t lots = positions_[party].lots;
        if (lots != 0 && (lots > 0) == is_long) return party;
    }
    return NIL;
}

Index Accounts::new_party(std::uint32_t number, std::uint32_t instrument) {
    const AccountIndex account = find(number);
    if (account == NO_ACCOUNT) return NIL;
    make_ready(account, instrument);
    positions_.reserve(position_count_, 1 + FRESH_AHEAD);
    by_key_.insert(key(number, instrument), position_count_,
                   [this](Index at) { return key_of(positions_[at]); });
    const Index party = new_position(account, instrument);
    begin_at_once(party);
    return party;
}

Index Accounts::new_position(AccountIndex account, std::uint32_t instrument) {
    const Index party = position_count_;
    Account& owner = accounts_[account];
    positions_.reserve(party, 1 + FRESH_AHEAD);
    prefetch_position(party + FRESH_AHEAD);
    if (has_funding_) {
        paid_.reserve(party, 1);
        const bool is_by_index = contracts_[instrument].funding.accrual == FundingAccrual::INDEX;
        // Its account may have paid all else by now.
        if (is_by_index) paid_[party].index = funded_[instrument].index;
    }
    if (keeps_apart_) apart_.reserve(party, 1);
    Position& position = positions_[party];
    position.account = account;
    position.number = owner.number;
    position.instrument = instrument;
    position.next = owner.first_position;
    owner.first_position = party;
    position_count_ += 1;
    shared_.resize(party / WORD_BITS + 1);
    note_shared(party, false);
    return party;
}

std::size_t Accounts::memory_bytes() const {
    const std::size_t of_position =
        sizeof(Position) + (has_funding_ ? sizeof(Paid) : 0) + (keeps_apart_ ? sizeof(Apart) : 0);
    return count_ * (sizeof(Account) + currency_count_ * sizeof(Wallet)) +
           position_count_ * of_position + by_number_.memory_bytes() + by_key_.memory_bytes() +
           shared_.capacity() * sizeof(std::uint64_t) + watch_.memory_bytes();
}

// -- what it is worth

void Accounts::set_mark(std::uint32_t instrument, std::int64_t price) {
    // By a mark below 1 nothing can be divided: it is as good as none.
    const bool is_known = contracts_[instrument].kind != ContractKind::INVERSE || price >= 1;
    marks_[instrument] = {true, is_known, price};
    marks_told_[contracts_[instrument].settle] += 1;
    find_bounds(instrument);
    find_trade_terms(instrument);
    note_news();
}

Wide Accounts::unrealized(const Position& position) const {
    const Told& mark = marks_[position.instrument];
    return mark.is_known ? gain_at(position, mark.price) : 0;
}

// The lower of two amounts: a value that is to gain is rounded down, one that is to lose up.
Wide Accounts::gain_at(const Position& position, std::int64_t price) const {
    if (position.lots == 0) return 0;
    const Contract& contract = contracts_[position.instrument];
    const bool is_gain = gains(contract, position.lots > 0);
    const std::int64_t lots = position.lots < 0 ? -position.lots : position.lots;
    const Rounding rounding = is_gain ? Rounding::FLOOR : Rounding::CEILING;
    const Wide value = value_of(contract, lots, price, rounding);
    return gain_of(contract.kind, side_of(position), position.entry_value, value);
}

// A mark was told since, or funding came: each position pays, and what it would gain is found anew.
// REQUIRES: all are at rest.
void Accounts::sum_gains(AccountIndex account, std::uint32_t currency) const {
    Wallet& its = wallet(account, currency);
    its.room.value = 0;
    its.balance.unrealized = 0;
    its.isolated = 0;
    if (has_funding_) pay_funding(account, currency);
    for (Index at = accounts_[account].first_position; at != NIL; at = positions_[at].next) {
        Position& position = positions_[at];
        if (contracts_[position.instrument].settle != currency) continue;
        see_mark_in_margin(position, its);
        if (position.lots == 0) continue;
        position.unrealized = unrealized(position);
        const bool is_apart = position.is_isolated && !planted(Bug::ISOLATED_GAINS_ARE_CROSS);
        (is_apart ? its.isolated : its.balance.unrealized) += position.unrealized;
    }
    its.marks_seen = marks_told_[currency];
}

Wide Accounts::available(AccountIndex account, std::uint32_t currency) const {
    see_marks(account, currency);
    const Balance& its = wallet(account, currency).balance;
    return its.amount - its.held - its.margin + std::min(Wide{0}, its.unrealized);
}

Wide Accounts::loss_from(Wide result, AccountIndex account, std::uint32_t currency) const {
    const Wide gain = unrealized(account, currency);
    return result - tally(account, currency).result - std::min(Wide{0}, gain);
}

Wide Accounts::day_loss(AccountIndex account, std::uint32_t currency, std::uint64_t time) const {
    return loss_from(tally(account, currency).begin_at(time), account, currency);
}

Wide Accounts::drawdown(AccountIndex account, std::uint32_t currency) const {
    return loss_from(tally(account, currency).best, account, currency);
}

// -- what orders hold

Wide Accounts::worth(std::uint32_t instrument, std::int64_t lots, std::int64_t price) const {
    if (lots == 0) return 0;
    return value_of(contracts_[instrument], lots, price, Rounding::UP);
}

Wide Accounts::open_loss(std::uint32_t instrument, bool is_buyer, std::int64_t lots,
                         Wide worth) const {
    if (!contracts_[instrument].open_loss) return 0;
    Position entered{};
    entered.instrument = instrument;
    entered.lots = is_buyer ? lots : -lots;
    entered.entry_value = worth;
    return -std::min(Wide{0}, unrealized(entered));
}

// What a spot order of such a value holds: a buyer what it could pay, a seller what it sells. Fees
// that may be rounded up in each of its trades may take a unit more for each lot. Those in what is
// received come of that.
Wide Accounts::spot_need(const Contract& contract, bool is_buyer, std::int64_t lots,
                         Wide value) const {
    if (!is_buyer) return wide(lots) * contract.lot_units;
    if (contract.fee_currency == FeeCurrency::RECEIVED) return value;
    const std::int64_t rate = std::max(contract.held.maker, contract.held.taker);
    const bool is_cut =
        contract.fee_rounding == Rounding::DOWN || contract.fee_rounding == Rounding::FLOOR;
    return value + part_of(value, rate, Rounding::UP) + (is_cut ? 0 : lots);
}

std::int64_t Accounts::initial_rate(const Position& position) const {
    const std::int64_t least = least_rate_of(position, open_of(position));
    return std::max(least, std::int64_t{position.chosen_rate});
}

std::int64_t Accounts::least_rate(AccountIndex account, std::uint32_t instrument) const {
    const std::array<Index, 2> parties = both(account, instrument);
    Position fresh{};
    fresh.instrument = instrument;
    if (parties[0] == NIL) return least_rate_of(fresh, {});
    std::int64_t least = 0;
    for (const Index party : parties) {
        if (party == NIL) continue;
        least = std::max(least, least_rate_of(positions_[party], open_of(positions_[party])));
    }
    return least;
}

std::int64_t Accounts::least_rate_of(const Position& position, const Open& open) const {
    const Contract& contract = contracts_[position.instrument];
    const bool grows = contract.open_interest_upper != 0 && position.is_isolated == 0;
    const Wide interest = ENGINE_UNLIKELY(grows) ? open_interest(position.instrument) : 0;
    if (contract.is_flat) return grown_rate(contract, contract.initial_rate, interest);
    const Wide lots =
        larger(absolute(position.lots + open.buying), absolute(position.lots - open.selling));
    const Wide worst = required(position, open.buys, open.sells).worst();
    return grown_rate(contract, initial_rate_at(contract, worst, lots), interest);
}

// What all positions of an instrument are worth at the mark, by those of one side; 0 without one.
Wide Accounts::open_interest(std::uint32_t instrument) const {
    const Told& mark = marks_[instrument];
    if (!mark.is_known) return 0;
    const Wide lots = std::min(open_interest_[instrument], wide(INT64_HIGHEST));
    return order_value(instrument, static_cast<std::int64_t>(lots), mark.price);
}

// At the mark where the contract has it so. What is assigned to an isolated one no mark moves.
Exposure Accounts::required(const Position& position, Wide buys, Wide sells) const {
    const Told& mark = marks_[position.instrument];
    const bool is_at_mark = contracts_[position.instrument].initial_at_mark && mark.is_known &&
                            position.is_isolated == 0;
    if (ENGINE_LIKELY(!is_at_mark)) return exposure(position, buys, sells);
    const std::int64_t lots = position.lots < 0 ? -position.lots : position.lots;
    const Wide value = worth(position.instrument, lots, mark.price);
    const Wide ahead = position.lots < 0 ? -value : value;
    return {ahead + buys, ahead - sells};
}

void Accounts::see_mark_in_margin(Position& position, Wallet& its) const {
    if (ENGINE_UNLIKELY(contracts_[position.instrument].is_moved)) renew_margin(position, its);
}

Wide Accounts::margin_of(const Position& position, const Open& open, std::int64_t chosen) const {
    const Contract& contract = contracts_[position.instrument];
    const Exposure its = required(position, open.buys, open.sells);
    const std::int64_t rate = std::max(least_rate_of(position, open), chosen);
    const Wide initial = part_of(its.worst(), rate, Rounding::CEILING);
    return initial + initial_close_fee(contract, its, initial) +
           part_of(open.buys + open.sells, contract.held.taker, Rounding::CEILING);
}

void Accounts::note_gain(Position& position, Wallet& wallet) const {
    const Wide gain = unrealized(position);
    (position.is_isolated ? wallet.isolated : wallet.balance.unrealized) +=
        gain - position.unrealized;
    position.unrealized = gain;
}

bool Accounts::affords(AccountIndex account, std::uint32_t instrument, bool is_buyer,
                       std::int64_t lots, Wide value, Wide loss, const Held& instead_of) const {
    const Contract& contract = contracts_[instrument];
    see_marks(account, contract.settle);
    const Wide given_up = order_value(instrument, instead_of.lots, instead_of.price);
    if (contract.kind == ContractKind::SPOT) {
        const Wide need = spot_need(contract, is_buyer, lots, value) -
                          spot_need(contract, is_buyer, instead_of.lots, given_up);
        return available(account, is_buyer ? contract.settle : contract.base) >= need;
    }
    Position fresh{};
    fresh.account = account;
    fresh.instrument = instrument;
    const Index party = find_party(accounts_[account].number, instrument, is_buyer);
    const Position& held = party == NIL ? fresh : positions_[party];
    Open open = open_of(held);
    open.add(is_buyer, -given_up, -wide(instead_of.lots));
    const Wide worst = required(held, open.buys, open.sells).worst();
    open.add(is_buyer, value, lots);
    if (required(held, open.buys, open.sells).worst() <= worst) return true;
    const Wide margin = margin_of(held, open, held.chosen_rate);
    return to_require(held, contract.settle) + held.margin >= margin + loss;
}

Prospect Accounts::prospect(AccountIndex account, std::uint32_t instrument, bool is_buyer,
                            std::int64_t lots, Wide value, const Held& instead_of) const {
    see_marks(account, contracts_[instrument].settle);
    const Index party = find_party(accounts_[account].number, instrument, is_buyer);
    const Wide given_up = order_value(instrument, instead_of.lots, instead_of.price);
    return prospect_of(positions_[party], is_buyer, lots, value, instead_of, given_up);
}

Prospect Accounts::prospect_of(const Position& held, bool is_buyer, std::int64_t lots, Wide value,
                               const Held& instead_of, Wide given_up) const {
    Prospect found;
    if (is_buyer) {
        const Wide others = held.buys - given_up;
        found.without = exposure(held, others, held.sells);
        found.with = exposure(held, others + value, held.sells);
        found.lots = wide(held.lots) + held.open_lots[TO_BUY];
    } else {
        const Wide others = held.sells - given_up;
        found.without = exposure(held, held.buys, others);
        found.with = exposure(held, held.buys, others + value);
        found.lots = wide(held.open_lots[TO_SELL]) - held.lots;
    }
    found.lots += wide(lots) - instead_of.lots;
    return found;
}

void Accounts::hold(Index party, bool is_buyer, const Held& before, const Held& after) {
    Position& position = positions_[party];
    const Contract& contract = contracts_[position.instrument];
    const Wide value_before = order_value(position.instrument, before.lots, before.price);
    const Wide value_after = order_value(position.instrument, after.lots, after.price);
    if (contract.kind == ContractKind::SPOT) {
        Wallet& its = wallet(position.account, is_buyer ? contract.settle : contract.base);
        its.room.value = 0;
        its.balance.held += spot_need(contract, is_buyer, after.lots, value_after) -
                            spot_need(contract, is_buyer, before.lots, value_before);
        return;
    }
    Wallet& its = wallet(position.account, contract.settle);
    come_to_rest(its);
    const Exposure was = exposure(position);
    (is_buyer ? position.buys : position.sells) += value_after - value_before;
    position.open_lots[side_of_open(is_buyer)] += after.lots - before.lots;
    refresh(position, its, was);
}

// -- what is paid

Fees Accounts::pay(Index maker, Index taker, const TradeSide& side, bool is_auction,
                   std::uint64_t time, std::int64_t maker_held) {
    TradeSide maker_side = side;
    maker_side.is_buyer = !side.is_buyer;
    const Contract& contract = contracts_[side.instrument];
    // An auction may find a price below 0 among sellers without a limit: nothing is paid then.
    const bool is_spot = contract.kind == ContractKind::SPOT;
    const std::int64_t price = is_spot ? std::max(side.price, std::int64_t{0}) : side.price;
    const Wide value = value_of(contract, side.lots, price, contract.value_rounding);
    Fees fees;
    fees.maker = pay_one(maker, maker_side, value, true, time, maker_held);
    fees.taker = pay_one(taker, side, value, is_auction, time, 0);
    return fees;
}

std::int64_t Accounts::pay_one(Index party, const TradeSide& side, Wide value, bool is_maker,
                               std::uint64_t time, std::int64_t held) {
    Position& position = positions_[party];
    const Contract& contract = contracts_[side.instrument];
    const FeeRates rates = fee_rates(contract, accounts_[position.account].tier);
    const std::int64_t rate = is_maker ? rates.maker : rates.taker;
    const Wide base = wide(side.lots) * contract.lot_units;
    const bool is_in_base = side.is_buyer && contract.fee_currency == FeeCurrency::RECEIVED;
    const Wide fee = part_of(is_in_base ? base : size_of(value), rate, contract.fee_rounding);
    const std::uint32_t charged = is_in_base ? contract.base : contract.settle;
    Wallet& its = wallet(position.account, contract.settle);
    settle(position, its);
    wallet(position.account, charged).balance.amount -= fee;
    house_[charged] += fee;
    const Held before{held, side.price};
    const Held after{held == 0 ? 0 : held - side.lots, side.price};
    its.room.value = 0;
    if (contract.kind == ContractKind::SPOT) {
        Wallet& of_base = wallet(position.account, contract.base);
        of_base.room.value = 0;
        of_base.balance.amount += side.is_buyer ? base : -base;
        its.balance.amount += side.is_buyer ? -value : value;
        if (held != 0) hold(party, side.is_buyer, before, after);
        return static_cast<std::int64_t>(fee);
    }
    come_to_rest(its);
    const Exposure was = exposure(position);
    position.fees += fee;
    const Wide paid = move_position(position, side, value);
    its.balance.amount += paid;
    if (held != 0) {
        const Wide freed = order_value(side.instrument, before.lots, before.price) -
                           order_value(side.instrument, after.lots, after.price);
        (side.is_buyer ? position.buys : position.sells) -= freed;
        position.open_lots[side_of_open(side.is_buyer)] -= side.lots;
    }
    refresh(position, its, was);
    its.tally.add(paid - fee, time);
    return static_cast<std::int64_t>(fee);
}

// A trade adds to a position, or closes it as far as it reaches and opens the rest the other way.
// What that has paid.
Wide Accounts::move_position(Position& position, const TradeSide& side, Wide value) {
    const Contract& contract = contracts_[side.instrument];
    const std::int64_t before = position.lots;
    std::int64_t opened = side.lots;
    Wide paid = 0;
    note_watched(position);
    if (position.lots != 0 && (position.lots > 0) != side.is_buyer) {
        const bool is_long = position.lots > 0;
        const std::int64_t size = is_long ? position.lots : -position.lots;
        const std::int64_t closed = std::min(size, side.lots);
        const Wide closing = closed == side.lots
                                 ? value
                                 : value_of(contract, closed, side.price, contract.value_rounding);
        // The account is paid the lower of two amounts.
        const bool is_gain = gains(contract, is_long);
        const Rounding rounding = is_gain ? Rounding::CEILING : Rounding::FLOOR;
        const Wide released = share_of(position.entry_value, closed, size, rounding);
        if (ENGINE_UNLIKELY(position.is_isolated)) {
            change_added(position, -share_of(added(position), closed, size, Rounding::FLOOR));
        }
        paid = gain_of(contract.kind, side_of(position), released, closing);
        position.realized += paid;
        position.entry_value -= released;
        position.lots += is_long ? -closed : closed;
        opened -= closed;
        value -= closing;
    }
    if (opened != 0) {
        position.entry_value += value;
        position.lots += side.is_buyer ? opened : -opened;
    }
    if (ENGINE_UNLIKELY(contract.open_interest_upper != 0)) note_open_interest(position, before);
    return paid;
}

// A position of so many lots has others now: everybody's margin may be another.
void Accounts::note_open_interest(const Position& position, std::int64_t before) {
    const std::int64_t least = 0;
    const Wide more = wide(std::max(position.lots, least)) - std::max(before, least);
    if (more == 0) return;
    open_interest_[position.instrument] += more;
    marks_told_[contracts_[position.instrument].settle] += 1;
    note_news();
}

void Accounts::deposit(AccountIndex account, std::uint32_t currency, std::int64_t amount) {
    Wallet& its = wallet(account, currency);
    its.room.value = 0;
    its.balance.amount += amount;
    deposits_[currency] += amount;
}

void Accounts::transfer(AccountIndex from, AccountIndex to, std::uint32_t currency, Wide amount) {
    Wallet& giver = wallet(from, currency);
    Wallet& taker = wallet(to, currency);
    giver.room.value = taker.room.value = 0;
    giver.balance.amount -= amount;
    taker.balance.amount += amount;
}

// -- modes and margin

void Accounts::set_position_mode(AccountIndex account, std::uint32_t instrument,
                                 PositionMode mode) {
    const bool is_hedged = mode == PositionMode::HEDGE;
    keep_apart();
    const Index party = any_party(account, instrument);
    if ((positions_[party].is_hedged != 0) == is_hedged) return;
    if (apart(positions_[party]).other == NIL) make_other(party);
    Position& only = positions_[party];
    Position& short_one = positions_[apart(only).other];
    only.is_hedged = short_one.is_hedged = is_hedged;
    set_isolated(apart(only).other, only.is_isolated != 0);
    short_one.chosen_rate = only.chosen_rate;
    if (is_hedged) return;
    // What the short one has made and paid counts with the only one.
    only.realized += std::exchange(short_one.realized, 0);
    only.fees += std::exchange(short_one.fees, 0);
    unite_funding(only, short_one);
}

// The short one of two. REQUIRES: there is none.
void Accounts::make_other(Index party) {
    const Position& only = positions_[party];
    const Index other = new_position(only.account, only.instrument);
    apart_[party].other = other;
    apart_[other] = {.other = party, .is_short = true};
}

void Accounts::set_margin_mode(AccountIndex account, std::uint32_t instrument, MarginMode mode) {
    keep_apart();
    any_party(account, instrument);
    for (const Index party : both(account, instrument)) {
        if (party != NIL) set_isolated(party, mode == MarginMode::ISOLATED);
    }
}

void Accounts::note_shared(Index party, bool is_isolated) {
    const bool is_shared = !is_isolated && !trade_terms_[positions_[party].instrument].is_spot;
    const std::uint64_t bit = std::uint64_t{1} << party % WORD_BITS;
    std::uint64_t& word = shared_[party / WORD_BITS];
    word = is_shared ? word | bit : word & ~bit;
}

void Accounts::set_isolated(Index party, bool is_isolated) {
    Position& position = positions_[party];
    note_shared(party, is_isolated);
    position.is_isolated = is_isolated;
    accounts_[position.account].has_isolated |= is_isolated;
}

bool Accounts::affords_margin(Index party, Wide amount) const {
    const Shortfall found = shortfall_of_margin(party, amount);
    return found.needed <= found.there;
}

void Accounts::add_margin(Index party, Wide amount) {
    change_added(positions_[party], amount);
}

void Accounts::change_added(const Position& position, Wide more) {
    shift_added(position, more);
    note_watched(position);
}

void Accounts::shift_added(const Position& position, Wide more) const {
    if (more == 0) return;
    apart_[index_of(position)].added += more;
    Wallet& its = wallet(position.account, contracts_[position.instrument].settle);
    its.room.value = 0;
    its.balance.margin += more;
}

Wide Accounts::added_by(const Position& position, std::int64_t rate) const {
    if (!position.is_isolated) return 0;
    const Wide assigned = margin_of(position, {}, position.chosen_rate) + added(position);
    const Wide least = std::min(Wide{0}, added(position));
    return std::max(least, assigned - margin_of(position, {}, rate));
}

bool Accounts::affords_rate(AccountIndex account, std::uint32_t instrument,
                            std::int64_t rate) const {
    const Shortfall found = shortfall_of_rate(account, instrument, rate);
    return found.needed <= std::max(Wide{0}, found.there);
}

void Accounts::set_rate(AccountIndex account, std::uint32_t instrument, std::int64_t rate) {
    any_party(account, instrument);
    for (const Index party : both(account, instrument)) {
        if (party == NIL) continue;
        Position& position = positions_[party];
        change_added(position, added_by(position, rate) - added(position));
        position.chosen_rate = static_cast<std::uint32_t>(rate) & RATE_MOST;
        note_rate(position, wallet(account, contracts_[instrument].settle));
        note_watched(position);
        refresh(position, wallet(account, contracts_[instrument].settle), exposure(position));
    }
}

// -- what always holds

void Accounts::check(const std::vector<OpenOrder>& orders) const {
    for (AccountIndex account = 0; account < count_; account++) {
        for (std::uint32_t currency = 0; currency < currency_count_; currency++) {
            see_marks(account, currency);
        }
    }
    std::vector<Position> open(position_count_);
    std::vector<Wide> held(std::size_t{count_} * currency_count_);
    for (const OpenOrder& order : orders) {
        const Contract& contract = contracts_[order.instrument];
        const Wide value = order_value(order.instrument, order.held.lots, order.held.price);
        if (contract.kind == ContractKind::SPOT) {
            const std::uint32_t currency = order.is_buyer ? contract.settle : contract.base;
            held[std::size_t{order.account} * currency_count_ + currency] +=
                spot_need(contract, order.is_buyer, order.held.lots, value);
            continue;
        }
        const std::uint32_t number = accounts_[order.account].number;
        const Index party = find_party(number, order.instrument, order.is_buyer);
        ENGINE_ASSERT(party != NIL || order.held.lots == 0);
        (order.is_buyer ? open[party].buys : open[party].sells) += value;
        open[party].open_lots[side_of_open(order.is_buyer)] += order.held.lots;
    }
    for (Index party = 1; party < position_count_; party++) {
        const Position& position = positions_[party];
        ENGINE_ASSERT(position.buys == open[party].buys && position.sells == open[party].sells);
        ENGINE_ASSERT(position.open_lots[TO_BUY] == open[party].open_lots[TO_BUY]);
        ENGINE_ASSERT(position.open_lots[TO_SELL] == open[party].open_lots[TO_SELL]);
        ENGINE_ASSERT(!moves(position) && position.more_open[TO_BUY] == 0);
        ENGINE_ASSERT(position.more_open[TO_SELL] == 0);
        const Index first = find_party(position.number, position.instrument);
        const bool is_first = !apart(position).is_short;
        ENGINE_ASSERT(is_first ? first == party : apart(positions_[first]).other == party);
        check_modes(positions_[first], position);
        check_watched(party);
    }
    watch_.check();
    for (std::size_t i = 0; i < held.size(); i++)
        ENGINE_ASSERT(wallets_[i].balance.held == held[i]);
    check_sums();
}

// That a position is as its modes, which are those of the first one, say.
void Accounts::check_modes(const Position& first, const Position& position) const {
    const Apart& its = apart(position);
    ENGINE_ASSERT(first.is_hedged == position.is_hedged);
    ENGINE_ASSERT(its.added == 0 || (position.is_isolated && position.lots != 0));
    if (first.is_hedged) {
        ENGINE_ASSERT(its.is_short ? position.lots <= 0 : position.lots >= 0);
        ENGINE_ASSERT(first.is_isolated == position.is_isolated);
        ENGINE_ASSERT(first.chosen_rate == position.chosen_rate);
    } else if (its.is_short) {
        ENGINE_ASSERT(position.lots == 0 && position.realized == 0 && position.fees == 0);
        ENGINE_ASSERT(paid(position).funding == 0 && paid(position).rest == 0);
    }
}

// That nothing was made or lost, and that sums are those of their parts.
void Accounts::check_sums() const {
    std::vector<Wide> sums(currency_count_);
    std::vector<Wide> rests(currency_count_);
    std::vector<Wide> lots(contracts_.size());
    std::vector<Wide> longs(contracts_.size());
    for (AccountIndex account = 0; account < count_; account++) {
        std::vector<Wide> margins(currency_count_);
        std::vector<Tally> expected(currency_count_);
        std::vector<Wide> gains_at_marks(currency_count_);
        std::vector<Wide> isolated_gains(currency_count_);
        for (Index at = accounts_[account].first_position; at != NIL; at = positions_[at].next) {
            const Position& position = positions_[at];
            const Contract& contract = contracts_[position.instrument];
            ENGINE_ASSERT(position.account == account);
            ENGINE_ASSERT(position.lots != 0 || position.entry_value == 0);
            ENGINE_ASSERT(position.margin ==
                          margin_of(position, open_of(position), position.chosen_rate));
            margins[contract.settle] += position.margin + added(position);
            const bool is_borne = contract.liquidation.deficit == Deficit::SOCIALIZE;
            ENGINE_ASSERT(added(position) >= 0 || has_funding(contract) || is_borne);
            ENGINE_ASSERT(paid(position).rest < BILLION);
            rests[contract.settle] += paid(position).rest;
            expected[contract.settle].change({}, exposure(position));
            expected[contract.settle].result +=
                position.realized - position.fees - paid(position).funding;
            const Wide gain = unrealized(position);
            gains_at_marks[contract.settle] += gain;
            if (position.is_isolated) isolated_gains[contract.settle] += gain;
            lots[position.instrument] += position.lots;
            longs[position.instrument] += std::max(position.lots, std::int64_t{0});
            const bool is_gain = gains(contract, position.lots > 0);
            sums[contract.settle] += is_gain ? -position.entry_value : position.entry_value;
        }
        for (std::uint32_t currency = 0; currency < currency_count_; currency++) {
            const Balance& its = balance(account, currency);
            const Tally& made = tally(account, currency);
            ENGINE_ASSERT(its.margin == margins[currency]);
            ENGINE_ASSERT(its.held >= 0);
            ENGINE_ASSERT(made.sum == expected[currency].sum);
            ENGINE_ASSERT(made.gross == expected[currency].gross);
            ENGINE_ASSERT(made.result == expected[currency].result);
            ENGINE_ASSERT(unrealized(account, currency) == gains_at_marks[currency]);
            ENGINE_ASSERT(isolated(account, currency) == isolated_gains[currency]);
            ENGINE_ASSERT(made.best >= 0);
            ENGINE_ASSERT(made.best >= made.result || has_funding_);
            sums[currency] += its.amount;
        }
    }
    for (const Wide sum : lots) ENGINE_ASSERT(sum == 0);
    for (std::size_t i = 0; i < longs.size(); i++) {
        ENGINE_ASSERT(contracts_[i].open_interest_upper == 0 || open_interest_[i] == longs[i]);
    }
    for (std::uint32_t currency = 0; currency < currency_count_; currency++) {
        const Wide all = sums[currency] + house_[currency] + rounding_[currency];
        ENGINE_ASSERT(all == deposits_[currency]);
        // Payments each rounded by itself leave more.
        ENGINE_ASSERT(rounding_[currency] * BILLION >= rests[currency]);
    }
}

}  // namespace engine
