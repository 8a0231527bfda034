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
        return index_.find(engine::mix(key), [&](Index at) { return keys_[at] == key; });
    }
    Index insert(std::uint64_t key) {
        CHECK(index_.make_room(engine::mix(key), [&](Index at) { return engine::mix(keys_[at]); }));
        Index at = static_cast<Index>(keys_.size());
        if (free_.empty()) {
            keys_.push_back(key);
        } else {
            at = free_.back();
            free_.pop_back();
            keys_[at] = key;
        }
        index_.insert(engine::mix(key), at);
        return at;
    }
    void erase(std::uint64_t key) {
        const Index at = find(key);
        CHECK(at != NIL);
        index_.erase(engine::mix(key), at);
        free_.push_back(at);
    }
    const HashIndex& index() const {
        return index_;
    }

  private:
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

// An index over hashes given by hand, so that a test chooses segment, bucket and mark.
class Hashes {
  public:
    bool make_room(std::uint64_t hash) {
        return index_.make_room(hash, [&](Index at) { return hashes_[at]; });
    }
    Index insert(std::uint64_t hash) {
        const auto at = static_cast<Index>(hashes_.size());
        hashes_.push_back(hash);
        index_.insert(hash, at);
        return at;
    }
    void erase(Index at) {
        index_.erase(hashes_[at], at);
    }
    Index find(std::uint64_t hash, Index wanted) const {
        return index_.find(hash, [&](Index at) { return at == wanted; });
    }
    std::uint64_t hash_of(Index at) const {
        return hashes_[at];
    }
    const HashIndex& index() const {
        return index_;
    }
    // A hash of the first segment with this bucket and mark.
    static std::uint64_t in_bucket(std::uint32_t bucket, std::uint8_t mark) {
        return std::uint64_t{bucket % HashIndex::BUCKETS} << 8 | mark;
    }

  private:
    HashIndex index_;
    std::vector<std::uint64_t> hashes_{0};
};

TEST("equal hashes are told apart by their keys, until their segment is full and says so") {
    Hashes hashes;
    constexpr std::uint64_t HASH = 0x12345678'9ABCDEF1;
    Index given = 0;
    while (hashes.make_room(HASH)) given = hashes.insert(HASH);
    CHECK_EQUAL(given, Index{HashIndex::FULL});
    for (Index at = 1; at <= given; at++) CHECK_EQUAL(hashes.find(HASH, at), at);
    // A refusal changes nothing: other segments still have room, and this one after an erase.
    CHECK(hashes.make_room(~HASH));
    hashes.erase(7);
    CHECK_EQUAL(hashes.find(HASH, 7), NIL);
    CHECK(hashes.make_room(HASH));
    CHECK_EQUAL(hashes.index().size(), std::size_t{given - 1});
}

TEST("paths that wrap around the end of a segment survive erasing in any order") {
    check::Random random(5);
    for (int round = 0; round < 50; round++) {
        Hashes hashes;
        std::vector<Index> entries;
        while (entries.size() < 150) {
            // Homes in the last buckets of the segment and its first ones, too few for all.
            const auto home = static_cast<std::uint32_t>(random.between(-4, 3));
            const std::uint64_t hash = Hashes::in_bucket(home, 3);
            CHECK(hashes.make_room(hash));
            entries.push_back(hashes.insert(hash));
        }
        while (!entries.empty()) {
            const std::size_t gone = random.below(entries.size());
            hashes.erase(entries[gone]);
            entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(gone));
            for (const Index at : entries) CHECK_EQUAL(hashes.find(hashes.hash_of(at), at), at);
        }
    }
}

TEST("a look-up ends, even when something has gone by every bucket of its segment") {
    Hashes hashes;
    // From each start as many as fit, so that they spill over far; only those that went furthest
    // stay.
    for (std::uint32_t start = 0; start < HashIndex::BUCKETS; start += HashIndex::BUCKETS / 8) {
        std::vector<Index> made;
        while (hashes.index().size() < HashIndex::FULL - 1) {
            made.push_back(hashes.insert(Hashes::in_bucket(start, 3)));
        }
        made.pop_back();
        for (const Index at : made) hashes.erase(at);
    }
    for (std::uint32_t home = 0; home < HashIndex::BUCKETS; home++) {
        CHECK_EQUAL(hashes.find(Hashes::in_bucket(home, 5), NIL), NIL);
    }
}
