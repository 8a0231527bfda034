// Checked arithmetic, hashes and order-keeping keys.
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "check.hpp"
#include "engine/base/numbers.hpp"

namespace {

using engine::INT64_HIGHEST;
using engine::INT64_LOWEST;

const std::int64_t EDGES[] = {INT64_LOWEST,      INT64_LOWEST + 1, -2, -1, 0, 1, 2,
                              INT64_HIGHEST - 1, INT64_HIGHEST};

}  // namespace

TEST("a sum overflows exactly when it is above 2^63 - 1") {
    __extension__ using Wide = __int128;
    check::Random random(2);
    std::vector<std::int64_t> values(std::begin(EDGES), std::end(EDGES));
    for (int i = 0; i < 1000; i++) values.push_back(static_cast<std::int64_t>(random.next()));
    for (const std::int64_t a : values) {
        for (const std::int64_t b : values) {
            if (b < 0) continue;
            const bool expected = static_cast<Wide>(a) + static_cast<Wide>(b) > INT64_HIGHEST;
            CHECK_EQUAL(engine::sum_overflows(a, b), expected);
        }
    }
}

TEST("unsigned keys stand in the order of the signed ones") {
    for (const std::int64_t a : EDGES) {
        for (const std::int64_t b : EDGES) {
            CHECK_EQUAL(engine::in_order(a) < engine::in_order(b), a < b);
        }
    }
}

TEST("keys in strides of every power of two spread over the upper bits") {
    constexpr std::size_t COUNT = 4096;
    constexpr unsigned BITS = 6;
    for (unsigned shift = 0; shift <= 52; shift++) {
        std::vector<std::size_t> buckets(std::size_t{1} << BITS, 0);
        std::set<std::uint32_t> tags;
        for (std::uint64_t i = 0; i < COUNT; i++) {
            const std::uint64_t hash = engine::mix(i << shift);
            buckets[hash >> (64 - BITS)] += 1;
            tags.insert(static_cast<std::uint32_t>(hash >> 32));
        }
        // Random keys would put 64 in each of the 64 buckets, and fewer than ten pairs together.
        for (const std::size_t count : buckets) CHECK(count >= 8 && count <= 256);
        CHECK(tags.size() >= COUNT - 10);
    }
}
