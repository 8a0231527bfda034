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
constexpr bool is_small(std::uint64_t number) {
    return number >> 59 == 0;
}
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
    const auto its = static_cast<std::uint64_t>(rate);
    const std::uint64_t part =
        billionths_of(static_cast<std::uint64_t>(value), its, portion_of(its), &rest);
    return static_cast<std::int64_t>(part + (rest != 0 ? 1 : 0));
}

// The part of a small value that so many of its lots have. REQUIRES: 0 < lots <= all.
template <Rounding ROUNDING>
ENGINE_INLINE std::int64_t part_of_lots(std::int64_t value, std::int64_t lots, std::int64_t all) {
    static_assert(ROUNDING == Rounding::FLOOR || ROUNDING == Rounding::CEILING);
    std::int64_t product = 0;
    if (ENGINE_UNLIKELY(__builtin_mul_overflow(value, lots, &product))) {
        return static_cast<std::int64_t>(divide(wide(value) * lots, all, ROUNDING));
    }
    const std::int64_t quotient = product / all;
    return quotient + (ROUNDING == Rounding::CEILING && quotient * all != product ? 1 : 0);
}

template <class Record>
ENGINE_INLINE void prefetch_lines(const Record& record) {
    const auto* const first = reinterpret_cast<const char*>(&record);
    for (std::size_t line = 0; line < sizeof(Record); line += 64) ENGINE_PREFETCH(first + line);
}

ENGINE_INLINE AccountIndex Accounts::prefetch_owner(Index party, std::uint32_t number) const {
    if (ENGINE_UNLIKELY(count_ == 0)) return 0;
    const Position& position = positions_[party];
    const AccountIndex guessed = number < count_ ? number : 0;
    const AccountIndex account = position.number == number ? position.account : guessed;
    ENGINE_PREFETCH(&accounts_[account]);
    prefetch_lines(wallet(account, bounds_[position.instrument].settle));
    return account;
}

ENGINE_INLINE void Accounts::prefetch_others(AccountIndex account, Index party) const {
    if (ENGINE_UNLIKELY(count_ == 0)) return;
    const std::uint32_t currency = bounds_[positions_[party].instrument].settle;
    const bool is_stale = wallet(account, currency).marks_seen != marks_told_[currency];
    const Position& newest = positions_[is_stale ? accounts_[account].first_position : party];
    ENGINE_PREFETCH(&newest);
    ENGINE_PREFETCH(&newest.next);
}

ENGINE_INLINE void Accounts::prefetch_trader(Index party) const {
    ENGINE_PREFETCH(&positions_[party]);
    ENGINE_PREFETCH(&positions_[party].entry_value);
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
    see_room(its, position.account, currency);
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
    const TradeTerms& terms = trade_terms_[side.instrument];
    const bool is_maker_rate = IS_MAKER && !planted(Bug::MAKER_PAYS_AS_TAKER);
    const std::int64_t fee =
        ENGINE_UNLIKELY(terms.has_tiers)
            ? fee_of_tier(position, value, is_maker_rate ? Liquidity::MAKER : Liquidity::TAKER)
            : small_part_of(static_cast<std::uint64_t>(value),
                            is_maker_rate ? terms.maker : terms.taker);
    Wallet& its = wallet(position.account, terms.settle);
    if (ENGINE_UNLIKELY(terms.is_beside_funding)) settle(position, its);
    const auto entry = static_cast<std::int64_t>(position.entry_value);
    const std::int64_t lots = position.lots;
    // All in the direction of the trade.
    const bool is_behind = BUYS ? lots < 0 : lots > 0;
    std::int64_t ahead_now = entry + value;
    std::int64_t added = value;
    std::int64_t paid = 0;
    if (is_behind) {
        const std::int64_t size = BUYS ? -lots : lots;
        const std::int64_t closed = std::min(size, side.lots);
        const std::int64_t closing =
            closed == side.lots ? value : closed * side.price * terms.value_factor;
        // The account is paid the lower of two amounts.
        constexpr Rounding ROUNDING = BUYS ? Rounding::FLOOR : Rounding::CEILING;
        const std::int64_t released =
            closed == size ? entry : part_of_lots<ROUNDING>(entry, closed, size);
        paid = BUYS ? released - closing : closing - released;
        position.realized += paid;
        const bool is_kept = planted(Bug::PART_RELEASES_NOTHING);
        ahead_now = closed < size ? (is_kept ? 0 : released) - entry : value - closing;
        added = small_size(ahead_now + entry);
    }
    const auto entry_now = static_cast<std::uint64_t>(small_size(ahead_now));
    position.lots = BUYS ? lots + side.lots : lots - side.lots;
    position.entry_value = entry_now;
    if constexpr (IS_MAKER) {
        position.more_open[side_of_open(BUYS)] -= value;
        position.open_lots[side_of_open(BUYS)] -= side.lots;
    }
    position.fees += fee;
    const std::int64_t result = paid - fee;
    its.balance.amount += result;
    its.tally.add(result, time);
    // What a maker trades was open, and counted as that: only what closing has paid comes to it.
    const std::int64_t size_paid = small_size(paid);
    its.room.spend(IS_MAKER ? size_paid : added, size_paid + 2 * small_size(fee) + gap);
    if (ENGINE_UNLIKELY(!is_small(entry_now))) come_to_rest(its);
    return fee;
}

template <bool BUYS>
ENGINE_INLINE Fees Accounts::pay_both(Index maker, Index taker, const TradeSide& side,
                                      std::int64_t value, std::int64_t gap, std::uint64_t time) {
    Wide& house = house_[trade_terms_[side.instrument].settle];
    Fees fees;
    fees.maker = pay_small<!BUYS, Liquidity::MAKER>(maker, side, value, gap, time);
    // Of an account's trade with itself the first half may have made a number large.
    if (ENGINE_UNLIKELY(!moves(positions_[taker]))) {
        house += fees.maker;
        fees.taker = pay_one(taker, side, value, false, time, 0);
        return fees;
    }
    fees.taker = pay_small<BUYS, Liquidity::TAKER>(taker, side, value, gap, time);
    house += fees.maker + fees.taker;
    return fees;
}

// All of a trade in one place, called: in the loop of a sweep its numbers would crowd out others.
inline ENGINE_OUTLINE Fees Accounts::pay_plain(Index maker, Index taker, const TradeSide& side,
                                               std::int64_t maker_held, std::uint64_t time) {
    const TradeTerms& terms = trade_terms_[side.instrument];
    std::int64_t tick_value = 0;
    std::int64_t value = 0;
    if (ENGINE_UNLIKELY(__builtin_mul_overflow(side.lots, terms.value_factor, &tick_value) ||
                        __builtin_mul_overflow(tick_value, side.price, &value) ||
                        !is_small(static_cast<std::uint64_t>(value)) || !terms.is_simple ||
                        !trades_alone(maker, terms.settle) || !trades_alone(taker, terms.settle))) {
        return pay(maker, taker, side, false, time, maker_held);
    }
    // How far the value is from that at the mark: without one nothing is gained or lost. Where it
    // is more than the value itself it may not be small.
    const std::int64_t twice = 2 * side.price;
    std::int64_t gap = 0;
    if (ENGINE_LIKELY(terms.has_mark)) {
        const bool is_near = terms.mark >= 0 && terms.mark <= twice;
        gap = ENGINE_LIKELY(is_near) ? small_size(terms.mark - side.price) * tick_value : SMALL_END;
    }
    return side.is_buyer ? pay_both<true>(maker, taker, side, value, gap, time)
                         : pay_both<false>(maker, taker, side, value, gap, time);
}

}  // namespace engine
