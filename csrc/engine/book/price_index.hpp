// Which prices of which book side hold orders.
//
// Purpose: constant-time look-up of a level by any 64-bit price and of the best price, without
// being told a range. Prices are ranks here: a rank orders a side from best (lowest) to worst, so
// bids and asks are one piece of code (`rank_of`). Ranks are grouped 64 to a page; a page is one
// cache line with a bitmap of its occupied ranks. A side remembers the pages that it used last;
// others are found through a hash. Neighbours are linked, kept in order by a crit-bit tree that is
// touched only when a page is made or freed. A page starts with one lone level, which is enough
// while it holds one price; further prices bring blocks of 8 levels. A lone price far from the
// market costs about two hundred bytes, in a busy page no level is ever made or freed, and no level
// ever moves.
// Invariants:
//  - best_rank of a side is never worse than its best level; it may be better ("conservative")
//    until best() is asked.
//  - every page in front of the best one is empty.
//  - the level that a side names as its best one is that of best_rank, or has no orders.
//  - a page without orders is freed when EMPTY_PAGES_KEPT others have emptied after it, so a price
//    that flickers makes no work and memory stays bounded.
// Complexity: find, mark, clear, best O(1); at most 64 tree steps when a page is made or freed.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/array.hpp"
#include "engine/base/hash_index.hpp"
#include "engine/base/numbers.hpp"
#include "engine/base/pool.hpp"
#include "engine/book/queues.hpp"

namespace engine {

using Rank = std::int64_t;

// From price to rank and back: the complement turns bids around without an overflow anywhere in 64
// bits.
constexpr Rank rank_of(SideNumber number, std::int64_t price) {
    return price ^ (static_cast<std::int64_t>(number & 1) - 1);
}

// How the commands of an instrument are carried out.
enum class Way : std::uint32_t {
    PLAIN,    // all its orders are plain
    MARKED,   // as PLAIN, but for orders that are marked, and for what trades
    GENERAL,  // all its commands go the general way
};

// Where the best level of a side is, as one word: its page, or NIL, and above it the level itself,
// which may be out of date or no level.
using BestPlace = std::uint64_t;
constexpr BestPlace best_place(Index page, Link level) {
    return page | static_cast<BestPlace>(static_cast<std::uint32_t>(level)) << 32;
}

// One side of one book; both sides share a cache line.
struct alignas(32) BookSide {
    Rank best_rank = INT64_HIGHEST;
    std::int64_t quantity = 0;  // of all its orders, in queues or not, lots
    std::uint32_t order_count = 0;
    Way way = Way::PLAIN;
    BestPlace best = 0;

    Index best_page() const {
        return static_cast<Index>(best);
    }
    // The level of best_rank while it has orders.
    Link best_level() const {
        return static_cast<Link>(best >> 32);
    }
};
static_assert(sizeof(BookSide) == 32);

// The 64 ranks from 64 * key.
struct alignas(64) Page {
    std::int64_t key;
    std::uint64_t bitmap;  // ranks that hold orders
    Link blocks[8];        // the first level of each eight ranks, or NIL
    Link lone;             // the level of one rank, which no block has then
    Index next;            // page behind, by rank; while the page is free, the next free one
    Index previous;
    std::uint8_t lone_slot;
    bool is_waiting;   // in the ring of emptied pages
    bool is_unhashed;  // its hash segment was full: found through the tree
    std::uint8_t spare;

    static constexpr std::uint64_t bit_of(Rank rank) {
        return std::uint64_t{1} << (rank & 63);
    }
    static constexpr std::uint32_t slot_of(Rank rank) {
        return static_cast<std::uint32_t>(rank) & 63;
    }
    // The level of a rank, or not a level when the page has none for it yet.
    ENGINE_INLINE Link level_at(Rank rank) const {
        const std::uint32_t slot = slot_of(rank);
        const Link level = blocks[slot / LEVELS_PER_BLOCK] +
                           static_cast<Link>(slot % LEVELS_PER_BLOCK) * LINKS_PER_LEVEL;
        return slot == lone_slot ? lone : level;
    }
};
static_assert(sizeof(Page) == 64);

class PriceIndex {
  public:
    // A level in its place.
    struct Place {
        Index page;
        Link level;
        Rank rank;
    };

    explicit PriceIndex(Queues& queues);

    ENGINE_INLINE BookSide& side(SideNumber number) {
        return sides_[number];
    }
    ENGINE_INLINE const BookSide& side(SideNumber number) const {
        return sides_[number];
    }
    ENGINE_INLINE const Page& page(Index index) const {
        return pages_[index];
    }
    SideNumber side_count() const {
        return side_count_;
    }

    void add_book();
    // Room for `pages` more pages.
    void reserve(std::size_t pages);

    // The level of a rank, made if there is none, which holds orders from now on.
    ENGINE_INLINE Link occupy(SideNumber number, Rank rank) {
        const std::int64_t key = rank >> 6;
        Index index = near_[near_slot(number, key)];
        if (ENGINE_UNLIKELY(pages_[index].key != key)) index = page_for_far(number, rank);
        Page& page = pages_[index];
        Link level = page.level_at(rank);
        if (ENGINE_UNLIKELY(!Queues::is_level(level))) level = make_level(index, number, rank);
        page.bitmap |= Page::bit_of(rank);
        BookSide& at = sides_[number];
        const bool is_best = rank <= at.best_rank;
        at.best_rank = is_best ? rank : at.best_rank;
        at.best = is_best ? best_place(index, level) : at.best;
        return level;
    }

    // The level holds no orders from now on, if `is_empty`. Without a branch: often it does, often
    // not.
    ENGINE_INLINE void vacate(const PriceLevel& level, bool is_empty) {
        Page& page = pages_[level.page];
        page.bitmap &= ~(static_cast<std::uint64_t>(is_empty) << level.slot);
        if (ENGINE_UNLIKELY(page.bitmap == 0)) retire(level.page);
    }

    // The same of one that is, but a page that is empty then stays, until drop_front() is called.
    ENGINE_INLINE void unmark(const PriceLevel& level) {
        pages_[level.page].bitmap &= ~(std::uint64_t{1} << level.slot);
    }
    // Frees the pages in front of the best level at once. O(pages freed).
    void drop_front(SideNumber number);

    // The side's best level; not a level when the side is empty. Makes best_rank exact.
    ENGINE_INLINE Link best(BookSide& at) {
        const Link named = at.best_level();
        return ENGINE_LIKELY(has_orders(named)) ? named : find_best(at);
    }
    // The same, whatever the level that is named has by now: without a branch that depends on it.
    ENGINE_INLINE Link find_best(BookSide& at) {
        while (at.best_page() != NIL) {
            const Page& page = pages_[at.best_page()];
            const Rank from = at.best_rank & 63;
            const std::uint64_t ahead = page.bitmap >> from;
            if (ENGINE_LIKELY(ahead != 0)) {
                at.best_rank += std::countr_zero(ahead);
                const Link level = page.level_at(at.best_rank);
                at.best = best_place(at.best_page(), level);
                return level;
            }
            at.best = best_place(page.next, NIL);
            at.best_rank = start_of(page.next);
        }
        return NIL;
    }

    // The rank of the side's best level, or false. Changes nothing.
    ENGINE_INLINE bool best_rank(SideNumber number, Rank* rank) const {
        const BookSide& at = sides_[number];
        if (at.best_page() == NIL) return false;
        const std::uint64_t ahead = pages_[at.best_page()].bitmap >> (at.best_rank & 63);
        if (ENGINE_UNLIKELY(ahead == 0)) return best_rank_behind(number, rank);
        *rank = at.best_rank + std::countr_zero(ahead);
        return true;
    }

    // The level of a rank, or false. Changes nothing.
    bool find(SideNumber number, Rank rank, Link* level) const;

    // Appends the levels of a side down to a rank, best first. Changes nothing. O(levels), and of
    // many it waits for memory less than a walk.
    void levels_to(SideNumber number, Rank worst, std::vector<Place>* out) const;

    // Walks the levels of a side from best to worst. Changes nothing.
    class Walk {
      public:
        Walk(const PriceIndex& index, SideNumber side)
            : index_(index), page_(index.sides_[side].best_page()) {
            if (page_ != NIL) bits_ = index_.pages_[page_].bitmap;
        }
        // Steps to the next level; false at the end.
        ENGINE_INLINE bool next(Place* place) {
            while (page_ != NIL) {
                const Page& page = index_.pages_[page_];
                if (bits_ != 0) {
                    const Rank rank = page.key * 64 + std::countr_zero(bits_);
                    bits_ &= bits_ - 1;
                    *place = {page_, page.level_at(rank), rank};
                    return true;
                }
                page_ = page.next;
                bits_ = index_.pages_[page_].bitmap;
            }
            return false;
        }

      private:
        const PriceIndex& index_;
        Index page_;
        std::uint64_t bits_ = 0;
    };

    // How many levels a side has, counting no further than `most`. O(pages).
    std::size_t level_count(SideNumber number, std::size_t most) const;

    // Where a rank's page probably is, for prefetching: NIL when the side has not used it lately.
    Index guess_page(SideNumber number, Rank rank) const {
        return near_[near_slot(number, rank >> 6)];
    }
    ENGINE_INLINE void prefetch_side(SideNumber number, Rank rank) const {
        ENGINE_PREFETCH(&sides_[number]);
        ENGINE_PREFETCH(&near_[near_slot(number, rank >> 6)]);
    }
    void prefetch_page(Index page) const {
        ENGINE_PREFETCH(&pages_[page]);
    }

    std::size_t memory_bytes() const;
    // Throws BrokenInvariant. `others` is how many levels are in use outside the index.
    void check_invariants(std::size_t others) const;

  private:
    static constexpr std::uint32_t EMPTY_PAGES_KEPT = 64;
    static constexpr Index LEAF = Index{1} << 31;
    static constexpr std::uint32_t NEAR =
        32;  // pages that a side remembers: 2,048 ticks around the market

    // A fork of a side's crit-bit tree: both subtrees agree on the bits of the key above `bit`.
    struct Fork {
        Index child[2];  // forks, or LEAF | page
        std::uint32_t bit;
        Index next_free;
    };

    // Walks the pages of subtrees, by rank, through the forks. They lie close together, and those
    // that come are known before their turn, as no page behind another is.
    class PageWalk;

    static std::uint64_t hash_of(SideNumber side, std::int64_t key) {
        const auto salt = static_cast<std::uint64_t>(side) * 0x9E3779B97F4A7C15ULL;
        return mix(static_cast<std::uint64_t>(key) + salt);
    }
    static ENGINE_INLINE std::size_t near_slot(SideNumber side, std::int64_t key) {
        return std::size_t{side} * NEAR + static_cast<std::uint32_t>(key) % NEAR;
    }
    ENGINE_INLINE bool has_orders(Link level) const {
        return Queues::is_level(level) && queues_.level(level).order_count != 0;
    }
    Rank start_of(Index page) const {
        return page == NIL ? INT64_HIGHEST : pages_[page].key * 64;
    }
    Index find_page(SideNumber side, std::int64_t key) const;
    bool best_rank_behind(SideNumber number, Rank* rank) const;
    Index page_for_far(SideNumber side, Rank rank);
    Index make_page(SideNumber side, Rank rank);
    void free_page(Index page);
    void release(SideNumber side, Index page);
    Link make_level(Index page, SideNumber side, Rank rank);
    SideNumber side_of(const Page& page) const {
        return queues_.level(page.lone).side;
    }
    void retire(Index page);
    Index find_in_tree(SideNumber side, std::int64_t key) const;
    Index leaf_near(Index root, std::uint64_t key) const;
    void link_into_tree(SideNumber side, Index page);
    void unlink_from_tree(SideNumber side, Index page);
    void check_levels(SideNumber number, Index page, std::size_t* levels) const;
    void check_side(SideNumber number, std::size_t* levels) const;
    void check_tree(SideNumber number, std::size_t pages) const;

    static Index& next_free_page(Page& page) {
        return page.next;
    }
    static Index& next_free_fork(Fork& fork) {
        return fork.next_free;
    }

    Queues& queues_;
    Array<BookSide> sides_;
    Array<Index> tree_roots_;  // by side
    Array<Index> near_;  // for each side, at key % NEAR, the page of that key used last, or NIL
    SideNumber side_count_ = 0;
    HashIndex hash_;
    Pool<Page, next_free_page> pages_;
    Pool<Fork, next_free_fork> forks_;
    std::array<Index, EMPTY_PAGES_KEPT> waiting_{};
    std::uint32_t waiting_next_ = 0;
    std::size_t unhashed_ = 0;
};

}  // namespace engine
