// From 64-bit keys to indices of records that know their keys: a HashIndex, and a map of those few
// that it has no room for, because hundreds of keys share twenty bits of their hashes.
//
// Complexity: find, insert O(1) expected; O(log n) among crowded keys.
#pragma once

#include <cstdint>
#include <map>

#include "engine/base/hash_index.hpp"
#include "engine/base/numbers.hpp"

namespace engine {

class KeyIndex {
  public:
    // The index whose record `is_it(index)` accepts, or NIL.
    template <class IsIt>
    ENGINE_INLINE Index find(std::uint64_t key, IsIt is_it) const {
        const Index index = index_.find(mix(key), is_it);
        if (ENGINE_LIKELY(index != NIL || crowded_.empty())) return index;
        const auto found = crowded_.find(key);
        return found == crowded_.end() ? NIL : found->second;
    }
    // Makes ready to insert one; false for a key that is crowded. Throws std::bad_alloc before
    // anything changes.
    template <class KeyOf>
    bool make_room(std::uint64_t key, KeyOf key_of) {
        return index_.make_room(mix(key), [&](Index at) { return mix(key_of(at)); });
    }
    // REQUIRES: the key is not here. `key_of(index)` is the key under which an index was inserted.
    template <class KeyOf>
    void insert(std::uint64_t key, Index index, KeyOf key_of) {
        if (make_room(key, key_of)) {
            index_.insert(mix(key), index);
        } else {
            crowded_.emplace(key, index);
        }
    }
    // REQUIRES: the pair is in the index.
    void erase(std::uint64_t key, Index index) {
        if (ENGINE_UNLIKELY(!crowded_.empty()) && crowded_.erase(key) != 0) return;
        index_.erase(mix(key), index);
    }
    // Asks for what peek() will look at, and returns the hash that it takes.
    ENGINE_INLINE std::uint64_t prefetch(std::uint64_t key) const {
        const std::uint64_t hash = mix(key);
        index_.prefetch(hash);
        return hash;
    }
    // Some index that may be that of the key with this hash, compared with nothing.
    ENGINE_INLINE Index peek(std::uint64_t hash) const {
        return index_.peek(hash);
    }
    std::size_t memory_bytes() const {
        return index_.memory_bytes();
    }

  private:
    HashIndex index_;
    std::map<std::uint64_t, Index> crowded_;
};

}  // namespace engine
