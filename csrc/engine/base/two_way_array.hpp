// An array of trivially copyable records whose indices run both ways from zero.
//
// Purpose: two kinds of things in one index space, told apart by their sign, without a look at
// which kind it is on the way to memory. Grows at both ends as Array does at one.
// Invariants: [-front(), back()) are zero-initialised records that only the owner writes.
// Complexity: index O(1); reserve O(1) on Linux once large, O(n) otherwise, never on the hot path.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "engine/base/array.hpp"
#include "engine/base/assert.hpp"

namespace engine {

template <class T>
class TwoWayArray {
    static_assert(std::is_trivially_copyable_v<T>);
    static_assert(64 % sizeof(T) == 0);  // growth is in whole lines, so the zero stays on one

  public:
    TwoWayArray() = default;
    TwoWayArray(const TwoWayArray&) = delete;
    TwoWayArray& operator=(const TwoWayArray&) = delete;
    ~TwoWayArray() {
        free_block(block_);
    }

    T& operator[](std::int32_t index) {
        return zero_[index];
    }
    const T& operator[](std::int32_t index) const {
        return zero_[index];
    }
    std::size_t front() const {
        return front_;
    }
    std::size_t back() const {
        return back_;
    }

    // Room for so many records in front of zero and from it on; `used` of all hold something.
    void reserve(std::size_t front, std::size_t back, std::size_t used) {
        if (ENGINE_LIKELY(front <= front_ && back <= back_)) return;
        grow(front, back, used);
    }

  private:
    static std::size_t bytes_missing(std::size_t held, std::size_t wanted) {
        if (wanted <= held) return 0;
        return (std::max(wanted, held + held / 2) - held) * sizeof(T);
    }

    ENGINE_NOINLINE void grow(std::size_t front, std::size_t back, std::size_t used) {
        const std::size_t more_front = bytes_missing(front_, front);
        const std::size_t more_back = bytes_missing(back_, back);
        const std::size_t held = std::min(used * sizeof(T), block_.bytes);
        front_ += widen_block(block_, held, more_front, more_back) / sizeof(T);
        back_ = block_.bytes / sizeof(T) - front_;
        zero_ = static_cast<T*>(block_.data) + front_;
        ENGINE_ASSERT(front_ >= front);
        ENGINE_ASSERT(back_ >= back);
    }

    T* zero_ = nullptr;
    std::size_t front_ = 0;
    std::size_t back_ = 0;
    Block block_;
};

}  // namespace engine
