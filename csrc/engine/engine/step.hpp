// One command, from validation to reports. Private to engine.cpp; `Out` is where the reports go.
#pragma once

#include <bit>
#include <cstring>

#include "engine/engine/engine.hpp"
#include "engine/engine/reporter.hpp"
#include "engine/types/planted.hpp"

namespace engine {

static_assert(std::endian::native == std::endian::little, "records are little-endian");

template <class Out, bool IS_PLAIN>
class Step {
  public:
    Step(Engine& engine, Out& out)
        : engine_(engine),
          books_(engine.books_),
          counters_(engine.counters_),
          report_(counters_, out) {}
    // The counters are this object's own while it works, which keeps them in registers.
    ~Step() {
        engine_.counters_ = counters_;
    }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

    // `hint` is the order that the command names, or NIL, or out of date.
    ENGINE_INLINE void apply(const Command& command, Index hint) {
        if (command.timestamp > counters_.time) counters_.time = command.timestamp;
        switch (command.kind) {
            case CommandKind::SUBMIT:
                return submit(command);
            case CommandKind::CANCEL:
                return cancel(command, hint);
            case CommandKind::REPLACE:
                return replace(command, hint);
            case CommandKind::REDUCE:
                return reduce(command, hint);
        }
    }

  private:
    // -- the four commands
    ENGINE_INLINE void submit(const Command& command) {
        RejectReason reason = submit_reason(command);
        if (ENGINE_UNLIKELY(reason != RejectReason::NONE)) return refuse_order(command, reason);
        const std::uint64_t id = command.order_id != 0 ? command.order_id : next_free_id();
        const bool is_resting = may_rest(command);
        if (is_resting) books_.make_room_for(id);
        if (command.order_id == 0) counters_.next_order_id = id + 1;
        const Cause cause{command, side_number(command.instrument, command.side)};
        if (is_resting && !may_trade(cause.side ^ 1, limit_of(command))) {
            return rest(command, id, cause);
        }
        take(command, id, cause);
    }

    // An order that finds nothing to trade with. It is written straight into its place: a copy of
    // what was just written would wait for the stores.
    ENGINE_INLINE void rest(const Command& command, std::uint64_t id, const Cause& cause) {
        const Index node = books_.make_order(id);
        RestingOrder& order = books_.order(node);
        fill_in(order, command, id);
        report_.accepted(order, cause);
        books_.enqueue(cause.side, node);
    }

    // An order that may trade: what is left rests or is canceled.
    void take(const Command& command, std::uint64_t id, const Cause& cause) {
        RestingOrder order;
        fill_in(order, command, id);
        report_.accepted(order, cause);
        sweep(order, cause, limit_of(command));
        if (order.leaves == 0) return;
        if (!may_rest(command) && !(planted(Bug::IOC_RESTS) && order.price != 0)) {
            return report_.canceled(order, cause);
        }
        const Index node = books_.make_order(id);
        books_.order(node) = order;
        books_.enqueue(cause.side, node);
    }

    ENGINE_INLINE void cancel(const Command& command, Index hint) {
        Index node = hint;
        const RejectReason reason = order_reason(command, command.price | command.quantity, &node);
        if (ENGINE_UNLIKELY(reason != RejectReason::NONE)) return refuse(command, reason, node);
        take_out(command, node);
    }

    ENGINE_INLINE void replace(const Command& command, Index hint) {
        Index node = hint;
        RejectReason reason = order_reason(command, 0, &node);
        if (ENGINE_LIKELY(reason == RejectReason::NONE)) reason = replace_reason(command, node);
        if (ENGINE_UNLIKELY(reason != RejectReason::NONE)) return refuse(command, reason, node);
        RestingOrder& order = books_.order(node);
        const Cause cause{command, books_.side_of_order(node)};
        if (keeps_priority(command, order)) {
            books_.shrink(node, order.leaves - command.quantity);
            return report_.replaced(order, cause, KEPT_PRIORITY);
        }
        order.timestamp = counters_.time;
        const Rank limit = rank_of(cause.side ^ 1, command.price);
        if (ENGINE_UNLIKELY(may_trade(cause.side ^ 1, limit))) {
            return replace_and_take(cause, node, limit);
        }
        books_.requeue(node, command.price, command.quantity);
        report_.replaced(order, cause, 0);
    }

    // A replaced order that may trade at its new price.
    void replace_and_take(const Cause& cause, Index node, Rank limit) {
        RestingOrder& order = books_.order(node);
        books_.dequeue(node);
        order.price = cause.command.price;
        order.leaves = cause.command.quantity;
        report_.replaced(order, cause, 0);
        if (!planted(Bug::CROSSING_REPLACE_RESTS)) sweep(order, cause, limit);
        if (order.leaves == 0) return books_.forget_order(node);
        books_.enqueue(cause.side, node);
    }

    ENGINE_INLINE void reduce(const Command& command, Index hint) {
        Index node = hint;
        RejectReason reason = order_reason(command, command.price, &node);
        if (reason == RejectReason::NONE && command.quantity < 1) {
            reason = RejectReason::QUANTITY_TOO_SMALL;
        }
        if (ENGINE_UNLIKELY(reason != RejectReason::NONE)) return refuse(command, reason, node);
        RestingOrder& order = books_.order(node);
        if (command.quantity >= order.leaves) return take_out(command, node);
        books_.shrink(node, command.quantity);
        report_.replaced(order, Cause{command, books_.side_of_order(node)}, KEPT_PRIORITY);
    }

    // -- validation, in order of precedence
    // The second half of a command is room for later kinds of orders: all zero.
    static ENGINE_INLINE std::uint64_t reserved(const Command& command) {
        if constexpr (IS_PLAIN) return 0;
        std::uint64_t tail;
        std::memcpy(&tail, &command.self_trade_group, sizeof(tail));
        return static_cast<std::uint64_t>(command.trigger_price | command.display_quantity |
                                          command.minimum_quantity | command.offset |
                                          command.bound) |
               command.expiry | command.linked_order_id | tail;
    }
    static_assert(offsetof(Command, self_trade_group) + sizeof(std::uint64_t) == sizeof(Command));

    ENGINE_INLINE RejectReason submit_reason(const Command& command) {
        const bool is_limit = command.order_type == OrderType::LIMIT;
        const std::int64_t unused_price = is_limit ? 0 : command.price;
        if ((reserved(command) | static_cast<std::uint64_t>(unused_price)) != 0) {
            return RejectReason::MALFORMED;
        }
        if (command.instrument >= engine_.instrument_count()) {
            return RejectReason::UNKNOWN_INSTRUMENT;
        }
        if (command.order_id != 0 && books_.find(command.order_id) != NIL &&
            !planted(Bug::DUPLICATE_ID_ACCEPTED)) {
            return RejectReason::DUPLICATE_ORDER_ID;
        }
        const bool is_post_only = has(command.flags, OrderFlag::POST_ONLY);
        if (is_post_only && (!is_limit || command.time_in_force != TimeInForce::GTC)) {
            return RejectReason::INCOMPATIBLE_INSTRUCTIONS;
        }
        const InstrumentTerms& terms = engine_.markets_[command.instrument].terms;
        const bool is_priced = !is_limit || terms.takes_price(command.price);
        if (ENGINE_UNLIKELY(!is_priced || !terms.takes_quantity(command.quantity))) {
            return number_reason(terms, command, is_limit);
        }
        const SideNumber own = side_number(command.instrument, command.side);
        if (may_rest(command)) {
            if (sum_overflows(books_.side(own).quantity, command.quantity)) {
                return RejectReason::QUANTITY_OVERFLOW;
            }
            if (books_.order_count() >= engine_.orders_max_) return RejectReason::TOO_MANY_ORDERS;
            if (!is_post_only) return RejectReason::NONE;
            return crosses(own ^ 1, limit_of(command)) && !planted(Bug::POST_ONLY_TAKES)
                       ? RejectReason::POST_ONLY_WOULD_TRADE
                       : RejectReason::NONE;
        }
        if (command.time_in_force != TimeInForce::FOK || planted(Bug::FOK_FILLS_PARTIALLY)) {
            return RejectReason::NONE;
        }
        return books_.offers(own ^ 1, limit_of(command), command.quantity)
                   ? RejectReason::NONE
                   : RejectReason::FOK_CANNOT_FILL;
    }

    // What CANCEL, REPLACE and REDUCE have in common; turns the hint into the node of the order
    // named, NIL when it isn't known or the command malformed. `unused` joins the fields that the
    // kind does not take.
    ENGINE_INLINE RejectReason order_reason(const Command& command, std::int64_t unused,
                                            Index* node) {
        const Index hint = *node;
        *node = NIL;
        std::uint64_t head;
        std::memcpy(&head, &command, sizeof(head));
        const std::uint64_t terms = head >> 16;  // type, time in force, flags
        if ((terms | static_cast<std::uint64_t>(unused) | command.client_order_id |
             reserved(command)) != 0) {
            return RejectReason::MALFORMED;
        }
        if (command.instrument >= engine_.instrument_count()) {
            return RejectReason::UNKNOWN_INSTRUMENT;
        }
        const Index found = books_.find(command.order_id, hint);
        if (found == NIL || books_.side_of_order(found) / 2 != command.instrument) {
            return RejectReason::UNKNOWN_ORDER;
        }
        *node = found;
        return RejectReason::NONE;
    }

    ENGINE_INLINE RejectReason replace_reason(const Command& command, Index node) {
        const InstrumentTerms& terms = engine_.markets_[command.instrument].terms;
        if (ENGINE_UNLIKELY(!terms.takes_price(command.price) ||
                            !terms.takes_quantity(command.quantity))) {
            return number_reason(terms, command, true);
        }
        const RestingOrder& order = books_.order(node);
        const SideNumber own = books_.side_of_order(node);
        const std::int64_t others = books_.side(own).quantity - order.leaves;
        // Two numbers below 2^62 have a sum below 2^63.
        if (ENGINE_UNLIKELY((others | order.filled | command.quantity) >> 62 != 0) &&
            (sum_overflows(others, command.quantity) ||
             sum_overflows(order.filled, command.quantity))) {
            return RejectReason::QUANTITY_OVERFLOW;
        }
        if (has(flags_of(order.terms), OrderFlag::POST_ONLY) &&
            crosses(own ^ 1, rank_of(own ^ 1, command.price))) {
            return RejectReason::POST_ONLY_WOULD_TRADE;
        }
        return RejectReason::NONE;
    }

    // Which bound a price or quantity broke.
    static ENGINE_NOINLINE RejectReason number_reason(const InstrumentTerms& terms,
                                                      const Command& command, bool is_priced) {
        if (is_priced && command.price < terms.min_price) return RejectReason::PRICE_TOO_LOW;
        if (is_priced && command.price > terms.max_price) return RejectReason::PRICE_TOO_HIGH;
        if (command.quantity < terms.min_quantity) return RejectReason::QUANTITY_TOO_SMALL;
        ENGINE_ASSERT(command.quantity > terms.max_quantity);
        return RejectReason::QUANTITY_TOO_LARGE;
    }

    // -- rules
    static bool may_rest(const Command& command) {
        return command.order_type == OrderType::LIMIT && command.time_in_force == TimeInForce::GTC;
    }

    // The worst rank of the other side that the order accepts.
    static ENGINE_INLINE Rank limit_of(const Command& command) {
        if (command.order_type == OrderType::MARKET) return INT64_HIGHEST;
        return rank_of(side_number(0, opposite(command.side)), command.price);
    }

    // Never false when the order would trade; true may turn out wrong, as the best rank is
    // conservative.
    ENGINE_INLINE bool may_trade(SideNumber other, Rank limit) const {
        return books_.side(other).best_rank <= limit;
    }

    bool crosses(SideNumber other, Rank limit) {
        Index level;
        BookSide& side = books_.side(other);
        return side.best_rank <= limit && books_.best_level(side, &level) &&
               side.best_rank <= limit;
    }

    ENGINE_INLINE bool keeps_priority(const Command& command, const RestingOrder& order) const {
        return command.price == order.price && command.quantity < order.leaves &&
               engine_.markets_[command.instrument].terms.replace_priority ==
                   ReplacePriority::KEEP_ON_DECREASE &&
               !planted(Bug::SIZE_DOWN_LOSES_PRIORITY);
    }

    // The id that the engine would assign: the next number that no live order has.
    std::uint64_t next_free_id() const {
        std::uint64_t id = counters_.next_order_id;
        while (id == 0 || books_.find(id) != NIL) id += 1;
        return id;
    }

    ENGINE_INLINE void fill_in(RestingOrder& order, const Command& command,
                               std::uint64_t id) const {
        order.order_id = id;
        order.price = command.price;
        order.leaves = command.quantity;
        order.filled = 0;
        order.client_order_id = command.client_order_id;
        order.timestamp = counters_.time;
        order.terms = terms_of(command);
        order.account = command.account;
        order.page = NIL;
    }

    // Trades the order against the other side, best price and longest in the queue first. The best
    // level is asked for anew for each maker: whether a level is used up is anyone's guess, and so
    // no branch.
    void sweep(RestingOrder& taker, const Cause& cause, Rank limit) {
        const SideNumber other = cause.side ^ 1;
        BookSide& side = books_.side(other);
        Market& market = engine_.markets_[other / 2];
        Index level = NIL;
        while (taker.leaves > 0 && books_.best_level(side, &level) && side.best_rank <= limit) {
            if (planted(Bug::WORST_PRICE_FIRST)) books_.worst_level(other, &level);
            const Index node = books_.first_in(level);
            RestingOrder& maker = books_.order(node);
            const bool is_filled = maker.leaves <= taker.leaves;
            const std::int64_t lots = is_filled ? maker.leaves : taker.leaves;
            ENGINE_ASSERT(lots > 0);
            taker.leaves -= lots;
            taker.filled += lots;
            maker.filled += lots;
            market.last_price = maker.price;
            market.last_quantity = lots;
            report_.traded(maker, taker, cause, lots);
            if (!is_filled) return shrink_maker(node, lots, cause);
            books_.dequeue(node);
            books_.forget_order(node);
        }
    }

    ENGINE_INLINE void shrink_maker(Index node, std::int64_t lots, const Cause& cause) {
        books_.shrink(node, lots);
        if (!planted(Bug::PARTIAL_FILL_DEMOTES)) return;
        books_.dequeue(node);
        books_.enqueue(cause.side ^ 1, node);
    }

    ENGINE_INLINE void take_out(const Command& command, Index node) {
        const Cause cause{command, books_.side_of_order(node)};
        report_.canceled(books_.order(node), cause);
        books_.dequeue(node);
        books_.forget_order(node);
    }

    void refuse_order(const Command& command, RejectReason reason) {
        if (planted(Bug::REJECT_CONSUMES_ID)) counters_.next_order_id += 1;
        report_.refused(command, reason);
    }

    void refuse(const Command& command, RejectReason reason, Index node) {
        if (node == NIL) return report_.refused(command, reason);
        report_.refused(Cause{command, books_.side_of_order(node)}, reason, books_.order(node));
    }

    static constexpr ReportFlags KEPT_PRIORITY =
        static_cast<ReportFlags>(ReportFlag::KEPT_PRIORITY);

    Engine& engine_;
    Books& books_;
    Counters counters_;
    Reporter<Out> report_;
};

}  // namespace engine
