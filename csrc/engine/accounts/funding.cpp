// How positions come to pay each other.
#include <algorithm>
#include <utility>

#include "engine/accounts/accounts.hpp"
#include "engine/types/planted.hpp"

namespace engine {

RejectReason Accounts::accrual(std::uint32_t instrument, const std::int64_t* told,
                               std::uint64_t time, Accrual* found) const {
    const Contract& contract = contracts_[instrument];
    const Told& mark = marks_[instrument];
    const Told& index = indexes_[instrument];
    const FundingTerms& terms = contract.funding;
    const bool can_compute = index.is_known && !terms.is_told;
    if (!mark.is_known || (told == nullptr && !can_compute)) return RejectReason::PRICE_UNKNOWN;
    if (told != nullptr && (*told < terms.floor || *told > terms.cap)) {
        return RejectReason::FUNDING_RATE_OUT_OF_RANGE;
    }
    const std::int64_t rate =
        told != nullptr ? *told : funding_rate(terms, mark.price, index.price);
    const Funded& before = funded_[instrument];
    const std::uint64_t elapsed = before.has_begun ? time - before.time : 0;
    if (!accrues(contract, rate, mark.price, elapsed, found)) return RejectReason::VALUE_OVERFLOW;
    const Wide after = before.index + found->increment;
    return after > INDEX_MOST || after < -INDEX_MOST ? RejectReason::VALUE_OVERFLOW
                                                     : RejectReason::NONE;
}

void Accounts::fund(const std::vector<Due>& dues, std::uint64_t time) {
    std::vector<Wide> at_once;  // by instrument, what a lot pays
    const std::vector<std::uint32_t> before = fundings_;
    for (const Due& due : dues) {
        const Contract& contract = contracts_[due.instrument];
        Funded& its = funded_[due.instrument];
        const bool is_first = day_of(time) > day_of(its.time);
        const Wide at_day = is_first ? its.index : its.index_at_day;
        days_funded_ += is_first ? 1 : 0;
        its = {its.index + due.accrual.increment, due.accrual.rate, time, true, at_day};
        fundings_[contract.settle] = before[contract.settle] + 1;
        if (contract.funding_in_maintenance) note_next_funding(due.instrument);
        marks_told_[contract.settle] += 1;
        note_news();
        if (contract.funding.accrual == FundingAccrual::INDEX) continue;
        at_once.resize(contracts_.size());
        at_once[due.instrument] = due.accrual.increment;
    }
    if (at_once.empty()) return;
    for (Index party = 1; party < position_count_; party++) {
        Position& position = positions_[party];
        const Wide of_lot = at_once[position.instrument];
        if (of_lot == 0 || position.lots == 0) continue;
        const Wide paid = -index_payment(position.lots, of_lot, BILLION, 0).amount;
        const std::uint32_t currency = contracts_[position.instrument].settle;
        pay_funding(position.account, currency);
        paid_[party].funding += paid;
        rounding_[currency] += paid;
        take_funding(position, wallet(position.account, currency), paid);
        note_watched(position);
    }
}

// The maintenance margin of its positions holds another next funding. Of the value at entry it is a
// part of their keys, else of the bounds that these are held against.
void Accounts::note_next_funding(std::uint32_t instrument) {
    if (!contracts_[instrument].value_at_entry) return;
    for (Index party = 1; party < position_count_; party++) {
        if (positions_[party].instrument == instrument) note_watched(positions_[party]);
    }
}

// All positions of an account in a currency pay, and the result with which a day began is noted.
void Accounts::pay_funding(AccountIndex account, std::uint32_t currency) const {
    Wallet& its = wallet(account, currency);
    if (its.tally.fundings_seen == fundings_[currency]) return;
    begin_day(account, currency);
    for (Index at = accounts_[account].first_position; at != NIL; at = positions_[at].next) {
        const Contract& contract = contracts_[positions_[at].instrument];
        const bool is_here = contract.settle == currency;
        if (!is_here || contract.funding.accrual != FundingAccrual::INDEX) continue;
        const Wide now = funded_[positions_[at].instrument].index;
        take_funding(positions_[at], its, collect_funding(positions_[at], now));
    }
    its.tally.fundings_seen = fundings_[currency];
}

// Where a FUND came on a later day than all that has changed the result before, positions pay what
// they owed as that day began: the result with which it did. Who has lots when a FUND came has them
// since, or has traded.
void Accounts::begin_day(AccountIndex account, std::uint32_t currency) const {
    Wallet& its = wallet(account, currency);
    std::uint32_t day = 0;
    for (Index at = accounts_[account].first_position; at != NIL; at = positions_[at].next) {
        if (contracts_[positions_[at].instrument].settle != currency) continue;
        day = std::max(day, day_funded(positions_[at]));
    }
    if (day <= its.tally.day) return;
    for (Index at = accounts_[account].first_position; at != NIL; at = positions_[at].next) {
        if (contracts_[positions_[at].instrument].settle != currency) continue;
        pay_before_day(positions_[at], its, day);
    }
    its.tally.begin_day(day);
}

// That of all accounts, in the order in which positions lie: those of an account lie anywhere.
void Accounts::begin_days() const {
    if (days_begun_ == days_funded_) return;
    const auto place = [this](const Position& position) {
        return std::size_t{position.account} * currency_count_ +
               contracts_[position.instrument].settle;
    };
    std::vector<std::uint32_t> days(std::size_t{count_} * currency_count_);
    for (Index party = 1; party < position_count_; party++) {
        const std::uint32_t found = day_funded(positions_[party]);
        if (found == 0) continue;
        std::uint32_t& day = days[place(positions_[party])];
        day = std::max(day, found);
    }
    for (std::size_t i = 0; i < days.size(); i++) {
        if (days[i] <= wallets_[i].tally.day) days[i] = 0;
    }
    for (Index party = 1; party < position_count_; party++) {
        if (positions_[party].lots == 0) continue;
        const std::size_t its = place(positions_[party]);
        if (days[its] != 0) pay_before_day(positions_[party], wallets_[its], days[its]);
    }
    for (std::size_t i = 0; i < days.size(); i++) wallets_[i].tally.begin_day(days[i]);
    days_begun_ = days_funded_;
}

// The day of the last FUND that a position has to do with, 0 without one.
std::uint32_t Accounts::day_funded(const Position& position) const {
    return position.lots != 0 ? day_of(funded_[position.instrument].time) : 0;
}

// A position pays what it owed when a day began.
void Accounts::pay_before_day(const Position& position, Wallet& its, std::uint32_t day) const {
    const FundingTerms& terms = contracts_[position.instrument].funding;
    if (position.lots == 0 || terms.accrual != FundingAccrual::INDEX) return;
    const Funded& funded = funded_[position.instrument];
    const Wide then = day_of(funded.time) == day ? funded.index_at_day : funded.index;
    take_funding(position, its, collect_funding(position, then));
}

// What a position has come to owe, by an index, which counts as paid from now on.
Wide Accounts::collect_funding(const Position& position, Wide now) const {
    Paid& paid = paid_[index_of(position)];
    const Wide of_lot = now - paid.index;
    if (of_lot == 0) return 0;
    paid.index = now;
    if (position.lots == 0) return 0;
    const IndexPayment payment = index_payment(position.lots, of_lot, BILLION, paid.rest);
    paid.rest = static_cast<std::uint32_t>(payment.remainder);
    const Wide owed =
        -payment.amount - (planted(Bug::FUNDING_ROUNDS_DOWN) && paid.rest != 0 ? 1 : 0);
    paid.funding += owed;
    rounding_[contracts_[position.instrument].settle] += owed;
    return owed;
}

// An isolated position pays out of its margin.
void Accounts::take_funding(const Position& position, Wallet& its, Wide paid) const {
    its.balance.amount -= paid;
    its.tally.result -= paid;
    if (position.is_isolated != 0) shift_added(position, -paid);
}

// Both together may have paid a unit too much.
void Accounts::unite_funding(Position& only, Position& short_one) {
    if (!has_funding_) return;
    const std::uint32_t currency = contracts_[only.instrument].settle;
    Paid& paid = paid_[index_of(only)];
    Paid& other = paid_[index_of(short_one)];
    paid.rest += std::exchange(other.rest, 0);
    paid.funding += std::exchange(other.funding, 0);
    if (paid.rest < BILLION) return;
    paid.rest -= BILLION;
    paid.funding -= 1;
    Wallet& its = wallet(only.account, currency);
    its.balance.amount += 1;
    its.tally.result += 1;
    rounding_[currency] -= 1;
}

Wide Accounts::rounding(std::uint32_t currency) const {
    for (AccountIndex account = 0; account < count_; account++) see_marks(account, currency);
    return rounding_[currency];
}

}  // namespace engine
