#include "engine/base/hash_index.hpp"

namespace engine {

// Splits the segment of `tag` in two by the next bit of its entries' tags. False when the bits are used up.
bool HashIndex::split(std::uint32_t tag) {
    const std::uint32_t number = directory_[slot(tag)];
    const unsigned depth = segments_[number].depth;
    const unsigned depth_all = 32 - shift_;
    if (depth == DEPTH_MAX) return false;
    const std::size_t fresh = segments_.size();
    entries_.reserve((fresh + 1) * SEGMENT);
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
    Entry old[SEGMENT];
    Entry* const low = entries_.data() + static_cast<std::size_t>(number) * SEGMENT;
    Entry* const high = entries_.data() + fresh * SEGMENT;
    for (std::uint32_t i = 0; i < SEGMENT; i++) {
        old[i] = low[i];
        low[i] = {0, NIL};
    }
    segments_[number].count = 0;
    for (const Entry& entry : old) {
        if (entry.index == NIL) continue;
        const bool goes_high = (entry.tag & bit) != 0;
        place(goes_high ? high : low, entry);
        segments_[goes_high ? fresh : number].count += 1;
    }
    return true;
}

}  // namespace engine
