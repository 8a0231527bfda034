// The engine: a deterministic state machine from commands to reports.
//
// Purpose: the one place that takes commands, refuses them, and says what happened. It validates
// everything, in one order of precedence, and then changes state; a refused command changes nothing
// that state_hash() covers.
// Invariants: those of Books; no book is crossed between commands; reports are numbered without a
// gap.
// Complexity: a command costs O(1) plus O(1) for each order that it trades with.
// One thread at a time. Reads no clock, no environment, and draws no random number.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/accounts/accounts.hpp"
#include "engine/accounts/holdings.hpp"
#include "engine/accounts/tier_rates.hpp"
#include "engine/book/books.hpp"
#include "engine/engine/command_check.hpp"
#include "engine/engine/market.hpp"
#include "engine/engine/reject_numbers.hpp"
#include "engine/engine/reporter.hpp"
#include "engine/engine/resends.hpp"
#include "engine/engine/totals.hpp"
#include "engine/matching/auction.hpp"
#include "engine/matching/plan.hpp"
#include "engine/matching/price_band.hpp"
#include "engine/matching/special_orders.hpp"
#include "engine/types/instrument.hpp"
#include "engine/types/limits.hpp"
#include "engine/types/records.hpp"

namespace engine {

// What commands come: only plain ones or any, with accounts or without.
enum class Flow : std::uint8_t { PLAIN, ANY, PLAIN_OF_ACCOUNTS, ANY_OF_ACCOUNTS };
constexpr bool has_accounts(Flow flow) {
    return flow == Flow::PLAIN_OF_ACCOUNTS || flow == Flow::ANY_OF_ACCOUNTS;
}

// What an order that comes into the market counts as: so many lots of a value in all.
struct Need {
    std::int64_t lots = 0;
    Wide value = 0;
    Held instead_of{};  // what the order holds for where it is
    Wide worth = 0;     // the value, below 0 where prices are
};

// Neighbouring instruments: from the first on, without the end.
struct Instruments {
    std::uint32_t first;
    std::uint32_t end;
};

struct Situation;
struct ImageBase;
class ImageNumbers;

// What an engine is to forget of an instrument that leaves it: gathered before it is copied to
// another, so that nothing can fail afterwards.
struct Departure {
    std::uint32_t instrument = 0;
    std::vector<std::uint64_t> order_ids;  // of all its live orders
    std::unique_ptr<SpecialMarket> fresh;  // what it had when it was added; null for nothing
    Holdings holdings;                     // what accounts have in it, where they are kept
};

// How many reports and trades the engine had made when a command was done.
struct Mark {
    std::uint64_t reports = 0;
    std::uint64_t trades = 0;
};

class Engine {
  public:
    // The ids that it assigns begin at `first_order_id`.
    explicit Engine(std::uint64_t orders_max = ORDERS_MAX, std::uint64_t cascade_max = CASCADE_MAX,
                    std::uint64_t resend_window = 0, std::uint64_t first_order_id = 1)
        : resends_(resend_window), orders_max_(std::min<std::uint64_t>(orders_max, Books::ORDERS)) {
        ENGINE_ASSERT(first_order_id != 0);
        special_.cascade_max = cascade_max;
        counters_.next_order_id = first_order_id;
    }

    // The number of the new instrument. Throws std::length_error past INSTRUMENTS_MAX.
    std::uint32_t add_instrument(const InstrumentTerms& terms, const MarketRules& rules = {});

    // -- accounts
    // Keeps accounts from now on. REQUIRES: there are no instruments yet.
    void keep_accounts() {
        ENGINE_ASSERT(instrument_count_ == 0);
        accounts_.keep();
        books_.keep_notes();
    }
    std::uint32_t add_currency() {
        return accounts_.add_currency();
    }
    // With accounts every instrument has a contract. REQUIRES: its currencies are there.
    std::uint32_t add_instrument(const InstrumentTerms& terms, const MarketRules& rules,
                                 const Contract& contract);

    // Makes room for `orders` more resting orders, so that no pool grows before they are there.
    void reserve(std::size_t orders) {
        books_.reserve(orders);
        room_ = id_room_ = orders;
    }

    // Applies commands in order, writing every report. One whose account sent its id before, not
    // too long ago, is not applied: it is told what it was told then.
    // REQUIRES: batch.is_readable(). Throws std::bad_alloc when memory ends: before the
    // batch, or in the middle of a command, and then every later call throws BrokenInvariant.
    // `marks`, unless null, has room for one of each command; none where resends are kept.
    void match(const CommandBatch& batch, ReportBuffer& out, Mark* marks = nullptr);
    // The same, but writes only the trades. Reports are numbered as if they had been written.
    void match(const CommandBatch& batch, TradeBuffer& out, Mark* marks = nullptr);

    // -- what an engine that is one of several is told of the commands of others
    // Lets the orders end that do by the time of a command, which is not applied here.
    // REQUIRES: next_expiry() is not after it.
    void expire(const Command& command, ReportBuffer& out);
    void expire(const Command& command, TradeBuffer& out);
    // Takes over a time if it is later. REQUIRES: it is before next_expiry().
    void advance_to(std::uint64_t time);
    // When the next order ends, NEVER when none does.
    std::uint64_t next_expiry() const {
        return next_expiry_;
    }

    const Books& books() const {
        return books_;
    }
    const Market& market(std::uint32_t instrument) const {
        return markets_[instrument];
    }
    std::uint32_t instrument_count() const {
        return instrument_count_;
    }
    const Counters& counters() const {
        return counters_;
    }
    // What was done since the engine began. O(instruments).
    Totals totals() const;
    std::size_t memory_bytes() const;
    void check_invariants() const;

    // -- the image: all that the engine is but its terms and bounds, in image.cpp. O(everything).
    // Two engines that were given the same commands have the same bytes.
    void save(Packer& out) const;
    // Makes of an engine with the same instruments and currencies, and nothing else, the one that
    // was saved. False where the image can't be one of such an engine, and then nothing can be done
    // with it any more. Throws std::bad_alloc.
    bool load(Unpacker& in);

    // -- one instrument, to another engine with the same instruments, in instrument_image.cpp. Its
    // counts of orders, trades and lots go with it, and what accounts have in it. O(n log n) in its
    // orders, and O(positions).
    // Where accounts are kept, whoever moves it says how much of their money goes along, which is
    // to be found in the departure by then: see Allotment.
    Departure departure(std::uint32_t instrument) const;
    // All that it is, the same in every engine: ages and groups are counted from 1.
    void save_instrument(Packer& out, std::uint32_t instrument) const;
    // Makes of an instrument that is as it was added the one that was saved: its orders count as
    // younger than those of others. REQUIRES: the image is of the departure; no live order has one
    // of its ids; there is room for them; it has the accounts of those whose it is. Throws
    // std::bad_alloc, and nothing has changed then.
    void load_instrument(Unpacker& in, const Departure& departure);
    // Makes it what it was when it was added. Throws nothing.
    void forget_instrument(Departure departure);
    // The ids of its live orders: bids and asks as they trade, then what waits by age.
    std::vector<std::uint64_t> order_ids(std::uint32_t instrument) const;
    // Comes to have the accounts of another, with all that is set for them and nothing that they
    // own. REQUIRES: the same currencies and instruments; nothing was done yet.
    void follow(const Engine& other);
    std::uint64_t orders_max() const {
        return orders_max_;
    }

    // -- questions that special orders have a part in; none changes anything
    // A live order with all that it has open.
    Order describe(Index number) const;
    bool has_details(Index number) const {
        return special_.details.has(number);
    }
    // REQUIRES: has_details().
    OrderDetail detail(Index number) const;
    // The orders of one price of a side, or of the whole side, as they trade.
    void orders_at(SideNumber side, std::int64_t price, std::vector<Index>* out) const;
    void orders_of(SideNumber side, std::vector<Index>* out) const;
    // The same, down to a rank.
    void orders_to(SideNumber side, Rank worst, std::vector<Index>* out) const;
    // The orders of an instrument that wait outside its book, or those that have details, by age.
    void waiting(std::uint32_t instrument, std::vector<Index>* out) const;
    void detailed(std::uint32_t instrument, std::vector<Index>* out) const;
    // Every live order of an instrument: bids and asks as they trade, then what waits by age.
    void all_orders(std::uint32_t instrument, std::vector<Index>* out) const;
    // The same of one account, instrument by instrument. With accounts nothing is looked at where
    // it has no order; otherwise the queues where it may have some, or the records of all orders,
    // whatever takes less time.
    void all_orders_of(std::uint32_t account, const Instruments& among,
                       std::vector<Index>* out) const;
    std::size_t resting_count(SideNumber side) const;
    std::size_t waiting_count(std::uint32_t instrument) const;
    Phase phase(std::uint32_t instrument) const {
        const SpecialMarket* const market = special_.market(instrument);
        return market == nullptr ? Phase::CONTINUOUS : market->phase;
    }
    // The orders of a side that take part in an auction, in the order in which they trade: those
    // without a limit by age, then the others down to a rank. All-or-none and minimum quantities
    // stay out.
    // Reduce-only orders take part with what those of their account before them leave of its
    // position.
    void in_auction(SideNumber side, Rank worst, std::vector<Collected>* out) const;
    // Whether a side's orders have anybody to trade with in an auction, and down to which rank: the
    // best of the other side, or all where that has orders without a limit.
    bool may_trade(SideNumber side, Rank* worst) const;
    // What an auction would come to now; false when nothing would trade.
    bool uncrossing(std::uint32_t instrument, Uncrossing* found) const;
    // The same, with the rows down to the worst that may trade.
    bool uncrossing(std::uint32_t instrument, Uncrossing* found, AuctionRows* rows) const;
    // Last, mark or index price, or false while none is known.
    bool price(std::uint32_t instrument, TriggerSource source, std::int64_t* price) const;
    // The mark price, or the last until one is told, or false with neither.
    bool market_price(std::uint32_t instrument, std::int64_t* found) const {
        return price(instrument, TriggerSource::MARK, found) ||
               price(instrument, TriggerSource::LAST, found);
    }
    // The id of a side's top order, 0 for none.
    std::uint64_t top_order(SideNumber side) const;
    // The prices at which continuous trading trades now; every price while no band binds it.
    PriceBand price_band(std::uint32_t instrument) const;
    // Whether accounts have positions here: in any derivative, with accounts.
    bool has_positions(std::uint32_t instrument) const {
        return accounts_.is_kept() && accounts_.contract(instrument).kind != ContractKind::SPOT;
    }
    // At which price a position, of two the long or the short one, would be closed, all else as it
    // is; false for none. See LiquidationPrice.
    bool liquidation_price(AccountIndex account, std::uint32_t instrument, bool is_short,
                           std::int64_t* price) const;
    // The position of an account, in hedge mode the sum of both, or false where it has none and
    // none was supplied.
    bool position(std::uint32_t instrument, std::uint32_t account, std::int64_t* lots) const;
    // One of them.
    bool position_of(std::uint32_t instrument, const Which& its, std::int64_t* lots) const;
    const LotsByPosition& positions(std::uint32_t instrument) const;
    // Which position an order is for, and whether it can make none larger: it closes one of two.
    Which which(std::uint32_t account, SideNumber side, OrderFlags flags) const;
    bool only_closes(std::uint32_t account, SideNumber side, OrderFlags flags) const;
    // What is open on a side for a position, in the book and waiting. O(orders of the instrument),
    // as has_orders().
    std::int64_t open_quantity(const Which& its, SideNumber side) const;
    bool has_orders(std::uint32_t account, std::uint32_t instrument) const;
    const MarketRules& rules(std::uint32_t instrument) const {
        static constexpr MarketRules PLAIN{};
        const SpecialMarket* const market = special_.market(instrument);
        return market == nullptr ? PLAIN : market->rules;
    }
    // Nothing is kept in them unless keep_accounts() was called.
    const Accounts& accounts() const {
        return accounts_;
    }
    const TierRates& rates() const {
        return rates_;
    }
    // What an order counts as that may trade at once or be collected. `special` has its plan
    // overwritten.
    Need need_of(const Entrant& order, Phase phase, const Held& held, SpecialOrders& special) const;
    std::int64_t assumed_least(SideNumber side) const;
    // What an order holds for where it is; one that is no part of the market for nothing.
    // REQUIRES: it is not loose.
    Held held(Index number) const;
    // Why an order can not come into the market for what it may cost.
    RejectReason funds_reason(const Entrant& order, Phase phase, const Need& need) const;
    // Why it can not for what its account is exposed to, or has lost.
    RejectReason exposure_reason(const Entrant& order, const Need& need) const;
    RejectReason loss_reason(const Entrant& order, const Need& need, std::uint64_t time) const;
    // Why an account can not have an order of such a quantity. `limit` is null for one without.
    RejectReason size_reason(std::uint32_t account, std::uint32_t instrument, std::int64_t quantity,
                             const std::int64_t* limit) const;
    bool is_too_far(std::uint32_t account, SideNumber side, std::int64_t limit) const;
    // Why no order of the instrument can have such a value.
    RejectReason value_reason(std::uint32_t instrument, std::int64_t quantity,
                              const std::int64_t* limit, OrderFlags flags) const;
    // Whether the account has as many orders as it may.
    bool has_all_orders(std::uint32_t account) const;
    // Whether a SUBMIT asks for the account's last order again, and too soon.
    bool comes_again(const Command& command, std::uint64_t time) const;
    bool is_enabled(std::uint32_t account, std::uint32_t instrument) const;
    // What a command was held against that is refused, and what it came to; zeros where the reason
    // has no numbers. REQUIRES: nothing has changed since.
    RejectNumbers numbers_behind(const Situation& situation, RejectReason reason) const;
    // What stands in front of an order at its price; false for one that does not rest.
    bool queue_ahead(Index number, std::uint64_t* orders, std::int64_t* lots) const;

  private:
    template <class Out, Flow FLOW>
    friend class Step;
    template <class Out>
    friend class General;
    template <class Out>
    friend class Liquidator;

    // The id for an order without one that is accepted: the next number from `id` on that no live
    // order has. The counter moves past what it walks over, so nothing is walked over twice.
    std::uint64_t next_free_id(std::uint64_t id) const {
        while (id == 0 || books_.find(id) != NIL) id += 1;
        return id;
    }
    bool is_special(std::uint32_t instrument) const {
        return books_.side(2 * instrument).way != Way::PLAIN;
    }
    // The special market of an instrument, made when there is none yet.
    SpecialMarket& special_market(std::uint32_t instrument, const MarketRules& rules = {});
    std::unique_ptr<SpecialMarket> new_special_market(std::uint32_t instrument,
                                                      const MarketRules& rules) const;
    std::unique_ptr<SpecialMarket> fresh_special_market(std::uint32_t instrument) const;
    // Gives an instrument room for special orders.
    void open_special(std::uint32_t instrument);
    // Whether an account may have orders on a side; false is sure. Where all orders are plain, what
    // it has open there says so.
    bool may_have_orders(std::uint32_t account, SideNumber side) const;
    // How many live orders it has; without accounts how many there are.
    std::uint64_t order_count_of(std::uint32_t account) const;
    void look_through_orders(std::uint32_t account, std::uint64_t most, const Instruments& among,
                             std::vector<Index>* out) const;
    bool shares_queue(Index one, Index other) const;
    void queued_of(std::uint32_t account, Index one, std::size_t count,
                   std::vector<Index>* out) const;
    // Chooses the way of its commands anew.
    void choose_way(std::uint32_t instrument);
    void set_way(std::uint32_t instrument, Way way);
    const InstrumentTerms& terms_of(std::uint32_t instrument) const {
        const SpecialMarket* const market = special_.market(instrument);
        return market == nullptr ? markets_[instrument].terms : market->terms;
    }
    bool is_crossed(std::uint32_t instrument) const;
    Quote quote_of(const SpecialMarket& market, const std::vector<Index>& orders) const;
    bool stands_right(Index number, const SpecialMarket& market, const Quote& quote) const;
    // Whether no live order of the instrument has details: all stand in queues then.
    bool has_only_plain_orders(std::uint32_t instrument) const {
        const SpecialMarket* const market = special_.market(instrument);
        return market == nullptr || market->order_count == 0;
    }
    // The lots of the orders of in_auction(), by limit, and the orders, if any is not plain.
    Interest interest(SideNumber side, Rank worst, AuctionRows* rows) const;
    // The orders of in_auction(), whatever the positions are.
    void collected(SideNumber side, Rank worst, std::vector<Index>* out) const;
    std::int64_t open_of(Index number) const;
    void check_positions(std::uint32_t instrument) const;
    void check_accounts() const;
    std::vector<OpenOrder> open_orders(std::uint32_t instrument) const;
    void check_totals() const;
    bool affords(const Entrant& order, const Need& need) const;
    bool may_open(const Entrant& order) const;
    Prospect prospect(const Entrant& order, const Need& need) const;
    // What the derivatives of a currency come to with an order in one of them.
    Tally tally_with(const Entrant& order, const Prospect& found) const;
    RejectNumbers funds_numbers(const Situation& at) const;
    RejectNumbers exposure_numbers(const Situation& at, RejectReason reason) const;
    RejectNumbers limit_numbers(const Situation& at, RejectReason reason) const;
    void save_market(Packer& out, std::uint32_t instrument, const ImageNumbers& numbers) const;
    void save_order(Packer& out, Index number, const ImageNumbers& numbers) const;
    void save_links(Packer& out, const OrdersByLink& groups, const OrdersByLink& children,
                    const ImageNumbers& numbers) const;
    void load_all(Unpacker& in);
    void load_market(Unpacker& in, std::uint32_t instrument, const ImageBase& base);
    void load_special(Unpacker& in, std::uint32_t instrument, const ImageBase& base);
    void load_order(Unpacker& in, SideNumber side, bool is_aside, const ImageBase& base);
    void put_back(Unpacker& in, Index number, SideNumber side, bool is_aside);
    void load_links(Unpacker& in, const ImageBase& base);
    void clear_instrument(std::uint32_t instrument, const std::vector<std::uint64_t>& order_ids,
                          std::unique_ptr<SpecialMarket> fresh);
    void forget_order(std::uint64_t order_id);
    void forget_links(std::uint32_t instrument);
    std::vector<Index> load_members(Unpacker& in) const;
    void check_special(std::uint32_t instrument) const;
    void check_top_order(SideNumber side) const;

    // Room for the orders of `commands` more commands; looks at the pools once in a while only.
    void make_room(std::size_t commands) {
        // In proportion to what is there: a thousand small books stay small.
        if (ENGINE_UNLIKELY(room_ < commands)) {
            room_ = commands + books_.order_count() / 2 + 64;
            books_.reserve_records(room_);
        }
        room_ -= commands;
        // Those of ids are made some at a time, so that no command waits for many of them.
        if (ENGINE_UNLIKELY(id_room_ < commands)) {
            id_room_ = commands + 128;
            books_.grow_ids(id_room_);
        }
        id_room_ -= commands;
    }
    template <class Out>
    void run(const CommandBatch& batch, Out& out, Mark* marks = nullptr);
    template <class Out>
    void run_expiry(const Command& command, Out& out);
    // As match(), where commands may have been seen before, in resends.cpp.
    void match_once(const CommandBatch& batch, ReportBuffer& out);
    void match_once(const CommandBatch& batch, TradeBuffer& out);

    Books books_;
    SpecialOrders special_;
    Array<Market> markets_;
    Accounts accounts_;
    TierRates rates_;
    std::uint32_t instrument_count_ = 0;
    Counters counters_;
    Totals totals_;
    Resends resends_;
    std::uint64_t orders_max_;
    std::uint64_t next_expiry_ = NEVER;
    std::size_t room_ = 0;     // commands that the pools have room for
    std::size_t id_room_ = 0;  // and the table of ids
    bool is_whole_ = true;     // false once a command was left half applied
};

}  // namespace engine
