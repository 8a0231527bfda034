// Writes what happened: every report, or with a TradeBuffer only the trades. Numbers are counted
// either way, so the two ways leave the engine in the same state. Private to engine.cpp.
#pragma once

#include <cstring>
#include <type_traits>

#include "engine/accounts/accounts.hpp"
#include "engine/base/pair.hpp"
#include "engine/base/record_buffer.hpp"
#include "engine/book/books.hpp"
#include "engine/engine/market.hpp"
#include "engine/engine/reject_numbers.hpp"
#include "engine/engine/totals.hpp"
#include "engine/types/planted.hpp"
#include "engine/types/records.hpp"

namespace engine {

using ReportBuffer = RecordBuffer<ExecutionReport>;
using TradeBuffer = RecordBuffer<Trade>;

// The engine's numbers that are not part of its logical state, except next_order_id.
struct Counters {
    std::uint64_t time = 0;
    std::uint64_t next_order_id = 1;
    std::uint64_t reports = 0;
    std::uint64_t trades = 0;
};

// What a report says besides the order: the command that caused it, and which book side the order
// is on.
struct Cause {
    const Command& command;
    SideNumber side;
};

// A report is written as sixteen words, most of them in pairs: whole words leave the stores of the
// rest of the engine free to be kept in registers, which single bytes, that may be anything, do
// not.
constexpr std::uint64_t word_of(ExecType exec_type, OrderStatus status, Liquidity liquidity,
                                ReportFlags flags) {
    return static_cast<std::uint64_t>(exec_type) | static_cast<std::uint64_t>(status) << 8 |
           static_cast<std::uint64_t>(liquidity) << 48 | static_cast<std::uint64_t>(flags) << 56;
}
constexpr std::uint64_t word_of(RejectReason reason) {
    return static_cast<std::uint64_t>(reason) << 16;
}
constexpr std::uint64_t word_of(Side side, CommandKind kind) {
    return static_cast<std::uint64_t>(static_cast<std::uint8_t>(side)) << 32 |
           static_cast<std::uint64_t>(kind) << 40;
}
// From one side to the other, in the word.
constexpr std::uint64_t OTHER_SIDE = word_of(Side::BUY, {}) ^ word_of(Side::SELL, {});

static_assert(offsetof(ExecutionReport, order_status) == 1);
static_assert(offsetof(ExecutionReport, reject_reason) == 2);
static_assert(offsetof(ExecutionReport, side) == 4);
static_assert(offsetof(ExecutionReport, kind) == 5);
static_assert(offsetof(ExecutionReport, liquidity) == 6);
static_assert(offsetof(ExecutionReport, flags) == 7);
static_assert(offsetof(ExecutionReport, instrument) == 8);
static_assert(offsetof(ExecutionReport, account) == 12);
static_assert(offsetof(ExecutionReport, sequence_number) == 16);
static_assert(offsetof(ExecutionReport, order_type) == 112);
static_assert(offsetof(ExecutionReport, time_in_force) == 113);
static_assert(offsetof(ExecutionReport, order_flags) == 116);
// A trade is written as eight words.
static_assert(offsetof(Trade, taker_order_id) == 16);
static_assert(offsetof(Trade, quantity) == 32);
static_assert(offsetof(Trade, instrument) == 48);
static_assert(offsetof(Trade, taker_account) == 56);
static_assert(offsetof(Trade, side) == 60);

// Without branches: a fill is as likely to be whole as not.
constexpr OrderStatus status_of(std::int64_t leaves, std::int64_t filled) {
    const int open = static_cast<int>(OrderStatus::NEW) + (filled != 0);
    return static_cast<OrderStatus>(leaves == 0 ? static_cast<int>(OrderStatus::FILLED) : open);
}
static_assert(status_of(1, 0) == OrderStatus::NEW);
static_assert(status_of(1, 1) == OrderStatus::PARTIALLY_FILLED);
static_assert(status_of(0, 1) == OrderStatus::FILLED);

template <class Out>
class Reporter {
  public:
    static constexpr bool IS_FULL = std::is_same_v<Out, ReportBuffer>;

    // Counts on from `counters`; what it has counted is in counters(). Totals, and the orders of
    // markets, are counted where they are.
    Reporter(const Counters& counters, Totals& totals, Market* markets, Out& out)
        : counters_(counters), totals_(totals), markets_(markets), out_(out) {}

    Counters& counters() {
        return counters_;
    }
    const Counters& counters() const {
        return counters_;
    }
    Out& out() {
        return out_;
    }

    ENGINE_INLINE void accepted(const RestingOrder& order, const Cause& cause) {
        constexpr std::uint64_t HEAD =
            word_of(ExecType::NEW, OrderStatus::NEW, {}, 0) | word_of(Side{}, CommandKind::SUBMIT);
        const Command& command = cause.command;
        markets_[command.instrument].orders += 1;
        write(HEAD | side_word(cause.side), order, cause, command.price, command.quantity, 0, {});
    }

    // What the order says of its price and leaves was just written: they come from the command.
    ENGINE_INLINE void replaced(const RestingOrder& order, const Cause& cause) {
        constexpr std::uint64_t HEAD = word_of(ExecType::REPLACED, OrderStatus::NEW, {}, 0) |
                                       word_of(Side{}, CommandKind::REPLACE);
        constexpr auto PARTLY = static_cast<std::uint64_t>(OrderStatus::PARTIALLY_FILLED) -
                                static_cast<std::uint64_t>(OrderStatus::NEW);
        const std::int64_t filled = order.filled;
        const std::uint64_t status = static_cast<std::uint64_t>(filled != 0) * PARTLY << 8;
        const Command& command = cause.command;
        write((HEAD + status) | side_word(cause.side), order, cause, command.price,
              command.quantity, filled, {});
    }

    // The order was made smaller in its place.
    ENGINE_INLINE void reduced(const RestingOrder& order, const Cause& cause) {
        constexpr auto KEPT = static_cast<ReportFlags>(ReportFlag::KEPT_PRIORITY);
        const OrderStatus status = status_of(order.leaves, order.filled);
        write(word_of(ExecType::REPLACED, status, {}, KEPT) | origin_of(cause), order, cause,
              order.price, order.leaves, order.filled, {});
    }

    ENGINE_INLINE void canceled(const RestingOrder& order, const Cause& cause) {
        constexpr std::uint64_t HEAD = word_of(ExecType::CANCELED, OrderStatus::CANCELED, {}, 0);
        if (!planted(Bug::CANCELED_COUNTS_AS_REPLACED)) totals_.reports[ExecType::CANCELED] += 1;
        write(HEAD | origin_of(cause), order, cause, order.price, 0, order.filled,
              {.last_quantity = order.leaves});
    }

    // Both parties' reports of one trade, the maker's first; filled and the taker's leaves are
    // already counted. The caller notes it with the market.
    ENGINE_INLINE void traded(const RestingOrder& maker, const RestingOrder& taker,
                              const Cause& cause, std::int64_t lots, const Fees& fees = {}) {
        const std::int64_t price = planted(Bug::TAKER_PRICE) ? taker.price : maker.price;
        told_trade(maker, taker, cause, lots, price, 0, fees);
    }

    ENGINE_INLINE void told_trade(const RestingOrder& maker, const RestingOrder& taker,
                                  const Cause& cause, std::int64_t lots, std::int64_t price,
                                  ReportFlags flags, const Fees& fees) {
        const std::uint64_t trade_id = ++counters_.trades;
        if constexpr (IS_FULL) {
            const std::uint64_t origin = origin_of(cause);
            const std::int64_t maker_leaves = maker.leaves - lots;
            write(word_of(ExecType::TRADE, status_of(maker_leaves, lots), Liquidity::MAKER, flags) |
                      (origin ^ OTHER_SIDE),
                  maker, cause, maker.price, maker_leaves, maker.filled,
                  {lots, price, trade_id, taker.order_id, fees.maker});
            write(word_of(ExecType::TRADE, status_of(taker.leaves, lots), Liquidity::TAKER, flags) |
                      origin,
                  taker, cause, taker.price, taker.leaves, taker.filled,
                  {lots, price, trade_id, maker.order_id, fees.taker});
        } else {
            counters_.reports += 2;
            const auto high = [](std::uint32_t number) { return std::uint64_t{number} << 32; };
            std::uint64_t* const words = out_.push_words();
            put(pair_of(trade_id, maker.order_id), words);
            put(pair_of(taker.order_id, static_cast<std::uint64_t>(price)), words + 2);
            put(pair_of(static_cast<std::uint64_t>(lots), counters_.time), words + 4);
            put(pair_of(cause.side / 2 | high(maker.account),
                        taker.account | high(static_cast<std::uint8_t>(side_of(cause.side)))),
                words + 6);
        }
    }

    // Both parties' reports of a trade of an auction, the seller's first; as traded().
    ENGINE_OUTLINE void auctioned(const RestingOrder& seller, const RestingOrder& buyer,
                                  const Cause& cause, std::int64_t lots, std::int64_t price,
                                  const Fees& fees) {
        told_trade(seller, buyer, cause, lots, price, static_cast<ReportFlags>(ReportFlag::AUCTION),
                   fees);
    }

    // What an event of a special order says beyond the order itself.
    struct Event {
        ExecType type;
        OrderStatus status;
        ReportFlags flags;
        RejectReason reason;
        std::int64_t leaves;
        std::int64_t last_quantity;
        std::int64_t last_price;
        std::uint64_t contra_order_id = 0;
    };
    ENGINE_OUTLINE void say(const Event& event, const RestingOrder& order, const Cause& cause) {
        if (event.type == ExecType::NEW) {
            markets_[cause.command.instrument].orders += 1;
        } else if (event.type == ExecType::REJECTED) {
            totals_.rejects[event.reason] += 1;
        } else if (event.type != ExecType::REPLACED) {
            totals_.reports[event.type] += 1;
        }
        write(word_of(event.type, event.status, {}, event.flags) | word_of(event.reason) |
                  origin_of(cause),
              order, cause, order.price, event.leaves, order.filled,
              {.last_quantity = event.last_quantity,
               .last_price = event.last_price,
               .contra_order_id = event.contra_order_id});
    }

    // A command that names no order was carried out, with what came of it.
    ENGINE_NOINLINE void done(const Command& command, std::int64_t count, std::int64_t price) {
        of_no_order(command, count, price, 0);
    }

    // What happens to lots of a position at a price, below 0 when it is short, and what was paid.
    struct OfPosition {
        ExecType type;
        std::uint32_t account;
        std::int64_t lots = 0;
        std::int64_t price = 0;
        std::int64_t amount = 0;
        std::uint64_t order_id = 0;
    };
    ENGINE_NOINLINE void of_position(const Command& command, const OfPosition& its) {
        totals_.reports[its.type] += 1;
        RestingOrder nothing{};
        nothing.account = its.account;
        nothing.order_id = its.order_id;
        const Side side = its.lots > 0 ? Side::SELL : its.lots < 0 ? Side::BUY : Side{};
        write(word_of(its.type, OrderStatus::NONE, {}, 0) | word_of(side, command.kind), nothing,
              Cause{command, 0}, 0, 0, 0,
              {.last_quantity = its.lots < 0 ? -its.lots : its.lots,
               .last_price = its.price,
               .fee = its.amount});
    }

    // An order came to the price band of the command's instrument, and began a call.
    ENGINE_NOINLINE void call_began(const Command& command) {
        of_no_order(command, static_cast<std::int64_t>(Phase::VOLATILITY_CALL), 0,
                    static_cast<ReportFlags>(ReportFlag::PRICE_BAND));
    }

    // A command whose order never entered, or is not known: what the command itself says.
    ENGINE_NOINLINE void refused(const Command& command, RejectReason reason,
                                 const RejectNumbers& numbers = {}) {
        totals_.rejects[reason] += 1;
        const bool is_submit = command.kind == CommandKind::SUBMIT;
        RestingOrder order{};
        order.order_id = command.order_id;
        order.price = command.price;
        order.client_order_id = command.client_order_id;
        order.account = command.account;
        if (is_submit) {
            order.terms = terms_of(command);
        }
        const Side side = is_submit ? command.side : Side{};
        write(word_of(ExecType::REJECTED, OrderStatus::REJECTED, {}, 0) | word_of(reason) |
                  word_of(side, command.kind),
              order, Cause{command, 0}, order.price, 0, 0,
              {.last_quantity = numbers.limit, .last_price = numbers.found});
    }

    // A command that leaves a live order as it was: where the order stands.
    ENGINE_NOINLINE void refused(const Cause& cause, RejectReason reason, const RestingOrder& order,
                                 const RejectNumbers& numbers) {
        totals_.rejects[reason] += 1;
        const OrderStatus status = status_of(order.leaves, order.filled);
        write(word_of(ExecType::REJECTED, status, {}, 0) | word_of(reason) | origin_of(cause),
              order, cause, order.price, order.leaves, order.filled,
              {.last_quantity = numbers.limit, .last_price = numbers.found});
    }

  private:
    struct Fill {
        std::int64_t last_quantity = 0;
        std::int64_t last_price = 0;
        std::uint64_t trade_id = 0;
        std::uint64_t contra_order_id = 0;
        std::int64_t fee = 0;
    };

    void of_no_order(const Command& command, std::int64_t count, std::int64_t price,
                     ReportFlags flags) {
        totals_.reports[ExecType::DONE] += 1;
        RestingOrder nothing{};
        nothing.account = command.account;
        write(word_of(ExecType::DONE, OrderStatus::NONE, {}, flags) | word_of(Side{}, command.kind),
              nothing, Cause{command, 0}, 0, 0, 0, {.last_quantity = count, .last_price = price});
    }
    ENGINE_INLINE std::uint64_t side_word(SideNumber side) const {
        return side_words_[side & 1];
    }
    ENGINE_INLINE std::uint64_t origin_of(const Cause& cause) const {
        return side_word(cause.side) | word_of(Side{}, cause.command.kind);
    }

    ENGINE_INLINE void write(std::uint64_t head, const RestingOrder& order, const Cause& cause,
                             std::int64_t price, std::int64_t leaves, std::int64_t filled,
                             const Fill& fill) {
        const std::uint64_t number = ++counters_.reports;
        if constexpr (IS_FULL) {
            const Command& command = cause.command;
            std::uint64_t* const words = out_.push_words();
            words[0] = head;
            words[1] = command.instrument | static_cast<std::uint64_t>(order.account) << 32;
            put(pair_of(number, counters_.time), words + 2);
            put(pair_of(order.order_id, static_cast<std::uint64_t>(price)), words + 4);
            put(pair_of(static_cast<std::uint64_t>(leaves), static_cast<std::uint64_t>(filled)),
                words + 6);
            put(pair_of(static_cast<std::uint64_t>(fill.last_quantity),
                        static_cast<std::uint64_t>(fill.last_price)),
                words + 8);
            put(pair_of(fill.trade_id, fill.contra_order_id), words + 10);
            put(pair_of(order.client_order_id, command.command_id), words + 12);
            put(pair_of(order.terms, static_cast<std::uint64_t>(fill.fee)), words + 14);
        }
    }

    Counters counters_;
    Totals& totals_;
    Market* const markets_;  // by instrument
    Out& out_;
    std::uint64_t side_words_[2] = {word_of(Side::BUY, {}), word_of(Side::SELL, {})};
};

}  // namespace engine
