// From a 64-bit hash to an index: extendible hashing over small segments of one-line buckets.
//
// Purpose: the directory of order ids and of price pages. A look-up compares the seven tags of one cache line at once
// and takes no branch that depends on the load. The table grows one segment at a time, so the longest pause is the
// split of one segment (a few microseconds), never a rehash of everything. The key itself stays with the record, which
// the caller compares.
// Invariants: an entry lies in the segment that the top bits of its tag name, in its home bucket or, when that was
// full, in the first with room behind it; `passed` of a bucket counts the entries that went by. Index 0 is an empty slot.
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
    static constexpr std::uint32_t SLOTS = 7;
    static constexpr std::uint32_t BUCKETS = 128;  // of a segment: 8 KiB
    static constexpr std::uint32_t FULL = BUCKETS * SLOTS * 5 / 8;
    static constexpr unsigned DEPTH_MAX = 20;  // 2^20 segments: the directory stays below 4 MiB

    HashIndex() : directory_(1, 0), segments_(1) {
        buckets_.reserve(BUCKETS);
    }

    static ENGINE_INLINE std::uint32_t tag_of(std::uint64_t hash) {
        return static_cast<std::uint32_t>(hash >> 32);
    }

    // The index whose record `is_it(index)` accepts, or NIL.
    template <class IsIt>
    ENGINE_INLINE Index find(std::uint32_t tag, IsIt is_it) const {
        const Bucket* const segment = segment_of(tag);
        for (std::uint32_t at = tag % BUCKETS;; at = (at + 1) % BUCKETS) {
            const Bucket& bucket = segment[at];
            for (std::uint32_t hits = lanes_equal(bucket.tags, tag); hits != 0; hits &= hits - 1) {
                const Index index = bucket.indices[std::countr_zero(hits)];
                if (ENGINE_LIKELY(index != NIL && is_it(index))) return index;
            }
            if (ENGINE_LIKELY(bucket.passed == 0)) return NIL;
        }
    }

    // The first index under this tag in its home bucket, not compared with any key: for prefetching. NIL if none.
    ENGINE_INLINE Index peek(std::uint32_t tag) const {
        const Bucket& bucket = *home(tag);
        const std::uint32_t hits = lanes_equal(bucket.tags, tag) | 1U << SLOTS;
        return bucket.indices[std::countr_zero(hits)];
    }
    ENGINE_INLINE void prefetch(std::uint32_t tag) const {
        ENGINE_PREFETCH(home(tag));
    }

    // Splits until the segment of `tag` takes one more. False when it cannot: hundreds of keys share 27 bits of hash.
    ENGINE_INLINE bool make_room(std::uint32_t tag) {
        while (ENGINE_UNLIKELY(segments_[directory_[slot(tag)]].count >= FULL)) {
            if (!split(tag)) return false;
        }
        return true;
    }

    // REQUIRES: make_room(tag) was true; the key is not in the index.
    ENGINE_INLINE void insert(std::uint32_t tag, Index index) {
        Segment& meta = segments_[directory_[slot(tag)]];
        ENGINE_ASSERT(meta.count < BUCKETS * SLOTS);
        meta.count += 1;
        size_ += 1;
        place(segment_of(tag), tag, index);
    }

    // REQUIRES: the pair is in the index.
    ENGINE_INLINE void erase(std::uint32_t tag, Index index) {
        Bucket* const segment = segment_of(tag);
        std::uint32_t at = tag % BUCKETS;
        std::uint32_t hits = lanes_equal(segment[at].indices, index);
        while (ENGINE_UNLIKELY(hits == 0)) {
            ENGINE_ASSERT(segment[at].passed > 0);
            segment[at].passed -= 1;
            at = (at + 1) % BUCKETS;
            hits = lanes_equal(segment[at].indices, index);
        }
        segment[at].indices[std::countr_zero(hits)] = NIL;
        segments_[directory_[slot(tag)]].count -= 1;
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
    // A cache line. The last lanes are not slots: `passed`, and a zero that peek() reads for "none".
    struct alignas(64) Bucket {
        std::uint32_t tags[SLOTS];
        std::uint32_t passed;
        Index indices[SLOTS];
        Index none;
    };
    static_assert(sizeof(Bucket) == 64);

    struct Segment {
        std::uint32_t count = 0;
        std::uint32_t depth = 0;
    };

    // A bit for each of the seven slots whose number equals `wanted`.
    static ENGINE_INLINE std::uint32_t lanes_equal(const std::uint32_t* lanes,
                                                   std::uint32_t wanted) {
#if defined(__SSE2__)
        const __m128i all = _mm_set1_epi32(static_cast<int>(wanted));
        const __m128i* const at = reinterpret_cast<const __m128i*>(lanes);
        const __m128i low = _mm_cmpeq_epi32(_mm_load_si128(at), all);
        const __m128i high = _mm_cmpeq_epi32(_mm_load_si128(at + 1), all);
        const int bits = _mm_movemask_epi8(
            _mm_packs_epi16(_mm_packs_epi32(low, high), _mm_setzero_si128()));
        return static_cast<std::uint32_t>(bits) & ((1U << SLOTS) - 1);
#else
        std::uint32_t bits = 0;
        for (std::uint32_t i = 0; i < SLOTS; i++) bits |= std::uint32_t{lanes[i] == wanted} << i;
        return bits;
#endif
    }

    // In 64 bits, so that depth 0 shifts all 32 away.
    ENGINE_INLINE std::size_t slot(std::uint32_t tag) const {
        return static_cast<std::size_t>(static_cast<std::uint64_t>(tag) >> shift_);
    }
    ENGINE_INLINE Bucket* segment_of(std::uint32_t tag) const {
        return buckets_.data() + static_cast<std::size_t>(directory_[slot(tag)]) * BUCKETS;
    }
    ENGINE_INLINE const Bucket* home(std::uint32_t tag) const {
        return segment_of(tag) + tag % BUCKETS;
    }

    static ENGINE_INLINE void place(Bucket* segment, std::uint32_t tag, Index index) {
        std::uint32_t at = tag % BUCKETS;
        std::uint32_t empty = lanes_equal(segment[at].indices, NIL);
        while (ENGINE_UNLIKELY(empty == 0)) {
            segment[at].passed += 1;
            at = (at + 1) % BUCKETS;
            empty = lanes_equal(segment[at].indices, NIL);
        }
        const int lane = std::countr_zero(empty);
        segment[at].tags[lane] = tag;
        segment[at].indices[lane] = index;
    }

    bool split(std::uint32_t tag);

    std::vector<std::uint32_t> directory_;
    std::vector<Segment> segments_;
    Array<Bucket> buckets_;
    unsigned shift_ = 32;
    std::size_t size_ = 0;
};

}  // namespace engine
