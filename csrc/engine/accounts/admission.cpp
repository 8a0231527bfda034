// Positions that move and come to rest, what wallets have room for, and orders that need a closer
// look than admission.hpp has.
#include "engine/accounts/admission.hpp"

#include <algorithm>
#include <utility>

#include "engine/formulas/margin.hpp"
#include "engine/types/planted.hpp"

namespace engine {

namespace {

// Of a position that has limits of its own: it is looked at closely each time.
constexpr std::uint32_t HAS_OWN_LIMITS = ~std::uint32_t{0};
// No wallet has more room: what moves stays small.
constexpr Wide ROOM_MOST = Wide{1} << 58;
// Margin is rounded up twice for each position, what they have room for is not.
constexpr std::int64_t ROUNDED_UP = 2;

// The least quantity that is worth enough to a contract at a price, or none that would be.
constexpr std::int64_t NO_QUANTITY = ~std::uint32_t{0};
std::uint32_t quantity_worth(const Contract& contract, std::int64_t price) {
    if (contract.min_value == 0) return 0;
    if (price <= 0) return static_cast<std::uint32_t>(NO_QUANTITY);
    const Wide lot_value = wide(price) * contract.value_factor;
    const Wide least = divide(contract.min_value, lot_value, Rounding::CEILING);
    return static_cast<std::uint32_t>(std::min(wide(NO_QUANTITY), least));
}

}  // namespace

// -- limits

void Accounts::set_limit(const LimitSet& limit) {
    limits_.set(limit);
    const bool is_common = limit.account == NO_ACCOUNT;
    if (is_common && what_of(limit.limit) == LimitOf::INSTRUMENT) see_common_limits(limit.of);
    note_news();
    common_orders_limits_ = limits_.of_orders(NO_ACCOUNT);
}

void Accounts::see_limits(Account& account) {
    const auto place = static_cast<AccountIndex>(&account - accounts_.data());
    const bool has_own = limits_.has_own(place, LimitOf::ACCOUNT, 0);
    if (has_own) account.limits = limits_.of_orders(place);
    account.limits_seen = has_own ? HAS_OWN_LIMITS : limits_.changes();
}

// Those of all, but where the account has some of its own: they are found each time.
const OrdersLimits& Accounts::limits_of(Account& account) {
    if (ENGINE_LIKELY(account.limits_seen == limits_.changes())) return common_orders_limits_;
    see_limits(account);
    return account.limits_seen == HAS_OWN_LIMITS ? account.limits : common_orders_limits_;
}

// Where those of a position are known, those of its wallet are.
void Accounts::see_limits(Position& position) {
    const std::uint32_t currency = contracts_[position.instrument].settle;
    Wallet& its = wallet(position.account, currency);
    if (its.limits_seen != limits_.changes()) see_limits(its, position.account, currency);
    if (position.own_limits == NIL &&
        limits_.has_own(position.account, LimitOf::INSTRUMENT, position.instrument)) {
        position.own_limits = static_cast<Index>(own_limits_.size());
        own_limits_.push_back({});
    }
    position.limits_seen = position.own_limits == NIL ? limits_.changes() : HAS_OWN_LIMITS;
}

void Accounts::see_limits(Wallet& wallet, AccountIndex account, std::uint32_t currency) {
    wallet.tally.limits = limits_.of_exposure(account, currency);
    wallet.limits_seen = limits_.changes();
    wallet.room.value = 0;
}

const OrderLimits& Accounts::limits_of(Position& position) {
    if (ENGINE_UNLIKELY(position.limits_seen != limits_.changes())) see_limits(position);
    if (ENGINE_LIKELY(position.own_limits == NIL)) return common_limits_[position.instrument];
    OwnLimits& own = own_limits_[position.own_limits];
    if (own.seen != limits_.changes()) {
        own = {limits_.of_order(position.account, position.instrument), limits_.changes()};
    }
    return own.limits;
}

void Accounts::see_common_limits(std::uint32_t instrument) {
    common_limits_[instrument] = limits_.of_order(NO_ACCOUNT, instrument);
    find_bounds(instrument);
}

// A limit for all, or the mark, has changed.
void Accounts::find_bounds(std::uint32_t instrument) {
    const Contract& contract = contracts_[instrument];
    const OrderLimits& limits = common_limits_[instrument];
    OrderBounds& its = bounds_[instrument];
    // Nothing is within these: orders have lots.
    its = OrderBounds{};
    its.settle = contract.settle;
    its.value_factor = contract.value_factor;
    const auto most = static_cast<std::int64_t>(ROOM_MOST);
    const std::int64_t value_most =
        std::min({limits.value, contract.max_value == 0 ? most : contract.max_value, most});
    if (!contract.is_simple || value_most < contract.min_value) return;
    its.quantity_least = quantity_worth(contract, marks_[instrument].price);
    its.quantity_most =
        std::min(limits.quantity, its.quantity_least == NO_QUANTITY ? NO_QUANTITY - 1 : LOTS_MOST);
    its.value_least = contract.min_value;
    its.value_span = static_cast<std::uint64_t>(value_most - contract.min_value);
    its.position_most = std::min(limits.position, LOTS_MOST);
    const auto within = [](Wide price) {
        return static_cast<std::int64_t>(
            std::clamp(price, wide(INT64_LOWEST), wide(INT64_HIGHEST)));
    };
    const Told& mark = marks_[instrument];
    if (limits.price_distance == NOT_LIMITED) {
        its.farthest[TO_BUY] = its.farthest[TO_SELL] = INT64_HIGHEST;
    } else if (mark.was_told) {
        const Wide reach = size_of(mark.price) * limits.price_distance / MILLION;
        its.farthest[TO_BUY] = within(mark.price + reach);
        its.farthest[TO_SELL] = ~within(mark.price - reach);
    } else {
        // By the last price, which is not known here.
        its.farthest[TO_BUY] = its.farthest[TO_SELL] = INT64_LOWEST;
    }
}

// There is another mark, or funding.
void Accounts::find_trade_terms(std::uint32_t instrument) {
    const Contract& contract = contracts_[instrument];
    const Told& mark = marks_[instrument];
    trade_terms_[instrument] = {
        .value_factor = contract.value_factor,
        .mark = mark.price,
        .maker = ready(contract.maker_rate, contract.fee_rounding),
        .taker = ready(contract.taker_rate, contract.fee_rounding),
        .settle = contract.settle,
        .least_rate = static_cast<std::uint32_t>(contract.initial_rate + contract.held.taker),
        .is_simple = contract.is_simple,
        .is_spot = contract.kind == ContractKind::SPOT,
        .has_mark = mark.is_known,
        .has_tiers = !contract.fee_tiers.empty(),
        .is_beside_funding = contract.is_beside_funding,
    };
}

void Accounts::note_news() {
    news_ += 1;
    if (ENGINE_LIKELY(news_ != 0)) return;
    for (Index party = 1; party < position_count_; party++) positions_[party].news_seen = 0;
    news_ = 1;
}

void Accounts::note_seen(Position& position, const Wallet& its) {
    const std::uint32_t currency = trade_terms_[position.instrument].settle;
    const bool is_seen = position.own_limits == NIL && its.marks_seen == marks_told_[currency] &&
                         its.limits_seen == limits_.changes() && may_order(index_of(position));
    position.news_seen = is_seen ? news_ : 0;
}

// -- positions that move

bool Accounts::may_move(const Position& position) const {
    const Wide values = position.entry_value | position.buys | position.sells;
    const std::int64_t lots =
        small_size(position.lots) | position.open_lots[TO_BUY] | position.open_lots[TO_SELL];
    return contracts_[position.instrument].is_simple && !position.is_isolated && is_small(values) &&
           lots < LOTS_MOST;
}

void Accounts::note_rate(const Position& position, Wallet& its) const {
    const std::int64_t least = trade_terms_[position.instrument].least_rate;
    const std::int64_t taker = contracts_[position.instrument].held.taker;
    note_rate(std::max(least, position.chosen_rate + taker), its);
}

void Accounts::note_rate(std::int64_t rate, Wallet& its) {
    if (ENGINE_LIKELY(rate <= its.tally.rate)) return;
    its.tally.rate = rate;
    its.room.value = 0;
}

void Accounts::begin_to_move(Index party, Wallet& its) {
    Position& position = positions_[party];
    ENGINE_ASSERT(!moves(position));
    its.tally.change(exposure(position), {});
    its.balance.margin -= std::exchange(position.margin, 0);
    its.balance.unrealized -= std::exchange(position.unrealized, 0);
    list_as_moving(party, its);
    note_rate(position, its);
}

void Accounts::list_as_moving(Index party, Wallet& its) {
    Position& position = positions_[party];
    position.next_moving = its.first_moving == NIL ? LAST_MOVING : its.first_moving;
    its.first_moving = party;
    its.room.spend(0, ROUNDED_UP);
}

// A position is to come to a wallet. Where none moves there, the closer look at it is taken now,
// while there is nothing that would have to come to rest for it.
void Accounts::make_ready(AccountIndex account, std::uint32_t instrument) {
    const TradeTerms& terms = trade_terms_[instrument];
    if (!terms.is_simple) return;
    Wallet& its = wallet(account, terms.settle);
    note_rate(std::int64_t{terms.least_rate}, its);
    if (its.first_moving != NIL) return;
    if (its.limits_seen != limits_.changes()) see_limits(its, account, terms.settle);
    see_room(its, account, terms.settle);
}

// A new position of a simple contract moves from the beginning. REQUIRES: make_ready().
void Accounts::begin_at_once(Index party) {
    Position& position = positions_[party];
    const TradeTerms& terms = trade_terms_[position.instrument];
    if (!terms.is_simple) return;
    Wallet& its = wallet(position.account, terms.settle);
    list_as_moving(party, its);
    if (!limits_.has_own(position.account, LimitOf::INSTRUMENT, position.instrument)) {
        note_seen(position, its);
    }
}

void Accounts::come_to_rest(Wallet& its) const {
    if (its.first_moving == NIL) return;
    for (Index at = std::exchange(its.first_moving, NIL); at != LAST_MOVING;) {
        Position& position = positions_[at];
        at = position.next_moving;
        come_to_rest(position, its);
    }
}

// REQUIRES: it moves, and is taken out of the list.
void Accounts::come_to_rest(Position& position, Wallet& its) const {
    position.next_moving = NIL;
    position.news_seen = 0;
    position.buys += std::exchange(position.more_open[TO_BUY], 0);
    position.sells += std::exchange(position.more_open[TO_SELL], 0);
    its.tally.change({}, exposure(position));
    Open open = open_of(position);
    if (planted(Bug::MARGIN_OF_ONE_SIDE)) open.sells = 0;
    position.margin = margin_of(position, open, position.chosen_rate);
    its.balance.margin += position.margin;
    position.unrealized = unrealized(position);
    its.balance.unrealized += position.unrealized;
}

// Half of what is free is for more margin, half for losses. A trade changes the result by what it
// pays, and what the account is worth by the distance to the mark; the lower of both counts as
// lost, from a best result, or one at the beginning of a day, that may be another by then.
void Accounts::find_room(Wallet& its) const {
    ENGINE_ASSERT(its.first_moving == NIL);
    const Balance& balance = its.balance;
    const Tally& tally = its.tally;
    const Wide half = (balance.amount - balance.held - balance.margin + balance.unrealized) / 2;
    Wide loss = std::min(half, ROOM_MOST);
    Wide value = std::min(half, ROOM_MOST) * BILLION / std::max(tally.rate, std::int64_t{1});
    value = std::min(value, ROOM_MOST);
    if (limits_.is_any()) {
        const ExposureLimits& limits = tally.limits;
        value = std::min({value, limits.net - tally.sum.worst(), limits.gross - tally.gross});
        const Wide now = tally.result + std::min(Wide{0}, balance.unrealized + its.isolated);
        if (limits.daily_loss != NOT_LIMITED) {
            const Wide lost = std::max(tally.begin, tally.result) - now;
            loss = std::min(loss, (limits.daily_loss - 1 - lost) / 2);
        }
        if (limits.drawdown != NOT_LIMITED) {
            loss = std::min(loss, (limits.drawdown - 1 - (tally.best - now)) / 2);
        }
    }
    const bool is_none = value <= 0 || loss <= 0;
    its.room = {is_none ? 0 : static_cast<std::int64_t>(value),
                is_none ? 0 : static_cast<std::int64_t>(loss)};
}

std::int64_t Accounts::fee_of_tier(const Position& position, std::int64_t value,
                                   Liquidity role) const {
    const Contract& contract = contracts_[position.instrument];
    const FeeRates rates = fee_rates(contract, accounts_[position.account].tier);
    const std::int64_t rate = role == Liquidity::MAKER ? rates.maker : rates.taker;
    return small_part_of(static_cast<std::uint64_t>(value), ready(rate, contract.fee_rounding));
}

// -- a closer look

// REQUIRES: all of the wallet are at rest.
bool Accounts::admit_at_rest(const PlainOrder& order, Admission how, std::uint64_t time) {
    Position& position = positions_[order.party];
    const Contract& contract = contracts_[position.instrument];
    Wallet& its = wallet(position.account, contract.settle);
    const bool buys = order.is_buyer;
    const auto entry = static_cast<std::int64_t>(position.entry_value);
    const auto open_buys = static_cast<std::int64_t>(position.buys);
    const auto open_sells = static_cast<std::int64_t>(position.sells);
    // All in the direction of the order.
    const std::int64_t more = order.value - order.value_before;
    const std::int64_t ahead = (position.lots < 0) == buys ? -entry : entry;
    const std::int64_t now = ahead + (buys ? open_buys : open_sells);
    const std::int64_t other = ahead - (buys ? open_sells : open_buys);
    const std::int64_t worst_now = larger_size(now, other);
    const std::int64_t worst =
        larger_size(now + more, planted(Bug::MARGIN_OF_ONE_SIDE) ? 0 : other);
    const std::int64_t rate = std::max(contract.initial_rate, std::int64_t{position.chosen_rate});
    const std::int64_t margin =
        part_up(worst, rate) + part_up(open_buys + open_sells + more, contract.held.taker);
    Exposure sum = its.tally.sum;
    (buys ? sum.longs : sum.shorts) += buys ? more : -more;
    const Wide gross = its.tally.gross + (worst - worst_now);
    const bool grows = worst > larger_size(now - order.value_before, other);
    const std::int64_t more_lots = order.lots - order.instead_of.lots;
    std::int64_t& open_lots = position.open_lots[side_of_open(buys)];
    if (how != Admission::HOLD && grows) {
        const std::int64_t lots = (buys ? position.lots : -position.lots) + open_lots + more_lots;
        if (limits_.is_any() && !is_within_exposures(position, its, lots, sum, gross, time)) {
            return false;
        }
        if (free(position.account, contract.settle) + position.margin < margin) return false;
    }
    if (how == Admission::CHECK) return true;
    (buys ? position.buys : position.sells) += more;
    open_lots += more_lots;
    its.balance.margin += margin - position.margin;
    position.margin = margin;
    its.tally.sum = sum;
    its.tally.gross = gross;
    its.room.value = 0;
    return true;
}

// The exposure limits of an order that makes its position larger: the position comes to so many
// lots in its direction, the sums of the currency to these.
bool Accounts::is_within_exposures(Position& position, Wallet& its, std::int64_t lots,
                                   const Exposure& sum, Wide gross, std::uint64_t time) {
    const std::uint32_t currency = contracts_[position.instrument].settle;
    if (lots > limits_of(position).position) return false;
    const ExposureLimits& limits = its.tally.limits;
    if (sum.worst() > limits.net || gross > limits.gross) return false;
    if ((limits.daily_loss & limits.drawdown) == NOT_LIMITED) return true;
    // First, as with it positions pay what is a part of the result.
    const Wide gain = unrealized(position.account, currency);
    const Wide now = its.tally.result + std::min(Wide{0}, gain);
    if (limits.daily_loss != NOT_LIMITED && its.tally.begin_at(time) - now >= limits.daily_loss) {
        return false;
    }
    return limits.drawdown == NOT_LIMITED || its.tally.best - now < limits.drawdown;
}

bool Accounts::admit_any(const PlainOrder& order, Admission how, std::uint64_t time) {
    if (how != Admission::HOLD && !affords_any(order, how, time)) return false;
    if (how != Admission::CHECK) {
        hold(order.party, order.is_buyer, order.instead_of, {order.lots, order.price});
    }
    return true;
}

bool Accounts::affords_any(const PlainOrder& order, Admission how, std::uint64_t time) {
    Position& position = positions_[order.party];
    const Contract& contract = contracts_[position.instrument];
    see_marks(position.account, contract.settle);
    if (limits_.is_any() && contract.kind != ContractKind::SPOT) {
        const Prospect found = prospect_of(position, order.is_buyer, order.lots, order.value,
                                           order.instead_of, order.value_before);
        Wallet& its = wallet(position.account, contract.settle);
        Tally tally = its.tally;
        tally.change(exposure(position), found.with);
        if (found.grows() &&
            (!fits(found.lots) ||
             !is_within_exposures(position, its, static_cast<std::int64_t>(found.lots), tally.sum,
                                  tally.gross, time))) {
            return false;
        }
    }
    // What the trades of an order without a limit would lose is for the general way, and where they
    // count at other prices than its own.
    const bool is_priced = contract.open_loss || contract.order_price == OrderPrice::MAX_LAST_MARK;
    if (is_priced && !order.is_limited) return false;
    const bool is_executed = contract.order_price == OrderPrice::EXECUTION;
    if (is_executed && order.is_limited && how == Admission::CHECK) return false;
    const Wide worth = order.price < 0 ? -wide(order.value) : wide(order.value);
    const Wide loss = open_loss(position.instrument, order.is_buyer, order.lots, worth);
    return affords(position.account, position.instrument, order.is_buyer, order.lots, order.value,
                   loss, order.instead_of);
}

}  // namespace engine
