#include <cstdlib>
#include <cstring>
#include <new>

#include "engine/base/array.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace engine {

#if defined(__linux__)

namespace {

constexpr std::size_t HUGE_PAGE = std::size_t{2} << 20;
constexpr std::size_t PAGE = 4096;
constexpr std::size_t LARGE = HUGE_PAGE / 2;  // from here on, huge pages

// Fresh address space of `bytes`, which may be huge and is only a promise until touched.
char* map(std::size_t bytes) {
    void* block = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (block == MAP_FAILED) throw std::bad_alloc();
    return static_cast<char*>(block);
}

// Address space whose start is aligned to a huge page, the slack on both sides given back.
char* map_aligned(std::size_t bytes) {
    char* block = map(bytes + HUGE_PAGE);
    const std::size_t offset = reinterpret_cast<std::uintptr_t>(block) % HUGE_PAGE;
    const std::size_t front = offset == 0 ? 0 : HUGE_PAGE - offset;
    if (front != 0) munmap(block, front);
    munmap(block + front + bytes, HUGE_PAGE - front);
    return block + front;
}

}  // namespace

std::size_t block_bytes(std::size_t bytes) {
    const std::size_t whole = (bytes + PAGE - 1) / PAGE * PAGE;
    if (whole < LARGE) return whole;
    return (whole + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

void* grow_memory(void* old, std::size_t old_bytes, std::size_t new_bytes) {
    ENGINE_ASSERT(new_bytes > old_bytes);
    ENGINE_ASSERT(new_bytes == block_bytes(new_bytes));
    if (new_bytes < LARGE) {
        if (old == nullptr) return map(new_bytes);
        void* const block = mremap(old, old_bytes, new_bytes, MREMAP_MAYMOVE);
        if (block == MAP_FAILED) throw std::bad_alloc();
        return block;
    }
    // Large blocks are whole huge pages at aligned addresses, so that moving one moves huge pages.
    const bool was_large = old_bytes >= LARGE;
    void* block = old;
    if (!was_large || mremap(old, old_bytes, new_bytes, 0) == MAP_FAILED) {
        char* const target = map_aligned(new_bytes);
        block = was_large ? mremap(old, old_bytes, new_bytes, MREMAP_MAYMOVE | MREMAP_FIXED, target)
                          : target;
        if (block == MAP_FAILED) {
            munmap(target, new_bytes);
            throw std::bad_alloc();
        }
    }
    madvise(block, new_bytes, MADV_HUGEPAGE);
    if (!was_large && old != nullptr) {
        std::memcpy(block, old, old_bytes);
        munmap(old, old_bytes);
    }
    return block;
}

void free_memory(void* block, std::size_t bytes) {
    if (block != nullptr) munmap(block, bytes);
}

#else

std::size_t block_bytes(std::size_t bytes) {
    return (bytes + 63) / 64 * 64;
}

void* grow_memory(void* old, std::size_t old_bytes, std::size_t new_bytes) {
    ENGINE_ASSERT(new_bytes > old_bytes);
    void* block = ::operator new(new_bytes, std::align_val_t{64});
    if (old_bytes != 0) std::memcpy(block, old, old_bytes);
    std::memset(static_cast<char*>(block) + old_bytes, 0, new_bytes - old_bytes);
    free_memory(old, old_bytes);
    return block;
}

void free_memory(void* block, std::size_t) {
    if (block != nullptr) ::operator delete(block, std::align_val_t{64});
}

#endif

}  // namespace engine
