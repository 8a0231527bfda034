// Takes orders off the front of a side, as they trade, when many go in one command.
//
// Purpose: an auction uses up half of a book at once. One by one, each order would be unlinked from
// neighbours that go as well, and its memory would be waited for. Here a level that is used up is
// emptied as a whole, and the orders that are next are asked for ahead: first their records, then
// the places of their ids.
// Invariants: while one is open, only it changes its side, whose totals and level in front are
// behind; close() brings them up.
// Complexity: O(1) an order.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/book/books.hpp"

namespace engine {

class Front {
  public:
    Front(Books& books, SideNumber side) : books_(books), side_(side), levels_(books.levels(side)) {
        for (Coming& coming : coming_) read(&coming);
        for (std::size_t i = 0; i < IDS_AHEAD; i++) ask_for_id(coming_[i]);
    }

    // The order in front, or NIL.
    ENGINE_INLINE Index number() const {
        return coming_[passed_ % AHEAD].number;
    }
    // Lots of the order in front are gone.
    ENGINE_INLINE void take(RestingOrder& order, std::int64_t lots) {
        order.leaves -= lots;
        taken_.lots += lots;
    }
    // Ends the order in front, which has nothing left: its id is free.
    ENGINE_INLINE void pass(RestingOrder& order) {
        Coming& coming = coming_[passed_ % AHEAD];
        const Link level = coming.level;
        books_.forget_order(coming.number, order);
        read(&coming);
        ask_for_id(coming_[(passed_ + IDS_AHEAD) % AHEAD]);
        passed_ += 1;
        taken_.orders += 1;
        if (coming_[passed_ % AHEAD].level == level) return;
        books_.empty_level(level);
        leave_level();
    }
    // Brings the side up to date. REQUIRES: the front is not used any more.
    void close() {
        const Coming& coming = coming_[passed_ % AHEAD];
        if (coming.number != NIL) {
            books_.begin_level(coming.level, coming.number, taken_.orders, taken_.lots);
        }
        leave_level();
        BookSide& side = books_.side(side_);
        side.quantity -= taken_before_.lots;
        side.order_count -= taken_before_.orders;
    }

  private:
    static constexpr std::size_t AHEAD = 16;
    static constexpr std::size_t IDS_AHEAD = 8;

    // An order that will be in front, or NIL behind the last.
    struct Coming {
        Index number;
        Link level;
    };
    struct Taken {
        std::int64_t lots = 0;
        std::uint32_t orders = 0;
    };

    // Reads the next order that is coming, and asks for its record.
    ENGINE_INLINE void read(Coming* coming) {
        if (ENGINE_UNLIKELY(Queues::is_level(next_) || next_ == NIL)) {
            const bool is_level = levels_.next(&place_);
            next_ = is_level ? books_.first_of(place_.level) : NIL;
            if (!is_level) place_.level = NIL;
        }
        *coming = {static_cast<Index>(next_), place_.level};
        if (next_ == NIL) return;
        books_.prefetch_record(coming->number);
        next_ = books_.next_of(next_);
    }
    ENGINE_INLINE void ask_for_id(const Coming& coming) const {
        books_.prefetch_id(books_.order(coming.number).order_id);
    }
    void leave_level() {
        taken_before_.lots += taken_.lots;
        taken_before_.orders += taken_.orders;
        taken_ = {};
    }

    Books& books_;
    SideNumber side_;
    LevelWalk levels_;
    LevelPlace place_{};
    Link next_ = NIL;         // to be read: an order, or a level when its queue has ended
    std::size_t passed_ = 0;  // orders
    Taken taken_;             // of the level in front
    Taken taken_before_;      // of the levels that were used up
    Coming coming_[AHEAD];    // the order in front at `passed_`, those behind it in a ring
};

}  // namespace engine
