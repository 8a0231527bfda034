#include "engine/base/hash_index.hpp"

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

}  // namespace engine
