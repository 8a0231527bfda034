#include "engine/base/hash_index.hpp"

namespace engine {

// Splits the segment of `tag` in two by the next bit of its entries' tags. False when the bits are used up.
bool HashIndex::split(std::uint32_t tag) {
    const std::uint32_t number = directory_[slot(tag)];
    const unsigned depth = segments_[number].depth;
    const unsigned depth_all = 32 - shift_;
    if (depth == DEPTH_MAX) return false;
    const std::size_t fresh = segments_.size();
    buckets_.reserve((fresh + 1) * BUCKETS);
    segments_.reserve(fresh + 1);
    if (depth == depth_all) {
        std::vector<std::uint32_t> doubled(directory_.size() * 2);
        for (std::size_t i = 0; i < doubled.size(); i++) doubled[i] = directory_[i / 2];
        directory_.swap(doubled);
        shift_ -= 1;
    }
    // From here on nothing can fail.
    segments_.push_back({0, depth + 1});
    segments_[number].depth = depth + 1;
    const std::uint32_t bit = std::uint32_t{1} << (31 - depth);
    // The slots that share the segment stand together; their upper half now names the fresh one.
    const std::size_t slots = std::size_t{1} << (32 - shift_ - depth);
    const std::size_t first = slot(tag) / slots * slots;
    for (std::size_t i = first + slots / 2; i < first + slots; i++) {
        ENGINE_ASSERT(directory_[i] == number);
        directory_[i] = static_cast<std::uint32_t>(fresh);
    }
    Bucket old[BUCKETS];
    Bucket* const low = buckets_.data() + static_cast<std::size_t>(number) * BUCKETS;
    Bucket* const high = buckets_.data() + fresh * BUCKETS;
    for (std::uint32_t i = 0; i < BUCKETS; i++) {
        old[i] = low[i];
        low[i] = Bucket{};
    }
    segments_[number].count = 0;
    for (const Bucket& bucket : old) {
        for (std::uint32_t i = 0; i < SLOTS; i++) {
            if (bucket.indices[i] == NIL) continue;
            const bool goes_high = (bucket.tags[i] & bit) != 0;
            place(goes_high ? high : low, bucket.tags[i], bucket.indices[i]);
            segments_[goes_high ? fresh : number].count += 1;
        }
    }
    return true;
}

}  // namespace engine
