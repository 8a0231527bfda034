// Where orders that follow the market are to stand.
//
// Purpose: one rule for the book's own best prices and for those from outside, which orders of a
// dark market follow.
// Complexity: O(1).
#pragma once

#include <cstdint>

#include "engine/matching/special_orders.hpp"

namespace engine {

// What is told from outside; nothing where the two prices contradict each other.
Quote outside_quote(const SpecialMarket& market);

// The price at which a pegged order of a side is to stand, or false when it has nothing to follow.
// Its worst price holds it, and the instrument's bounds do.
bool pegged_price(const RestingOrder& order, const Details& details, SideNumber side,
                  const Quote& quote, const InstrumentTerms& terms, std::int64_t* price);

// Whether an order rests in a dark market that is pegged and has yet to move. It trades with nobody
// before: the market that it follows is not its own, and what stands where that was would be there
// for the taking.
bool has_yet_to_move(const RestingOrder& order, const Details& details, SideNumber side,
                     const SpecialMarket& market);

}  // namespace engine
