// One command, from validation to reports. Private to engine.cpp; `Out` is where the reports go.
#pragma once

#include <bit>
#include <cstring>

#include "engine/accounts/admission.hpp"
#include "engine/engine/engine.hpp"
#include "engine/engine/general.hpp"
#include "engine/engine/reporter.hpp"
#include "engine/types/planted.hpp"

namespace engine {

static_assert(std::endian::native == std::endian::little, "records are little-endian");

template <class Out, Flow FLOW>
class Step {
    static constexpr bool IS_PLAIN = FLOW == Flow::PLAIN || FLOW == Flow::PLAIN_OF_ACCOUNTS;
    static constexpr bool HAS_ACCOUNTS = has_accounts(FLOW);

  public:
    Step(Engine& engine, Out& out)
        : engine_(engine), report_(engine.counters_, engine.totals_, engine.markets_.data(), out) {}
    // The counters are this object's own while it works.
    ~Step() {
        engine_.counters_ = report_.counters();
    }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

    Mark mark() const {
        return {report_.counters().reports, report_.counters().trades};
    }

    // Counts the kind of a command that is none of UsualKinds; the caller counts those.
    // `hint` is the order that the command names, or NIL, or out of date; `party` is the party that
    // it comes from, or any.
    ENGINE_INLINE void apply(const Command& command, Index hint, Index party) {
        if constexpr (HAS_ACCOUNTS) {
            asked_.party = party;
            counted_ = Counted::NOT_YET;
        }
        Counters& counters = report_.counters();
        if (ENGINE_UNLIKELY(command.timestamp >= engine_.next_expiry_)) expire(command);
        if (command.timestamp > counters.time) counters.time = command.timestamp;
        switch (command.kind) {
            case CommandKind::SUBMIT:
                return submit(command);
            case CommandKind::CANCEL:
                return cancel(command, hint);
            case CommandKind::REPLACE:
                return replace(command, hint);
            case CommandKind::REDUCE:
                return reduce(command, hint);
            default:
                engine_.totals_.commands[command.kind] += 1;
                return general(command);
        }
    }

  private:
    // Any command in a market that has special orders, and all that plain ones have no need of.
    ENGINE_NOINLINE void general(const Command& command) {
        engine_.counters_ = report_.counters();
        General<Out>(engine_, report_.out()).apply(command, counted_);
        report_.counters() = engine_.counters_;
    }
    ENGINE_NOINLINE void expire(const Command& command) {
        engine_.counters_ = report_.counters();
        engine_.counters_.time = command.timestamp;
        General<Out>(engine_, report_.out()).expire(command);
        report_.counters() = engine_.counters_;
    }

    // -- the four commands
    // A plain limit order that finds nothing to trade with goes the short way: its checks come all
    // at once and in any order, for none fails. Every other order, refused ones too, goes the long
    // way, in order of precedence.
    ENGINE_OUTLINE void submit(const Command& command) {
        if (ENGINE_UNLIKELY(!just_rests(command))) return submit_any(command);
        const Cause cause{command, side_number(command.instrument, command.side)};
        if constexpr (HAS_ACCOUNTS) {
            if (!asks_for(command, cause.side, true)) return general(command);
            if (!is_admitted<Admission::CHECK_AND_HOLD>(cause, {})) return general(command);
            note_asked(command);
        }
        rest(cause, command.order_id, books().make_order_at_once(command.order_id));
    }

    ENGINE_INLINE bool just_rests(const Command& command) {
        std::uint64_t head;
        std::memcpy(&head, &command, sizeof(head));
        // Of type, time in force and flags nothing but DAY may be set.
        if (((head >> 16 & ~DAY_BITS) | asked_for(command)) != 0) return false;
        if (command.order_id == 0) return false;
        if (command.instrument >= engine_.instrument_count()) return false;
        const SideNumber own = side_number(command.instrument, command.side);
        if (may_trade(own ^ 1, ~rank_of(own, command.price))) return false;
        const InstrumentTerms& terms = engine_.markets_[command.instrument].terms;
        if (!terms.takes_price(command.price)) return false;
        if (!terms.takes_quantity(command.quantity)) return false;
        if (sum_overflows(books().side(own).quantity, command.quantity)) return false;
        if (books().order_count() >= engine_.orders_max_) return false;
        return books().is_free(command.order_id);
    }

    void submit_any(const Command& command) {
        const RejectReason reason = submit_reason(command);
        if (ENGINE_UNLIKELY(reason != RejectReason::NONE)) return refuse_order(command, reason);
        const Cause cause{command, side_number(command.instrument, command.side)};
        const bool is_resting = may_rest(command);
        const bool just_rests = is_resting && !may_trade(cause.side ^ 1, limit_of(command));
        if constexpr (HAS_ACCOUNTS) {
            if (!asks_for(command, cause.side, is_resting)) return general(command);
            const bool is_let_in = just_rests ? is_admitted<Admission::CHECK_AND_HOLD>(cause, {})
                                              : is_admitted<Admission::CHECK>(cause, {});
            if (!is_let_in) return general(command);
            note_asked(command);
        }
        // One that is not let in looks for no id: the next one would look past the same ids again.
        std::uint64_t id = command.order_id;
        if (id == 0) {
            id = engine_.next_free_id(report_.counters().next_order_id);
            report_.counters().next_order_id = id + 1;
        }
        if (is_resting) books().make_room_for(id);
        if (just_rests) return rest(cause, id, books().make_order(id));
        take(cause, id);
    }

    // An order that finds nothing to trade with. It is written straight into its place: a copy of
    // what was just written would wait for the stores.
    ENGINE_INLINE void rest(const Cause& cause, std::uint64_t id, Index number) {
        RestingOrder& order = books().order(number);
        note_begun(number);
        fill_in(order, cause.command, id);
        report_.accepted(order, cause);
        books().enqueue(cause.side, number, order, cause.command.price, cause.command.quantity);
    }

    // An order that may trade: what is left rests or is canceled.
    ENGINE_INLINE void take(const Cause& cause, std::uint64_t id) {
        const Command& command = cause.command;
        RestingOrder order;
        if constexpr (HAS_ACCOUNTS) prefetch_maker(cause.side ^ 1);
        fill_in(order, command, id);
        report_.accepted(order, cause);
        const Rank limit = limit_of(command);
        const bool is_left =
            IS_PLAIN ? trade(order, cause, limit, NIL) : trade_or_prevent(order, cause, limit, NIL);
        if (!is_left) return;
        if (order.leaves == 0) return;
        if (!may_rest(command) && !(planted(Bug::IOC_RESTS) && order.price != 0)) {
            return report_.canceled(order, cause);
        }
        const Index number = books().make_order(id);
        RestingOrder& rested = books().order(number);
        rested = order;
        note_begun(number);
        hold(rested, cause.side, 0, order.leaves);
        books().enqueue(cause.side, number, rested, order.price, order.leaves);
    }

    ENGINE_OUTLINE void cancel(const Command& command, Index hint) {
        const std::int64_t unused = command.price | command.quantity;
        Index number = hint;
        if (ENGINE_UNLIKELY(!finds_order(command, unused, &number))) {
            return refuse_unnamed(command, unused);
        }
        take_out(command, number);
    }

    ENGINE_OUTLINE void replace(const Command& command, Index hint) {
        Index number = hint;
        if (ENGINE_UNLIKELY(!finds_order(command, 0, &number))) return refuse_unnamed(command, 0);
        RestingOrder& order = books().order(number);
        const Cause cause{command, books().level_of(order).side};
        const InstrumentTerms& terms = engine_.markets_[command.instrument].terms;
        const std::int64_t others = books().side(cause.side).quantity - order.leaves;
        const Rank rank = rank_of(cause.side, command.price);
        const RejectReason reason = replace_reason(cause, order, terms, others, rank);
        if (ENGINE_UNLIKELY(reason != RejectReason::NONE)) {
            return refuse_change(cause, reason, order);
        }
        if (goes_general(cause.side, number)) return general(command);
        if (HAS_ACCOUNTS && !may_change<RateKind::ORDER>(cause, number)) {
            return general(command);
        }
        if (keeps_priority(command, order, terms)) {
            if (HAS_ACCOUNTS && !is_within_bounds(cause, {order.leaves, order.price}, false)) {
                return general(command);
            }
            hold(order, cause.side, order.leaves, command.quantity);
            books().shrink(number, order.leaves - command.quantity);
            return report_.reduced(order, cause);
        }
        // The worst rank that it takes is the complement of its own.
        if (ENGINE_UNLIKELY(may_trade(cause.side ^ 1, ~rank))) {
            if (HAS_ACCOUNTS &&
                !is_admitted<Admission::CHECK>(cause, {order.leaves, order.price})) {
                return general(command);
            }
            return replace_and_take(cause, number, ~rank);
        }
        if (HAS_ACCOUNTS &&
            !is_admitted<Admission::CHECK_AND_HOLD>(cause, {order.leaves, order.price})) {
            return general(command);
        }
        books().requeue(number, order, cause.side, rank, command.quantity, others);
        give_new_terms(order, command);
        report_.replaced(order, cause);
    }

    // What goes the general way takes no quantity here, so that its commands come this way.
    ENGINE_NOINLINE void refuse_change(const Cause& cause, RejectReason reason,
                                       const RestingOrder& order) {
        if (HAS_ACCOUNTS || books().side(cause.side).way != Way::PLAIN || prevents(order.terms)) {
            return general(cause.command);
        }
        report_.refused(cause, reason, order, numbers_behind(cause.command, reason));
    }
    // Of a command for an instrument that there is.
    RejectNumbers numbers_behind(const Command& command, RejectReason reason) const {
        return bounds_behind(engine_.markets_[command.instrument].terms, command, reason);
    }

    ENGINE_INLINE void give_new_terms(RestingOrder& order, const Command& command) const {
        order.price = command.price;
        order.leaves = command.quantity;
        order.timestamp = report_.counters().time;
    }

    // A replaced order that may trade at its new price.
    void replace_and_take(const Cause& cause, Index number, Rank limit) {
        RestingOrder& order = books().order(number);
        hold(order, cause.side, order.leaves, 0);
        books().dequeue(number);
        give_new_terms(order, cause.command);
        report_.replaced(order, cause);
        const bool is_taking = !planted(Bug::CROSSING_REPLACE_RESTS);
        if (is_taking && !trade_or_prevent(order, cause, limit, number)) return;
        if (order.leaves == 0) {
            note_ended(asked_.party);
            return books().forget_order(number, order);
        }
        hold(order, cause.side, 0, order.leaves);
        books().enqueue(cause.side, number, order, order.price, order.leaves);
    }

    ENGINE_OUTLINE void reduce(const Command& command, Index hint) {
        Index number = hint;
        if (ENGINE_UNLIKELY(!finds_order(command, command.price, &number))) {
            return refuse_unnamed(command, command.price);
        }
        RestingOrder& order = books().order(number);
        const Cause cause{command, books().level_of(order).side};
        if (goes_general(cause.side, number)) return general(command);
        if (ENGINE_UNLIKELY(command.quantity < 1)) {
            return refuse_change(cause, RejectReason::QUANTITY_TOO_SMALL, order);
        }
        if (command.quantity >= order.leaves) return take_out(command, number);
        if (HAS_ACCOUNTS && !may_change<RateKind::CANCEL>(cause, number)) {
            return general(command);
        }
        hold(order, cause.side, order.leaves, order.leaves - command.quantity);
        books().shrink(number, command.quantity);
        report_.reduced(order, cause);
    }

    static constexpr std::uint64_t DAY_BITS = static_cast<std::uint64_t>(TimeInForce::DAY) << 8;

    // -- validation, in order of precedence
    static bool asks_for_trigger(const Command& command) {
        return command.kind == CommandKind::REPLACE && command.trigger_price != 0;
    }
    // The second half of a command is what special orders ask for: all zero in a plain one, but for
    // a self-trade mode.
    static ENGINE_INLINE std::uint64_t asked_for(const Command& command) {
        return reserved(command, ~SELF_TRADE_MODE_BITS);
    }
    static ENGINE_INLINE std::uint64_t reserved(const Command& command,
                                                std::uint64_t taken = ~std::uint64_t{0}) {
        if constexpr (IS_PLAIN) return 0;
        std::uint64_t tail;
        std::memcpy(&tail, &command.self_trade_group, sizeof(tail));
        tail &= taken;
        return static_cast<std::uint64_t>(command.trigger_price | command.display_quantity |
                                          command.minimum_quantity | command.offset |
                                          command.bound) |
               command.expiry | command.linked_order_id | tail;
    }
    static_assert(offsetof(Command, self_trade_group) + sizeof(std::uint64_t) == sizeof(Command));

    ENGINE_INLINE RejectReason submit_reason(const Command& command) {
        const bool is_limit = command.order_type == OrderType::LIMIT;
        const std::int64_t unused_price = is_limit ? 0 : command.price;
        if ((more_than_plain(command) | static_cast<std::uint64_t>(unused_price)) != 0) {
            return RejectReason::MALFORMED;
        }
        if (command.instrument >= engine_.instrument_count()) {
            return RejectReason::UNKNOWN_INSTRUMENT;
        }
        if (books().find(command.order_id) != NIL && !planted(Bug::DUPLICATE_ID_ACCEPTED)) {
            return RejectReason::DUPLICATE_ORDER_ID;
        }
        const bool is_post_only = has(command.flags, OrderFlag::POST_ONLY);
        if (is_post_only && !may_rest(command)) {
            return RejectReason::INCOMPATIBLE_INSTRUCTIONS;
        }
        const InstrumentTerms& terms = engine_.markets_[command.instrument].terms;
        const bool is_priced = !is_limit || terms.takes_price(command.price);
        if (ENGINE_UNLIKELY(!is_priced || !terms.takes_quantity(command.quantity))) {
            return number_reason(terms, command, is_limit);
        }
        const SideNumber own = side_number(command.instrument, command.side);
        if (may_rest(command)) {
            if (sum_overflows(books().side(own).quantity, command.quantity)) {
                return RejectReason::QUANTITY_OVERFLOW;
            }
            if (books().order_count() >= engine_.orders_max_) return RejectReason::TOO_MANY_ORDERS;
            if (!is_post_only) return RejectReason::NONE;
            return crosses(own ^ 1, limit_of(command)) && !planted(Bug::POST_ONLY_TAKES)
                       ? RejectReason::POST_ONLY_WOULD_TRADE
                       : RejectReason::NONE;
        }
        if (command.time_in_force != TimeInForce::FOK || planted(Bug::FOK_FILLS_PARTIALLY)) {
            return RejectReason::NONE;
        }
        // Of what is marked not all may be shown, and not all is to be traded with: the general way
        // knows.
        return books().side(own).way == Way::PLAIN && !prevents(terms_of(command)) &&
                       books().offers(own ^ 1, limit_of(command), command.quantity)
                   ? RejectReason::NONE
                   : RejectReason::FOK_CANNOT_FILL;
    }

    // Not zero for an order that asks for more than a limit or market order does: of its first
    // eight bytes the type may be one of two, the time in force one of some, and one flag is plain.
    static ENGINE_INLINE std::uint64_t more_than_plain(const Command& command) {
        constexpr std::uint64_t MORE = 0xFFFF'FFFEU;
        std::uint64_t head;
        std::memcpy(&head, &command, sizeof(head));
        return (head & (MORE << 32 | 0xFE0000)) | special_bits(command.time_in_force) |
               asked_for(command);
    }
    static_assert(static_cast<int>(OrderType::MARKET) == 1);
    static_assert(static_cast<int>(OrderFlag::POST_ONLY) == 1);

    // What CANCEL, REPLACE and REDUCE do not take: `unused` joins the fields that only this kind
    // does not.
    static ENGINE_INLINE bool is_malformed(const Command& command, std::int64_t unused) {
        std::uint64_t head;
        std::memcpy(&head, &command, sizeof(head));
        const std::uint64_t terms = head >> 16;  // type, time in force, flags
        return (terms | static_cast<std::uint64_t>(unused) | command.client_order_id |
                reserved(command)) != 0;
    }

    // Turns the hint into the live order that a CANCEL, REPLACE or REDUCE names; false when it
    // names none or is malformed: refuse_unnamed() says which. Free orders have the id 0.
    ENGINE_INLINE bool finds_order(const Command& command, std::int64_t unused, Index* number) {
        const std::uint64_t id = command.order_id;
        if (ENGINE_UNLIKELY(is_malformed(command, unused))) return false;
        if (ENGINE_UNLIKELY(id == 0)) return false;
        if (ENGINE_UNLIKELY(books().order(*number).order_id != id)) {
            *number = books().find(id);
            if (*number == NIL) return false;
        }
        return ENGINE_LIKELY(books().level_of(books().order(*number)).side / 2 ==
                             command.instrument);
    }

    ENGINE_NOINLINE void refuse_unnamed(const Command& command, std::int64_t unused) {
        RejectReason reason = RejectReason::UNKNOWN_ORDER;
        const bool is_known = command.instrument < engine_.instrument_count();
        if (HAS_ACCOUNTS || asks_for_trigger(command) ||
            (is_known && engine_.is_special(command.instrument))) {
            return general(command);
        }
        if (!is_known) reason = RejectReason::UNKNOWN_INSTRUMENT;
        if (is_malformed(command, unused)) reason = RejectReason::MALFORMED;
        report_.refused(command, reason);
    }

    // `others` is what the rest of the side has, `rank` that of the new price.
    ENGINE_INLINE RejectReason replace_reason(const Cause& cause, const RestingOrder& order,
                                              const InstrumentTerms& terms, std::int64_t others,
                                              Rank rank) {
        const std::int64_t price = cause.command.price;
        const std::int64_t quantity = cause.command.quantity;
        if (ENGINE_UNLIKELY(!terms.takes_price(price) || !terms.takes_quantity(quantity))) {
            return number_reason(terms, cause.command, true);
        }
        // Two numbers below 2^62 have a sum below 2^63.
        if (ENGINE_UNLIKELY((others | order.filled | quantity) >> 62 != 0) &&
            (sum_overflows(others, quantity) || sum_overflows(order.filled, quantity))) {
            return RejectReason::QUANTITY_OVERFLOW;
        }
        if (has(flags_of(order.terms), OrderFlag::POST_ONLY) && crosses(cause.side ^ 1, ~rank)) {
            return RejectReason::POST_ONLY_WOULD_TRADE;
        }
        return RejectReason::NONE;
    }

    // Where the engine keeps them, so that one pointer is enough for both.
    ENGINE_INLINE Books& books() {
        return engine_.books_;
    }
    ENGINE_INLINE const Books& books() const {
        return engine_.books_;
    }

    // -- rules
    // Whether an order does something else than trade with itself.
    static ENGINE_INLINE bool prevents(TermsWord terms) {
        return self_trade_mode_of(terms) != SelfTradeMode::NONE;
    }

    // Whether what a command does to a live order is done on the general way.
    ENGINE_INLINE bool goes_general(SideNumber side, Index number) const {
        return ENGINE_UNLIKELY(books().side(side).way != Way::PLAIN) && is_marked(number);
    }
    ENGINE_NOINLINE bool is_marked(Index number) const {
        const SideNumber side = books().level_of(books().order(number)).side;
        return books().side(side).way == Way::GENERAL || engine_.special_.details.has(number);
    }

    static bool may_rest(const Command& command) {
        // GTC or DAY, which are zero but for one bit.
        const auto in_force = static_cast<std::uint32_t>(command.time_in_force);
        constexpr auto DAY = static_cast<std::uint32_t>(TimeInForce::DAY);
        return (static_cast<std::uint32_t>(command.order_type) | (in_force & ~DAY)) == 0;
    }

    // The worst rank of the other side that the order accepts.
    static ENGINE_INLINE Rank limit_of(const Command& command) {
        if (command.order_type == OrderType::MARKET) return INT64_HIGHEST;
        return rank_of(side_number(0, opposite(command.side)), command.price);
    }

    // Never false when the order would trade; true may turn out wrong, as the best rank is
    // conservative.
    ENGINE_INLINE bool may_trade(SideNumber other, Rank limit) const {
        return books().side(other).best_rank <= limit;
    }

    bool crosses(SideNumber other, Rank limit) {
        BookSide& side = books().side(other);
        return side.best_rank <= limit && books().best_level(side) != NIL &&
               side.best_rank <= limit;
    }

    static ENGINE_INLINE bool keeps_priority(const Command& command, const RestingOrder& order,
                                             const InstrumentTerms& terms) {
        return command.price == order.price && command.quantity < order.leaves &&
               terms.replace_priority == ReplacePriority::KEEP_ON_DECREASE &&
               !planted(Bug::SIZE_DOWN_LOSES_PRIORITY);
    }

    ENGINE_INLINE void fill_in(RestingOrder& order, const Command& command,
                               std::uint64_t id) const {
        order.order_id = id;
        order.price = command.price;
        order.leaves = command.quantity;
        order.filled = 0;
        order.client_order_id = command.client_order_id;
        order.timestamp = report_.counters().time;
        order.terms = IS_PLAIN ? plain_terms_of(command) : terms_of(command);
        order.account = command.account;
        order.level = NIL;
    }

    // Trades the order against the other side; false when it is done with. `number` is NIL for one
    // that has none yet.
    ENGINE_INLINE bool trade(RestingOrder& order, const Cause& cause, Rank limit, Index number) {
        if (ENGINE_UNLIKELY(books().side(cause.side ^ 1).way != Way::PLAIN)) {
            return trade_with_marks(order, cause, limit, number);
        }
        sweep<false>(order, cause, limit, nullptr);
        return true;
    }

    // The same of an order that may have a self-trade mode.
    bool trade_or_prevent(RestingOrder& order, const Cause& cause, Rank limit, Index number) {
        return prevents(order.terms) ? trade_with_marks(order, cause, limit, number)
                                     : trade(order, cause, limit, number);
    }

    // The same, as far as it goes; what meets a marked order, or sets something off, goes on the
    // general way, to its end.
    ENGINE_NOINLINE bool trade_with_marks(RestingOrder& order, const Cause& cause, Rank limit,
                                          Index number) {
        TradedRange traded;
        const bool is_stopped = sweep<true>(order, cause, limit, &traded);
        if (!is_stopped && !traded.is_any) return true;
        if (!is_stopped && books().side(cause.side).way == Way::PLAIN) return true;
        if (!is_stopped) {
            SpecialMarket& market = *engine_.special_.market(cause.command.instrument);
            if (market.ignores(traded.first) && market.ignores(traded.last)) {
                market.note_price(TriggerSource::LAST, traded.last);
                return true;
            }
        }
        engine_.counters_ = report_.counters();
        General<Out>(engine_, report_.out()).go_on(cause.command, order, number, traded);
        report_.counters() = engine_.counters_;
        return false;
    }

    // Best price and longest in the queue first. The best level is asked for anew for each maker:
    // whether a level is used up is anyone's guess, and so no branch. True when it stops before a
    // marked order or one of its own account, which only `HAS_MARKS` looks out for.
    template <bool HAS_MARKS>
    ENGINE_INLINE bool sweep(RestingOrder& taker, const Cause& cause, Rank limit,
                             TradedRange* traded) {
        const SideNumber other = cause.side ^ 1;
        BookSide& side = books().side(other);
        Market& market = engine_.markets_[other / 2];
        std::int64_t open = taker.leaves;
        Link link = books().best_level(side);
        while (open > 0) {
            if (link == NIL || side.best_rank > limit) break;
            if (planted(Bug::WORST_PRICE_FIRST)) link = books().worst_level(other);
            const Index number = books().first_in(link);
            RestingOrder& maker = books().order(number);
            if constexpr (HAS_MARKS) {
                if (engine_.special_.details.has(number)) return true;
                if (prevents(taker.terms) && maker.account == taker.account) return true;
                traded->add(maker.price);
            }
            const std::int64_t offered = maker.leaves;
            const bool is_filled = offered <= open;
            const std::int64_t lots = is_filled ? offered : open;
            ENGINE_ASSERT(lots > 0);
            open -= lots;
            taker.leaves = open;
            taker.filled += lots;
            maker.filled += lots;
            market.last_price = maker.price;
            market.last_quantity = lots;
            market.note_trades(1, lots);
            report_.traded(maker, taker, cause, lots, pay(number, cause, lots, offered));
            if (!is_filled) {
                shrink_maker(number, lots, cause);
                break;
            }
            books().dequeue(side, number, offered, link);
            books().forget_order(number, maker);
            link = books().next_best_level(side);
            books().prefetch_record(books().first_in(link));
        }
        return false;
    }

    ENGINE_INLINE void shrink_maker(Index number, std::int64_t lots, const Cause& cause) {
        books().shrink(number, lots);
        if (!planted(Bug::PARTIAL_FILL_DEMOTES)) return;
        RestingOrder& maker = books().order(number);
        books().dequeue(number);
        books().enqueue(cause.side ^ 1, number, maker, maker.price, maker.leaves);
    }

    ENGINE_INLINE void take_out(const Command& command, Index number) {
        RestingOrder& order = books().order(number);
        const Link link = order.level;
        const Cause cause{command, books().level_of(order).side};
        if (goes_general(cause.side, number)) return general(command);
        if constexpr (HAS_ACCOUNTS) {
            if (!may_change<RateKind::CANCEL>(cause, number)) return general(command);
            if (!planted(Bug::HOLD_OUTLIVES_ITS_ORDER)) hold(order, cause.side, order.leaves, 0);
            note_ended(asked_.party);
        }
        report_.canceled(order, cause);
        books().dequeue(books().side(cause.side), number, order.leaves, link);
        books().forget_order(number, order);
    }

    // Orders that ask for more, and all in a special market, fail a check that plain ones pass.
    ENGINE_NOINLINE void refuse_order(const Command& command, RejectReason reason) {
        const bool is_known = command.instrument < engine_.instrument_count();
        if (HAS_ACCOUNTS || is_special(command) || prevents(terms_of(command)) ||
            (is_known && engine_.is_special(command.instrument))) {
            return general(command);
        }
        if (planted(Bug::REJECT_CONSUMES_ID)) report_.counters().next_order_id += 1;
        report_.refused(command, reason,
                        is_known ? numbers_behind(command, reason) : RejectNumbers{});
    }

    // -- accounts: what is asked of them, and told to them, where they are kept
    ENGINE_INLINE Accounts& accounts() {
        return engine_.accounts_;
    }
    std::uint64_t now() const {
        return report_.counters().time;
    }

    // The party to the trades of a plain order, which opens where there are two positions. `hint`
    // may be a position of the account there.
    ENGINE_INLINE Index party_of(std::uint32_t account, SideNumber side, Index hint) {
        const Index party = accounts().party_of(account, side / 2, hint);
        return accounts().of_two(party, buys_on(side), false);
    }
    // That of an order which is met in its queue, and may have it noted.
    ENGINE_INLINE Index party_of_maker(Index number, SideNumber side) {
        return party_of(books().order(number).account, side, books().note(number));
    }

    // Asks for what the first maker of a side has.
    ENGINE_INLINE void prefetch_maker(SideNumber side) {
        const Link best = books().best_level(books().side(side));
        if (best != NIL) accounts().prefetch_trader(books().note(books().first_in(best)));
    }

    // Whether a SUBMIT may come from its account, now and here. No is not sure, and so it is below:
    // the general way knows.
    ENGINE_INLINE bool asks_for(const Command& command, SideNumber side, bool stays) {
        asked_.party = party_of(command.account, side, asked_.party);
        if (ENGINE_UNLIKELY(asked_.party == NIL)) return false;
        if (!is_in_time<RateKind::ORDER>()) return false;
        return accounts().may_submit(asked_.party, asked_by(command), stays, now());
    }
    // The same of a command that names an order, which is of its account.
    template <RateKind KIND>
    ENGINE_INLINE bool may_change(const Cause& cause, Index number) {
        asked_.party = party_of(books().order(number).account, cause.side, asked_.party);
        return cause.command.account == books().order(number).account && is_in_time<KIND>();
    }

    // Counts a command of the party, once, where that is asked for; whether its tier allows it.
    template <RateKind KIND>
    ENGINE_INLINE bool is_in_time() {
        if (ENGINE_UNLIKELY(!engine_.rates_.is_any())) return true;
        const AccountIndex account = accounts().party(asked_.party).account;
        const bool is_taken = engine_.rates_.take(account, KIND, now());
        counted_ = is_taken ? Counted::IS_IN_TIME : Counted::IS_ONE_TOO_MANY;
        return is_taken;
    }

    // Whether the party may have what a command asks for instead of what its order holds for.
    template <Admission HOW>
    ENGINE_INLINE bool is_admitted(const Cause& cause, const Held& before) {
        const Command& command = cause.command;
        const Held after{command.quantity, command.price};
        const bool buys = buys_on(cause.side);
        if (command.order_type != OrderType::LIMIT) {
            if (finds_cost(cause.side, command.quantity) &&
                accounts().admits_cost_at_once(asked_.party, buys, command.quantity, asked_.lots,
                                               asked_.value)) {
                return true;
            }
        } else if (ENGINE_LIKELY(accounts().template admits_at_once<HOW>(asked_.party, buys, after,
                                                                         before))) {
            return true;
        }
        return is_admitted_closely<HOW>(cause, before);
    }
    template <Admission HOW>
    ENGINE_OUTLINE bool is_admitted_closely(const Cause& cause, const Held& before) {
        return is_within_bounds(cause, before, true) && admits<HOW>();
    }

    // Whether the account may order, and what a command asks for is worth 63 bits, leaves the
    // position 64, and is within the limits. `asked_` has what it comes to then.
    ENGINE_INLINE bool is_within_bounds(const Cause& cause, const Held& before, bool is_new_price) {
        const Command& command = cause.command;
        const SideNumber side = cause.side;
        if (!accounts().may_order(asked_.party)) return false;
        const std::int64_t position = accounts().party(asked_.party).lots;
        const std::int64_t size = position < 0 ? -position : position;
        if (((size | books().side(side).quantity | command.quantity) >> 61) != 0) return false;
        asked_.is_buyer = buys_on(side);
        asked_.is_limited = command.order_type == OrderType::LIMIT;
        asked_.quantity = command.quantity;
        asked_.lots = command.quantity;
        asked_.price = command.price;
        asked_.instead_of = before;
        const std::uint32_t instrument = command.instrument;
        const bool has_values =
            accounts().value_of_order(instrument, before.lots, before.price,
                                      &asked_.value_before) &&
            (asked_.is_limited ? accounts().value_of_order(instrument, command.quantity,
                                                           command.price, &asked_.value)
                               : finds_cost(side, command.quantity));
        if (!has_values) return false;
        asked_.has_market_price = is_new_price && finds_market_price(side);
        return accounts().is_worth_enough(asked_) && accounts().is_within_limits(asked_);
    }

    // The price that limits and bounds compare others with: the mark, or the last until one is
    // told.
    ENGINE_INLINE bool finds_market_price(SideNumber side) {
        if (accounts().knows_mark(side / 2, &asked_.market_price)) return true;
        if (ENGINE_UNLIKELY(books().side(side).way != Way::PLAIN)) {
            return engine_.market_price(side / 2, &asked_.market_price);
        }
        const Market& market = engine_.markets_[side / 2];
        asked_.market_price = market.last_price;
        return market.last_quantity != 0;
    }

    // What a market order would do at once counts: `asked_` has the lots of its trades, and their
    // value. Most fill at the best price, or meet nothing. Of inverse contracts each is rounded.
    ENGINE_INLINE bool finds_cost(SideNumber own, std::int64_t quantity) {
        if (accounts().contract(own / 2).kind == ContractKind::INVERSE) return false;
        if (books().side(own).way != Way::PLAIN) return false;
        BookSide& other = books().side(own ^ 1);
        const Link best = books().best_level(other);
        asked_.lots = asked_.value = 0;
        if (best == NIL) return true;
        if (books().level(best).quantity < quantity) return finds_cost_of_levels(own, quantity);
        asked_.lots = quantity;
        const std::int64_t price = rank_of(own ^ 1, other.best_rank);
        return accounts().value_of_order(own / 2, quantity, price, &asked_.value);
    }
    // REQUIRES: the best rank is no guess.
    ENGINE_OUTLINE bool finds_cost_of_levels(SideNumber own, std::int64_t quantity) {
        LevelWalk levels = books().levels(own ^ 1);
        LevelPlace place{};
        std::int64_t open = quantity;
        while (open > 0 && levels.next(&place)) {
            const std::int64_t lots = std::min(open, books().level(place.level).quantity);
            const std::int64_t price = rank_of(own ^ 1, place.rank);
            std::int64_t value = 0;
            if (!accounts().value_of_order(own / 2, lots, price, &value)) return false;
            if (__builtin_add_overflow(asked_.value, value, &asked_.value)) return false;
            open -= lots;
        }
        asked_.lots = quantity - open;
        return true;
    }

    ENGINE_INLINE void note_asked(const Command& command) {
        const AccountIndex account = accounts().party(asked_.party).account;
        accounts().note_asked(account, asked_by(command), now());
    }
    // An order of the party of `asked_` has begun to live, or one of another party has ended.
    ENGINE_INLINE void note_begun(Index number) {
        if constexpr (!HAS_ACCOUNTS) return;
        // Not the second of two: it may be one of one by the time that it is met.
        books().note(number) = accounts().first_of_two(asked_.party);
        accounts().note_begun(accounts().party(asked_.party).account);
    }
    ENGINE_INLINE void note_ended(Index party) {
        if constexpr (HAS_ACCOUNTS) accounts().note_ended(accounts().party(party).account);
    }

    template <Admission HOW>
    ENGINE_INLINE bool admits() {
        return accounts().template admit<HOW>(asked_, now());
    }

    // An order of the party of `asked_` held for so many lots, and holds for others from now on.
    ENGINE_INLINE void hold(const RestingOrder& order, SideNumber side, std::int64_t before,
                            std::int64_t after) {
        if constexpr (!HAS_ACCOUNTS) return;
        if (ENGINE_LIKELY(accounts().holds_at_once(asked_.party, buys_on(side), order.price, after,
                                                   before))) {
            return;
        }
        hold_closely(order, side, before, after);
    }
    ENGINE_OUTLINE void hold_closely(const RestingOrder& order, SideNumber side,
                                     std::int64_t before, std::int64_t after) {
        const std::uint32_t instrument = side / 2;
        asked_.is_buyer = buys_on(side);
        asked_.instead_of = {before, order.price};
        asked_.lots = after;
        asked_.price = order.price;
        const bool has_values =
            accounts().value_of_order(instrument, before, order.price, &asked_.value_before) &&
            accounts().value_of_order(instrument, after, order.price, &asked_.value);
        ENGINE_ASSERT(has_values);
        admits<Admission::HOLD>();
    }

    // Pays the parties of a trade; the maker's order held for all that it offered.
    ENGINE_INLINE Fees pay(Index number, const Cause& cause, std::int64_t lots,
                           std::int64_t offered) {
        if constexpr (!HAS_ACCOUNTS) return {};
        const Index party = party_of_maker(number, cause.side ^ 1);
        if (lots == offered) note_ended(party);
        const std::int64_t price = books().order(number).price;
        return accounts().pay_plain(party, asked_.party,
                                    {cause.side / 2, buys_on(cause.side), lots, price}, offered,
                                    now());
    }

    Engine& engine_;
    Reporter<Out> report_;
    Counted counted_ = Counted::NOT_YET;
    PlainOrder asked_{};  // with accounts, what the command at hand asks of them
};

}  // namespace engine
