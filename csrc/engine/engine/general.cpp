#include "engine/engine/general.hpp"

#include <algorithm>

#include "engine/engine/liquidator.hpp"
#include "engine/matching/phases.hpp"
#include "engine/matching/reduce_only.hpp"
#include "engine/types/limits.hpp"
#include "engine/types/planted.hpp"

namespace engine {

namespace {

constexpr ReportFlags NO_FLAGS = 0;
constexpr ReportFlags KEPT = static_cast<ReportFlags>(ReportFlag::KEPT_PRIORITY);
constexpr ReportFlags SELF_TRADE = static_cast<ReportFlags>(ReportFlag::SELF_TRADE);
constexpr ReportFlags AT_THE_BAND = static_cast<ReportFlags>(ReportFlag::PRICE_BAND);
constexpr ReportFlags REDUCE_ONLY = static_cast<ReportFlags>(ReportFlag::REDUCE_ONLY);
// Whether a command of this kind may leave something with its instrument that plain ones do not
// have. The others need no more of it than is there.
constexpr bool brings_something(CommandKind kind) {
    return kind == CommandKind::SUBMIT || kind == CommandKind::REPLACE ||
           kind == CommandKind::SET_PRICE || kind == CommandKind::SET_PHASE ||
           kind == CommandKind::SET_POSITION;
}
// Whether a command of accounts is about what one has in an instrument.
constexpr bool names_instrument(CommandKind kind) {
    return kind == CommandKind::SET_LEVERAGE || kind == CommandKind::SET_POSITION_MODE ||
           kind == CommandKind::SET_MARGIN_MODE || kind == CommandKind::ADD_MARGIN;
}
constexpr ReportFlags LIMIT_REACHED = static_cast<ReportFlags>(ReportFlag::CASCADE_LIMIT);

}  // namespace

template <class Out>
void General<Out>::apply(const Command& command, Counted counted) {
    const bool is_known = command.instrument < engine_.instrument_count();
    const SpecialMarket* const market = special().market(command.instrument);
    const bool is_dark = market != nullptr && market->is_dark();
    const bool is_hidden = is_dark && command.kind == CommandKind::SUBMIT;
    Command hidden;
    const Command& meant = is_hidden ? (hidden = in_the_dark(command)) : command;
    const Situation situation = situation_of(meant, counted);
    const Index named = situation.named;
    const RejectReason reason = general_reason(situation);
    if (reason != RejectReason::NONE) {
        return refuse(command, reason, named, engine_.numbers_behind(situation, reason));
    }
    if (command.kind == CommandKind::FUND) return fund(command);
    const bool stirs = names_instrument(command.kind) || command.kind == CommandKind::SWITCH;
    if (is_of_accounts(command.kind) && !stirs) return apply_to_account(command);
    if (brings_something(command.kind)) engine_.open_special(command.instrument);
    if (is_known) stir(command.instrument);
    switch (command.kind) {
        case CommandKind::SUBMIT:
            submit(meant);
            break;
        case CommandKind::CANCEL:
            cancel({command, books().side_of_order(named)}, named, NO_FLAGS);
            break;
        case CommandKind::REPLACE:
            replace(command, named);
            break;
        case CommandKind::REDUCE:
            reduce(command, named);
            break;
        case CommandKind::MASS_CANCEL:
            mass_cancel(command);
            break;
        case CommandKind::SET_PRICE:
            set_price(command);
            break;
        case CommandKind::SET_PHASE:
            set_phase(command);
            break;
        case CommandKind::UNCROSS:
            uncross(command);
            break;
        case CommandKind::SET_POSITION:
            set_position(command);
            break;
        case CommandKind::SET_LEVERAGE:
        case CommandKind::SET_POSITION_MODE:
        case CommandKind::SET_MARGIN_MODE:
        case CommandKind::ADD_MARGIN:
            apply_to_account(command);
            break;
        case CommandKind::SWITCH:
            turn_switch(command);
            break;
        case CommandKind::LIQUIDATE:
            Liquidator<Out>(*this, command).run();
            break;
        default:
            report_.done(command, 0, 0);
            break;
    }
    settle(command);
    engine_.next_expiry_ = special().next_expiry();
}

template <class Out>
void General<Out>::go_on(const Command& command, RestingOrder order, Index number,
                         const TradedRange& before) {
    engine_.open_special(command.instrument);
    stir(command.instrument);
    books().reserve(2);
    const SideNumber side = number == NIL ? side_number(command.instrument, command.side)
                                          : books().side_of_order(number);
    Entrant taker{order, Details{}, side, number, false};
    taker.details.instrument = command.instrument;
    enter({command, side}, taker, before);
    settle(command);
    engine_.next_expiry_ = special().next_expiry();
}

// -- the commands

template <class Out>
void General<Out>::submit(const Command& command) {
    const std::uint64_t id = command.order_id != 0 ? command.order_id : take_order_id();
    books().reserve(2);
    Accounts& accounts = engine_.accounts_;
    if (accounts.is_kept()) {
        const AccountIndex account = accounts.find(command.account);
        accounts.note_asked(account, asked_by(command), report_.counters().time);
    }
    Entrant order = entrant_of(command, id, report_.counters().time);
    if (is_special(command)) order.details.arrival = next_arrival();
    const Cause cause{command, order.side};
    if (order.has(OrderFlag::ONE_TRIGGERS_OTHER)) {
        order.details.state = OrderState::UNRELEASED;
        keep_aside(order);
        special().links.children[command.linked_order_id].push_back(order.number);
        return state(cause, ExecType::NEW, order.order, order.details, NO_FLAGS);
    }
    if (order.has(OrderFlag::ONE_CANCELS_OTHER)) {
        give_number(order);
        join(order, books().find(command.linked_order_id));
        order.details.link_group = special().details[order.number].link_group;
    }
    if (is_conditional(command.order_type)) return wait(cause, order, ExecType::NEW);
    take_place(cause, order, ExecType::NEW);
}

// The next id that no live order has.
template <class Out>
std::uint64_t General<Out>::take_order_id() {
    const std::uint64_t id = engine_.next_free_id(report_.counters().next_order_id);
    report_.counters().next_order_id = id + 1;
    return id;
}

// A conditional order, which waits unless the price is already there.
template <class Out>
void General<Out>::wait(const Cause& cause, Entrant& order, ExecType type) {
    const Index number = order.number == NIL ? give_number(order) : order.number;
    RestingOrder& waiting = books().order(number);
    books().set_aside(order.side, waiting);
    add_unseen(order.side, waiting.leaves);
    triggers(order.side).place(number);
    state(cause, type, waiting, details_of(number), NO_FLAGS);
    trigger_if_reached(cause, number);
}

template <class Out>
void General<Out>::replace(const Command& command, Index number) {
    const RestingOrder before = told(number);
    const Details& details = details_of(number);
    const Cause cause{command, books().side_of_order(number)};
    const bool is_peg = is_pegged(order_type_of(before.terms));
    const std::int64_t price = is_peg ? before.price : command.price;
    if (keeps_priority(command, before, details, market_of(cause.side).terms)) {
        shrink(number, before.leaves - command.quantity);
        return replaced(cause, told(number), details_of(number), KEPT);
    }
    const OrderState before_state = details.state;
    const bool has_trigger = before_state == OrderState::UNTRIGGERED ||
                             before_state == OrderState::UNACTIVATED ||
                             before_state == OrderState::UNPRICED;
    if (has_trigger) return replace_waiting(command, number);
    books().reserve(2);
    Entrant order = entrant_from(number, false);
    detach(number);
    order.order.price = price;
    order.order.leaves = command.quantity;
    order.order.timestamp = report_.counters().time;
    if (order.details.arrival != 0) {
        stamp(number);
        order.details.arrival = details_of(number).arrival;
    }
    if (before_state != OrderState::UNRELEASED) return take_place(cause, order, ExecType::REPLACED);
    keep_aside(order);
    replaced(cause, order.order, order.details, NO_FLAGS);
}

// An order that waits for a price goes on waiting, behind others, for the same or another price.
template <class Out>
void General<Out>::replace_waiting(const Command& command, Index number) {
    const Cause cause{command, books().side_of_order(number)};
    RestingOrder& order = books().order(number);
    triggers(cause.side).remove(number);
    add_unseen(cause.side, command.quantity - order.leaves);
    order.price = command.price;
    order.leaves = command.quantity;
    order.timestamp = report_.counters().time;
    stamp(number);
    Details& details = special().details[number];
    if (command.trigger_price != 0) details.trigger_price = command.trigger_price;
    triggers(cause.side).insert(number);
    replaced(cause, order, details, NO_FLAGS);
    trigger_if_reached(cause, number);
}

template <class Out>
void General<Out>::reduce(const Command& command, Index number) {
    const Cause cause{command, books().side_of_order(number)};
    if (command.quantity >= told(number).leaves) return cancel(cause, number, NO_FLAGS);
    shrink(number, command.quantity);
    replaced(cause, told(number), details_of(number), KEPT);
}

template <class Out>
void General<Out>::set_price(const Command& command) {
    // A last price from outside is not the plain market's, which knows that of its trades only.
    if (command.trigger_source == TriggerSource::LAST) {
        special().market(command.instrument)->is_pinned = true;
    }
    report_.done(command, 0, command.price);
    Accounts& accounts = engine_.accounts_;
    if (accounts.is_kept() && command.trigger_source == TriggerSource::MARK) {
        accounts.set_mark(command.instrument, command.price);
    }
    if (accounts.is_kept() && command.trigger_source == TriggerSource::INDEX) {
        accounts.set_index(command.instrument, command.price);
    }
    on_price({command, 2 * command.instrument}, command.trigger_source, command.price);
}

// -- what follows

// First what happened to linked orders has its effect, then what was released or triggered enters,
// one by one; then the others hear of a call that one of them began, pegged orders follow the
// market, and last those trade that could not be filled before. What any of it sets off in its turn
// goes to the end of its queue. Each order that enters, moves or trades at last is one step; what
// is still to enter after too many steps is canceled, and what is still to move waits outside.
template <class Out>
void General<Out>::settle(const Command& command) {
    SpecialOrders& all = special();
    std::uint64_t steps = 0;
    for (;;) {
        if (!all.links.touched.is_done()) {
            cancel_linked(command, all.links.touched.pop());
        } else if (!all.links.ended.is_done()) {
            release(command, all.links.ended.pop());
        } else if (!all.triggered.is_done()) {
            const Index number = all.triggered.pop();
            if (number == NIL) continue;
            let_in(command, number, steps >= all.cascade_max);
            steps += 1;
        } else if (!all.called.is_done()) {
            hear_of_phase(about(command, all.called.pop()));
        } else {
            bool is_moved = false;
            if (steps < all.cascade_max) {
                for (std::size_t i = 0; i < all.stirred.size() && !is_moved; i++) {
                    is_moved = repeg(command, all.stirred[i]);
                }
                for (std::size_t i = 0; i < all.stirred.size() && !is_moved; i++) {
                    is_moved = retry(command, all.stirred[i]);
                }
            }
            if (!is_moved) break;
            steps += 1;
        }
    }
    for (const std::uint32_t instrument : all.stirred) {
        if (steps >= all.cascade_max) leave_outside(command, instrument);
        engine_.choose_way(instrument);
        all.is_stirred[instrument] = false;
    }
    all.stirred.clear();
}

// Lets an order enter that was triggered or released.
template <class Out>
void General<Out>::let_in(const Command& command, Index number, bool is_late) {
    books().reserve(2);
    Entrant order = entrant_from(number, false);
    const Command its = about(command, order.side / 2);
    stir(its.instrument);
    const Cause cause{its, order.side};
    books().take_back(books().order(number));
    order.details.state = OrderState::RESTING;
    special().details[number].state = OrderState::RESTING;
    if (is_late) return drop(cause, order, LIMIT_REACHED);
    come_in(cause, order, NO_FLAGS);
}

// Lets the first order trade that rests although it meets the other side, and now can: by price
// and time, buyers first. Most rest where they meet nothing, and are not looked at.
template <class Out>
bool General<Out>::retry(const Command& command, std::uint32_t instrument) {
    SpecialMarket* const market = special().market(instrument);
    if (market == nullptr || market->phase != Phase::CONTINUOUS) return false;
    for (SideNumber own = 0; own < 2; own++) {
        const SideNumber other = 2 * instrument + (own ^ 1);
        Rank best = 0;
        if (market->choosy[own].empty() || !find_best(other, &best)) continue;
        for (const auto& entry : market->choosy[own]) {
            if (rank_of(other, books().order(entry.second).price) < best) break;
            Entrant order = entrant_from(entry.second, true);
            if (order.has(OrderFlag::POST_ONLY)) continue;
            make_plan(order, books(), special(), market, &special().plan);
            if (!would_trade(order, special().plan)) continue;
            books().reserve(2);
            carry_out({about(command, instrument), order.side}, order);
            return true;
        }
    }
    return false;
}

// The best rank of a side, shown or hidden; false for a side without orders.
template <class Out>
bool General<Out>::find_best(SideNumber side, Rank* best) {
    const OrdersByPlace& hidden = market_of(side).hidden[side & 1];
    BookSide& shown = books().side(side);
    const bool is_shown = books().best_level(shown) != NIL;
    if (!is_shown && hidden.empty()) return false;
    *best = is_shown ? shown.best_rank : hidden.begin()->first.rank;
    if (!hidden.empty()) *best = std::min(*best, hidden.begin()->first.rank);
    return true;
}

// Trades by price, then time; what is left rests at the tail or is canceled.
template <class Out>
void General<Out>::enter(const Cause& cause, Entrant& taker, const TradedRange& before) {
    Plan& plan = special().plan;
    const SpecialMarket& market = market_of(cause.side);
    books().best_level(books().side(taker.side ^ 1));  // so that no plan walks past emptied pages
    make_plan(taker, books(), special(), &market, &plan);
    if (taker.has(OrderFlag::POST_ONLY) && would_trade(taker, plan)) {
        std::int64_t price;
        if (!slides(taker, plan, market.terms, &price)) return drop(cause, taker, NO_FLAGS);
        taker.order.price = price;
        state(cause, ExecType::RESTATED, taker.order, taker.details, NO_FLAGS);
        make_plan(taker, books(), special(), &market, &plan);
    }
    // A market-to-limit order rests at the price that it found, if it found one.
    const bool takes_price = taker.type() == OrderType::MARKET_TO_LIMIT;
    const std::int64_t rest_price = takes_price ? plan.first_price : taker.order.price;
    const bool rests = may_rest(taker.type(), time_in_force_of(taker.order.terms), taker.flags()) &&
                       (!takes_price || plan.traded > 0);
    const ReportFlags flags = plan.reaches_band ? AT_THE_BAND : NO_FLAGS;
    if (!fills_enough(taker, plan)) {
        if (!rests || !taker.has(OrderFlag::ALL_OR_NONE)) return drop(cause, taker, flags);
    } else {
        if (!taker.has(OrderFlag::MINIMUM_EACH)) taker.details.minimum_quantity = 0;
        const bool is_canceled = plan.cancels_taker;
        // One that may rest at a price that meets the other side need not stop at the band.
        const bool stops = plan.reaches_band && !(rests && is_choosy(taker.flags()));
        const bool begins = stops && market.rules.may_begin_call();
        // It is older than what its trades set off.
        const bool is_unstamped = taker.details.arrival == 0;
        if (begins && is_unstamped && is_at_market(taker.type(), taker.flags())) {
            taker.details.arrival = next_arrival();
        }
        carry_out(cause, taker, before);
        if (taker.order.leaves == 0 || is_canceled) return;
        if (begins) return begin_call(cause, taker);
        if (stops) return drop(cause, taker, flags);
        if (!rests) return drop(cause, taker, NO_FLAGS);
    }
    taker.order.price = rest_price;
    rest(cause, taker);
}

// Does what was planned, and takes note of the first and the last price of the trades: prices
// between them reach nothing more than these two do. Before that, reduce-only orders are held
// against the positions that the trades have left.
template <class Out>
void General<Out>::carry_out(const Cause& cause, Entrant& taker, const TradedRange& before) {
    const Plan& plan = special().plan;
    for (const Act& act : plan.acts) {
        switch (act.deed) {
            case Deed::TRADE:
                trade(cause, taker, act);
                break;
            case Deed::CANCEL:
                cancel(cause, act.maker, SELF_TRADE);
                break;
            case Deed::DECREMENT:
            case Deed::TRANSFER:
                decrement(cause, taker, act);
                break;
        }
    }
    if (plan.cancels_taker) {
        drop(cause, taker, SELF_TRADE);
    } else if (taker.order.leaves == 0) {
        if (taker.is_queued) detach(taker.number);
        end(taker.number, taker.order, taker.side);
    } else if (taker.is_queued) {
        write_back(taker);
    }
    trim_moved(cause.command);
    TradedRange traded = before;
    if (plan.traded != 0) {
        traded.add(plan.first_price);
        traded.add(plan.last_price);
    }
    if (!traded.is_any) return;
    on_price(cause, TriggerSource::LAST, traded.first);
    if (traded.last != traded.first) on_price(cause, TriggerSource::LAST, traded.last);
}

// Fills both orders at the maker's price; what is filled is gone.
template <class Out>
void General<Out>::trade(const Cause& cause, Entrant& taker, const Act& act) {
    const SideNumber other = cause.side ^ 1;
    RestingOrder& maker = books().order(act.maker);
    maker.filled += act.lots;
    taker.order.leaves -= act.lots;
    taker.order.filled += act.lots;
    Market& market = engine_.markets_[other / 2];
    market.last_price = maker.price;
    market.last_quantity = act.lots;
    market.note_trades(1, act.lots);
    SpecialMarket& special_market = market_of(cause.side);
    move_position(special_market.which(maker, other), other, act.lots);
    move_position(special_market.which(taker.order, cause.side), cause.side, act.lots);
    const RestingOrder before = told(act.maker);
    const Held held = held_by(act.maker);
    const Fees fees = pay(maker, taker.order, cause.side, act.lots, maker.price, false);
    report_.traded(before, taker.order, cause, act.lots, fees);
    touch(act.maker);
    if (taker.number != NIL) touch(taker.number);
    if (before.leaves == act.lots) {
        detach(act.maker);
        return end(act.maker, before, other);
    }
    if (has(flags_of(maker.terms), OrderFlag::HIDDEN)) {
        maker.leaves -= act.lots;
        add_unseen(other, -act.lots);
    } else if (maker.leaves == act.lots) {
        refresh(cause, act.maker);
    } else {
        books().shrink(act.maker, act.lots);
    }
    hold(act.maker, held);
}

// An iceberg whose shown part is used up shows the next, at the tail of its price.
template <class Out>
void General<Out>::refresh(const Cause& cause, Index number) {
    const SideNumber side = cause.side ^ 1;
    RestingOrder& order = books().order(number);
    Details& details = special().details[number];
    const std::int64_t shown = shown_of(details, flags_of(order.terms), details.reserve);
    const bool is_kept = planted(Bug::ICEBERG_KEEPS_PRIORITY);
    if (is_kept) books().grow(number, shown - order.leaves);
    if (!is_kept) books().dequeue(number);
    leave_top(side, number);
    order.leaves = shown;
    details.reserve -= shown;
    add_unseen(side, -order.leaves);
    order.timestamp = report_.counters().time;
    OrdersByAge& pegged = market_of(side).pegged;
    const bool is_peg = is_pegged(order_type_of(order.terms));
    const bool is_reducing = is_reduce_only(flags_of(order.terms));
    if (is_peg) pegged.erase(details.arrival);
    if (is_reducing) end_reducing(number);
    stamp(number);
    if (is_peg) pegged.emplace(details.arrival, number);
    if (is_reducing) begin_reducing(number);
    if (!is_kept) books().enqueue(side, number, order, order.price, order.leaves);
    state({cause.command, side}, ExecType::RESTATED, told(number), details, NO_FLAGS);
}

// Takes the quantity off both orders, the resting one first. Of a transfer their accounts pay each
// other for it, as for a trade.
template <class Out>
void General<Out>::decrement(const Cause& cause, Entrant& taker, const Act& act) {
    const Cause its{cause.command, cause.side ^ 1};
    const RestingOrder maker = told(act.maker);
    Contra of_maker;
    Contra of_taker;
    if (act.deed == Deed::TRANSFER) {
        of_maker = {taker.order.order_id, maker.price};
        of_taker = {maker.order_id, maker.price};
        exchange(maker, taker.order, cause.side, act.lots);
    }
    if (maker.leaves == act.lots) {
        cancel(its, act.maker, SELF_TRADE, RejectReason::NONE, of_maker);
    } else {
        shrink(act.maker, act.lots);
        replaced(its, told(act.maker), details_of(act.maker), KEPT | SELF_TRADE, of_maker);
    }
    taker.order.leaves -= act.lots;
    if (taker.order.leaves > 0) {
        const ReportFlags kept = taker.is_queued ? KEPT : NO_FLAGS;
        return replaced(cause, taker.order, taker.details, kept | SELF_TRADE, of_taker);
    }
    RestingOrder gone_order = taker.order;
    gone_order.leaves = act.lots;
    gone(cause, ExecType::CANCELED, OrderStatus::CANCELED, gone_order, taker.details, SELF_TRADE,
         RejectReason::NONE, of_taker);
}

// Puts an order at the tail of its price; a market order gets one first.
template <class Out>
void General<Out>::rest(const Cause& cause, Entrant& order) {
    RestingOrder& record = order.order;
    if (!has_price(order.type()) && !is_pegged(order.type())) {
        if (order.has(OrderFlag::PROTECTED)) record.price = order.details.bound;
        record.terms = with_type(record.terms, OrderType::LIMIT);
        state(cause, ExecType::RESTATED, record, order.details, NO_FLAGS);
    }
    const SideNumber side = order.side;
    const Index number = order.number == NIL ? give_number(order) : order.number;
    SpecialMarket& market = market_of(side);
    const OrderFlags flags = order.flags();
    const std::int64_t leaves = record.leaves;
    RestingOrder& resting = books().order(number);
    resting = record;
    if (order.details.arrival != 0) {
        Details& details = special().details[number];
        const Index next_free = details.next_free;
        details = order.details;
        details.next_free = next_free;
        const std::int64_t shown = shown_of(details, flags, leaves);
        const Place place{rank_of(side, record.price), details.arrival};
        if (is_pegged(order.type())) market.pegged.emplace(details.arrival, number);
        if (is_choosy(flags)) {
            market.choosy[side & 1].emplace(choosy_place(record, details, side), number);
        }
        add_unseen(side, leaves - shown);
        if (has(flags, OrderFlag::HIDDEN)) {
            books().set_aside(side, resting);
            market.hidden[side & 1].emplace(place, number);
            if (is_reduce_only(flags)) begin_reducing(number);
            return hold(number, {});
        }
        details.reserve = leaves - shown;
        resting.leaves = shown;
        if (is_pegged(order.type())) market.pegs_at[side & 1][place.rank] += 1;
    }
    books().enqueue(side, number, resting, resting.price, resting.leaves);
    if (is_reduce_only(flags)) begin_reducing(number);
    claim_top(side, number);
    hold(number, {});
}

// An order that came to rest, alone at the best price that is shown, takes the place of the top
// order of its side. Itself it is one only where there are any, and from continuous trading.
template <class Out>
void General<Out>::claim_top(SideNumber side, Index number) {
    SpecialMarket& market = market_of(side);
    if (market.rules.top_order_maximum == 0) return;
    Index& top = market.top_order[side & 1];
    if (books().first_in(books().best_level(books().side(side))) != number) return;
    if (planted(Bug::TOP_ORDER_OUTLIVES_A_BETTER) && top != NIL) return;
    top = market.phase == Phase::CONTINUOUS ? number : NIL;
}

// Cancels what is left of an order that is on its way, or is tried again.
template <class Out>
void General<Out>::drop(const Cause& cause, const Entrant& order, ReportFlags flags,
                        RejectReason reason) {
    gone(cause, ExecType::CANCELED, OrderStatus::CANCELED, order.order, order.details, flags,
         reason);
    if (order.is_queued) detach(order.number);
    end(order.number, order.order, order.side);
}

template <class Out>
void General<Out>::on_price(const Cause& cause, TriggerSource source, std::int64_t price) {
    SpecialMarket& market = market_of(cause.side);
    if (market.phase != Phase::CONTINUOUS) {
        market.note_price(source, price);  // until trading begins
        return;
    }
    std::vector<Index>& fired = special().fired;
    fired.clear();
    triggers(cause.side).on_price(source, price, &fired);
    for (const Index number : fired) trigger(cause, number);
}

template <class Out>
void General<Out>::trigger_if_reached(const Cause& cause, Index number) {
    Triggers waiting = triggers(cause.side);
    const bool is_trading = market_of(cause.side).phase == Phase::CONTINUOUS;
    if (!is_trading || !waiting.has_reached(number)) return;
    waiting.remove(number);
    trigger(cause, number);
}

// Queues an order that no longer waits, to enter the market as what it becomes. The limit of a
// trailing stop-limit order lies its distance beyond the trigger price, as far as the instrument
// has prices.
template <class Out>
void General<Out>::trigger(const Cause& cause, Index number) {
    const SideNumber side = books().side_of_order(number);
    RestingOrder& order = books().order(number);
    Details& details = special().details[number];
    const OrderType type = order_type_of(order.terms);
    add_unseen(side, -order.leaves);
    if (type == OrderType::TRAILING_STOP_LIMIT) {
        const std::int64_t from = details.trigger_price;
        const bool buys = buys_on(side);
        const std::int64_t limit =
            buys ? sum_within(from, order.price) : difference_within(from, order.price);
        const InstrumentTerms& terms = market_of(side).terms;
        order.price = std::clamp(limit, terms.min_price, terms.max_price);
    }
    order.terms = with_type(order.terms, released(type));
    order.timestamp = report_.counters().time;
    details.state = OrderState::ENTERING;
    stamp(number);
    state({cause.command, side}, ExecType::TRIGGERED, order, details, NO_FLAGS);
    touch(number);
    special().triggered.push(number);
}

// -- orders where they are

// A number of its own, under its id, for an order that comes to stay.
template <class Out>
Index General<Out>::give_number(Entrant& order) {
    books().make_room_for(order.order.order_id);
    const Index number = books().make_order(order.order.order_id);
    books().order(number) = order.order;
    order.number = number;
    Accounts& accounts = engine_.accounts_;
    if (accounts.is_kept()) accounts.note_begun(accounts.find(order.order.account));
    if (order.details.arrival != 0) give_details(order);
    return number;
}

template <class Out>
void General<Out>::give_details(const Entrant& order) {
    special().details.give(order.number, order.details);
    market_of(order.side).order_count += 1;
    if (order.details.expiry != 0) {
        special().expiries.insert({order.details.expiry, order.details.arrival, order.number});
    }
}

// Takes a live order out of wherever it is; it is loose then.
template <class Out>
void General<Out>::detach(Index number) {
    RestingOrder& order = books().order(number);
    const SideNumber side = books().side_of_order(number);
    leave_top(side, number);
    hold_nothing(number);
    if (!special().details.has(number)) return books().dequeue(number);
    SpecialMarket& market = market_of(side);
    Details& details = special().details[number];
    const OrderFlags flags = flags_of(order.terms);
    if (is_pegged(order_type_of(order.terms))) market.pegged.erase(details.arrival);
    if (is_reduce_only(flags) && is_in_market(details.state)) end_reducing(number);
    if (details.state == OrderState::ENTERING) {
        for (Index& entering : special().triggered) {
            if (entering == number) entering = NIL;
        }
        return books().take_back(order);
    }
    if (details.state != OrderState::RESTING) {
        if (details.state == OrderState::UNCALLED) {
            market.uncalled.erase(details.arrival);
        } else if (details.state == OrderState::UNRELEASED) {
            market.unreleased.erase(details.arrival);
        } else if (details.state == OrderState::UNPEGGED) {
            // It was among the pegged ones only.
        } else if (details.state == OrderState::AT_MARKET) {
            market.at_market[side & 1].erase(details.arrival);
        } else {
            triggers(side).remove(number);
        }
        add_unseen(side, -order.leaves);
        return books().take_back(order);
    }
    if (is_choosy(flags)) market.choosy[side & 1].erase(choosy_place(order, details, side));
    if (has(flags, OrderFlag::HIDDEN)) {
        market.hidden[side & 1].erase({rank_of(side, order.price), details.arrival});
        add_unseen(side, -order.leaves);
        return books().take_back(order);
    }
    add_unseen(side, -details.reserve);
    details.reserve = 0;
    if (is_pegged(order_type_of(order.terms))) {
        const auto pegs = market.pegs_at[side & 1].find(rank_of(side, order.price));
        ENGINE_ASSERT(pegs != market.pegs_at[side & 1].end());
        pegs->second -= 1;
        if (pegs->second == 0) market.pegs_at[side & 1].erase(pegs);
    }
    books().dequeue(number);
}

// Ends a loose order, and its id with it.
template <class Out>
void General<Out>::forget(Index number) {
    RestingOrder& order = books().order(number);
    Accounts& accounts = engine_.accounts_;
    if (accounts.is_kept()) accounts.note_ended(accounts.find(order.account));
    if (special().details.has(number)) {
        const Details& details = special().details[number];
        if (details.expiry != 0) {
            special().expiries.erase({details.expiry, details.arrival, number});
        }
        leave_links(number);
        special().markets[details.instrument]->order_count -= 1;
        special().details.take(number);
    }
    books().forget_order(number, order);
}

// Takes lots off a live order, where it is; what is not shown goes first.
template <class Out>
void General<Out>::shrink(Index number, std::int64_t lots) {
    const Held held = held_by(number);
    shrink_in_place(number, lots);
    hold(number, held);
}

template <class Out>
void General<Out>::shrink_in_place(Index number, std::int64_t lots) {
    RestingOrder& order = books().order(number);
    if (!special().details.has(number)) return books().shrink(number, lots);
    const SideNumber side = books().side_of_order(number);
    Details& details = special().details[number];
    const bool is_aside =
        details.state != OrderState::RESTING || has(flags_of(order.terms), OrderFlag::HIDDEN);
    if (is_aside) {
        order.leaves -= lots;
        add_unseen(side, -lots);
        return;
    }
    const std::int64_t from_reserve = std::min(lots, details.reserve);
    details.reserve -= from_reserve;
    add_unseen(side, -from_reserve);
    if (lots > from_reserve) books().shrink(number, lots - from_reserve);
}

// Gives a resting order that was tried again what it has open now.
template <class Out>
void General<Out>::write_back(const Entrant& taker) {
    shrink(taker.number, told(taker.number).leaves - taker.order.leaves);
    books().order(taker.number).filled = taker.order.filled;
}

// Marks an order as the youngest. REQUIRES: no tree holds it by its arrival.
template <class Out>
void General<Out>::stamp(Index number) {
    Details& details = special().details[number];
    if (details.expiry != 0) {
        special().expiries.erase({details.expiry, details.arrival, number});
    }
    details.arrival = next_arrival();
    if (details.expiry != 0) {
        special().expiries.insert({details.expiry, details.arrival, number});
    }
}

template class General<ReportBuffer>;
template class General<TradeBuffer>;

}  // namespace engine
