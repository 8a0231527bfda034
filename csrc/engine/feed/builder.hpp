// Market data made of execution reports, and of nothing else.
//
// Purpose: from the reports of an engine, the messages of docs/semantics/market-data.md: best
// prices (TOP), price levels (LEVELS), shown orders (ORDERS) and trades (TRADES), each channel of
// an instrument numbered without a gap. The builder never looks at a book: it keeps a Picture.
//
// Trades, and what makes a shown order smaller or go, are told as they happen. What is added, and
// what became of levels and best prices, is told when the command ends, first what went, then what
// came. So the picture of a consumer is at every message a part of what was shown before the
// command or after it: never crossed by an order that is about to trade, and nothing that came and
// went within one command is ever told.
//
// No report says that it is the last of its command, but mostly the first one can be told: see
// begins_command. Reports must come in whole commands, as the calls of the engine return them; the
// end of an array ends a command.
//
// Which order took its place first matters where several enter in one command. They enter in the
// order of their reports (NEW, REPLACED, TRIGGERED), one after the other: when one is seen to take,
// those before it rest, and those after it are not there yet. No report says that an order came to
// rest.
// Invariants: between two calls no order is entering and everything is told.
// Complexity: O(1) a report but for the level of a price, O(log n).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/record_buffer.hpp"
#include "engine/feed/picture.hpp"
#include "engine/types/enums.hpp"
#include "engine/types/records.hpp"

namespace engine {

using FeedBuffer = RecordBuffer<FeedMessage>;

// Whether messages name the reports that they came from. Who sees those numbers can count from
// their gaps what is not shown.
enum class ReportNumbers : std::uint8_t { NAMED, CONCEALED };

class FeedBuilder {
  public:
    // Reports follow the one numbered `after`: 0 to begin with an engine.
    FeedBuilder(FeedChannels channels, ReportNumbers numbers, std::uint64_t after)
        : channels_(channels), report_numbers_(numbers), next_report_(after + 1) {}

    // REQUIRES: the instrument is below INSTRUMENTS_MAX and was not added before.
    // Of a dark instrument nothing is told but its trades.
    void add_instrument(std::uint32_t instrument, Visibility visibility);
    bool has_instrument(std::uint32_t instrument) const {
        return instrument < market_of_.size() && market_of_[instrument] != NONE;
    }
    std::size_t instrument_count() const {
        return markets_.size();
    }

    // The first report whose sequence number is not the next one, or `count`.
    std::size_t find_gap(const ExecutionReport* reports, std::size_t count) const;

    // Reports of whole commands; those of instruments that were not added are passed over.
    // REQUIRES: find_gap found none.
    void read(const ExecutionReport* reports, std::size_t count, FeedBuffer& out);

    // The number of the report that must come next.
    std::uint64_t next_report() const {
        return next_report_;
    }
    // The number of the last message of a channel.
    std::uint64_t sequence_number(std::uint32_t instrument, FeedChannel channel) const;

    // A SNAPSHOT, and behind it what is shown in the channel: bids, then asks, from the best price
    // on, at most `levels` prices of each side, orders as they stand in their queue.
    void write_snapshot(std::uint32_t instrument, FeedChannel channel, std::size_t levels,
                        FeedBuffer& out) const;

    void check_invariants() const {
        picture_.check();
    }

  private:
    static constexpr std::uint32_t NONE = ~std::uint32_t{0};
    static constexpr std::uint32_t UNTOLD = TOLD - 1;  // a shown order that is gone for consumers
    static constexpr unsigned CHANNELS = 4;
    static constexpr std::size_t AHEAD = 5;            // reports from one stage to the next
    static constexpr std::size_t HINTS = 8;            // as a power of two above AHEAD
    static constexpr std::size_t MANY_ORDERS = 4'096;  // fewer stay in the cache

    // What consumers were told of a side's best price.
    struct Top {
        std::int64_t price = 0;
        std::int64_t quantity = 0;
        std::uint32_t order_count = 0;

        bool operator==(const Top&) const = default;
    };

    struct Market {
        std::uint32_t instrument = 0;
        bool is_dark = false;
        bool is_touched = false;               // by the command that is read
        bool is_stale[2] = {};                 // whether the best price must be looked up: bid, ask
        std::uint64_t numbers[CHANNELS] = {};  // of the last message
        std::size_t messages[CHANNELS] = {};   // the command's last message, from 1
        std::uint64_t timestamp = 0;           // of the last message
        std::uint64_t report = 0;              // that the last message came from
        Top told[2];                           // bid, ask
        std::uint64_t trade_id = 0;            // the last trade
        std::int64_t trade_price = 0;
        std::int64_t trade_quantity = 0;
    };

    bool begins_command(const ExecutionReport& report) const;
    // Whether a report says what became of its command, not what that set off.
    bool is_own(const ExecutionReport& report) const;
    void note(const ExecutionReport& report);
    void look_ahead(const ExecutionReport* reports, std::size_t count, std::size_t now);
    std::uint32_t side_number_of(const ExecutionReport& report) const {
        return 2 * market_of_[report.instrument] + (report.side == Side::SELL ? 1 : 0);
    }
    void follow(const ExecutionReport& report, FeedBuffer& out);
    void end_command(FeedBuffer& out);

    // One for each kind of report.
    void on_entry(const ExecutionReport& report);
    void on_trade(const ExecutionReport& report, FeedBuffer& out);
    void on_gone(const ExecutionReport& report, FeedBuffer& out);
    void on_replaced(const ExecutionReport& report, FeedBuffer& out);
    void on_restated(const ExecutionReport& report, FeedBuffer& out);
    void enter_again(Index number, const ExecutionReport& report, FeedBuffer& out);

    Index find(std::uint64_t order_id) const;
    bool is_told(const ShownOrder& order) const {
        return order.standing == Standing::RESTING && order.place == TOLD;
    }
    // What an order that rests or will rest shows of itself.
    static std::int64_t shown_of(const ExecutionReport& report) {
        return report.last_quantity != 0 ? report.last_quantity : report.leaves_quantity;
    }
    void fill(Index number, const ExecutionReport& report, FeedBuffer& out);
    void shrink(Index number, std::int64_t quantity, FeedBuffer& out);
    void take_out(Index number, FeedBuffer& out);
    void retire(Index number);
    void place_before(const ExecutionReport& maker);
    void place_all();
    void place(Index number);
    void append(Index number);

    void tell_added(FeedBuffer& out);
    void tell_levels(FeedBuffer& out);
    void sort_touched();
    void mark_stale(Market& market, const ShownLevel& level);
    void tell_tops(Market& market, FeedBuffer& out);
    Top top_of(std::uint32_t side_number) const;
    FeedMessage* tell_order(FeedKind kind, const ShownOrder& order, FeedBuffer& out);
    void touch(Market& market);
    // A new message, of which the caller writes what is its own; null when the channel is not
    // made. It is valid until the next one.
    FeedMessage* say(Market& market, FeedChannel channel, FeedKind kind, Side side,
                     FeedBuffer& out);

    FeedChannels channels_;
    ReportNumbers report_numbers_;
    std::uint64_t next_report_;
    std::vector<Market> markets_;
    std::vector<std::uint32_t> market_of_;  // by instrument
    Picture picture_;
    Index hints_[HINTS] = {};  // levels at the prices of reports to come

    // Of the command that is read.
    bool is_reading_ = false;  // a report of it was read
    bool has_begun_ = false;   // and one that is its own
    bool is_done_ = false;
    CommandKind kind_ = CommandKind::SUBMIT;
    std::uint64_t command_id_ = 0;
    std::uint64_t timestamp_ = 0;
    std::uint64_t report_ = 0;
    std::vector<std::uint32_t> touched_;  // markets
    std::vector<Index> entering_;         // in the order in which they enter
    std::size_t entered_ = 0;             // so many of those rest, or are gone
    std::vector<Index> added_;            // by the time of taking their place
    std::vector<Index> gone_;
    std::vector<std::uint64_t> set_off_;  // ids of any instrument, not known to rest
};

}  // namespace engine
