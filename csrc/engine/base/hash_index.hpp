// From a 64-bit hash to an index: extendible hashing over small segments of one-line buckets.
//
// Purpose: the directory of price pages, of positions, and of what else has a key of 64 bits. A
// look-up compares ten one-byte marks of one cache line at once and takes no branch that depends on
// the load; at about fourteen bytes an entry, the index of a million stays in a shared cache. The
// table grows one segment at a time, so the longest pause is the split of one segment (a few
// microseconds), never a rehash of everything. The key itself stays with the record, which the
// caller compares; an entry has with it the bits that decide most splits, so that these wait for no
// record.
// Invariants: an entry lies in the segment that the top bits of its hash name, in its home bucket
// or, when that was full, in the first with room behind it; `passed` of a bucket counts the entries
// that went by. Index 0 is an empty slot.
// Complexity: find, insert, erase O(1) expected; a split moves one segment.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "engine/base/array.hpp"
#include "engine/base/pool.hpp"

namespace engine {

class HashIndex {
  public:
    static constexpr std::uint32_t SLOTS = 10;
    static constexpr std::uint32_t BUCKETS = 128;  // of a segment: 8 KiB
    static constexpr std::uint32_t FULL = BUCKETS * SLOTS * 5 / 8;
    static constexpr unsigned DEPTH_MAX = 20;  // 2^20 segments: the directory stays below 4 MiB

    HashIndex() : directory_(2, 0), segments_(1) {
        buckets_.reserve(0, BUCKETS);
    }

    // The index whose record `is_it(index)` accepts, or NIL.
    template <class IsIt>
    ENGINE_INLINE Index find(std::uint64_t hash, IsIt is_it) const {
        const Bucket* const segment = segment_of(hash);
        // Bounded: entries that came and went can leave every bucket of a segment passed by.
        for (std::uint32_t probe = 0; probe < BUCKETS; probe++) {
            const Bucket& bucket = segment[(bucket_of(hash) + probe) % BUCKETS];
            for (std::uint32_t hits = bucket.slots_with(mark_of(hash)); hits != 0;
                 hits &= hits - 1) {
                const Index index = bucket.indices[std::countr_zero(hits)];
                if (ENGINE_LIKELY(is_it(index))) return index;
            }
            if (ENGINE_LIKELY(bucket.passed == 0)) return NIL;
        }
        return NIL;
    }

    // The first index under this hash's mark in its home bucket, compared with no key: for looking
    // ahead. Where there is none, any index that was once given.
    ENGINE_INLINE Index peek(std::uint64_t hash) const {
        const Bucket& bucket = *home(hash);
        // The last slot stands in, which also hides what is behind it.
        const std::uint32_t hits = bucket.bytes_with(mark_of(hash)) | 1U << (SLOTS - 1);
        return bucket.indices[static_cast<std::uint32_t>(std::countr_zero(hits))];
    }
    ENGINE_INLINE void prefetch(std::uint64_t hash) const {
        ENGINE_PREFETCH(home(hash));
    }

    // Splits until the segment of the hash takes one more; `hash_of(index)` is the hash under which
    // an index was inserted. False when it cannot: hundreds of keys share 20 bits of hash.
    template <class HashOf>
    ENGINE_INLINE bool make_room(std::uint64_t hash, HashOf hash_of) {
        while (ENGINE_UNLIKELY(segments_[directory_[slot(hash)]].count >= FULL)) {
            if (!split(hash, hash_of)) return false;
        }
        return true;
    }

    ENGINE_INLINE bool has_room(std::uint64_t hash) const {
        return segments_[directory_[slot(hash)]].count < FULL;
    }

    // REQUIRES: has_room(hash); the key is not in the index.
    ENGINE_INLINE void insert(std::uint64_t hash, Index index) {
        Segment& meta = segments_[directory_[slot(hash)]];
        ENGINE_ASSERT(meta.count < BUCKETS * SLOTS);
        meta.count += 1;
        size_ += 1;
        place(segment_of(hash), hash, index);
    }

    // REQUIRES: the pair is in the index.
    ENGINE_INLINE void erase(std::uint64_t hash, Index index) {
        Bucket* const segment = segment_of(hash);
        std::uint32_t at = bucket_of(hash);
        int slot_found = segment[at].slot_of(mark_of(hash), index);
        while (ENGINE_UNLIKELY(slot_found < 0)) {
            ENGINE_ASSERT(segment[at].passed > 0);
            segment[at].passed -= 1;
            at = (at + 1) % BUCKETS;
            slot_found = segment[at].slot_of(mark_of(hash), index);
        }
        segment[at].marks[slot_found] = EMPTY;
        segments_[directory_[slot(hash)]].count -= 1;
        size_ -= 1;
    }

    std::size_t size() const {
        return size_;
    }
    std::size_t memory_bytes() const {
        return segments_.size() * (BUCKETS * sizeof(Bucket) + sizeof(Segment)) +
               directory_.size() * sizeof(std::uint32_t);
    }

  private:
    static constexpr std::uint8_t EMPTY = 0;
    // The first depth whose splits go by a bit that entries have with them, and the lowest of those
    // bits: segments of two thousand to three million entries in all.
    static constexpr unsigned BITS_FROM = 5;
    static constexpr unsigned BITS_LOWEST = 64 - BITS_FROM - 7;

    // A cache line.
    struct alignas(64) Bucket {
        std::uint8_t marks[SLOTS];  // a byte of the hash, or EMPTY
        std::uint8_t bits[SLOTS];   // another
        std::uint32_t passed;       // entries that found no room here and went on
        Index indices[SLOTS];

        // A bit for each slot with the mark, and any bits above those.
        ENGINE_INLINE std::uint32_t bytes_with(std::uint8_t mark) const {
#if defined(__SSE2__)
            const auto all = static_cast<int>(mark * 0x01010101U);
            const __m128i wanted = _mm_shuffle_epi32(_mm_cvtsi32_si128(all), 0);
            const __m128i line = _mm_load_si128(reinterpret_cast<const __m128i*>(marks));
            return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(line, wanted)));
#else
            std::uint32_t bits = 0;
            for (std::uint32_t i = 0; i < SLOTS; i++) {
                bits |= static_cast<std::uint32_t>(marks[i] == mark) << i;
            }
            return bits;
#endif
        }
        ENGINE_INLINE std::uint32_t slots_with(std::uint8_t mark) const {
            return bytes_with(mark) & ((1U << SLOTS) - 1);
        }
        // The slot that holds the pair, or -1.
        ENGINE_INLINE int slot_of(std::uint8_t mark, Index index) const {
            for (std::uint32_t hits = slots_with(mark); hits != 0; hits &= hits - 1) {
                const int at = std::countr_zero(hits);
                if (ENGINE_LIKELY(indices[at] == index)) return at;
            }
            return -1;
        }
    };
    static_assert(sizeof(Bucket) == 64);

    struct Segment {
        std::uint32_t count = 0;
        std::uint32_t depth = 0;
    };

    // The top bits choose the segment, others the bucket and the mark, which is never EMPTY.
    static ENGINE_INLINE std::uint8_t mark_of(std::uint64_t hash) {
        return static_cast<std::uint8_t>(hash | 1);
    }
    static ENGINE_INLINE std::uint32_t bucket_of(std::uint64_t hash) {
        return static_cast<std::uint32_t>(hash >> 8) % BUCKETS;
    }
    ENGINE_INLINE std::size_t slot(std::uint64_t hash) const {
        return static_cast<std::size_t>(hash >> shift_);
    }
    ENGINE_INLINE Bucket* segment_of(std::uint64_t hash) const {
        return buckets_of(directory_[slot(hash)]);
    }
    ENGINE_INLINE const Bucket* home(std::uint64_t hash) const {
        return segment_of(hash) + bucket_of(hash);
    }

    static ENGINE_INLINE void place(Bucket* segment, std::uint64_t hash, Index index) {
        std::uint32_t at = bucket_of(hash);
        std::uint32_t empty = segment[at].slots_with(EMPTY);
        while (ENGINE_UNLIKELY(empty == 0)) {
            segment[at].passed += 1;
            at = (at + 1) % BUCKETS;
            empty = segment[at].slots_with(EMPTY);
        }
        const int slot_empty = std::countr_zero(empty);
        segment[at].marks[slot_empty] = mark_of(hash);
        segment[at].bits[slot_empty] = static_cast<std::uint8_t>(hash >> BITS_LOWEST);
        segment[at].indices[slot_empty] = index;
    }

    template <class HashOf>
    ENGINE_NOINLINE bool split(std::uint64_t hash, HashOf hash_of);
    // A fresh segment beside that of the hash, at the next depth; the directory names both. False
    // at DEPTH_MAX.
    bool open_sibling(std::uint64_t hash);
    // Deals the entries of `low` out to itself and to `high`. Those of which more than its bits has
    // to be known are taken out, and come into `unknown`; returns how many.
    std::uint32_t deal(std::uint32_t low, std::uint32_t high, Index* unknown);
    Bucket* buckets_of(std::uint32_t segment) const {
        return buckets_.data() + std::size_t{segment} * BUCKETS;
    }

    std::vector<std::uint32_t> directory_;
    std::vector<Segment> segments_;
    Array<Bucket> buckets_;
    unsigned shift_ = 63;  // 64 less the bits of the directory, which has at least one
    std::size_t size_ = 0;
};

// Splits the segment of `hash` in two by the next bit of its entries' hashes.
template <class HashOf>
bool HashIndex::split(std::uint64_t hash, HashOf hash_of) {
    const std::uint32_t low = directory_[slot(hash)];
    if (!open_sibling(hash)) return false;
    const auto high = static_cast<std::uint32_t>(segments_.size() - 1);
    Index unknown[BUCKETS * SLOTS];
    const std::uint32_t count = deal(low, high, unknown);
    // Records lie anywhere: in a loop of their own many are waited for at once.
    std::uint64_t hashes[BUCKETS * SLOTS];
    for (std::uint32_t i = 0; i < count; i++) hashes[i] = hash_of(unknown[i]);
    const std::uint64_t bit = std::uint64_t{1} << (64 - segments_[low].depth);
    for (std::uint32_t i = 0; i < count; i++) {
        const std::uint32_t segment = (hashes[i] & bit) != 0 ? high : low;
        place(buckets_of(segment), hashes[i], unknown[i]);
        segments_[segment].count += 1;
    }
    return true;
}

}  // namespace engine
