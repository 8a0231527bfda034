// An array of trivially copyable records that grows without copying where the system lets it.
//
// Purpose: the pools of the core. Memory comes zeroed, straight from the system, in address space
// that costs nothing until it is touched; growth moves page tables, not bytes (mremap on Linux;
// elsewhere a copy). Large arrays ask for huge pages. Records are named by index, never by pointer,
// because growth may move them.
// Invariants: data() holds capacity() zero-initialised records that only the owner writes.
// Complexity: index O(1); reserve O(1) on Linux, O(n) elsewhere, and never on the hot path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "engine/base/assert.hpp"

namespace engine {

// The size of a block that holds `bytes`: what the system hands out whole.
std::size_t block_bytes(std::size_t bytes);
// A zeroed block, or a larger one for an old one, whose bytes it keeps. Sizes are block_bytes() of
// something.
// Throws std::bad_alloc; the old block is then untouched.
void* grow_memory(void* old, std::size_t old_bytes, std::size_t new_bytes);
void free_memory(void* block, std::size_t bytes);

template <class T>
class Array {
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    Array() = default;
    Array(const Array&) = delete;
    Array& operator=(const Array&) = delete;
    ~Array() {
        free_memory(data_, bytes_);
    }

    T& operator[](std::size_t index) {
        return data_[index];
    }
    const T& operator[](std::size_t index) const {
        return data_[index];
    }
    T* data() const {
        return data_;
    }
    std::size_t capacity() const {
        return capacity_;
    }

    // Makes room for `count` records in all, at least half as many again as before when it has to
    // grow.
    void reserve(std::size_t count) {
        if (ENGINE_LIKELY(count <= capacity_)) return;
        grow(count);
    }

  private:
    ENGINE_NOINLINE void grow(std::size_t count) {
        std::size_t wanted = capacity_ + capacity_ / 2;
        if (wanted < count) wanted = count;
        const std::size_t bytes = block_bytes(wanted * sizeof(T));
        data_ = static_cast<T*>(grow_memory(data_, bytes_, bytes));
        bytes_ = bytes;
        capacity_ = bytes / sizeof(T);
        ENGINE_ASSERT(capacity_ >= count);
    }

    T* data_ = nullptr;
    std::size_t bytes_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace engine
