// The general way of commands that bring phases, of orders in calls, and of those that expire.
#include <algorithm>

#include "engine/accounts/admission.hpp"
#include "engine/book/front.hpp"
#include "engine/engine/general.hpp"
#include "engine/matching/auction.hpp"
#include "engine/matching/phases.hpp"
#include "engine/matching/reduce_only.hpp"
#include "engine/types/planted.hpp"

namespace engine {

namespace {

constexpr ReportFlags NO_FLAGS = 0;
constexpr ReportFlags REDUCE_ONLY = static_cast<ReportFlags>(ReportFlag::REDUCE_ONLY);
constexpr TriggerSource WATCHED[] = {TriggerSource::LAST, TriggerSource::MARK,
                                     TriggerSource::INDEX};

// Asks for what the orders of a row that come soon, and their accounts, will touch. A call of a
// function that does nothing else would be left out.
ENGINE_INLINE void ask_ahead(const std::vector<Collected>& row, std::size_t next,
                             std::uint32_t instrument, const Books& books,
                             const Accounts& accounts) {
    constexpr std::size_t ORDERS_AHEAD = 12;
    constexpr std::size_t REST_AHEAD = 8;  // what an order leaves behind, and whose it is
    constexpr std::size_t POSITIONS_AHEAD = 6;
    constexpr std::size_t WALLETS_AHEAD = 3;
    const auto order_at = [&](std::size_t ahead) {
        return row[std::min(next + ahead, row.size() - 1)].number;
    };
    books.prefetch_order(order_at(ORDERS_AHEAD));
    books.prefetch_neighbours(order_at(REST_AHEAD));
    books.prefetch_id(books.order(order_at(REST_AHEAD)).order_id);
    if (!accounts.is_kept()) return;
    const auto ask_for_key = [&](std::size_t ahead) {
        return accounts.prefetch_key(books.order(order_at(ahead)).account, instrument);
    };
    ask_for_key(REST_AHEAD);
    accounts.prefetch_position(accounts.peek_party(ask_for_key(POSITIONS_AHEAD)));
    accounts.prefetch_wallet(accounts.peek_party(ask_for_key(WALLETS_AHEAD)));
}

}  // namespace

// Going over to trading or to the close holds an auction of what was collected. Orders for the
// auction of one call expire when another begins, and those for the day at the close. When trading
// begins, the prices that came in between set off what they have reached.
template <class Out>
void General<Out>::set_phase(const Command& command) {
    SpecialMarket& market = *special().market(command.instrument);
    const Phase phase = static_cast<Phase>(command.selector);
    const Phase before = market.phase;
    report_.done(command, command.selector, 0);
    const bool ends = (phase == Phase::CONTINUOUS || phase == Phase::CLOSED) && before != phase;
    if (ends && before != Phase::CONTINUOUS) {
        Uncrossing uncrossing;
        const bool is_found = engine_.uncrossing(command.instrument, &uncrossing, &special().rows);
        hold_auction(command, is_found ? &uncrossing : nullptr);
    }
    market.phase = phase;
    hear_of_phase(command);
    if (phase != Phase::CONTINUOUS || before == phase) return;
    for (const TriggerSource source : WATCHED) {
        const auto place = static_cast<std::size_t>(source);
        if (!market.is_known[place]) continue;
        on_price({command, 2 * command.instrument}, source, market.prices[place]);
    }
}

// Lets the orders hear of a phase that has begun: they end with it, or come in for it.
template <class Out>
void General<Out>::hear_of_phase(const Command& command) {
    const SpecialMarket& market = *special().market(command.instrument);
    const Phase phase = market.phase;
    if (is_collecting(phase)) end_other_calls(command);
    if (phase == Phase::CLOSED) end_day(command);
    const OrdersByAge uncalled = market.uncalled;
    for (const auto& [arrival, number] : uncalled) {
        const TimeInForce in_force = time_in_force_of(books().order(number).terms);
        if (!waits_for_call(phase, in_force)) answer_call(command, number);
    }
}

// Begins a volatility call, at the price band, with what is left of the order that came to it. The
// other orders hear of it when all have entered that were set off before.
template <class Out>
void General<Out>::begin_call(const Cause& cause, Entrant& order) {
    market_of(order.side).phase = Phase::VOLATILITY_CALL;
    report_.call_began(cause.command);
    special().called.push(order.side / 2);
    come_in(cause, order, static_cast<ReportFlags>(ReportFlag::PRICE_BAND));
}

template <class Out>
void General<Out>::uncross(const Command& command) {
    Uncrossing uncrossing{};
    const bool is_found = engine_.uncrossing(command.instrument, &uncrossing, &special().rows);
    report_.done(command, uncrossing.volume, uncrossing.price);
    hold_auction(command, is_found ? &uncrossing : nullptr);
}

// Reports an order that comes in, and lets it go where the phase has a place for it.
template <class Out>
void General<Out>::take_place(const Cause& cause, Entrant& order, ExecType type) {
    const Phase phase = market_of(order.side).phase;
    const TimeInForce in_force = time_in_force_of(order.order.terms);
    const bool is_outside = is_pegged(order.type()) || waits_for_call(phase, in_force);
    const ReportFlags flags = is_outside ? NO_FLAGS : cut(order);
    if (is_pegged(order.type())) {
        order.details.state =
            OrderState::UNPEGGED;  // it finds its price when all else has happened
    } else if (waits_for_call(phase, in_force)) {
        order.details.state = OrderState::UNCALLED;
    } else if (phase != Phase::CONTINUOUS && is_at_market(order.type(), order.flags())) {
        order.details.state = OrderState::AT_MARKET;
    } else {
        order.details.state = OrderState::RESTING;
        state(cause, type, order.order, order.details, flags);
        return phase == Phase::CONTINUOUS ? enter(cause, order) : rest(cause, order);
    }
    state(cause, type, order.order, order.details, flags);
    keep_aside(order);
}

// Lets an order that is on its way enter, or be where the phase has a place for it, with as much as
// it is entitled to by now. Where there is no place, or nothing to reduce, it is canceled.
template <class Out>
void General<Out>::come_in(const Cause& cause, Entrant& order, ReportFlags flags) {
    const Phase phase = market_of(order.side).phase;
    const TimeInForce in_force = time_in_force_of(order.order.terms);
    const bool is_trading = phase == Phase::CONTINUOUS;
    ReportFlags cut_flags = NO_FLAGS;
    if (waits_for_call(phase, in_force)) {
        order.details.state = OrderState::UNCALLED;
    } else if (is_pegged(order.type())) {
        order.details.state = OrderState::UNPEGGED;
    } else if (!is_trading &&
               !takes_part(in_force, order.flags(), order.details.minimum_quantity)) {
        return drop(cause, order, flags);
    } else {
        if (entitled_of(order) == 0) return drop(cause, order, REDUCE_ONLY);
        const RejectReason reason = funds_reason_of(order, {});
        if (reason != RejectReason::NONE) return drop(cause, order, NO_FLAGS, reason);
        cut_flags = cut(order);
        if (!is_trading && is_at_market(order.type(), order.flags())) {
            order.details.state = OrderState::AT_MARKET;
        }
        if (is_trading && cut_flags == NO_FLAGS) return enter(cause, order);
    }
    state(cause, ExecType::RESTATED, order.order, order.details, cut_flags);
    if (order.details.state != OrderState::RESTING) return keep_aside(order);
    return is_trading ? enter(cause, order) : rest(cause, order);
}

// Keeps an order outside the book as its state says; even a plain market order has details there.
template <class Out>
void General<Out>::keep_aside(Entrant& order) {
    const bool is_new = order.details.arrival == 0;
    if (is_new) order.details.arrival = next_arrival();
    if (order.number == NIL) {
        give_number(order);
    } else if (!special().details.has(order.number)) {
        give_details(order);
    }
    Details& details = special().details[order.number];
    details.state = order.details.state;
    details.minimum_quantity = order.details.minimum_quantity;  // it may be filled by now
    RestingOrder& record = books().order(order.number);
    record = order.order;
    SpecialMarket& market = market_of(order.side);
    books().set_aside(order.side, record);
    add_unseen(order.side, record.leaves);
    if (details.state == OrderState::UNCALLED) {
        market.uncalled.emplace(details.arrival, order.number);
    } else if (details.state == OrderState::UNRELEASED) {
        market.unreleased.emplace(details.arrival, order.number);
    } else if (details.state == OrderState::UNPEGGED) {
        market.pegged.emplace(details.arrival, order.number);
    } else {
        market.at_market[order.side & 1].emplace(details.arrival, order.number);
        if (is_reduce_only(order.flags())) begin_reducing(order.number);
        hold(order.number, {});
    }
}

// Lets an order in that waited for the call that has begun.
template <class Out>
void General<Out>::answer_call(const Command& command, Index number) {
    books().reserve(2);
    Entrant order = entrant_from(number, false);
    if (entitled_of(order) == 0) return cancel({command, order.side}, number, REDUCE_ONLY);
    const RejectReason reason = funds_reason_of(order, {});
    if (reason != RejectReason::NONE)
        return cancel({command, order.side}, number, NO_FLAGS, reason);
    detach(number);
    order.order.timestamp = report_.counters().time;
    stamp(number);
    order.details.arrival = details_of(number).arrival;
    take_place({command, order.side}, order, ExecType::TRIGGERED);
}

// Trades at one price all that can; then ends what was for this auction alone.
template <class Out>
void General<Out>::hold_auction(const Command& command, const Uncrossing* uncrossing) {
    const std::uint32_t instrument = command.instrument;
    if (uncrossing != nullptr) {
        const std::uint64_t trades = report_.counters().trades;
        if (is_plain_auction(instrument)) {
            trade_plain(command, *uncrossing);
        } else {
            trade_in_auction(command, *uncrossing);
        }
        engine_.markets_[instrument].note_trades(report_.counters().trades - trades,
                                                 uncrossing->volume);
    }
    std::vector<Index> orders;
    engine_.waiting(instrument, &orders);
    for (const Index number : orders) {
        const bool is_over = special().details[number].state == OrderState::AT_MARKET &&
                             !is_for_auction(time_in_force_of(books().order(number).terms));
        if (is_over) end_at_market(command, number, uncrossing);
    }
    orders.clear();
    engine_.detailed(instrument, &orders);
    for (const Index number : orders) {
        const OrderState state = special().details[number].state;
        if (state != OrderState::RESTING && state != OrderState::AT_MARKET) continue;
        if (!is_for_auction(time_in_force_of(books().order(number).terms))) continue;
        expire_one(command, number);
    }
    if (uncrossing == nullptr) return;
    const Cause cause{command, 2 * instrument};
    on_price(cause, TriggerSource::LAST, uncrossing->price);
    if (market_of(cause.side).rules.static_band == 0) return;
    on_price(cause, TriggerSource::REFERENCE, uncrossing->price);
}

// Whether nothing but the orders themselves changes when they trade in an auction, and they all
// stand in queues.
template <class Out>
bool General<Out>::is_plain_auction(std::uint32_t instrument) {
    const SpecialMarket& market = *special().market(instrument);
    return engine_.has_only_plain_orders(instrument) && market.positions.empty() &&
           market.top_order[0] == NIL && market.top_order[1] == NIL && !engine_.accounts_.is_kept();
}

// Pairs both sides from their heads until all has traded that can.
template <class Out>
void General<Out>::trade_plain(const Command& command, const Uncrossing& uncrossing) {
    const SideNumber bids = 2 * command.instrument;
    Front buyers(books(), bids, special().rows.levels[0]);
    Front sellers(books(), bids + 1, special().rows.levels[1]);
    std::int64_t lots = 0;
    for (std::int64_t left = uncrossing.volume; left > 0; left -= lots) {
        RestingOrder& buyer = books().order(buyers.number());
        RestingOrder& seller = books().order(sellers.number());
        lots = std::min(buyer.leaves, seller.leaves);
        ENGINE_ASSERT(lots > 0 && lots <= left);
        buyer.filled += lots;
        seller.filled += lots;
        buyers.take(buyer, lots);
        report_.auctioned(seller, buyer, {command, bids}, lots, uncrossing.price, {});
        sellers.take(seller, lots);
        if (seller.leaves == 0) sellers.pass(seller);
        if (buyer.leaves == 0) buyers.pass(buyer);
    }
    buyers.close();
    sellers.close();
    Market& market = engine_.markets_[command.instrument];
    market.last_price = uncrossing.price;
    market.last_quantity = lots;
}

// The rows of the orders that were collected are paired from their heads until all has traded that
// can.
template <class Out>
void General<Out>::trade_in_auction(const Command& command, const Uncrossing& uncrossing) {
    std::vector<Collected>* const rows = special().rows.orders;
    const SideNumber bids = 2 * command.instrument;
    const std::int64_t price = uncrossing.price;
    // The price of plain orders was found without them.
    for (SideNumber side = 0; side < 2 && engine_.has_only_plain_orders(bids / 2); side++) {
        engine_.in_auction(bids + side, rank_of(bids + side, price), &rows[side]);
    }
    const SpecialMarket& special_market = *special().market(command.instrument);
    const bool moves = !special_market.positions.empty() || !special_market.reducing.empty();
    TradedByPosition traded;
    Market& market = engine_.markets_[command.instrument];
    std::size_t buyer = 0;
    std::size_t seller = 0;
    std::int64_t lots = 0;
    for (std::int64_t left = uncrossing.volume; left > 0; left -= lots) {
        ENGINE_ASSERT(buyer < rows[0].size() && seller < rows[1].size());
        ask_ahead(rows[0], buyer, command.instrument, books(), engine_.accounts_);
        ask_ahead(rows[1], seller, command.instrument, books(), engine_.accounts_);
        const Index bid = rows[0][buyer].number;
        const Index ask = rows[1][seller].number;
        const std::int64_t bid_leaves = open_of(bid);
        const std::int64_t ask_leaves = open_of(ask);
        lots = std::min(rows[0][buyer].lots, rows[1][seller].lots);
        rows[0][buyer].lots -= lots;
        rows[1][seller].lots -= lots;
        if (rows[0][buyer].lots == 0) buyer += 1;
        if (rows[1][seller].lots == 0) seller += 1;
        fill_in_auction(bid, lots);
        fill_in_auction(ask, lots);
        RestingOrder taker = told(bid);
        RestingOrder maker = told(ask);
        taker.leaves = bid_leaves - lots;
        maker.leaves = ask_leaves;
        market.last_price = price;
        market.last_quantity = lots;
        if (moves) {
            traded[special_market.which(taker, bids)][0] += lots;
            traded[special_market.which(maker, bids + 1)][1] += lots;
        }
        const Fees fees = pay(maker, taker, bids, lots, price, true);
        report_.auctioned(maker, taker, {command, bids}, lots, price, fees);
        touch(ask);
        if (ask_leaves == lots) {
            detach(ask);
            end(ask, maker, bids + 1);
        }
        touch(bid);
        if (bid_leaves == lots) {
            detach(bid);
            end(bid, taker, bids);
        }
    }
    if (moves) move_positions(command, traded);
}

// Takes lots off an order as a whole, shown or not; it keeps its place. What it has left may be
// nothing: it is to be ended then.
template <class Out>
void General<Out>::fill_in_auction(Index number, std::int64_t lots) {
    RestingOrder& order = books().order(number);
    order.filled += lots;
    if (open_of(number) == lots) return;
    shrink(number, lots);
    if (!special().details.has(number)) return;
    // An iceberg shows as much as it may again.
    Details& details = special().details[number];
    const bool is_shown =
        details.state == OrderState::RESTING && !has(flags_of(order.terms), OrderFlag::HIDDEN);
    if (!is_shown || details.display_quantity == 0) return;
    const std::int64_t leaves = order.leaves + details.reserve;
    const std::int64_t shown = shown_of(details, flags_of(order.terms), leaves);
    const SideNumber side = books().side_of_order(number);
    add_unseen(side, order.leaves - shown);
    books().grow(number, shown - order.leaves);
    details.reserve = leaves - shown;
}

// Cancels what an auction left of a market order; a market-to-limit order rests at its price.
template <class Out>
void General<Out>::end_at_market(const Command& command, Index number,
                                 const Uncrossing* uncrossing) {
    const Cause cause{command, books().side_of_order(number)};
    const OrderType type = order_type_of(books().order(number).terms);
    if (type != OrderType::MARKET_TO_LIMIT || uncrossing == nullptr) {
        return cancel(cause, number, NO_FLAGS);
    }
    books().reserve(2);
    Entrant order = entrant_from(number, false);
    detach(number);
    stamp(number);
    order.details.arrival = details_of(number).arrival;
    order.details.state = OrderState::RESTING;
    order.order.timestamp = report_.counters().time;
    const InstrumentTerms& terms = market_of(order.side).terms;
    order.order.price = std::clamp(uncrossing->price, terms.min_price, terms.max_price);
    rest(cause, order);
}

// The orders expire that were collected for another call than the one that begins.
template <class Out>
void General<Out>::end_other_calls(const Command& command) {
    const Phase phase = special().market(command.instrument)->phase;
    std::vector<Index> orders;
    engine_.detailed(command.instrument, &orders);
    for (const Index number : orders) {
        const OrderState state = special().details[number].state;
        const bool is_collected = state == OrderState::RESTING || state == OrderState::AT_MARKET;
        const TimeInForce in_force = time_in_force_of(books().order(number).terms);
        if (is_collected && waits_for_call(phase, in_force)) expire_one(command, number);
    }
}

// The orders for the day expire, and those for auctions that will not be.
template <class Out>
void General<Out>::end_day(const Command& command) {
    std::vector<Index> orders;
    engine_.all_orders(command.instrument, &orders);
    for (const Index number : orders) {
        const TimeInForce in_force = time_in_force_of(books().order(number).terms);
        if (planted(Bug::DAY_OUTLIVES_THE_CLOSE) && in_force == TimeInForce::DAY) continue;
        if (in_force == TimeInForce::DAY || is_for_auction(in_force)) expire_one(command, number);
    }
}

template <class Out>
void General<Out>::expire(const Command& command) {
    std::set<Expiry>& expiries = special().expiries;
    const std::uint64_t now = report_.counters().time - planted(Bug::EXPIRED_ONE_LATE);
    while (!expiries.empty() && expiries.begin()->time <= now) {
        const Index number = expiries.begin()->number;
        expire_one(about(command, books().side_of_order(number) / 2), number);
    }
    settle(command);
    engine_.next_expiry_ = special().next_expiry();
}

template <class Out>
void General<Out>::expire_one(const Command& command, Index number) {
    const SideNumber side = books().side_of_order(number);
    const RestingOrder order = told(number);
    gone({command, side}, ExecType::EXPIRED, OrderStatus::EXPIRED, order, details_of(number),
         NO_FLAGS);
    detach(number);
    end(number, order, side);
}

template class General<ReportBuffer>;
template class General<TradeBuffer>;

}  // namespace engine
