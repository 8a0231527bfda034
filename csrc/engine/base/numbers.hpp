// Bits, hashes and checked arithmetic. Everything is constant time and pure.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

#if defined(_MSC_VER)
#include <intrin.h>
#endif

namespace engine {

constexpr std::int64_t INT64_LOWEST = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t INT64_HIGHEST = std::numeric_limits<std::int64_t>::max();

// Whether a + b is outside 64 bits, for b >= 0.
constexpr bool sum_overflows(std::int64_t a, std::int64_t b) {
    return a > INT64_HIGHEST - b;
}

// The sum, or the end of 64 bits that it would pass.
constexpr std::int64_t sum_within(std::int64_t a, std::int64_t b) {
    if (b > 0 && a > INT64_HIGHEST - b) return INT64_HIGHEST;
    if (b < 0 && a < INT64_LOWEST - b) return INT64_LOWEST;
    return a + b;
}
constexpr std::int64_t difference_within(std::int64_t a, std::int64_t b) {
    if (b != INT64_LOWEST) return sum_within(a, -b);
    return sum_within(sum_within(a, INT64_HIGHEST), 1);
}
static_assert(difference_within(-1, INT64_LOWEST) == INT64_HIGHEST);
static_assert(sum_within(INT64_LOWEST, -1) == INT64_LOWEST);
static_assert(sum_within(INT64_HIGHEST, INT64_LOWEST) == -1);

// Half of the sum, rounded down.
constexpr std::int64_t middle_of(std::int64_t a, std::int64_t b) {
    return (a >> 1) + (b >> 1) + (a & b & 1);
}
static_assert(middle_of(-3, 0) == -2 && middle_of(INT64_HIGHEST, INT64_LOWEST) == -1);

// The 128-bit product folded to 64: every bit of the key reaches every bit of the result, so ids in
// strides of any power of two spread as well as consecutive ones.
inline std::uint64_t mix(std::uint64_t key) {
    const std::uint64_t a = key ^ 0x2545F4914F6CDD1DULL;
    const std::uint64_t b = 0x9E3779B97F4A7C15ULL;
#if defined(_MSC_VER)
    std::uint64_t high;
    const std::uint64_t low = _umul128(a, b, &high);
    return low ^ high;
#else
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
#endif
}

// A signed key as an unsigned one in the same order.
constexpr std::uint64_t in_order(std::int64_t key) {
    return static_cast<std::uint64_t>(key) ^ (std::uint64_t{1} << 63);
}

}  // namespace engine
