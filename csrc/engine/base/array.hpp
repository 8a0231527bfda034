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

// Where a block of memory comes from: the heap while it is small, then pages of the system, and
// whole huge pages at aligned addresses once about half of one is in use.
enum class BlockKind : std::uint8_t { HEAP, PAGES, HUGE_PAGES };

struct Block {
    void* data = nullptr;
    std::size_t bytes = 0;
    BlockKind kind = BlockKind::HEAP;
};

// Makes a block larger, to `wanted` bytes or somewhat more, all zero beyond the first `used`, which
// it keeps. Throws std::bad_alloc; the block is then as it was.
void grow_block(Block& block, std::size_t used, std::size_t wanted);
// Makes a block longer at both ends, by `front` and `back` bytes or somewhat more, all zero; keeps
// all of it, `used` being how much of that holds something. Returns by how much the front grew.
// Throws std::bad_alloc; the block is then as it was.
std::size_t widen_block(Block& block, std::size_t used, std::size_t front, std::size_t back);
void free_block(const Block& block);
// Asks for huge pages under memory of malloc(), if it is large and not touched yet: the system
// clears 2 MiB in less time than 512 pages one by one, when they are written to.
void ask_for_huge_pages(void* data, std::size_t bytes);

template <class T>
class Array {
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    Array() = default;
    Array(const Array&) = delete;
    Array& operator=(const Array&) = delete;
    ~Array() {
        free_block(block_);
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

    // Room for `more` records behind the first `used`, which are those that hold something; at
    // least half as many again as before when it has to grow.
    void reserve(std::size_t used, std::size_t more) {
        if (ENGINE_LIKELY(used + more <= capacity_)) return;
        grow(used, more);
    }

  private:
    ENGINE_NOINLINE void grow(std::size_t used, std::size_t more) {
        std::size_t wanted = capacity_ + capacity_ / 2;
        if (wanted < used + more) wanted = used + more;
        const std::size_t held = used < capacity_ ? used : capacity_;
        grow_block(block_, held * sizeof(T), wanted * sizeof(T));
        data_ = static_cast<T*>(block_.data);
        capacity_ = block_.bytes / sizeof(T);
        ENGINE_ASSERT(capacity_ >= used + more);
    }

    T* data_ = nullptr;
    std::size_t capacity_ = 0;
    Block block_;
};

}  // namespace engine
