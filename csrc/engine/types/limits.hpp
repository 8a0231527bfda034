// Every limit of the core, each with the assertion that justifies it.
#pragma once

#include <cstdint>

#include "engine/base/numbers.hpp"
#include "engine/base/pool.hpp"

namespace engine {

// An order's number is a positive link of 32 bits, and one number is kept for "none".
constexpr std::uint64_t ORDERS_MAX = std::uint64_t{1} << 30;
static_assert(ORDERS_MAX < std::uint64_t{1} << 31);

// Levels are the negative links, four to a level.
constexpr std::uint64_t LEVELS_MAX = std::uint64_t{1} << 29;
static_assert(LEVELS_MAX * 4 <= std::uint64_t{1} << 31);

// A book side is named by 2 * instrument + side in 32 bits.
constexpr std::uint32_t INSTRUMENTS_MAX = 1U << 24;
static_assert(std::uint64_t{2} * INSTRUMENTS_MAX < std::uint64_t{1} << 32);

// How many orders one command may set off, so that it ends in bounded time.
constexpr std::uint64_t CASCADE_MAX = std::uint64_t{1} << 20;

// How many reports may be kept for commands that are sent again: 2 GiB of them.
constexpr std::uint64_t RESENDS_MAX = std::uint64_t{1} << 24;

// Into so many parts an iceberg may be cut: one incoming order may fill them all, one by one.
constexpr std::int64_t DISPLAYS_MAX = 10'000;

// A rate is in millionths.
constexpr std::int64_t MILLION = 1'000'000;

// A price band reaches this far at most: down to nothing.
constexpr std::int64_t BAND_MAX = MILLION;

// The tier of an account is a byte.
constexpr std::int64_t TIER_MAX = 255;

// What a rate limit may be, and how far an operator may raise it: together a window's count.
constexpr std::uint32_t RATE_LIMIT_MAX = 10'000'000;
constexpr std::uint32_t RATE_FACTOR_MAX = 10'000'000;
constexpr unsigned RATE_COUNT_BITS = 28;
static_assert(std::uint64_t{RATE_LIMIT_MAX} * RATE_FACTOR_MAX / 1'000'000 < std::uint64_t{1}
                                                                                << RATE_COUNT_BITS);

// The longest time in which a bucket fills: its units, nanoseconds times requests, fit in 63 bits.
constexpr std::uint32_t REFILL_SECONDS_MAX = 600;
static_assert(std::uint64_t{REFILL_SECONDS_MAX} * 1'000'000'000 * RATE_LIMIT_MAX < std::uint64_t{1}
                                                                                       << 63);

// Users of a rate limiter, and their tiers: a user names its tier in 32 bits.
constexpr std::uint32_t RATE_USERS_MAX = 1U << 28;
constexpr std::size_t RATE_TIERS_MAX = 256;

// Commands applied between two moments at which pools may grow.
constexpr std::size_t CHUNK = 4096;

}  // namespace engine
