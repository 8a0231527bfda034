// How an incoming quantity is shared among the orders at one price: pure functions over sizes.
//
// REQUIRES of all of them: sizes of 0 or more whose total fits in 63 bits, a quantity of 0 or more,
// and room for as many results as there are sizes. No result exceeds its size, nor all of them
// together the quantity.
// Complexity: O(n).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace engine {

constexpr std::size_t NO_TOP_ORDER = static_cast<std::size_t>(-1);

// The order that set the price, and what it gets before the others.
struct TopOrder {
    std::size_t place = NO_TOP_ORDER;
    std::int64_t minimum = 0;  // a smaller order is one like the others
    std::int64_t maximum = 0;
};

// The first takes all that it can, then the second, and so on; adds to what is given already.
void give_by_time(std::span<const std::int64_t> sizes, std::int64_t quantity,
                  std::span<std::int64_t> given);

// Each gets its share of the sizes that are still open, rounded down, nothing where it is below the
// minimum; adds to what is given already.
void give_pro_rata(std::span<const std::int64_t> sizes, std::int64_t quantity, std::int64_t minimum,
                   std::span<std::int64_t> given);

// First the top order, then all pro rata, the rest by time. REQUIRES: `given` is all zero.
void allocate(std::span<const std::int64_t> sizes, std::int64_t quantity, std::int64_t minimum,
              const TopOrder& top, std::span<std::int64_t> given);

}  // namespace engine
