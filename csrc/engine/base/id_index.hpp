// From ids to numbers of records that know their ids: a table for ids that follow one another.
//
// Purpose: order ids come one after the other, from most callers and from every counter. So an id
// has a place by its low bits: ids that come together lie together, sixteen to a cache line, and to
// find, insert and erase costs one load and no hash. An id whose place is another's is kept in a
// KeyIndex, and the place counts how many of those there are; ids without any order among them find
// it taken as often as places are in use.
// The table grows a stretch of places at a time: an id of the first half of its places may go to
// the second half then, so the longest pause is the split of one stretch, a few microseconds.
// Invariants: a record is in its place or among the others, never in both. A place counts at least
// as many of the others as there are for it, and says 3 for good once there were so many.
// Complexity: find, insert, erase O(1), of the others expected. 64 bytes an id while there are few,
// 16 beyond 65,536.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "engine/base/array.hpp"
#include "engine/base/key_index.hpp"

namespace engine {

class IdIndex {
  public:
    static constexpr Index NUMBER_MOST = (Index{1} << 30) - 1;

    IdIndex() {
        places_.reserve(0, STRETCH);
    }

    // The number of the record whose id this is, `id_of(number)` being that of any; or NIL.
    template <class IdOf>
    ENGINE_INLINE Index find(std::uint64_t id, IdOf id_of) const {
        const std::uint32_t place = places_[place_of(id)];
        const Index number = place & NUMBER_MOST;
        if (ENGINE_LIKELY(number != NIL && id_of(number) == id)) return number;
        if (ENGINE_LIKELY(place <= NUMBER_MOST)) return NIL;
        return others_.find(id, [&](Index at) { return id_of(at) == id; });
    }
    // Some number, or NIL, compared with nothing: for looking ahead.
    ENGINE_INLINE Index peek(std::uint64_t id) const {
        return places_[place_of(id)] & NUMBER_MOST;
    }
    ENGINE_INLINE void prefetch(std::uint64_t id) const {
        ENGINE_PREFETCH(&places_[place_of(id)]);
    }

    // Whether no record has the id and its place is free: then it can be put there. Others, which
    // may be free as well, have to be looked for.
    ENGINE_INLINE bool is_free(std::uint64_t id) const {
        return places_[place_of(id)] == 0;
    }
    // REQUIRES: is_free(id).
    ENGINE_INLINE void put(std::uint64_t id, Index number) {
        ENGINE_ASSERT(number <= NUMBER_MOST);
        places_[place_of(id)] = number;
        size_ += 1;
    }
    // Makes ready to insert one. Throws std::bad_alloc before anything changes.
    template <class IdOf>
    void make_room(std::uint64_t id, IdOf id_of) {
        if (peek(id) != NIL) others_.make_room(id, id_of);
    }
    // REQUIRES: no record has the id, or none that is to be found by it.
    template <class IdOf>
    void insert(std::uint64_t id, Index number, IdOf id_of) {
        ENGINE_ASSERT(number <= NUMBER_MOST);
        std::uint32_t& place = places_[place_of(id)];
        size_ += 1;
        if ((place & NUMBER_MOST) == NIL) {
            place |= number;
            return;
        }
        others_.insert(id, number, id_of);
        if (place < MANY) place += ONE;
    }
    // REQUIRES: the pair is in the index.
    ENGINE_INLINE void erase(std::uint64_t id, Index number) {
        std::uint32_t& place = places_[place_of(id)];
        size_ -= 1;
        if (ENGINE_UNLIKELY((place & NUMBER_MOST) != number)) return erase_other(place, id, number);
        place -= number;
    }

    // Makes as many places as are right for those that there are, and for so many more: where there
    // are too few, what finds its place taken stays elsewhere. `id_of` is asked for NIL as well.
    template <class IdOf>
    void grow(std::size_t more, IdOf id_of) {
        while (ENGINE_UNLIKELY(place_count_ < wanted(more))) add_stretch(id_of);
    }

    std::size_t size() const {
        return size_;
    }
    std::size_t memory_bytes() const {
        return place_count_ * sizeof(std::uint32_t) + others_.memory_bytes();
    }

  private:
    // A place is a number, or NIL, and in its highest two bits how many others there are.
    static constexpr std::uint32_t ONE = std::uint32_t{1} << 30;
    static constexpr std::uint32_t MANY = std::uint32_t{3} << 30;
    static constexpr std::size_t STRETCH = 512;

    // With few, most ids find their place free whatever they are; many would take too much memory.
    std::size_t wanted(std::size_t more) const {
        constexpr std::size_t AMPLE = std::size_t{1} << 20;
        return std::max(std::min(16 * size_, AMPLE), 4 * (size_ + more));
    }
    // There are places from 0 on; those that lie beyond are still one half further down.
    ENGINE_INLINE std::size_t place_of(std::uint64_t id) const {
        const std::uint64_t place = id & whole_mask_;
        return place < place_count_ ? place : place & half_mask_;
    }
    ENGINE_NOINLINE void erase_other(std::uint32_t& place, std::uint64_t id, Index number) {
        others_.erase(id, number);
        ENGINE_ASSERT(place >= ONE);
        if (place < MANY) place -= ONE;
    }
    template <class IdOf>
    ENGINE_NOINLINE void add_stretch(IdOf id_of);

    Array<std::uint32_t> places_;
    std::size_t place_count_ = STRETCH;
    std::uint64_t whole_mask_ = 2 * STRETCH - 1;  // of a table that is full, and of half of it
    std::uint64_t half_mask_ = STRETCH - 1;
    std::size_t size_ = 0;
    KeyIndex others_;
};

template <class IdOf>
void IdIndex::add_stretch(IdOf id_of) {
    places_.reserve(place_count_, STRETCH);
    const std::size_t half = half_mask_ + 1;
    std::uint32_t* const stays = &places_[place_count_ - half];
    std::uint32_t* const moves = &places_[place_count_];
    // Records lie anywhere: in a loop of their own many are waited for at once.
    std::uint64_t ids[STRETCH];
    for (std::size_t i = 0; i < STRETCH; i++) ids[i] = id_of(stays[i] & NUMBER_MOST);
    for (std::size_t i = 0; i < STRETCH; i++) {
        const Index number = stays[i] & NUMBER_MOST;
        const Index moved = number != NIL && (ids[i] & half) != 0 ? number : NIL;
        // Others may be of either. Also where it is none: memory is touched now, not later.
        moves[i] = stays[i] - number + moved;
        stays[i] -= moved;
    }
    place_count_ += STRETCH;
    if (place_count_ <= whole_mask_) return;
    half_mask_ = whole_mask_;
    whole_mask_ = 2 * whole_mask_ + 1;
}

}  // namespace engine
