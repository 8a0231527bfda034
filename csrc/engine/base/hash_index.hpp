// From a 64-bit hash to an index: extendible hashing over small open-addressing segments.
//
// Purpose: the directory of order ids and of price pages. It grows one segment at a time, so the longest pause is the
// split of one segment (a few microseconds), never a rehash of everything. An entry is 8 bytes: 32 bits of the hash and
// the index. The key itself stays with the record, which the caller compares.
// Invariants: an entry lies in the segment that the top bits of its tag name, on the probe path from its home slot; a
// removed entry leaves no mark (backward shift). Index 0 is an empty slot.
// Complexity: find, insert, erase O(1) expected; a split moves one segment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/array.hpp"
#include "engine/base/pool.hpp"

namespace engine {

class HashIndex {
  public:
    static constexpr std::uint32_t SEGMENT = 1024;  // entries: 8 KiB, split in a few microseconds
    static constexpr std::uint32_t FULL = SEGMENT * 3 / 4;
    static constexpr unsigned DEPTH_MAX = 20;  // 2^20 segments: the directory stays below 4 MiB

    struct Entry {
        std::uint32_t tag;
        Index index;
    };

    HashIndex() : directory_(1, 0), segments_(1) {
        entries_.reserve(SEGMENT);
    }

    static std::uint32_t tag_of(std::uint64_t hash) {
        return static_cast<std::uint32_t>(hash >> 32);
    }

    const Entry* home(std::uint32_t tag) const {
        return &segment(tag)[tag % SEGMENT];
    }

    // The index whose record `is_it(index)` accepts, or NIL.
    template <class IsIt>
    ENGINE_INLINE Index find(std::uint32_t tag, IsIt is_it) const {
        const Entry* const entries = segment(tag);
        for (std::uint32_t at = tag % SEGMENT;; at = (at + 1) % SEGMENT) {
            const Entry entry = entries[at];
            if (entry.index == NIL) return NIL;
            if (entry.tag == tag && is_it(entry.index)) return entry.index;
        }
    }

    // The first index under this tag, not compared with any key: for prefetching. NIL if there is none.
    ENGINE_INLINE Index peek(std::uint32_t tag) const {
        return find(tag, [](Index) { return true; });
    }

    // Splits until the segment of `tag` takes one more. False when it cannot: hundreds of keys share 30 bits of hash.
    bool make_room(std::uint32_t tag) {
        while (ENGINE_UNLIKELY(segments_[directory_[slot(tag)]].count >= FULL)) {
            if (!split(tag)) return false;
        }
        return true;
    }

    // REQUIRES: make_room(tag) was true; the key is not in the index.
    ENGINE_INLINE void insert(std::uint32_t tag, Index index) {
        Segment& meta = segments_[directory_[slot(tag)]];
        ENGINE_ASSERT(meta.count < SEGMENT - 1);
        meta.count += 1;
        size_ += 1;
        place(segment(tag), {tag, index});
    }

    // REQUIRES: the pair is in the index.
    ENGINE_INLINE void erase(std::uint32_t tag, Index index) {
        Entry* const entries = segment(tag);
        std::uint32_t at = tag % SEGMENT;
        while (entries[at].index != index) {
            ENGINE_ASSERT(entries[at].index != NIL);
            at = (at + 1) % SEGMENT;
        }
        // Close the gap: an entry moves back into it unless its home lies behind the gap.
        for (std::uint32_t next = (at + 1) % SEGMENT;; next = (next + 1) % SEGMENT) {
            const Entry entry = entries[next];
            if (entry.index == NIL) break;
            const std::uint32_t distance_home = (next - entry.tag) % SEGMENT;
            const std::uint32_t distance_gap = (next - at) % SEGMENT;
            if (distance_home < distance_gap) continue;
            entries[at] = entry;
            at = next;
        }
        entries[at].index = NIL;
        segments_[directory_[slot(tag)]].count -= 1;
        size_ -= 1;
    }

    std::size_t size() const {
        return size_;
    }
    std::size_t memory_bytes() const {
        return segments_.size() * (SEGMENT * sizeof(Entry) + sizeof(Segment)) +
               directory_.size() * sizeof(std::uint32_t);
    }

  private:
    struct Segment {
        std::uint32_t count = 0;
        std::uint32_t depth = 0;
    };

    // In 64 bits, so that depth 0 shifts all 32 away.
    std::size_t slot(std::uint32_t tag) const {
        return static_cast<std::size_t>(static_cast<std::uint64_t>(tag) >> shift_);
    }
    Entry* segment(std::uint32_t tag) const {
        return entries_.data() + static_cast<std::size_t>(directory_[slot(tag)]) * SEGMENT;
    }

    static void place(Entry* entries, Entry entry) {
        std::uint32_t at = entry.tag % SEGMENT;
        while (entries[at].index != NIL) at = (at + 1) % SEGMENT;
        entries[at] = entry;
    }

    bool split(std::uint32_t tag);

    std::vector<std::uint32_t> directory_;
    std::vector<Segment> segments_;
    Array<Entry> entries_;
    unsigned shift_ = 32;
    std::size_t size_ = 0;
};

}  // namespace engine
