// A pool of records named by index, with a last-in-first-out free list threaded through the records
// themselves: NextFree(record) is the field that holds the next free index while a record is free.
//
// Invariants: index 0 is never given out, so it can mean "none"; live() counts what is out.
// Complexity: take and give O(1), without a branch to the allocator: reserve() beforehand makes the
// room.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/array.hpp"

namespace engine {

using Index = std::uint32_t;
constexpr Index NIL = 0;

template <class T, auto NextFree>
class Pool {
  public:
    T& operator[](Index index) {
        return records_[index];
    }
    const T& operator[](Index index) const {
        return records_[index];
    }

    // Room for `more` records beyond those that are out.
    void reserve(std::size_t more) {
        records_.reserve(top_, more);
    }

    // REQUIRES: reserve() made room. The record's bytes are those of its last life.
    Index take() {
        live_ += 1;
        if (free_ != NIL) {
            const Index index = free_;
            free_ = NextFree(records_[index]);
            return index;
        }
        ENGINE_ASSERT(top_ < records_.capacity());
        return static_cast<Index>(top_++);
    }

    // Asks for the record that take() would return now, when it had a life before.
    ENGINE_INLINE void prefetch_next() const {
        ENGINE_PREFETCH(&records_[free_]);
    }

    void give(Index index) {
        ENGINE_ASSERT(index != NIL && index < top_);
        NextFree(records_[index]) = free_;
        free_ = index;
        live_ -= 1;
    }

    std::size_t live() const {
        return live_;
    }
    // Bytes ever touched.
    std::size_t memory_bytes() const {
        return top_ * sizeof(T);
    }

  private:
    Array<T> records_;
    std::size_t top_ = 1;
    std::size_t live_ = 0;
    Index free_ = NIL;
};

}  // namespace engine
