// What the engine keeps of an instrument beside its book.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/assert.hpp"
#include "engine/formulas/rounding.hpp"
#include "engine/types/instrument.hpp"

namespace engine {

// An instrument's terms, its last trade and what it has done since it began. The first cache line
// has all that a command looks at which does not trade.
struct alignas(64) Market {
    InstrumentTerms terms;
    std::int64_t last_price = 0;
    std::int64_t last_quantity = 0;  // 0 before the first trade
    std::uint64_t orders = 0;        // that were accepted
    std::uint64_t trades = 0;
    std::uint64_t lots_low = 0;  // of its trades, which are more than 64 bits can count
    std::uint64_t lots_high = 0;

    // So many trades were reported, of so many lots in all. REQUIRES: lots is not below 0.
    ENGINE_INLINE void note_trades(std::uint64_t count, std::int64_t lots) {
        trades += count;
        // In halves: the higher one is hardly ever touched.
        const auto more = static_cast<std::uint64_t>(lots);
        if (ENGINE_UNLIKELY(__builtin_add_overflow(lots_low, more, &lots_low))) lots_high += 1;
    }
    Wide traded_lots() const {
        return static_cast<Wide>(lots_high) << 64 | static_cast<Wide>(lots_low);
    }
};
static_assert(sizeof(Market) == 128);
static_assert(offsetof(Market, trades) == 64);

}  // namespace engine
