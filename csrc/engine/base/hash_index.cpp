#include "engine/base/hash_index.hpp"

#include <utility>

namespace engine {

bool HashIndex::open_sibling(std::uint64_t hash) {
    const std::uint32_t number = directory_[slot(hash)];
    const unsigned depth = segments_[number].depth;
    const unsigned depth_all = 64 - shift_;
    if (depth == DEPTH_MAX) return false;
    const std::size_t fresh = segments_.size();
    buckets_.reserve(fresh * BUCKETS, BUCKETS);
    if (segments_.capacity() == fresh) segments_.reserve(2 * fresh);
    if (depth == depth_all) {
        std::vector<std::uint32_t> doubled(directory_.size() * 2);
        for (std::size_t i = 0; i < doubled.size(); i++) doubled[i] = directory_[i / 2];
        directory_.swap(doubled);
        shift_ -= 1;
    }
    // From here on nothing can fail.
    segments_.push_back({0, depth + 1});
    segments_[number].depth = depth + 1;
    // The slots that share the segment stand together; their upper half now names the fresh one.
    const std::size_t slots = std::size_t{1} << (64 - shift_ - depth);
    const std::size_t first = slot(hash) / slots * slots;
    for (std::size_t i = first + slots / 2; i < first + slots; i++) {
        ENGINE_ASSERT(directory_[i] == number);
        directory_[i] = static_cast<std::uint32_t>(fresh);
    }
    return true;
}

std::uint32_t HashIndex::deal(std::uint32_t low, std::uint32_t high, Index* unknown) {
    const unsigned depth = segments_[low].depth;
    const bool has_bits = depth >= BITS_FROM && depth < BITS_FROM + 8;
    const unsigned shift = has_bits ? BITS_FROM + 7 - depth : 0;
    Bucket* const halves[2] = {buckets_of(low), buckets_of(high)};
    std::uint32_t counts[2] = {};
    std::uint32_t unknown_count = 0;
    // Where nothing went by the bucket before, all are at home.
    std::uint32_t passed = halves[0][BUCKETS - 1].passed;
    for (std::uint32_t at = 0; at < BUCKETS; at++) {
        const Bucket bucket = std::exchange(halves[0][at], Bucket{});
        const bool is_known = has_bits && passed == 0;
        passed = bucket.passed;
        std::uint32_t used[2] = {};
        for (std::uint32_t i = 0; i < SLOTS; i++) {
            if (bucket.marks[i] == EMPTY) continue;
            if (!is_known) {
                unknown[unknown_count++] = bucket.indices[i];
                continue;
            }
            const std::uint32_t half = bucket.bits[i] >> shift & 1;
            const std::uint32_t slot = used[half]++;
            halves[half][at].marks[slot] = bucket.marks[i];
            halves[half][at].bits[slot] = bucket.bits[i];
            halves[half][at].indices[slot] = bucket.indices[i];
        }
        for (std::uint32_t half = 0; half < 2; half++) counts[half] += used[half];
    }
    ENGINE_ASSERT(counts[0] + counts[1] + unknown_count == segments_[low].count);
    segments_[low].count = counts[0];
    segments_[high].count = counts[1];
    return unknown_count;
}

}  // namespace engine
