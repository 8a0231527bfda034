#include "engine/matching/allocation.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"
#include "engine/base/numbers.hpp"
#include "engine/types/planted.hpp"

namespace engine {

namespace {

// size * quantity / total, rounded down. REQUIRES: 0 <= size, 0 <= quantity < total.
// Where the product passes 64 bits, bit by bit of the size, the remainder kept below the total.
std::int64_t share_of(std::int64_t size, std::int64_t quantity, std::int64_t total) {
    ENGINE_ASSERT(0 <= quantity);
    ENGINE_ASSERT(quantity < total);
    if (quantity == 0 || size <= INT64_HIGHEST / quantity) return size * quantity / total;
    const std::uint64_t whole = static_cast<std::uint64_t>(total);
    const std::uint64_t part = static_cast<std::uint64_t>(quantity);
    std::uint64_t share = 0;
    std::uint64_t rest = 0;
    const auto carry = [&] {
        if (rest < whole) return;
        rest -= whole;
        share++;
    };
    for (int bit = 62; bit >= 0; bit--) {
        share *= 2;
        rest *= 2;
        carry();
        if ((static_cast<std::uint64_t>(size) >> bit & 1) == 0) continue;
        rest += part;
        carry();
    }
    return static_cast<std::int64_t>(share);
}

std::int64_t sum_of(std::span<const std::int64_t> lots) {
    std::int64_t sum = 0;
    for (const std::int64_t each : lots) {
        ENGINE_ASSERT(each >= 0);
        ENGINE_ASSERT(!sum_overflows(sum, each));
        sum += each;
    }
    return sum;
}

}  // namespace

void give_by_time(std::span<const std::int64_t> sizes, std::int64_t quantity,
                  std::span<std::int64_t> given) {
    ENGINE_ASSERT(quantity >= 0);
    for (std::size_t i = 0; i < sizes.size() && quantity > 0; i++) {
        const std::int64_t lots = std::min(sizes[i] - given[i], quantity);
        given[i] += lots;
        quantity -= lots;
    }
    ENGINE_ASSERT(quantity >= 0);
}

void give_pro_rata(std::span<const std::int64_t> sizes, std::int64_t quantity, std::int64_t minimum,
                   std::span<std::int64_t> given) {
    ENGINE_ASSERT(quantity >= 0);
    const std::int64_t total = sum_of(sizes) - sum_of(given);
    for (std::size_t i = 0; i < sizes.size(); i++) {
        const std::int64_t open = sizes[i] - given[i];
        if (quantity >= total) {
            given[i] = sizes[i];
            continue;
        }
        const std::int64_t share = share_of(open, quantity, total);
        if (share >= minimum) given[i] += share;
        ENGINE_ASSERT(given[i] <= sizes[i]);
    }
}

void allocate(std::span<const std::int64_t> sizes, std::int64_t quantity, std::int64_t minimum,
              const TopOrder& top, std::span<std::int64_t> given) {
    ENGINE_ASSERT(sizes.size() == given.size());
    if (top.place != NO_TOP_ORDER && sizes[top.place] >= top.minimum) {
        given[top.place] = std::min({sizes[top.place], quantity, top.maximum});
    }
    give_pro_rata(sizes, quantity - sum_of(given), minimum, given);
    if (planted(Bug::RESIDUAL_TO_NEWEST) && !sizes.empty()) {
        given.back() += std::min(sizes.back() - given.back(), quantity - sum_of(given));
    }
    give_by_time(sizes, quantity - sum_of(given), given);
    ENGINE_ASSERT(sum_of(given) <= quantity);
}

}  // namespace engine
