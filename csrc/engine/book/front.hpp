// Takes orders off the front of a side, as they trade, when many go in one command.
//
// Purpose: an auction uses up half of a book at once. One by one, each order would be unlinked from
// neighbours that go as well, and its memory would be waited for. Here a level that is used up is
// emptied as a whole, and so are the prices in front, and what comes next is asked for ahead: the
// levels, then the records of their orders, then the places of their ids.
// Invariants: while one is open, only it changes its side, whose totals and level in front are
// behind; close() brings them up.
// Complexity: O(1) an order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/book/books.hpp"

namespace engine {

class Front {
  public:
    // `levels` are those of the side that orders may be taken from, best first.
    Front(Books& books, SideNumber side, std::span<const LevelPlace> levels)
        : books_(books), side_(side), levels_(levels) {
        for (std::size_t i = 0; i < LEVELS_AHEAD; i++) ask_for_level(i);
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
        books_.drop_front(side_);
    }

  private:
    static constexpr std::size_t AHEAD = 16;
    static constexpr std::size_t IDS_AHEAD = 8;
    static constexpr std::size_t LEVELS_AHEAD = 16;

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
        if (unread_ == 0) {
            if (ENGINE_UNLIKELY(level_ == levels_.size())) {
                *coming = {NIL, NIL};
                return;
            }
            ask_for_level(level_ + LEVELS_AHEAD);
            const PriceLevel& level = books_.level(levels_[level_].level);
            level_ += 1;
            unread_ = level.order_count;
            next_ = level.ends.next;
        } else {
            next_ = books_.next_of(next_);
        }
        unread_ -= 1;
        *coming = {static_cast<Index>(next_), levels_[level_ - 1].level};
        books_.prefetch_order(coming->number);
    }
    ENGINE_INLINE void ask_for_id(const Coming& coming) const {
        books_.prefetch_id(books_.order(coming.number).order_id);
    }
    ENGINE_INLINE void ask_for_level(std::size_t place) const {
        if (place >= levels_.size()) return;
        books_.prefetch_level(levels_[place].level);
        books_.prefetch_page(levels_[place].page);
    }
    void leave_level() {
        taken_before_.lots += taken_.lots;
        taken_before_.orders += taken_.orders;
        taken_ = {};
    }

    Books& books_;
    SideNumber side_;
    std::span<const LevelPlace> levels_;
    std::size_t level_ = 0;     // behind the one that is read
    std::uint32_t unread_ = 0;  // orders of it
    Link next_ = NIL;           // the order that was read last
    std::size_t passed_ = 0;    // orders
    Taken taken_;               // of the level in front
    Taken taken_before_;        // of the levels that were used up
    Coming coming_[AHEAD];      // the order in front at `passed_`, those behind it in a ring
};

}  // namespace engine
