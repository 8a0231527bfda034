// Levels by price and the best price, against std::map, over prices that are near, far, and at the
// ends of 64 bits.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>

#include "check.hpp"
#include "engine/book/books.hpp"
#include "engine/book/price_index.hpp"

namespace {

using engine::Index;
using engine::INT64_HIGHEST;
using engine::INT64_LOWEST;
using engine::NIL;
using engine::PriceIndex;
using engine::Rank;
using engine::SideNumber;

// The index and the map that says what it must hold, for one side.
class Pair {
  public:
    Pair(PriceIndex& index, SideNumber side) : index_(index), side_(side) {}

    void toggle(Rank rank) {
        const auto found = levels_.find(rank);
        CHECK_EQUAL(index_.find(side_, rank), found == levels_.end() ? NIL : found->second);
        if (found == levels_.end()) {
            insert(rank);
        } else {
            erase(rank);
        }
    }
    void insert(Rank rank) {
        index_.reserve(1);
        const Index page = index_.page_for(side_, rank);
        CHECK_EQUAL(index_.level_at(page, rank), NIL);
        const Index level = ++level_last_;
        index_.insert(page, rank, level);
        levels_.emplace(rank, level);
    }
    void erase(Rank rank) {
        index_.erase(index_.find_page(side_, rank >> 6), rank);
        levels_.erase(rank);
        CHECK_EQUAL(index_.find(side_, rank), NIL);
    }
    void erase_best() {
        erase(levels_.begin()->first);
    }

    void best_agrees() const {
        const Index best = index_.best(index_.side(side_));
        CHECK_EQUAL(best, levels_.empty() ? NIL : levels_.begin()->second);
        if (!levels_.empty()) CHECK_EQUAL(index_.side(side_).best_rank, levels_.begin()->first);
    }
    void all_agrees() const {
        index_.check_invariants();
        CHECK_EQUAL(std::size_t{index_.side(side_).level_count}, levels_.size());
        PriceIndex::Walk walk(index_, side_);
        for (const auto& [rank, level] : levels_) CHECK_EQUAL(walk.next(), level);
        CHECK_EQUAL(walk.next(), NIL);
        CHECK_EQUAL(walk.next(), NIL);
    }

    const std::map<Rank, Index>& levels() const {
        return levels_;
    }

  private:
    PriceIndex& index_;
    SideNumber side_;
    std::map<Rank, Index> levels_;
    Index level_last_ = 0;
};

// Random inserts and erases on two sides of one index, over the ranks that `rank_of` numbers.
template <class RankOf>
void agrees_with_a_map(std::uint64_t seed, std::uint64_t domain, int steps, RankOf rank_of) {
    check::Random random(seed);
    PriceIndex index;
    index.add_book();
    Pair sides[] = {Pair(index, 0), Pair(index, 1)};
    for (int step = 0; step < steps; step++) {
        Pair& side = sides[random.below(2)];
        side.toggle(rank_of(random.below(domain)));
        if (random.below(8) == 0 && !side.levels().empty()) side.erase_best();
        // Not always: between two questions the best may only be known conservatively.
        if (random.below(3) == 0) side.best_agrees();
        if (step % 256 == 0) side.all_agrees();
    }
    for (Pair& side : sides) {
        while (!side.levels().empty()) {
            side.erase_best();
            side.best_agrees();
        }
        side.all_agrees();
    }
}

}  // namespace

TEST("a few prices in one page: the same as a map") {
    agrees_with_a_map(1, 8, 40'000, [](std::uint64_t i) { return static_cast<Rank>(i) - 4; });
}

TEST("prices over some pages: the same as a map") {
    agrees_with_a_map(2, 600, 60'000, [](std::uint64_t i) { return static_cast<Rank>(i) - 300; });
}

TEST("prices in strides of every power of two: the same as a map") {
    for (unsigned shift = 0; shift <= 57; shift += 3) {
        agrees_with_a_map(shift, 100, 4'000, [=](std::uint64_t i) {
            return (static_cast<Rank>(i) - 50) * (Rank{1} << shift);
        });
    }
}

TEST("random 64-bit prices, one to a page, more pages than are kept: the same as a map") {
    agrees_with_a_map(3, 5'000, 40'000,
                      [](std::uint64_t i) { return static_cast<Rank>(engine::mix(i)); });
}

TEST("the ends of 64 bits and zero are prices like any other") {
    const Rank edges[] = {
        INT64_LOWEST, INT64_LOWEST + 1,   INT64_LOWEST + 64, -65,          -64, -1, 0, 1, 63,
        64,           INT64_HIGHEST - 64, INT64_HIGHEST - 1, INT64_HIGHEST};
    agrees_with_a_map(4, std::size(edges), 30'000, [&](std::uint64_t i) { return edges[i]; });
}

TEST("a price that flickers makes no new page") {
    PriceIndex index;
    index.add_book();
    Pair side(index, 0);
    side.toggle(1000);
    const std::size_t before = index.memory_bytes();
    for (int i = 0; i < 100'000; i++) side.toggle(1000 + (i % 2) * 64);
    side.all_agrees();
    CHECK(index.memory_bytes() <= before + 1024);
}

TEST("prices that wander for ever take bounded memory") {
    PriceIndex index;
    index.add_book();
    Pair side(index, 0);
    std::size_t warm = 0;
    for (Rank rank = 0; rank < 200'000; rank++) {
        side.insert(rank * 64);
        side.insert(rank * 64 + 1);
        if (rank >= 10) {
            side.erase((rank - 10) * 64);
            side.erase((rank - 10) * 64 + 1);
        }
        if (rank == 20'000) warm = index.memory_bytes();
    }
    side.best_agrees();
    side.all_agrees();
    CHECK_EQUAL(index.memory_bytes(), warm);
}

TEST("a lone price far from the market takes at most 200 bytes") {
    PriceIndex index;
    index.add_book();
    constexpr std::size_t COUNT = 20'000;
    index.reserve(COUNT);
    const std::size_t before = index.memory_bytes();
    for (std::size_t i = 1; i <= COUNT; i++) {
        const auto rank = static_cast<Rank>(engine::mix(i));
        index.insert(index.page_for(0, rank), rank, static_cast<Index>(i));
    }
    index.check_invariants();
    CHECK(index.memory_bytes() - before <= COUNT * 200);
}

TEST("sides of many books do not see each other") {
    PriceIndex index;
    constexpr SideNumber SIDES = 200;
    for (SideNumber side = 0; side < SIDES; side += 2) index.add_book();
    index.reserve(SIDES * 2);
    for (SideNumber side = 0; side < SIDES; side++) {
        for (const Rank rank : {Rank{5}, Rank{5000}}) {
            index.insert(index.page_for(side, rank), rank,
                         static_cast<Index>(1 + 2 * side + (rank == 5 ? 0 : 1)));
        }
    }
    index.check_invariants();
    for (SideNumber side = 0; side < SIDES; side++) {
        CHECK_EQUAL(index.find(side, 5), Index{1 + 2 * side});
        CHECK_EQUAL(index.find(side, 5000), Index{2 + 2 * side});
        CHECK_EQUAL(index.find(side, 6), NIL);
        CHECK_EQUAL(index.best(index.side(side)), Index{1 + 2 * side});
    }
}

TEST("a rank turns bids around without an overflow and turns back into its price") {
    const std::int64_t prices[] = {INT64_LOWEST, -1, 0, 1, INT64_HIGHEST};
    for (std::size_t i = 0; i < std::size(prices); i++) {
        for (const SideNumber side : {0U, 1U, 6U, 7U}) {
            const Rank rank = engine::rank_of(side, prices[i]);
            CHECK_EQUAL(engine::rank_of(side, rank), prices[i]);
            if (i == 0) continue;
            const bool is_buy = engine::side_of(side) == engine::Side::BUY;
            CHECK_EQUAL(rank < engine::rank_of(side, prices[i - 1]), is_buy);
        }
    }
}
