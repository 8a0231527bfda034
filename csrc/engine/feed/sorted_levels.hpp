// The prices of one side in order, worst first, each with the index of its level.
//
// Purpose: a feed needs the best price of a side, the level at a price when an order is added, and
// all of them in order for a snapshot. Keys stand in blocks of at most 64, the blocks in a row: a
// B+ tree of two storeys. Changes near the best price, which are nearly all of them, move a few
// keys at the end of the last block.
// Invariants: keys rise within a block and from block to block; no block is empty; floors_[i] is
// not above the first key of block i, and above every key of block i - 1.
// Complexity: best O(1); find O(log n); insert and erase O(log n + 64), and O(n / 64) when a block
// is split or emptied.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "engine/base/numbers.hpp"
#include "engine/base/pool.hpp"
#include "engine/types/enums.hpp"

namespace engine {

// A price's place on its side: the better, the larger.
constexpr std::uint64_t merit(Side side, std::int64_t price) {
    return side == Side::BUY ? in_order(price) : ~in_order(price);
}

class SortedLevels {
  public:
    bool is_empty() const {
        return blocks_.empty();
    }

    // The level of the best price, or NIL.
    ENGINE_INLINE Index best() const {
        if (blocks_.empty()) return NIL;
        const Block& last = *blocks_.back();
        return last.levels[last.count - 1];
    }

    // The level with this key, or NIL.
    ENGINE_INLINE Index find(std::uint64_t key) const {
        if (blocks_.empty()) return NIL;
        const Block& block = *blocks_[block_of(key)];
        const std::uint32_t at = block.place_of(key);
        return at < block.count && block.keys[at] == key ? block.levels[at] : NIL;
    }

    // The level with this key, or the one that `make()` returns, which is then here.
    template <class Make>
    ENGINE_INLINE Index find_or_insert(std::uint64_t key, Make make) {
        if (ENGINE_UNLIKELY(blocks_.empty())) open(0, key);
        std::size_t number = block_of(key);
        std::uint32_t at = blocks_[number]->place_of(key);
        if (at < blocks_[number]->count && blocks_[number]->keys[at] == key) {
            return blocks_[number]->levels[at];
        }
        if (ENGINE_UNLIKELY(blocks_[number]->count == ROOM)) {
            split(number);
            number = block_of(key);
            at = blocks_[number]->place_of(key);
        }
        Block& block = *blocks_[number];
        const Index level = make();
        block.shift(at, block.count, 1);
        block.keys[at] = key;
        block.levels[at] = level;
        block.count += 1;
        floors_[number] = std::min(floors_[number], key);
        return level;
    }

    // For looking ahead, one after the other: where the last block is named, and its end.
    ENGINE_INLINE void prefetch_row() const {
        if (blocks_.empty()) return;
        ENGINE_PREFETCH(&blocks_.back());
        ENGINE_PREFETCH(&floors_.back());
    }
    ENGINE_INLINE void prefetch_last() const {
        if (blocks_.empty()) return;
        const Block* const last = blocks_.back().get();
        ENGINE_PREFETCH(last);
        ENGINE_PREFETCH(&last->levels[ROOM / 2]);
        ENGINE_PREFETCH(&last->keys[ROOM / 4]);
        ENGINE_PREFETCH(&last->keys[ROOM / 2]);
    }

    // REQUIRES: the key is here.
    void erase(std::uint64_t key) {
        ENGINE_ASSERT(!blocks_.empty());
        const std::size_t number = block_of(key);
        Block& block = *blocks_[number];
        const std::uint32_t at = block.place_of(key);
        ENGINE_ASSERT(at < block.count && block.keys[at] == key);
        block.shift(at + 1, block.count, -1);
        block.count -= 1;
        if (block.count != 0) return;
        blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(number));
        floors_.erase(floors_.begin() + static_cast<std::ptrdiff_t>(number));
    }

    // Calls `visit(level)` from the best price on, for at most `most` of them.
    template <class Visit>
    void walk(std::size_t most, Visit visit) const {
        for (std::size_t number = blocks_.size(); number-- > 0;) {
            const Block& block = *blocks_[number];
            for (std::uint32_t at = block.count; at-- > 0;) {
                if (most == 0) return;
                most -= 1;
                visit(block.levels[at]);
            }
        }
    }

  private:
    static constexpr std::uint32_t ROOM = 64;

    // How many of the keys, which rise, are below; without a branch that depends on them.
    static ENGINE_INLINE std::uint32_t count_below(const std::uint64_t* keys, std::uint32_t count,
                                                   std::uint64_t key) {
        const std::uint64_t* first = keys;
        for (std::uint32_t left = count; left > 0;) {
            const std::uint32_t half = (left + 1) / 2;
            first += half & (0U - static_cast<std::uint32_t>(first[half - 1] < key));
            left -= half;
        }
        return static_cast<std::uint32_t>(first - keys);
    }

    struct Block {
        std::uint32_t count = 0;
        Index levels[ROOM];
        std::uint64_t keys[ROOM];

        // The first place whose key is not below.
        ENGINE_INLINE std::uint32_t place_of(std::uint64_t key) const {
            return count_below(keys, count, key);
        }

        void shift(std::uint32_t first, std::uint32_t last, int by) {
            const std::size_t moved = last - first;
            std::memmove(keys + first + by, keys + first, moved * sizeof(std::uint64_t));
            std::memmove(levels + first + by, levels + first, moved * sizeof(Index));
        }
    };

    // REQUIRES: there is a block.
    ENGINE_INLINE std::size_t block_of(std::uint64_t key) const {
        if (ENGINE_LIKELY(key >= floors_.back())) return floors_.size() - 1;
        // The first floor counts as below everything.
        const auto floors = static_cast<std::uint32_t>(floors_.size());
        return count_below(floors_.data() + 1, floors - 1, key + 1);
    }

    void open(std::size_t number, std::uint64_t floor) {
        blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(number),
                       std::make_unique<Block>());
        floors_.insert(floors_.begin() + static_cast<std::ptrdiff_t>(number), floor);
    }

    ENGINE_NOINLINE void split(std::size_t number) {
        constexpr std::uint32_t HALF = ROOM / 2;
        open(number + 1, blocks_[number]->keys[HALF]);
        Block& low = *blocks_[number];
        Block& high = *blocks_[number + 1];
        std::memcpy(high.keys, low.keys + HALF, HALF * sizeof(std::uint64_t));
        std::memcpy(high.levels, low.levels + HALF, HALF * sizeof(Index));
        low.count = HALF;
        high.count = HALF;
    }

    std::vector<std::unique_ptr<Block>> blocks_;
    std::vector<std::uint64_t> floors_;
};

}  // namespace engine
