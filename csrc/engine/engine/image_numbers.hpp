// What stands in an image for the numbers that an engine counts for itself: the ages of orders with
// details, and the groups of those that cancel each other.
//
// Purpose: the image of an engine has its own numbers. That of one instrument counts both from 1,
// so it says nothing of the engine, and another one goes on from its own counters.
// Complexity: O(log n) a number.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace engine {

class ImageNumbers {
  public:
    // The engine's own.
    ImageNumbers() = default;
    // From 1 on, in the order of these numbers of the engine's. REQUIRES: both rise.
    ImageNumbers(std::vector<std::uint64_t> ages, std::vector<std::uint64_t> groups)
        : ages_(std::move(ages)), groups_(std::move(groups)), is_own_(false) {}

    // Also of an age that no order has: that of the first which is not older.
    std::uint64_t age(std::uint64_t own) const {
        return is_own_ ? own : place_in(ages_, own);
    }
    // 0, for no group, is 0.
    std::uint64_t group(std::uint64_t own) const {
        return is_own_ || own == 0 ? own : place_in(groups_, own);
    }

  private:
    static std::uint64_t place_in(const std::vector<std::uint64_t>& numbers, std::uint64_t own) {
        const auto found = std::lower_bound(numbers.begin(), numbers.end(), own);
        return static_cast<std::uint64_t>(found - numbers.begin()) + 1;
    }

    std::vector<std::uint64_t> ages_;
    std::vector<std::uint64_t> groups_;
    bool is_own_ = true;
};

// What the numbers of an image that is read are counted from.
struct ImageBase {
    std::uint64_t age = 0;
    std::uint64_t group = 0;
    bool is_of_one = false;  // instrument: orders of others may wait for the same id
};

}  // namespace engine
