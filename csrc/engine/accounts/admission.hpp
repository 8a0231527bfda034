// Plain orders of accounts: what step.hpp asks and tells, in 64 bits.
//
// Purpose: the same numbers as accounts.cpp has them, where they are small, which they are but in
// streams that look for the end of 64 bits. Each answer is sure where it is yes; where it is no, a
// number is not small, or a position is isolated, the general way is to be asked.
// Complexity: O(1), without a division but where a part of a position is closed.
#pragma once

#include "engine/accounts/accounts.hpp"
#include "engine/types/limits.hpp"
#include "engine/types/planted.hpp"

namespace engine {

// Sums of a few such numbers, and each part of one by a rate, have 63 bits.
constexpr bool is_small(Wide joined) {
    return (static_cast<Wider>(joined) >> 59) == 0;
}

constexpr std::int64_t larger_size(std::int64_t a, std::int64_t b) {
    return std::max(a < 0 ? -a : a, b < 0 ? -b : b);
}

// A part of a small value, by a rate, rounded up.
constexpr std::int64_t part_up(std::int64_t value, std::int64_t rate) {
    std::uint64_t rest = 0;
    const std::uint64_t part =
        billionths_of(static_cast<std::uint64_t>(value), static_cast<std::uint64_t>(rate), &rest);
    return static_cast<std::int64_t>(part + (rest != 0 ? 1 : 0));
}

// After a change of a position, or of what is open there, from an exposure that was.
ENGINE_INLINE void Accounts::refresh(Position& position, Wallet& wallet, const Exposure& before) {
    wallet.tally.change(before, exposure(position));
    note_gain(position, wallet);
    const Wide margin = margin_of(position, open_of(position), position.chosen_rate);
    wallet.balance.margin += margin - position.margin;
    position.margin = margin;
}

// The same of a small position of a simple contract, whose values are exact.
ENGINE_INLINE void Accounts::note_small_gain(Position& position, Wallet& wallet) const {
    const Told& mark = marks_[position.instrument];
    std::int64_t value = 0;
    if (ENGINE_UNLIKELY(
            __builtin_mul_overflow(position.lots, mark.price, &value) ||
            __builtin_mul_overflow(value, contracts_[position.instrument].value_factor, &value) ||
            !is_small(size_of(value)))) {
        return note_gain(position, wallet);
    }
    const auto entry = static_cast<std::int64_t>(position.entry_value);
    const std::int64_t gain = position.lots < 0 ? value + entry : value - entry;
    wallet.balance.unrealized += gain - position.unrealized;
    position.unrealized = gain;
}

ENGINE_INLINE bool Accounts::may_order(Index party) const {
    constexpr auto DENIED = static_cast<AccountFlags>(AccountFlag::SUSPENDED) |
                            static_cast<AccountFlags>(AccountFlag::CLOSE_ONLY);
    const Position& position = positions_[party];
    if ((accounts_[position.account].flags & DENIED) != 0) return false;
    return ENGINE_LIKELY(!limits_.is_any_off()) || !is_off(position.account, position.instrument);
}

ENGINE_INLINE bool Accounts::may_submit(Index party, const Asked& asked, bool stays,
                                        std::uint64_t time) {
    if (!limits_.is_any()) return true;
    Account& account = accounts_[positions_[party].account];
    if (ENGINE_UNLIKELY(account.limits_seen != limits_.changes())) see_limits(account);
    const auto live = static_cast<std::int64_t>(account.live_orders);
    const std::int64_t most = account.limits.open_orders;
    if (stays && live >= most + planted(Bug::ONE_ORDER_TOO_MANY)) return false;
    const auto window = static_cast<std::uint64_t>(account.limits.duplicate_window);
    return time - account.last_time >= window || !account.has_last || account.last != asked;
}

ENGINE_INLINE bool Accounts::value_of_order(std::uint32_t instrument, std::int64_t lots,
                                            std::int64_t price, std::int64_t* value) const {
    const Contract& contract = contracts_[instrument];
    if (ENGINE_LIKELY(contract.kind != ContractKind::INVERSE && price >= 0)) {
        std::int64_t product = 0;
        return !__builtin_mul_overflow(lots, price, &product) &&
               !__builtin_mul_overflow(product, contract.value_factor, value);
    }
    const Wide found = order_value(instrument, lots, price);
    *value = static_cast<std::int64_t>(found);
    return fits(found);
}

ENGINE_INLINE bool Accounts::is_worth_enough(const PlainOrder& order) const {
    const std::uint32_t instrument = positions_[order.party].instrument;
    const Contract& contract = contracts_[instrument];
    if (ENGINE_LIKELY((contract.min_value | contract.max_value) == 0)) return true;
    if (order.is_limited) {
        const bool is_bounded = contract.max_value != 0;
        return order.value >= contract.min_value &&
               (!is_bounded || order.value <= contract.max_value);
    }
    if (!order.has_market_price || order.market_price < lowest_price(contract.kind)) return true;
    std::int64_t value = 0;
    return value_of_order(instrument, order.quantity, order.market_price, &value) &&
           value >= contract.min_value;
}

ENGINE_INLINE bool Accounts::is_within_limits(const PlainOrder& order) {
    Position& position = positions_[order.party];
    if (ENGINE_UNLIKELY(position.limits_seen != limits_.changes())) see_limits(position);
    const OrderLimits& limits = position.limits;
    if (order.quantity > limits.quantity) return false;
    if (!order.is_limited) return true;
    if (order.value > limits.value) return false;
    if (limits.price_distance == NOT_LIMITED || !order.has_market_price) return true;
    const Wide apart = (wide(order.price) - order.market_price) * MILLION;
    const Wide most = size_of(order.market_price) * limits.price_distance;
    return (order.is_buyer ? apart : -apart) <= most;
}

// The exposure limits of an order that makes its position larger: the position comes to so many
// lots in its direction, the sums of the currency to these.
ENGINE_INLINE bool Accounts::is_within_exposures(const Position& position, Wallet& its,
                                                 std::int64_t lots, const Exposure& sum, Wide gross,
                                                 std::uint64_t time) {
    const std::uint32_t currency = contracts_[position.instrument].settle;
    if (ENGINE_UNLIKELY(its.tally.limits_seen != limits_.changes())) {
        see_limits(its, position.account, currency);
    }
    const ExposureLimits& limits = its.tally.limits;
    if (lots > position.limits.position) return false;
    if (sum.worst() > limits.net || gross > limits.gross) return false;
    if ((limits.daily_loss & limits.drawdown) == NOT_LIMITED) return true;
    const Wide now = its.tally.result + std::min(Wide{0}, unrealized(position.account, currency));
    if (limits.daily_loss != NOT_LIMITED && its.tally.begin_at(time) - now >= limits.daily_loss) {
        return false;
    }
    return limits.drawdown == NOT_LIMITED || its.tally.best - now < limits.drawdown;
}

template <Admission HOW>
ENGINE_INLINE bool Accounts::admit(const PlainOrder& order, std::uint64_t time) {
    Position& position = positions_[order.party];
    const Contract& contract = contracts_[position.instrument];
    const Wide joined =
        position.entry_value | position.buys | position.sells | order.value | order.value_before;
    if (ENGINE_UNLIKELY(!contract.is_simple || position.is_isolated || !is_small(joined)))
        return admit_any(order, HOW, time);
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
    if (HOW != Admission::HOLD && grows) {
        const std::int64_t lots =
            (buys ? position.lots + position.buying : position.selling - position.lots) + more_lots;
        if (limits_.is_any() && !is_within_exposures(position, its, lots, sum, gross, time)) {
            return false;
        }
        if (free(position.account, contract.settle) + position.margin < margin) return false;
    }
    if constexpr (HOW != Admission::CHECK) {
        (buys ? position.buys : position.sells) += more;
        (buys ? position.buying : position.selling) += more_lots;
        its.balance.margin += margin - position.margin;
        position.margin = margin;
        its.tally.sum = sum;
        its.tally.gross = gross;
    }
    return true;
}

// One party's side of a trade of a simple contract, as pay_one() has it. The order of a maker held
// for the lots of the trade.
template <bool BUYS, Liquidity ROLE>
ENGINE_INLINE std::int64_t Accounts::pay_small(Index party, const TradeSide& side,
                                               std::int64_t value, std::uint64_t time) {
    constexpr bool IS_MAKER = ROLE == Liquidity::MAKER;
    Position& position = positions_[party];
    const Contract& contract = contracts_[side.instrument];
    const FeeRates rates = fee_rates(contract, accounts_[position.account].tier);
    const std::int64_t fee =
        small_part_of(static_cast<std::uint64_t>(value),
                      IS_MAKER && !planted(Bug::MAKER_PAYS_AS_TAKER) ? rates.maker : rates.taker,
                      contract.fee_rounding);
    Wallet& its = wallet(position.account, contract.settle);
    settle(position, its);
    const auto entry = static_cast<std::int64_t>(position.entry_value);
    const std::int64_t lots = position.lots;
    const std::int64_t freed = IS_MAKER ? value : 0;
    // All in the direction of the trade.
    const bool is_behind = BUYS ? lots < 0 : lots > 0;
    const auto own = static_cast<std::int64_t>(BUYS ? position.buys : position.sells);
    const auto opposite = static_cast<std::int64_t>(BUYS ? position.sells : position.buys);
    const std::int64_t ahead = is_behind ? -entry : entry;
    std::int64_t ahead_now = ahead + value;
    std::int64_t paid = 0;
    if (is_behind) {
        const std::int64_t size = BUYS ? -lots : lots;
        const std::int64_t closed = std::min(size, side.lots);
        const std::int64_t closing =
            closed == side.lots ? value : closed * side.price * contract.value_factor;
        // The account is paid the lower of two amounts.
        constexpr Rounding ROUNDING = BUYS ? Rounding::FLOOR : Rounding::CEILING;
        const auto released = static_cast<std::int64_t>(
            closed == size ? entry : divide(wide(entry) * closed, size, ROUNDING));
        paid = BUYS ? released - closing : closing - released;
        position.realized += paid;
        const bool is_kept = planted(Bug::PART_RELEASES_NOTHING);
        ahead_now = closed < size ? (is_kept ? 0 : released) - entry : value - closing;
    }
    position.lots = BUYS ? lots + side.lots : lots - side.lots;
    position.entry_value = ahead_now < 0 ? -ahead_now : ahead_now;
    if constexpr (IS_MAKER) {
        (BUYS ? position.buys : position.sells) = own - freed;
        (BUYS ? position.buying : position.selling) -= side.lots;
    }
    position.fees += fee;
    const std::int64_t moved = ahead_now - ahead;
    const std::int64_t worst_before = larger_size(ahead + own, ahead - opposite);
    const std::int64_t worst = larger_size(ahead_now + own - freed, ahead_now - opposite);
    its.tally.sum.longs += BUYS ? moved - freed : -moved;
    its.tally.sum.shorts += BUYS ? moved : freed - moved;
    its.tally.gross += worst - worst_before;
    const std::int64_t rate = std::max(contract.initial_rate, std::int64_t{position.chosen_rate});
    const std::int64_t margin =
        part_up(worst, rate) + part_up(own + opposite - freed, contract.held.taker);
    its.balance.margin += margin - position.margin;
    position.margin = margin;
    if (marks_[side.instrument].is_known) note_small_gain(position, its);
    its.balance.amount += paid - fee;
    its.tally.add(paid - fee, time);
    house_[contract.settle] += fee;
    return fee;
}

ENGINE_INLINE bool Accounts::is_small_at(Index party) const {
    const Position& position = positions_[party];
    return is_small(position.entry_value | position.buys | position.sells) && !position.is_isolated;
}

ENGINE_INLINE Fees Accounts::pay_plain(Index maker, Index taker, const TradeSide& side,
                                       std::int64_t maker_held, std::uint64_t time) {
    std::int64_t value = 0;
    const bool is_simple = contracts_[side.instrument].is_simple && side.price >= 0;
    if (ENGINE_UNLIKELY(!is_simple || !is_small_at(maker) || !is_small_at(taker) ||
                        !value_of_order(side.instrument, side.lots, side.price, &value) ||
                        !is_small(value))) {
        return pay(maker, taker, side, false, time, maker_held);
    }
    return side.is_buyer ? pay_both<true>(maker, taker, side, value, time)
                         : pay_both<false>(maker, taker, side, value, time);
}

template <bool BUYS>
ENGINE_INLINE Fees Accounts::pay_both(Index maker, Index taker, const TradeSide& side,
                                      std::int64_t value, std::uint64_t time) {
    Fees fees;
    fees.maker = pay_small<!BUYS, Liquidity::MAKER>(maker, side, value, time);
    // Of an account's trade with itself the first half may have made a number large.
    if (ENGINE_UNLIKELY(maker == taker && !is_small_at(taker))) {
        fees.taker = pay_one(taker, side, value, false, time, 0);
        return fees;
    }
    fees.taker = pay_small<BUYS, Liquidity::TAKER>(taker, side, value, time);
    return fees;
}

}  // namespace engine
