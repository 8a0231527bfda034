#include <cstdlib>
#include <cstring>
#include <new>

#include "engine/base/array.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace engine {

namespace {

constexpr std::size_t LINE = 64;

std::size_t round_up(std::size_t bytes, std::size_t unit) {
    return (bytes + unit - 1) / unit * unit;
}

void* allocate(std::size_t bytes) {
    void* const data = ::operator new(bytes, std::align_val_t{LINE});
    return std::memset(data, 0, bytes);
}

#if defined(__linux__)

constexpr std::size_t HUGE_PAGE = std::size_t{2} << 20;
constexpr std::size_t PAGE = 4096;
constexpr std::size_t HEAP_MAX = 16 * PAGE;

// Fresh address space of `bytes`, which may be huge and is only a promise until touched.
char* map(std::size_t bytes) {
    void* const data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (data == MAP_FAILED) throw std::bad_alloc();
    return static_cast<char*>(data);
}

// Address space whose start is aligned to a huge page, the slack on both sides given back.
char* map_aligned(std::size_t bytes) {
    char* const data = map(bytes + HUGE_PAGE);
    const std::size_t offset = reinterpret_cast<std::uintptr_t>(data) % HUGE_PAGE;
    const std::size_t front = offset == 0 ? 0 : HUGE_PAGE - offset;
    if (front != 0) munmap(data, front);
    munmap(data + front + bytes, HUGE_PAGE - front);
    return data + front;
}

BlockKind kind_for(std::size_t used, std::size_t wanted) {
    if (used >= HUGE_PAGE / 2) return BlockKind::HUGE_PAGES;
    return wanted > HEAP_MAX ? BlockKind::PAGES : BlockKind::HEAP;
}

Block make_block(BlockKind kind, std::size_t wanted) {
    if (kind == BlockKind::HEAP) {
        const std::size_t bytes = round_up(wanted, LINE);
        return {allocate(bytes), bytes, kind};
    }
    if (kind == BlockKind::PAGES) {
        const std::size_t bytes = round_up(wanted, PAGE);
        return {map(bytes), bytes, kind};
    }
    const std::size_t bytes = round_up(wanted, HUGE_PAGE);
    void* const data = map_aligned(bytes);
    madvise(data, bytes, MADV_HUGEPAGE);
    return {data, bytes, kind};
}

// Without touching what it holds: in place, or by moving page tables.
void stretch(Block& block, std::size_t wanted) {
    const bool is_huge = block.kind == BlockKind::HUGE_PAGES;
    const std::size_t bytes = round_up(wanted, is_huge ? HUGE_PAGE : PAGE);
    void* data = mremap(block.data, block.bytes, bytes, is_huge ? 0 : MREMAP_MAYMOVE);
    if (data == MAP_FAILED) {
        if (!is_huge) throw std::bad_alloc();
        char* const target = map_aligned(bytes);
        data = mremap(block.data, block.bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, target);
        if (data == MAP_FAILED) {
            munmap(target, bytes);
            throw std::bad_alloc();
        }
    }
    if (is_huge) madvise(data, bytes, MADV_HUGEPAGE);
    block.data = data;
    block.bytes = bytes;
}

std::size_t unit_of(BlockKind kind) {
    if (kind == BlockKind::HUGE_PAGES) return HUGE_PAGE;
    return kind == BlockKind::PAGES ? PAGE : LINE;
}

// Into the middle of fresh address space, by moving page tables.
void recentre(Block& block, std::size_t front, std::size_t bytes) {
    const bool is_huge = block.kind == BlockKind::HUGE_PAGES;
    char* const target = is_huge ? map_aligned(bytes) : map(bytes);
    const int how = MREMAP_MAYMOVE | MREMAP_FIXED;
    if (mremap(block.data, block.bytes, block.bytes, how, target + front) == MAP_FAILED) {
        munmap(target, bytes);
        throw std::bad_alloc();
    }
    if (is_huge) madvise(target, bytes, MADV_HUGEPAGE);
    block.data = target;
    block.bytes = bytes;
}

#else

std::size_t unit_of(BlockKind) {
    return LINE;
}

BlockKind kind_for(std::size_t, std::size_t) {
    return BlockKind::HEAP;
}

Block make_block(BlockKind kind, std::size_t wanted) {
    const std::size_t bytes = round_up(wanted, LINE);
    return {allocate(bytes), bytes, kind};
}

#endif

}  // namespace

void grow_block(Block& block, std::size_t used, std::size_t wanted) {
    ENGINE_ASSERT(wanted > block.bytes);
    ENGINE_ASSERT(used <= block.bytes);
    const BlockKind kind = kind_for(used, wanted);
#if defined(__linux__)
    if (kind == block.kind && kind != BlockKind::HEAP) return stretch(block, wanted);
#endif
    const Block fresh = make_block(kind, wanted);
    if (used != 0) std::memcpy(fresh.data, block.data, used);
    free_block(block);
    block = fresh;
}

std::size_t widen_block(Block& block, std::size_t used, std::size_t front, std::size_t back) {
    ENGINE_ASSERT(used <= block.bytes);
    const BlockKind kind = kind_for(used, front + block.bytes + back);
    const std::size_t unit = unit_of(kind);
    const std::size_t grown = round_up(front, unit);
    const std::size_t bytes = round_up(grown + block.bytes + back, unit);
#if defined(__linux__)
    if (kind == block.kind && kind != BlockKind::HEAP) {
        recentre(block, grown, bytes);
        return grown;
    }
#endif
    const Block fresh = make_block(kind, bytes);
    if (block.bytes != 0) {
        std::memcpy(static_cast<char*>(fresh.data) + grown, block.data, block.bytes);
    }
    free_block(block);
    block = fresh;
    return grown;
}

void ask_for_huge_pages(void* data, std::size_t bytes) {
#if defined(__linux__)
    if (bytes < 2 * HUGE_PAGE) return;
    const auto at = reinterpret_cast<std::uintptr_t>(data);
    const std::size_t front = round_up(at, PAGE) - at;
    madvise(static_cast<char*>(data) + front, bytes - front, MADV_HUGEPAGE);
#else
    (void)data;
    (void)bytes;
#endif
}

void free_block(const Block& block) {
    if (block.data == nullptr) return;
#if defined(__linux__)
    if (block.kind != BlockKind::HEAP) {
        munmap(block.data, block.bytes);
        return;
    }
#endif
    ::operator delete(block.data, std::align_val_t{LINE});
}

}  // namespace engine
