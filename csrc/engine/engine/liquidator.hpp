// How positions are closed that are worth less than they must be kept with: one LIQUIDATE.
//
// Purpose: all that docs/semantics/liquidation-of-positions.md says: orders are canceled, a part of
// a position goes into the market, or to the fund, or to those who gain by it; who has to bears
// what is missing. Private to the general way, whose orders and reports it uses.
// Complexity: O(all positions) to find who has lost, O(all orders) once if one of them has any,
// then O(positions of the account) a step; O(all positions) where a queue is made, once for each.
#pragma once

#include <deque>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/accounts/margin_pools.hpp"
#include "engine/engine/general.hpp"

namespace engine {

template <class Out>
class Liquidator {
  public:
    Liquidator(General<Out>& general, const Command& command);

    void run();

  private:
    // What an order of a liquidation has done.
    struct Sale {
        std::uint64_t order_id;
        std::int64_t lots;  // below 0 of a position that was short
        Wide worth;         // at the mark
        Wide left;          // of the equity that the lots had a share in
    };

    void end(const MarginPool& pool);
    // Those that a pool stands for, in instruments that say the one or the other of them.
    enum class Orders : bool { CANCELED_FIRST, KEPT };
    void cancel_orders(const MarginPool& pool, Orders which);
    // Those of an account in the instruments of which `is_chosen` says so.
    template <class Chosen>
    void cancel_orders(AccountIndex account, const Chosen& is_chosen);
    void find_orders();
    void close(const MarginPool& pool, Index party);

    // -- in the market
    std::int64_t sell(const MarginPool& pool, Index party, std::int64_t lots);
    bool find_limit(const MarginPool& pool, Index party, std::int64_t lots,
                    std::int64_t* limit) const;
    bool find_fillable(const MarginPool& pool, Index party, std::int64_t lots, Wide* price) const;
    bool find_bankrupt(Index party, std::int64_t lots, Wide share, Wide* price) const;
    bool stays(const MarginPool& pool, Index party) const;
    std::uint64_t send(Index party, std::int64_t lots, const std::int64_t* limit);
    void settle(const MarginPool& pool, Index party, const Sale& sale);
    Wide most_of(Index party, Wide worth) const;
    void give(const MarginPool& pool, Index party, Wide amount);
    Wide money(std::uint32_t currency) const {
        return accounts_.balance(fund_, currency).amount;
    }

    // -- outside it
    void hand_over(const MarginPool& pool, Index party, std::int64_t lots);
    Wide share(const MarginPool& pool, Index party, std::int64_t lots) const;
    void take_over(const MarginPool& pool, Index party, std::int64_t lots);
    bool has_room(Index party, std::int64_t lots);
    Index receiver(Index party);
    void move(Index party, std::int64_t lots);
    void trim(std::uint32_t instrument, std::uint32_t account);

    // -- who bears what no fund has
    std::int64_t deleverage(const MarginPool& pool, Index party, std::int64_t lots);
    Wide can_give(Index party, std::int64_t lots) const;
    std::deque<Index>& queue(std::uint32_t instrument, bool is_long);
    Wide rank(Index party, const MarginPool& pool) const;
    void socialize(std::uint32_t instrument, Wide missing);

    // -- before it comes to that
    void warn();
    void warn(const MarginPool& pool);

    // -- reports
    struct Said {
        ExecType type;
        Index party;
        std::int64_t lots;
        Wide amount;
        std::uint64_t order_id;
    };
    void say(const Said& said);
    void tell(Index party, std::int64_t lots, Wide amount, std::uint64_t order_id);

    std::int64_t lots_of(Index party) const {
        return accounts_.party(party).lots;
    }
    std::int64_t size_of_lots(Index party) const {
        return lots_of(party) < 0 ? -lots_of(party) : lots_of(party);
    }
    const Contract& contract_of(Index party) const {
        return accounts_.contract(accounts_.party(party).instrument);
    }

    General<Out>& general_;
    const Command& command_;
    Accounts& accounts_;
    MarginPools pools_;
    AccountIndex fund_;
    // Orders that were live when some were first to be canceled, by account, instrument and id: no
    // others come to live within the command.
    struct Live {
        std::uint32_t instrument;
        std::uint64_t order_id;
        auto operator<=>(const Live&) const = default;
    };
    std::unordered_map<std::uint32_t, std::vector<Live>> orders_;
    bool has_found_orders_ = false;
    std::int64_t count_ = 0;  // of the parts of positions that were closed
    // By instrument and whether they are long, who gives first; made when it is first needed.
    std::map<std::pair<std::uint32_t, bool>, std::deque<Index>> queues_;
    // By instrument, what the fund has paid and did not have, and all are to bear.
    std::map<std::uint32_t, Wide> missing_;
};

extern template class Liquidator<ReportBuffer>;
extern template class Liquidator<TradeBuffer>;

}  // namespace engine
