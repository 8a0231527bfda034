// Isolated positions, ordered by how soon they lose, so that a mark costs what it crosses.
//
// Purpose: for each instrument the positions of a group, say of all that are long, are in a heap by
// their key (formulas/watch.hpp), the next one to lose first. Who has a bound for a group finds the
// positions whose keys are not above it, and sees no other. A position that something but a mark or
// funding by index has changed is noted, once, and has a new key when the next question comes: so a
// trade pays for no heap.
// Invariants: a position that is not noted is in the heap with the key that it would be given now,
// or in none if it would be given none.
// Complexity: to note O(1); to key one anew O(log n), all of an instrument O(n) together; to find k
// of n positions O(k). Twelve bytes a position that is watched, eight for every position.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/array.hpp"
#include "engine/base/pool.hpp"
#include "engine/formulas/watch.hpp"

namespace engine {

// A position that has come to have a key, or to be watched no more: then it has no lots.
struct Keyed {
    Index party = NIL;
    std::uint32_t group = 0;
    std::uint64_t lots = 0;  // whatever its side
    std::int64_t key = 0;
};

class LiquidationWatch {
  public:
    // By side, and where a larger position needs more for each lot by the size to a power of two:
    // then a bound for the largest one is right for few that are not near it.
    static constexpr std::uint32_t group_of(const Contract& contract, std::int64_t lots) {
        const std::uint64_t size = size_of_lots(lots);
        const auto width = static_cast<std::uint32_t>(std::bit_width(size));
        const bool is_flat = contract.value_at_entry ||
                             (contract.margin_tiers.empty() && contract.maintenance_slope == 0);
        return (is_flat ? 0 : 2 * (width - 1)) + (lots < 0 ? 1 : 0);
    }
    static constexpr Wide side_of_group(std::uint32_t group) {
        return group % 2 == 0 ? 1 : -1;
    }
    static constexpr std::uint64_t size_of_lots(std::int64_t lots) {
        return lots < 0 ? 0 - static_cast<std::uint64_t>(lots) : static_cast<std::uint64_t>(lots);
    }

    // A position has to be keyed anew. REQUIRES: it is of the same instrument each time.
    void note(Index party, std::uint32_t instrument);
    bool is_noted(Index party) const {
        return party < seat_count_ && seats_[party].is_noted;
    }
    // One more than the number of the last instrument in which a position was ever noted.
    std::uint32_t instrument_count() const {
        return static_cast<std::uint32_t>(instruments_.size());
    }
    // A position has no lots from now on, and is watched no more. Asks for no memory.
    void forget(Index party, std::uint32_t instrument);
    // Those that are noted, which are it no more.
    std::vector<Index> take_noted(std::uint32_t instrument);
    // Gives positions of an instrument their keys. REQUIRES: each is there once, and not noted.
    void set(std::uint32_t instrument, std::span<const Keyed> keyed);
    // Appends those of an instrument that may lose, when bound_of(group, lots) is the bound of a
    // group of which none has more lots.
    template <class BoundOf>
    void find(std::uint32_t instrument, const BoundOf& bound_of, std::vector<Index>* found) const {
        const std::vector<Group>& groups = instruments_[instrument].groups;
        for (std::uint32_t i = 0; i < groups.size(); i++) {
            if (groups[i].keys.empty()) continue;
            find(groups[i], bound_of(i, groups[i].lots_most), found);
        }
    }
    bool is_watched(Index party) const {
        return party < seat_count_ && seats_[party].is_watched;
    }
    // Its key and its group, with the most lots that one has had there. REQUIRES: is_watched().
    Keyed keyed(Index party, std::uint32_t instrument) const;
    std::size_t memory_bytes() const;

    // That each heap is one, and each position where its seat says.
    void check() const;

  private:
    // A heap in two arrays: the children of i are at 4 i + 1 and the three after that.
    struct Group {
        std::uint64_t lots_most = 0;  // of the positions that have been here since it was empty
        std::vector<std::int64_t> keys;
        std::vector<Index> parties;
    };
    struct Instrument {
        std::vector<Index> noted;
        std::vector<Group> groups;
    };
    // Where a position is in its heap.
    struct Seat {
        std::uint32_t place = 0;
        std::uint16_t group = 0;
        bool is_watched = false;
        bool is_noted = false;
    };
    static_assert(sizeof(Seat) == 8);
    static constexpr std::size_t ARITY = 4;
    // Where one in so many has a new key, all heaps of the instrument are made anew.
    static constexpr std::size_t MANY = 8;

    void find(const Group& group, std::int64_t bound, std::vector<Index>* found) const;
    void put(Group& group, std::size_t place, std::int64_t key, Index party);
    void add(Instrument& instrument, const Keyed& its);
    // The place of what has come where the position was; the end of the heap for none.
    std::size_t remove(Group& group, Index party);
    void settle(Group& group, std::size_t place);
    void rise(Group& group, std::size_t place);
    void sink(Group& group, std::size_t place);

    std::vector<Instrument> instruments_;
    Array<Seat> seats_;  // by position
    std::size_t seat_count_ = 0;
};

}  // namespace engine
