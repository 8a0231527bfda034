// Which prices of which book side hold orders, and where their levels are.
//
// Purpose: constant-time look-up of a level by any 64-bit price and of the best price, without being told a range.
// Prices are ranks here: a rank orders a side from best (lowest) to worst, so bids and asks are one piece of code
// (`rank_of` in book.hpp). Ranks are grouped 64 to a page; a page is one cache line with a bitmap of its occupied
// ranks. A page is found through a hash; its neighbours through links, kept in order by a crit-bit tree that is touched
// only when a page is made or freed. The first level of a page is named in the page itself, the second makes it
// take a block of 64 indices: a lone price far from the market costs about a hundred bytes.
// Invariants:
//  - best_rank of a side is never worse than its best level; it may be better ("conservative") until best() is asked.
//  - every page in front of best_page is empty.
//  - a page without levels is freed when EMPTY_PAGES_KEPT others have emptied after it, so a price that
//    flickers makes no work and memory stays bounded.
// Complexity: find, best O(1); insert and erase O(1), plus at most 64 tree steps when a page is made or freed.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/hash_index.hpp"
#include "engine/base/numbers.hpp"
#include "engine/base/pool.hpp"

namespace engine {

using Rank = std::int64_t;
using SideNumber = std::uint32_t;  // 2 * instrument + (0 for bids, 1 for asks)

// One side of one book. Half a cache line: both sides of a book share one.
struct BookSide {
    Rank best_rank = INT64_HIGHEST;
    Index best_page = NIL;
    Index tree_root = NIL;
    std::int64_t quantity = 0;  // of all its orders, lots
    std::uint32_t order_count = 0;
    std::uint32_t level_count = 0;
};
static_assert(sizeof(BookSide) == 32);

class PriceIndex {
  public:
    struct alignas(64) Page {
        std::int64_t key;      // rank >> 6
        std::uint64_t bitmap;  // ranks of the page that have a level
        Index next;            // page behind, by rank
        Index previous;
        Index block;  // of level indices; NIL while the page has had one level at most
        Index lone;   // the level, while block is NIL
        SideNumber side;
        Index next_free;
        std::uint32_t is_waiting;   // in the ring of emptied pages
        std::uint32_t is_unhashed;  // its hash segment was full: found through the tree
    };
    static_assert(sizeof(Page) == 64);

    BookSide& side(SideNumber number) {
        return sides_[number];
    }
    const BookSide& side(SideNumber number) const {
        return sides_[number];
    }

    void add_book();
    SideNumber side_count() const {
        return static_cast<SideNumber>(sides_.size());
    }
    // Room for `levels` more levels.
    void reserve(std::size_t levels);

    static std::uint32_t tag_of(SideNumber side, std::int64_t key) {
        const auto salt = static_cast<std::uint64_t>(side) * 0x9E3779B97F4A7C15ULL;
        return HashIndex::tag_of(mix(static_cast<std::uint64_t>(key) + salt));
    }

    ENGINE_INLINE Index find_page(SideNumber side, std::int64_t key) const {
        const Index page = hash_.find(tag_of(side, key), [&](Index candidate) {
            return pages_[candidate].key == key && pages_[candidate].side == side;
        });
        if (ENGINE_LIKELY(page != NIL || unhashed_ == 0)) return page;
        return find_in_tree(side, key);
    }

    // The page of a rank, made if there is none.
    ENGINE_INLINE Index page_for(SideNumber side, Rank rank) {
        const Index page = find_page(side, rank >> 6);
        if (ENGINE_LIKELY(page != NIL)) return page;
        return make_page(side, rank >> 6);
    }

    // The level at a rank of the page, or NIL.
    ENGINE_INLINE Index level_at(Index page_index, Rank rank) const {
        const Page& page = pages_[page_index];
        if ((page.bitmap >> (rank & 63) & 1) == 0) return NIL;
        return page.block == NIL ? page.lone : blocks_[page.block].levels[rank & 63];
    }

    Index find(SideNumber side, Rank rank) const {
        const Index page = find_page(side, rank >> 6);
        return page == NIL ? NIL : level_at(page, rank);
    }

    // REQUIRES: the rank has no level.
    ENGINE_INLINE void insert(Index page_index, Rank rank, Index level) {
        Page& page = pages_[page_index];
        const std::uint64_t bit = std::uint64_t{1} << (rank & 63);
        ENGINE_ASSERT((page.bitmap & bit) == 0);
        if (page.block == NIL) {
            if (page.bitmap == 0) {
                page.lone = level;
            } else {
                give_block(page);
            }
        }
        if (page.block != NIL) blocks_[page.block].levels[rank & 63] = level;
        page.bitmap |= bit;
        BookSide& at = sides_[page.side];
        at.level_count += 1;
        if (rank <= at.best_rank) {
            at.best_rank = rank;
            at.best_page = page_index;
        }
    }

    // REQUIRES: the rank has a level.
    ENGINE_INLINE void erase(Index page_index, Rank rank) {
        Page& page = pages_[page_index];
        const std::uint64_t bit = std::uint64_t{1} << (rank & 63);
        ENGINE_ASSERT((page.bitmap & bit) != 0);
        page.bitmap &= ~bit;
        sides_[page.side].level_count -= 1;
        if (page.bitmap == 0) retire(page_index);
    }

    // The best level of the side, or NIL; makes best_rank exact.
    ENGINE_INLINE Index best(BookSide& at) {
        while (at.best_page != NIL) {
            const Page& page = pages_[at.best_page];
            const Rank from = at.best_rank & 63;
            const std::uint64_t ahead = page.bitmap >> from;
            if (ENGINE_LIKELY(ahead != 0)) {
                const Rank within = from + std::countr_zero(ahead);
                at.best_rank = page.key * 64 + within;
                return page.block == NIL ? page.lone : blocks_[page.block].levels[within];
            }
            at.best_page = page.next;
            at.best_rank = page.next == NIL ? INT64_HIGHEST : pages_[page.next].key * 64;
        }
        return NIL;
    }

    // Walks the side from best to worst without changing anything.
    class Walk {
      public:
        Walk(const PriceIndex& index, SideNumber side)
            : index_(index), page_(index.sides_[side].best_page) {
            if (page_ != NIL) bits_ = index_.pages_[page_].bitmap;
        }
        // The next level, or NIL at the end.
        Index next();

      private:
        const PriceIndex& index_;
        Index page_;
        std::uint64_t bits_ = 0;
    };

    void prefetch_hash(std::uint32_t tag) const {
        ENGINE_PREFETCH(hash_.home(tag));
    }
    Index peek_page(std::uint32_t tag) const {
        return hash_.peek(tag);
    }
    void prefetch_page(Index page) const {
        ENGINE_PREFETCH(&pages_[page]);
    }
    void prefetch_slot(Index page, Rank rank) const {
        ENGINE_PREFETCH(&blocks_[pages_[page].block].levels[rank & 63]);
    }

    std::size_t memory_bytes() const;
    // Throws BrokenInvariant.
    void check_invariants() const;

  private:
    static constexpr std::uint32_t EMPTY_PAGES_KEPT = 1024;
    static constexpr Index LEAF = Index{1} << 31;

    struct Block {
        Index levels[64];
    };
    // A fork of a side's crit-bit tree: both subtrees agree on the bits of the key above `bit`.
    struct Fork {
        Index child[2];  // forks, or LEAF | page
        std::uint32_t bit;
        Index next_free;
    };

    ENGINE_NOINLINE Index make_page(SideNumber side, std::int64_t key);
    ENGINE_NOINLINE void free_page(Index page);
    ENGINE_NOINLINE void give_block(Page& page);
    Index find_in_tree(SideNumber side, std::int64_t key) const;
    Index leaf_near(Index root, std::uint64_t key) const;
    void link_into_tree(SideNumber side, Index page);
    void unlink_from_tree(SideNumber side, Index page);
    void retire(Index page);
    void check_side(SideNumber number) const;
    void check_tree(SideNumber number, std::size_t pages) const;

    static Index& next_free_page(Page& page) {
        return page.next_free;
    }
    static Index& next_free_block(Block& block) {
        return block.levels[0];
    }
    static Index& next_free_fork(Fork& fork) {
        return fork.next_free;
    }

    std::vector<BookSide> sides_;
    HashIndex hash_;
    Pool<Page, next_free_page> pages_;
    Pool<Block, next_free_block> blocks_;
    Pool<Fork, next_free_fork> forks_;
    std::array<Index, EMPTY_PAGES_KEPT> waiting_{};
    std::uint32_t waiting_next_ = 0;
    std::size_t unhashed_ = 0;
};

}  // namespace engine
