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

// What is not small counts as this, where only the size matters.
constexpr std::int64_t SMALL_END = std::int64_t{1} << 59;
// So many lots a position may have that moves, with all that is open on a side.
constexpr std::int64_t LOTS_MOST = std::int64_t{1} << 60;

constexpr std::int64_t small_size(std::int64_t number) {
    return number < 0 ? -number : number;
}
constexpr std::int64_t larger_size(std::int64_t a, std::int64_t b) {
    return std::max(small_size(a), small_size(b));
}

// A part of a small value, by a rate, rounded up.
constexpr std::int64_t part_up(std::int64_t value, std::int64_t rate) {
    std::uint64_t rest = 0;
    const std::uint64_t part =
        billionths_of(static_cast<std::uint64_t>(value), static_cast<std::uint64_t>(rate), &rest);
    return static_cast<std::int64_t>(part + (rest != 0 ? 1 : 0));
}

ENGINE_INLINE void Accounts::prefetch_owner(Index party) const {
    const Position& position = positions_[party];
    ENGINE_PREFETCH(&accounts_[position.account]);
    ENGINE_PREFETCH(&wallet(position.account, bounds_[position.instrument].settle));
}

ENGINE_INLINE void Accounts::prefetch_trader(Index party) const {
    ENGINE_PREFETCH(&positions_[party]);
    ENGINE_PREFETCH(&positions_[party].entry_value);
}

template <class Record>
ENGINE_INLINE void prefetch_lines(const Record& record) {
    const auto* const first = reinterpret_cast<const char*>(&record);
    for (std::size_t line = 0; line < sizeof(Record); line += 64) ENGINE_PREFETCH(first + line);
}

ENGINE_INLINE void Accounts::prefetch_position(Index party) const {
    prefetch_lines(positions_[party]);
}

ENGINE_INLINE void Accounts::prefetch_wallet(Index party) const {
    const Position& position = positions_[party];
    ENGINE_PREFETCH(&accounts_[position.account]);
    prefetch_lines(wallet(position.account, bounds_[position.instrument].settle));
}

ENGINE_INLINE void Accounts::renew_margin(Position& position, Wallet& wallet) const {
    const Wide margin = margin_of(position, open_of(position), position.chosen_rate);
    wallet.balance.margin += margin - position.margin;
    position.margin = margin;
}

// After a change of a position at rest, or of what is open there, from an exposure that was.
ENGINE_INLINE void Accounts::refresh(Position& position, Wallet& wallet, const Exposure& before) {
    wallet.tally.change(before, exposure(position));
    note_gain(position, wallet);
    renew_margin(position, wallet);
    wallet.room.value = 0;
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
    const bool has_common = account.limits_seen == limits_.changes();
    const OrdersLimits& limits =
        ENGINE_LIKELY(has_common) ? common_orders_limits_ : limits_of(account);
    const auto live = static_cast<std::int64_t>(account.live_orders);
    const std::int64_t most = limits.open_orders;
    if (stays && live >= most + planted(Bug::ONE_ORDER_TOO_MANY)) return false;
    const auto window = static_cast<std::uint64_t>(limits.duplicate_window);
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
    const OrderLimits& limits = limits_of(positions_[order.party]);
    if (order.quantity > limits.quantity) return false;
    if (!order.is_limited) return true;
    if (order.value > limits.value) return false;
    if (limits.price_distance == NOT_LIMITED || !order.has_market_price) return true;
    const Wide apart = (wide(order.price) - order.market_price) * MILLION;
    const Wide most = size_of(order.market_price) * limits.price_distance;
    return (order.is_buyer ? apart : -apart) <= most;
}

// What an order makes of a position that moves: whether it has room for it, takes it up, or both.
template <Admission HOW>
ENGINE_INLINE bool Accounts::takes(Position& position, Wallet& its, const OpenChange& change,
                                   std::int64_t position_most) {
    const std::size_t side = side_of_open(change.is_buyer);
    const std::int64_t more = change.more();
    const std::int64_t added = std::max(more, std::int64_t{0});
    const std::int64_t more_lots = change.lots - change.lots_before;
    if constexpr (HOW != Admission::HOLD) {
        const std::int64_t sign = change.is_buyer ? 0 : -1;
        const std::int64_t ahead = (position.lots ^ sign) - sign;
        if (ahead + position.open_lots[side] + more_lots > position_most) return false;
        if (added >= its.room.value) return false;
    }
    if constexpr (HOW != Admission::CHECK) {
        position.open_lots[side] += more_lots;
        position.more_open[side] += more;
        its.room.value -= added;
    }
    if constexpr (HOW == Admission::HOLD) {
        its.room.value = std::max(its.room.value, std::int64_t{0});
    }
    return true;
}

template <Admission HOW>
ENGINE_INLINE bool Accounts::admits_at_once(Index party, bool is_buyer, const Held& after,
                                            const Held& before) {
    Position& position = positions_[party];
    const OrderBounds& bounds = bounds_[position.instrument];
    OpenChange change{is_buyer, after.lots, before.lots};
    if (after.lots > bounds.quantity_most) return false;
    if (__builtin_mul_overflow(after.lots, after.price, &change.value)) return false;
    if (__builtin_mul_overflow(change.value, bounds.value_factor, &change.value)) return false;
    const auto above = static_cast<std::uint64_t>(change.value - bounds.value_least);
    if (above > bounds.value_span) return false;
    const std::int64_t inward = is_buyer ? after.price : ~after.price;
    if (inward > bounds.farthest[side_of_open(is_buyer)]) return false;
    // What is held has a value of 64 bits.
    change.value_before = before.lots * before.price * bounds.value_factor;
    if (change.value_before < 0 || position.news_seen != news_) return false;
    Wallet& its = wallet(position.account, bounds.settle);
    return takes<HOW>(position, its, change, bounds.position_most);
}

ENGINE_INLINE bool Accounts::admits_cost_at_once(Index party, bool is_buyer, std::int64_t quantity,
                                                 std::int64_t lots, std::int64_t value) {
    Position& position = positions_[party];
    const OrderBounds& bounds = bounds_[position.instrument];
    if (quantity > bounds.quantity_most || quantity < bounds.quantity_least) return false;
    if (position.news_seen != news_) return false;
    Wallet& its = wallet(position.account, bounds.settle);
    const OpenChange change{is_buyer, lots, 0, value, 0};
    return takes<Admission::CHECK>(position, its, change, bounds.position_most);
}

ENGINE_INLINE bool Accounts::holds_at_once(Index party, bool is_buyer, std::int64_t price,
                                           std::int64_t lots, std::int64_t lots_before) {
    Position& position = positions_[party];
    if (!moves(position) || price < 0) return false;
    const OrderBounds& bounds = bounds_[position.instrument];
    const std::int64_t lot_value = price * bounds.value_factor;
    const OpenChange change{is_buyer, lots, lots_before, lots * lot_value, lots_before * lot_value};
    return takes<Admission::HOLD>(position, wallet(position.account, bounds.settle), change, 0);
}

template <Admission HOW>
ENGINE_INLINE bool Accounts::admit(const PlainOrder& order, std::uint64_t time) {
    Position& position = positions_[order.party];
    const bool is_simple = moves(position) || may_move(position);
    if (ENGINE_UNLIKELY(!is_simple || !is_small(wide(order.value) | order.value_before))) {
        return admit_any(order, HOW, time);
    }
    const std::uint32_t currency = contracts_[position.instrument].settle;
    Wallet& its = wallet(position.account, currency);
    const OpenChange change{order.is_buyer, order.lots, order.instead_of.lots, order.value,
                            order.value_before};
    if constexpr (HOW == Admission::HOLD) {
        lets_move(order.party, its);
        return takes<HOW>(position, its, change, 0);
    }
    const std::int64_t position_most = std::min(limits_of(position).position, LOTS_MOST);
    note_rate(position, its);
    if (ENGINE_UNLIKELY(its.marks_seen != marks_told_[currency] || its.room.value == 0)) {
        see_marks(position.account, currency);
        find_room(its);
    }
    const bool has_room = std::max(change.more(), std::int64_t{0}) < its.room.value;
    if (ENGINE_LIKELY(has_room) && lets_move(order.party, its) &&
        takes<HOW>(position, its, change, position_most)) {
        note_seen(position, its);
        return true;
    }
    see_marks(position.account, currency);
    return admit_at_rest(order, HOW, time);
}

// One party's side of a trade of a simple contract, as pay_one() has it but for the house, of a
// position that moves. The order of a maker held for the lots of the trade. At the mark they are
// worth `gap` more or less.
template <bool BUYS, Liquidity ROLE>
ENGINE_INLINE std::int64_t Accounts::pay_small(Index party, const TradeSide& side,
                                               std::int64_t value, std::int64_t gap,
                                               std::uint64_t time) {
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
    // All in the direction of the trade.
    const bool is_behind = BUYS ? lots < 0 : lots > 0;
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
        position.more_open[side_of_open(BUYS)] -= value;
        position.open_lots[side_of_open(BUYS)] -= side.lots;
    }
    position.fees += fee;
    const std::int64_t result = paid - fee;
    its.balance.amount += result;
    its.tally.add(result, time);
    // What a maker trades was open, and counted as that: only what closing has paid comes to it.
    its.room.spend(small_size(IS_MAKER ? paid : ahead_now - ahead),
                   small_size(result) + small_size(fee) + gap);
    return fee;
}

// How far the value of a trade is from that at the mark; without a mark nothing is gained or lost.
ENGINE_INLINE std::int64_t Accounts::gap_to_mark(const TradeSide& side, std::int64_t value) const {
    const Told& mark = marks_[side.instrument];
    if (!mark.is_known) return 0;
    std::int64_t worth = 0;
    const bool is_beyond =
        __builtin_mul_overflow(side.lots, mark.price, &worth) ||
        __builtin_mul_overflow(worth, contracts_[side.instrument].value_factor, &worth);
    if (ENGINE_UNLIKELY(is_beyond || !is_small(size_of(worth)))) return SMALL_END;
    return small_size(worth - value);
}

// Whether a position moves, or can, and has small numbers.
ENGINE_INLINE bool Accounts::trades_alone(Index party, std::uint32_t currency) {
    const Position& position = positions_[party];
    if (ENGINE_UNLIKELY(!is_small(position.entry_value))) return false;
    return lets_move(party, wallet(position.account, currency));
}

ENGINE_INLINE Fees Accounts::pay_plain(Index maker, Index taker, const TradeSide& side,
                                       std::int64_t maker_held, std::uint64_t time) {
    std::int64_t value = 0;
    const Contract& contract = contracts_[side.instrument];
    if (ENGINE_UNLIKELY(!contract.is_simple || side.price < 0 ||
                        !value_of_order(side.instrument, side.lots, side.price, &value) ||
                        !is_small(value) || !trades_alone(maker, contract.settle) ||
                        !trades_alone(taker, contract.settle))) {
        return pay(maker, taker, side, false, time, maker_held);
    }
    return side.is_buyer ? pay_both<true>(maker, taker, side, value, time)
                         : pay_both<false>(maker, taker, side, value, time);
}

template <bool BUYS>
ENGINE_INLINE Fees Accounts::pay_both(Index maker, Index taker, const TradeSide& side,
                                      std::int64_t value, std::uint64_t time) {
    const std::int64_t gap = gap_to_mark(side, value);
    Wide& house = house_[contracts_[side.instrument].settle];
    Fees fees;
    fees.maker = pay_small<!BUYS, Liquidity::MAKER>(maker, side, value, gap, time);
    // Of an account's trade with itself the first half may have made a number large.
    if (ENGINE_UNLIKELY(maker == taker && !is_small(positions_[taker].entry_value))) {
        house += fees.maker;
        fees.taker = pay_one(taker, side, value, false, time, 0);
        return fees;
    }
    fees.taker = pay_small<BUYS, Liquidity::TAKER>(taker, side, value, gap, time);
    house += fees.maker + fees.taker;
    return fees;
}

}  // namespace engine
