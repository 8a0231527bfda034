#include "engine/accounts/accounts.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"

namespace engine {

namespace {

// A profit in the settlement currency grows with the value of a long position, of INVERSE contracts
// with that of a short one.
constexpr bool gains(const Contract& contract, bool is_long) {
    return is_long != (contract.kind == ContractKind::INVERSE);
}

constexpr Wide side_of(const Position& position) {
    return position.lots > 0 ? 1 : -1;
}

// The part of a value that so many of its lots have. Other than closed_value(), of a value that may
// be a sum of many. REQUIRES: 0 < lots <= all.
constexpr Wide share_of(Wide value, std::int64_t lots, std::int64_t all, Rounding rounding) {
    return value / all * lots + divide(value % all * lots, all, rounding);
}

}  // namespace

// -- what there is

std::uint32_t Accounts::add_currency() {
    balances_.emplace_back(accounts_.size());
    tallies_.emplace_back(accounts_.size());
    marks_told_.push_back(0);
    house_.push_back(0);
    deposits_.push_back(0);
    return currency_count() - 1;
}

void Accounts::add_contract(const Contract& contract) {
    contracts_.push_back(contract);
    marks_.push_back({});
}

void Accounts::set(std::uint32_t number, std::uint32_t group, std::uint32_t tier,
                   AccountFlags flags) {
    const AccountIndex found = find(number);
    if (found != NO_ACCOUNT) {
        Account& account = accounts_[found];
        account.group = group;
        account.tier = tier;
        account.flags = flags;
        return;
    }
    by_number_.emplace(number, static_cast<AccountIndex>(accounts_.size()));
    accounts_.push_back({number, group, tier, flags, NO_POSITION});
    for (std::vector<Balance>& balances : balances_) balances.emplace_back();
    for (std::vector<Tally>& tallies : tallies_) tallies.emplace_back();
    limits_.add_account();
}

AccountIndex Accounts::find(std::uint64_t number) const {
    if (number > ~std::uint32_t{0}) return NO_ACCOUNT;
    const auto found = by_number_.find(static_cast<std::uint32_t>(number));
    return found == by_number_.end() ? NO_ACCOUNT : found->second;
}

const Position* Accounts::position(AccountIndex account, std::uint32_t instrument) const {
    const auto found = positions_by_key_.find(key(account, instrument));
    return found == positions_by_key_.end() ? nullptr : &positions_[found->second];
}

Position& Accounts::position_of(AccountIndex account, std::uint32_t instrument) {
    const auto number = static_cast<std::uint32_t>(positions_.size());
    const auto [found, is_new] = positions_by_key_.try_emplace(key(account, instrument), number);
    if (!is_new) return positions_[found->second];
    Position& position = positions_.emplace_back();
    position.instrument = instrument;
    position.next = accounts_[account].first_position;
    accounts_[account].first_position = number;
    return position;
}

// -- what it is worth

void Accounts::set_mark(std::uint32_t instrument, std::int64_t price) {
    // By a mark below 1 nothing can be divided: it is as good as none.
    const bool is_known = contracts_[instrument].kind != ContractKind::INVERSE || price >= 1;
    marks_[instrument] = {is_known, price};
    marks_told_[contracts_[instrument].settle] += 1;
}

// The lower of two amounts: a value that is to gain is rounded down, one that is to lose up.
Wide Accounts::unrealized(const Position& position) const {
    const Mark& mark = marks_[position.instrument];
    if (!mark.is_known || position.lots == 0) return 0;
    const Contract& contract = contracts_[position.instrument];
    const bool is_gain = gains(contract, position.lots > 0);
    const std::int64_t lots = position.lots < 0 ? -position.lots : position.lots;
    const Rounding rounding = is_gain ? Rounding::FLOOR : Rounding::CEILING;
    const Wide value = value_of(contract, lots, mark.price, rounding);
    return gain_of(contract.kind, side_of(position), position.entry_value, value);
}

Wide Accounts::unrealized(AccountIndex account, std::uint32_t currency) const {
    const Tally& tally = tallies_[currency][account];
    if (tally.marks_seen == marks_told_[currency]) return tally.unrealized;
    tally.unrealized = 0;
    std::uint32_t at = accounts_[account].first_position;
    for (; at != NO_POSITION; at = positions_[at].next) {
        const Position& position = positions_[at];
        if (contracts_[position.instrument].settle != currency) continue;
        position.unrealized = unrealized(position);
        tally.unrealized += position.unrealized;
    }
    tally.marks_seen = marks_told_[currency];
    return tally.unrealized;
}

Wide Accounts::unrealized_loss(AccountIndex account, std::uint32_t currency) const {
    return std::min(Wide{0}, unrealized(account, currency));
}

Wide Accounts::available(AccountIndex account, std::uint32_t currency) const {
    const Balance& balance = balances_[currency][account];
    return balance.amount - balance.held - balance.margin + unrealized_loss(account, currency);
}

Wide Accounts::free(AccountIndex account, std::uint32_t currency) const {
    const Balance& balance = balances_[currency][account];
    return balance.amount - balance.held - balance.margin + unrealized(account, currency);
}

Wide Accounts::loss_from(Wide result, AccountIndex account, std::uint32_t currency) const {
    return result - tallies_[currency][account].result - unrealized_loss(account, currency);
}

Wide Accounts::day_loss(AccountIndex account, std::uint32_t currency, std::uint64_t time) const {
    return loss_from(tallies_[currency][account].begin_at(time), account, currency);
}

Wide Accounts::drawdown(AccountIndex account, std::uint32_t currency) const {
    return loss_from(tallies_[currency][account].best, account, currency);
}

std::int64_t Accounts::initial_rate(const Position& position) const {
    if (position.initial_rate != 0) return position.initial_rate;
    return contracts_[position.instrument].initial_rate;
}

// -- what orders hold

Wide Accounts::order_value(std::uint32_t instrument, std::int64_t lots, std::int64_t price) const {
    if (lots == 0) return 0;
    return size_of(value_of(contracts_[instrument], lots, price, Rounding::UP));
}

// What a spot order of such a value holds: a buyer what it could pay, a seller what it sells. Fees
// that may be rounded up in each of its trades may take a unit more for each lot.
Wide Accounts::spot_need(const Contract& contract, bool is_buyer, std::int64_t lots,
                         Wide value) const {
    if (!is_buyer) return wide(lots) * contract.lot_units;
    const std::int64_t rate = std::max({contract.maker_rate, contract.taker_rate, std::int64_t{0}});
    const bool is_cut =
        contract.fee_rounding == Rounding::DOWN || contract.fee_rounding == Rounding::FLOOR;
    return value + part_of(value, rate, Rounding::UP) + (is_cut ? 0 : lots);
}

// With all that would be bought, and with all that would be sold.
Exposure Accounts::exposure_of(const Position& position, Wide buys, Wide sells) const {
    const Wide entry = position.lots < 0 ? -position.entry_value : position.entry_value;
    return {entry + buys, entry - sells};
}

Wide Accounts::margin_of(const Position& position, Wide buys, Wide sells, std::int64_t rate) const {
    const std::int64_t taker_rate = contracts_[position.instrument].taker_rate;
    return part_of(exposure_of(position, buys, sells).worst(), rate, Rounding::CEILING) +
           part_of(buys + sells, std::max(taker_rate, std::int64_t{0}), Rounding::CEILING);
}

// After a change of a position, or of what is open there.
void Accounts::refresh(AccountIndex account, Position& position) {
    Tally& tally = tally_of(account, position);
    const Exposure exposure = exposure_of(position, position.buys, position.sells);
    tally.change(position.exposure, exposure);
    position.exposure = exposure;
    const Wide gain = unrealized(position);
    tally.unrealized += gain - position.unrealized;
    position.unrealized = gain;
    const Wide margin = margin_of(position, position.buys, position.sells, initial_rate(position));
    balance_of(account, contracts_[position.instrument].settle).margin += margin - position.margin;
    position.margin = margin;
}

bool Accounts::affords(AccountIndex account, std::uint32_t instrument, bool is_buyer,
                       std::int64_t lots, Wide value, const Held& instead_of) const {
    const Contract& contract = contracts_[instrument];
    const Wide given_up = order_value(instrument, instead_of.lots, instead_of.price);
    if (contract.kind == ContractKind::SPOT) {
        const Wide need = spot_need(contract, is_buyer, lots, value) -
                          spot_need(contract, is_buyer, instead_of.lots, given_up);
        return available(account, is_buyer ? contract.settle : contract.base) >= need;
    }
    Position fresh;
    fresh.instrument = instrument;
    const Position* const found = position(account, instrument);
    const Position& held = found == nullptr ? fresh : *found;
    if (!prospect_of(held, is_buyer, lots, value, instead_of, given_up).grows()) return true;
    const Wide more_buys = held.buys + (is_buyer ? value - given_up : 0);
    const Wide more_sells = held.sells + (is_buyer ? 0 : value - given_up);
    const Wide margin = margin_of(held, more_buys, more_sells, initial_rate(held));
    return free(account, contract.settle) + held.margin >= margin;
}

Prospect Accounts::prospect(AccountIndex account, std::uint32_t instrument, bool is_buyer,
                            std::int64_t lots, Wide value, const Held& instead_of) const {
    static constexpr Position BLANK;
    const Position* const held = position(account, instrument);
    const Wide given_up = order_value(instrument, instead_of.lots, instead_of.price);
    return prospect_of(held == nullptr ? BLANK : *held, is_buyer, lots, value, instead_of,
                       given_up);
}

Prospect Accounts::prospect_of(const Position& held, bool is_buyer, std::int64_t lots, Wide value,
                               const Held& instead_of, Wide given_up) const {
    Prospect found;
    if (is_buyer) {
        const Wide others = held.buys - given_up;
        found.without = exposure_of(held, others, held.sells);
        found.with = exposure_of(held, others + value, held.sells);
        found.lots = wide(held.lots) + held.buying;
    } else {
        const Wide others = held.sells - given_up;
        found.without = exposure_of(held, held.buys, others);
        found.with = exposure_of(held, held.buys, others + value);
        found.lots = wide(held.selling) - held.lots;
    }
    found.lots += wide(lots) - instead_of.lots;
    return found;
}

void Accounts::hold(AccountIndex account, std::uint32_t instrument, bool is_buyer,
                    const Held& before, const Held& after) {
    const Contract& contract = contracts_[instrument];
    const Wide value_before = order_value(instrument, before.lots, before.price);
    const Wide value_after = order_value(instrument, after.lots, after.price);
    if (contract.kind == ContractKind::SPOT) {
        balance_of(account, is_buyer ? contract.settle : contract.base).held +=
            spot_need(contract, is_buyer, after.lots, value_after) -
            spot_need(contract, is_buyer, before.lots, value_before);
        return;
    }
    Position& position = position_of(account, instrument);
    (is_buyer ? position.buys : position.sells) += value_after - value_before;
    (is_buyer ? position.buying : position.selling) += after.lots - before.lots;
    refresh(account, position);
}

// -- what is paid

Fees Accounts::pay(AccountIndex maker, AccountIndex taker, const TradeSide& taker_side,
                   bool is_auction, std::uint64_t time) {
    TradeSide maker_side = taker_side;
    maker_side.is_buyer = !taker_side.is_buyer;
    const Contract& contract = contracts_[taker_side.instrument];
    // An auction may find a price below 0 among sellers without a limit: nothing is paid then.
    const bool is_spot = contract.kind == ContractKind::SPOT;
    const std::int64_t price =
        is_spot ? std::max(taker_side.price, std::int64_t{0}) : taker_side.price;
    const Wide value = value_of(contract, taker_side.lots, price, contract.value_rounding);
    Fees fees;
    fees.maker = pay_one(maker, maker_side, value, true, time);
    fees.taker = pay_one(taker, taker_side, value, is_auction, time);
    return fees;
}

std::int64_t Accounts::pay_one(AccountIndex account, const TradeSide& side, Wide value,
                               bool is_maker, std::uint64_t time) {
    const Contract& contract = contracts_[side.instrument];
    const std::int64_t rate = is_maker ? contract.maker_rate : contract.taker_rate;
    const Wide fee = part_of(size_of(value), rate, contract.fee_rounding);
    balance_of(account, contract.settle).amount -= fee;
    house_[contract.settle] += fee;
    if (contract.kind == ContractKind::SPOT) {
        const Wide base = wide(side.lots) * contract.lot_units;
        balance_of(account, contract.base).amount += side.is_buyer ? base : -base;
        balance_of(account, contract.settle).amount += side.is_buyer ? -value : value;
    } else {
        position_of(account, side.instrument).fees += fee;
        const Wide paid = move_position(account, side, value);
        tallies_[contract.settle][account].add(paid - fee, time);
    }
    return static_cast<std::int64_t>(fee);
}

// A trade adds to a position, or closes it as far as it reaches and opens the rest the other way.
// What that has paid.
Wide Accounts::move_position(AccountIndex account, const TradeSide& side, Wide value) {
    Position& position = position_of(account, side.instrument);
    const Contract& contract = contracts_[side.instrument];
    std::int64_t opened = side.lots;
    Wide paid = 0;
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
        paid = gain_of(contract.kind, side_of(position), released, closing);
        balance_of(account, contract.settle).amount += paid;
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
    refresh(account, position);
    return paid;
}

void Accounts::deposit(AccountIndex account, std::uint32_t currency, std::int64_t amount) {
    balance_of(account, currency).amount += amount;
    deposits_[currency] += amount;
}

void Accounts::transfer(AccountIndex from, AccountIndex to, std::uint32_t currency,
                        std::int64_t amount) {
    balance_of(from, currency).amount -= amount;
    balance_of(to, currency).amount += amount;
}

bool Accounts::affords_rate(AccountIndex account, std::uint32_t instrument,
                            std::int64_t rate) const {
    const Position* const held = position(account, instrument);
    if (held == nullptr) return true;
    const Wide margin = margin_of(*held, held->buys, held->sells, rate);
    if (margin <= held->margin) return true;
    return free(account, contracts_[instrument].settle) + held->margin >= margin;
}

void Accounts::set_rate(AccountIndex account, std::uint32_t instrument, std::int64_t rate) {
    Position& position = position_of(account, instrument);
    position.initial_rate = rate;
    refresh(account, position);
}

void Accounts::check() const {
    std::vector<Wide> sums = house_;
    std::vector<Wide> lots(contracts_.size());
    for (AccountIndex account = 0; account < accounts_.size(); account++) {
        std::vector<Wide> margins(currency_count());
        std::vector<Tally> expected(currency_count());
        std::vector<Wide> gains_at_marks(currency_count());
        std::uint32_t at = accounts_[account].first_position;
        for (; at != NO_POSITION; at = positions_[at].next) {
            const Position& position = positions_[at];
            const Contract& contract = contracts_[position.instrument];
            ENGINE_ASSERT(position.lots != 0 || position.entry_value == 0);
            ENGINE_ASSERT(position.margin == margin_of(position, position.buys, position.sells,
                                                       initial_rate(position)));
            ENGINE_ASSERT(position.exposure ==
                          exposure_of(position, position.buys, position.sells));
            margins[contract.settle] += position.margin;
            expected[contract.settle].change({}, position.exposure);
            expected[contract.settle].result += position.realized - position.fees;
            gains_at_marks[contract.settle] += unrealized(position);
            lots[position.instrument] += position.lots;
            const bool is_gain = gains(contract, position.lots > 0);
            sums[contract.settle] += is_gain ? -position.entry_value : position.entry_value;
        }
        for (std::uint32_t currency = 0; currency < currency_count(); currency++) {
            const Balance& balance = balances_[currency][account];
            ENGINE_ASSERT(balance.margin == margins[currency]);
            ENGINE_ASSERT(balance.held >= 0);
            const Tally& tally = tallies_[currency][account];
            ENGINE_ASSERT(tally.sum == expected[currency].sum);
            ENGINE_ASSERT(tally.gross == expected[currency].gross);
            ENGINE_ASSERT(tally.result == expected[currency].result);
            ENGINE_ASSERT(unrealized(account, currency) == gains_at_marks[currency]);
            ENGINE_ASSERT(tally.best >= 0 && tally.best >= tally.result);
            sums[currency] += balance.amount;
        }
    }
    for (const Wide sum : lots) ENGINE_ASSERT(sum == 0);
    for (std::uint32_t currency = 0; currency < currency_count(); currency++) {
        ENGINE_ASSERT(sums[currency] == deposits_[currency]);
    }
}

void Accounts::check_nothing_is_held() const {
    for (const std::vector<Balance>& balances : balances_) {
        for (const Balance& balance : balances) ENGINE_ASSERT(balance.held == 0);
    }
    for (const Position& position : positions_) {
        ENGINE_ASSERT(position.buys == 0 && position.sells == 0);
        ENGINE_ASSERT(position.buying == 0 && position.selling == 0);
    }
}

}  // namespace engine
