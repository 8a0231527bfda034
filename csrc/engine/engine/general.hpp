// The general way of a command: any order, in any book. Private to the engine.
//
// Purpose: everything that plain orders in plain books never need. step.hpp sends here what special
// orders have a part in, and in some markets everything (`Way`). What a command sets off
// (triggered orders, orders that can be filled at last) goes through a queue, one by one, until it
// is empty or the engine's limit of steps is reached; nothing calls itself.
#pragma once

#include "engine/engine/engine.hpp"
#include "engine/engine/general_check.hpp"
#include "engine/engine/reporter.hpp"
#include "engine/matching/auction.hpp"
#include "engine/matching/triggers.hpp"

namespace engine {

// With which order lots of another change hands, if they do, and at which price.
struct Contra {
    std::uint64_t order_id = 0;
    std::int64_t price = 0;
};

template <class Out>
class Liquidator;

template <class Out>
class General {
  public:
    General(Engine& engine, Out& out)
        : engine_(engine), report_(engine.counters_, engine.totals_, engine.markets_.data(), out) {}
    // The counters are this object's own while it works.
    ~General() {
        engine_.counters_ = report_.counters();
    }
    General(const General&) = delete;
    General& operator=(const General&) = delete;

    // Refuses a command or carries it out, and all that follows from it.
    void apply(const Command& command, Counted counted = Counted::NOT_YET);
    // Goes on with an order that came the plain way and has traded so far, once it meets a marked
    // order or has set something off. `number` is NIL for one that has none yet.
    void go_on(const Command& command, RestingOrder order, Index number, const TradedRange& before);
    // Takes out the orders whose time is over.
    void expire(const Command& command);

  private:
    friend class Liquidator<Out>;

    Situation situation_of(const Command& command, Counted counted);

    // -- the commands
    void submit(const Command& command);
    std::uint64_t take_order_id();
    void wait(const Cause& cause, Entrant& order, ExecType type);
    void replace(const Command& command, Index number);
    void replace_waiting(const Command& command, Index number);
    void reduce(const Command& command, Index number);
    void mass_cancel(const Command& command);
    Instruments named_by(const Command& command, bool is_of_instrument);
    std::vector<Index> live_orders(const Instruments& among);
    std::vector<Index> orders_of_account(std::uint32_t account, const Instruments& among);
    void cancel_all(const Command& command, const std::vector<Index>& orders);
    void set_price(const Command& command);
    void set_position(const Command& command);

    // -- calls and their auctions
    void set_phase(const Command& command);
    void hear_of_phase(const Command& command);
    void begin_call(const Cause& cause, Entrant& order);
    void uncross(const Command& command);
    void take_place(const Cause& cause, Entrant& order, ExecType type);
    void come_in(const Cause& cause, Entrant& order, ReportFlags flags);
    void keep_aside(Entrant& order);
    void answer_call(const Command& command, Index number);
    void hold_auction(const Command& command, const Uncrossing* uncrossing);
    bool is_plain_auction(std::uint32_t instrument);
    void trade_plain(const Command& command, const Uncrossing& uncrossing);
    void trade_in_auction(const Command& command, const Uncrossing& uncrossing);
    void fill_in_auction(Index number, std::int64_t lots);
    void end_at_market(const Command& command, Index number, const Uncrossing* uncrossing);
    void end_other_calls(const Command& command);
    void end_day(const Command& command);

    // -- what follows
    void settle(const Command& command);
    void let_in(const Command& command, Index number, bool is_late);
    bool repeg(const Command& command, std::uint32_t instrument);
    void move_to(const Cause& cause, Entrant& order, std::int64_t price);
    void unpeg(const Cause& cause, Entrant& order);
    void leave_place(Entrant& order);
    void leave_outside(const Command& command, std::uint32_t instrument);
    void look_for_pegs(std::uint32_t instrument);
    Followed best_shown(SideNumber side);
    bool find_best(SideNumber side, Rank* best);
    bool retry(const Command& command, std::uint32_t instrument);
    void enter(const Cause& cause, Entrant& taker, const TradedRange& before = {});
    void carry_out(const Cause& cause, Entrant& taker, const TradedRange& before = {});
    void trade(const Cause& cause, Entrant& taker, const Act& act);
    void refresh(const Cause& cause, Index maker);
    void decrement(const Cause& cause, Entrant& taker, const Act& act);
    void rest(const Cause& cause, Entrant& order);
    void claim_top(SideNumber side, Index number);
    void drop(const Cause& cause, const Entrant& order, ReportFlags flags,
              RejectReason reason = RejectReason::NONE);
    void on_price(const Cause& cause, TriggerSource source, std::int64_t price);
    void trigger_if_reached(const Cause& cause, Index number);
    void trigger(const Cause& cause, Index number);

    // -- links
    void join(const Entrant& order, Index other);
    void make_group(const std::vector<Index>& orders);
    void cancel_linked(const Command& command, const Touched& cause);
    void release(const Command& command, const Ended& ended);
    void release_one(const Command& command, Index child, std::int64_t traded);
    void touch(Index number);
    void leave_links(Index number);
    void end(Index number, const RestingOrder& order, SideNumber side);
    void stir(std::uint32_t instrument);

    // -- positions
    void move_position(const Which& which, SideNumber side, std::int64_t lots);
    void move_positions(const Command& command, const TradedByPosition& traded);
    void trim_moved(const Command& command);
    void trim(const Command& command, std::uint32_t account);
    std::int64_t entitled_of(const Entrant& order);
    ReportFlags cut(Entrant& order);
    void begin_reducing(Index number);
    void end_reducing(Index number);

    // -- accounts
    void apply_to_account(const Command& command);
    void fund(const Command& command);
    void set_limit(const Command& command);
    void set_rate(const Command& command);
    void note_tier(const Command& command);
    void turn_switch(const Command& command);
    Held held_by(Index number);
    void hold(Index number, const Held& before);
    void hold_nothing(Index number);
    Index party_of(const RestingOrder& order, SideNumber side);
    Fees pay(const RestingOrder& maker, const RestingOrder& taker, SideNumber side,
             std::int64_t lots, std::int64_t price, bool is_auction);
    void exchange(const RestingOrder& maker, const RestingOrder& taker, SideNumber side,
                  std::int64_t lots);
    RejectReason funds_reason_of(Entrant order, const Held& held);

    // -- orders where they are
    Index give_number(Entrant& order);
    void give_details(const Entrant& order);
    void expire_one(const Command& command, Index number);
    void detach(Index number);
    void forget(Index number);
    void shrink(Index number, std::int64_t lots);
    void shrink_in_place(Index number, std::int64_t lots);
    void write_back(const Entrant& taker);
    void stamp(Index number);

    // -- reports
    void refuse(const Command& command, RejectReason reason, Index named,
                const RejectNumbers& numbers);
    void cancel(const Cause& cause, Index number, ReportFlags flags,
                RejectReason reason = RejectReason::NONE, const Contra& contra = {});
    void gone(const Cause& cause, ExecType type, OrderStatus status, const RestingOrder& told,
              const Details& details, ReportFlags flags, RejectReason reason = RejectReason::NONE,
              const Contra& contra = {});
    void replaced(const Cause& cause, const RestingOrder& told, const Details& details,
                  ReportFlags flags, const Contra& contra = {});
    void state(const Cause& cause, ExecType type, const RestingOrder& told, const Details& details,
               ReportFlags flags, RejectReason reason = RejectReason::NONE,
               const Contra& contra = {});

    Books& books() {
        return engine_.books_;
    }
    SpecialOrders& special() {
        return engine_.special_;
    }
    SpecialMarket& market_of(SideNumber side) {
        return *special().markets[side / 2];
    }
    // Open lots come to a side, or go, that are in none of its queues.
    void add_unseen(SideNumber side, std::int64_t lots) {
        books().side(side).quantity += lots;
        market_of(side).unseen[side & 1] += lots;
    }
    // An order that leaves its place is no top order any more.
    void leave_top(SideNumber side, Index number) {
        SpecialMarket* const market = special().market(side / 2);
        if (market == nullptr || market->top_order[side & 1] != number) return;
        market->top_order[side & 1] = NIL;
    }
    Triggers triggers(SideNumber side) {
        return Triggers(market_of(side), books(), special().details);
    }
    const Details& details_of(Index number) {
        static constexpr Details PLAIN{};
        return special().details.has(number) ? special().details[number] : PLAIN;
    }
    std::int64_t open_of(Index number) {
        return books().order(number).leaves + details_of(number).reserve;
    }
    // The order with all that it has open.
    RestingOrder told(Index number) {
        RestingOrder order = books().order(number);
        order.leaves += details_of(number).reserve;
        return order;
    }
    Entrant entrant_from(Index number, bool is_queued) {
        Entrant entrant{told(number), details_of(number), books().side_of_order(number), number,
                        is_queued};
        entrant.details.reserve = 0;
        entrant.details.instrument = entrant.side / 2;
        return entrant;
    }
    static std::int64_t shown_of(const Details& details, OrderFlags flags, std::int64_t leaves) {
        if (has(flags, OrderFlag::HIDDEN)) return 0;
        const std::int64_t display = details.display_quantity;
        return display != 0 && display < leaves ? display : leaves;
    }
    // The same command, told of another instrument: what it sets off there is reported with it.
    static Command about(const Command& command, std::uint32_t instrument) {
        Command its = command;
        its.instrument = instrument;
        return its;
    }
    std::uint64_t next_arrival() {
        return ++special().arrivals;
    }

    Engine& engine_;
    Reporter<Out> report_;
};

extern template class General<ReportBuffer>;
extern template class General<TradeBuffer>;

}  // namespace engine
