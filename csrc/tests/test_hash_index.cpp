// The directory of ids, against std::unordered_map, on the keys that hurt hash tables most.
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "check.hpp"
#include "engine/base/hash_index.hpp"
#include "engine/base/numbers.hpp"

namespace {

using engine::HashIndex;
using engine::Index;
using engine::NIL;

// The index with its keys beside it, as an owner of records has them.
class Directory {
  public:
    Index find(std::uint64_t key) const {
        return index_.find(tag(key), [&](Index at) { return keys_[at] == key; });
    }
    Index insert(std::uint64_t key) {
        CHECK(index_.make_room(tag(key)));
        Index at = static_cast<Index>(keys_.size());
        if (free_.empty()) {
            keys_.push_back(key);
        } else {
            at = free_.back();
            free_.pop_back();
            keys_[at] = key;
        }
        index_.insert(tag(key), at);
        return at;
    }
    void erase(std::uint64_t key) {
        const Index at = find(key);
        CHECK(at != NIL);
        index_.erase(tag(key), at);
        free_.push_back(at);
    }
    const HashIndex& index() const {
        return index_;
    }

  private:
    static std::uint32_t tag(std::uint64_t key) {
        return HashIndex::tag_of(engine::mix(key));
    }

    HashIndex index_;
    std::vector<std::uint64_t> keys_{0};
    std::vector<Index> free_;
};

// Random inserts, erases and look-ups over `domain` keys that `key_of` numbers.
template <class KeyOf>
void agrees_with_a_map(std::uint64_t seed, std::uint64_t domain, int steps, KeyOf key_of) {
    check::Random random(seed);
    Directory directory;
    std::unordered_map<std::uint64_t, Index> map;
    for (int step = 0; step < steps; step++) {
        const std::uint64_t key = key_of(random.below(domain));
        const auto found = map.find(key);
        CHECK_EQUAL(directory.find(key), found == map.end() ? NIL : found->second);
        if (found == map.end()) {
            map.emplace(key, directory.insert(key));
        } else if (random.below(4) != 0) {
            directory.erase(key);
            map.erase(found);
        }
        CHECK_EQUAL(directory.index().size(), map.size());
    }
    for (const auto& [key, at] : map) CHECK_EQUAL(directory.find(key), at);
    while (!map.empty()) {
        directory.erase(map.begin()->first);
        map.erase(map.begin());
    }
    CHECK_EQUAL(directory.index().size(), std::size_t{0});
}

}  // namespace

TEST("random keys: the same as a map, through many splits") {
    agrees_with_a_map(3, 60'000, 300'000, [](std::uint64_t i) { return engine::mix(i + 1); });
}

TEST("consecutive keys and keys in strides of every power of two: the same as a map") {
    for (unsigned shift = 0; shift <= 48; shift += 4) {
        agrees_with_a_map(shift, 8'000, 30'000, [=](std::uint64_t i) { return i << shift; });
    }
}

TEST("a narrow domain, taken and returned all the time: the same as a map") {
    agrees_with_a_map(4, 16, 100'000, [](std::uint64_t i) { return i * 0x1'0000'0001ULL; });
}

TEST("half a million keys, each found under its own index, then all erased") {
    constexpr std::uint64_t COUNT = 500'000;
    Directory directory;
    for (std::uint64_t key = 1; key <= COUNT; key++) CHECK_EQUAL(directory.insert(key), key);
    for (std::uint64_t key = 1; key <= COUNT; key++) CHECK_EQUAL(directory.find(key), key);
    CHECK_EQUAL(directory.find(COUNT + 1), NIL);
    CHECK(directory.index().memory_bytes() < COUNT * 32);
    for (std::uint64_t key = 1; key <= COUNT; key++) directory.erase(key);
    for (std::uint64_t key = 1; key <= COUNT; key += 97) CHECK_EQUAL(directory.find(key), NIL);
    CHECK_EQUAL(directory.index().size(), std::size_t{0});
}

TEST("equal tags are told apart by their keys, until their segment is full and says so") {
    HashIndex index;
    constexpr std::uint32_t TAG = 0x12345678;
    Index given = 0;
    while (index.make_room(TAG)) index.insert(TAG, ++given);
    CHECK_EQUAL(given, Index{HashIndex::FULL});
    for (Index at = 1; at <= given; at++) {
        CHECK_EQUAL(index.find(TAG, [&](Index candidate) { return candidate == at; }), at);
    }
    // A refusal changes nothing: other segments still have room, and this one after an erase.
    CHECK(index.make_room(~TAG));
    index.erase(TAG, 7);
    CHECK_EQUAL(index.find(TAG, [](Index candidate) { return candidate == 7; }), NIL);
    CHECK(index.make_room(TAG));
    CHECK_EQUAL(index.size(), std::size_t{given - 1});
}

TEST("paths that wrap around the end of a segment survive erasing in any order") {
    check::Random random(5);
    for (int round = 0; round < 50; round++) {
        HashIndex index;
        std::vector<std::pair<std::uint32_t, Index>> entries;
        for (Index at = 1; at <= 120; at++) {
            // Homes in the last buckets of the segment and its first ones, too few for all.
            const auto home = static_cast<std::uint32_t>(random.between(-4, 3));
            const std::uint32_t tag = home % HashIndex::BUCKETS;
            CHECK(index.make_room(tag));
            index.insert(tag, at);
            entries.emplace_back(tag, at);
        }
        while (!entries.empty()) {
            const std::size_t gone = random.below(entries.size());
            index.erase(entries[gone].first, entries[gone].second);
            entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(gone));
            for (const auto& [tag, at] : entries) {
                const Index wanted = at;
                CHECK_EQUAL(index.find(tag, [&](Index it) { return it == wanted; }), wanted);
            }
        }
    }
}

TEST("a look-up ends, even when something has gone by every bucket of its segment") {
    HashIndex index;
    Index last = 0;
    // From each start as many as fit, so that they spill over far; only those that went furthest
    // stay.
    for (std::uint32_t start = 0; start < HashIndex::BUCKETS; start += HashIndex::BUCKETS / 8) {
        const Index first = last + 1;
        while (index.size() < HashIndex::FULL - 1) {
            index.insert(start + HashIndex::BUCKETS * (last - first + 1), last + 1);
            last += 1;
        }
        for (Index at = first; at < last; at++) {
            index.erase(start + HashIndex::BUCKETS * (at - first), at);
        }
    }
    for (std::uint32_t home = 0; home < HashIndex::BUCKETS; home++) {
        CHECK_EQUAL(index.find(home + HashIndex::BUCKETS * 0xFFFF, [](Index) { return true; }),
                    NIL);
    }
}
