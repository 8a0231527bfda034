// Keys that are looked up with their records, also those that no hash tells apart.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "check.hpp"
#include "engine/base/key_index.hpp"
#include "engine/base/numbers.hpp"

namespace {

using engine::Index;
using engine::KeyIndex;
using engine::NIL;

class Directory {
  public:
    Index find(std::uint64_t key) const {
        return index_.find(key, [&](Index at) { return keys_[at] == key; });
    }
    void insert(std::uint64_t key) {
        keys_.push_back(key);
        const auto key_of = [&](Index at) { return keys_[at]; };
        index_.insert(key, static_cast<Index>(keys_.size() - 1), key_of);
    }
    const KeyIndex& index() const {
        return index_;
    }

  private:
    KeyIndex index_;
    std::vector<std::uint64_t> keys_{0};
};

TEST("every key is found, and no other") {
    Directory directory;
    for (std::uint64_t key = 0; key < 100'000; key++) directory.insert(key << 32 | key % 7);
    for (std::uint64_t key = 0; key < 100'000; key++) {
        CHECK_EQUAL(directory.find(key << 32 | key % 7), static_cast<Index>(key + 1));
        CHECK_EQUAL(directory.find(key << 32 | 7), NIL);
    }
}

TEST("more keys than one hash segment has places for are found") {
    // As many as share the bits by which segments can be told apart.
    constexpr unsigned SHARED = engine::HashIndex::DEPTH_MAX;
    constexpr std::size_t COUNT = engine::HashIndex::FULL + 40;
    std::vector<std::uint64_t> keys;
    for (std::uint64_t key = 0; keys.size() < COUNT; key++) {
        if (engine::mix(key) >> (64 - SHARED) == 0) keys.push_back(key);
    }
    Directory directory;
    for (const std::uint64_t key : keys) directory.insert(key);
    for (std::size_t i = 0; i < COUNT; i++) {
        CHECK_EQUAL(directory.find(keys[i]), static_cast<Index>(i + 1));
        CHECK_EQUAL(directory.find(keys[i] + 1), NIL);
    }
}

TEST("a key that is guessed ahead is its own or another's") {
    Directory directory;
    for (std::uint64_t key = 1; key <= 1'000; key++) directory.insert(key);
    int hits = 0;
    for (std::uint64_t key = 1; key <= 1'000; key++) {
        const Index guess = directory.index().peek(directory.index().prefetch(key));
        CHECK(guess <= 1'000);
        hits += guess == directory.find(key) ? 1 : 0;
    }
    CHECK(hits > 900);
}

}  // namespace
