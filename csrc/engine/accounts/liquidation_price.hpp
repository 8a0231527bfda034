// At which price of its instrument a position would be closed, if nothing else changed.
//
// Purpose: what a trader asks of a position; a LIQUIDATE asks only whether it is lost now. Answered
// by the same sums, at other marks: those that stand for the position together are looked at where
// the mark is, and then on the way that it would have to go, halved until two neighbours differ.
// Invariants: at the price that is found all of them are lost, at its neighbour they are not.
// Complexity: O(positions of the account), and so much for each of 64 prices and of the margin
// tiers as there are positions in the instrument: one, in hedge mode two.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/accounts/margin_pools.hpp"

namespace engine {

class LiquidationPrice {
  public:
    // REQUIRES: the position is not 0.
    LiquidationPrice(const Accounts& accounts, Index party);
    // The price next to the mark, among those of the instrument, at which it is lost and its
    // neighbour keeps it. False for none, and while something that stands with it has no mark.
    bool find(std::int64_t lowest, std::int64_t highest, std::int64_t* price) const;

  private:
    bool is_lost_at(std::int64_t price) const;
    // What a position adds to what all have more than they must have.
    Wide left_at(const Position& position, std::int64_t price) const;
    bool find_on_way(bool is_down, std::int64_t end, std::int64_t* price) const;
    // Between these what is left only grows, or only falls: where a margin tier begins it may jump.
    std::vector<std::int64_t> stops(bool is_down, std::int64_t end) const;
    void add_edges(const Position& position, std::vector<Wide>* edges) const;

    const Accounts& accounts_;
    const Contract& contract_;
    std::int64_t mark_;
    std::vector<const Position*> moved_;  // by the mark
    Wide rest_ = 0;                       // what is left without these
    bool is_watched_;
    bool at_margin_ = false;
};

}  // namespace engine
