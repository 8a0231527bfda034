// Levels by price and the best price, against std::map, over prices that are near, far, and at the
// ends of 64 bits.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <vector>

#include "check.hpp"
#include "engine/book/books.hpp"
#include "engine/book/price_index.hpp"

namespace {

using engine::Index;
using engine::INT64_HIGHEST;
using engine::INT64_LOWEST;
using engine::Link;
using engine::NIL;
using engine::PriceIndex;
using engine::Queues;
using engine::Rank;
using engine::SideNumber;

// The index and the map that says what it must hold, for one side. At each rank stands one order of
// its own, so that a level is seen to keep its queue and its totals.
class Pair {
  public:
    Pair(Queues& queues, PriceIndex& index, SideNumber side)
        : queues_(queues), index_(index), side_(side) {}

    void toggle(Rank rank) {
        Link level = NIL;
        CHECK_EQUAL(index_.find(side_, rank, &level), levels_.contains(rank));
        if (levels_.contains(rank)) {
            holds(level, levels_.at(rank));
            erase(rank);
        } else {
            insert(rank);
        }
    }
    void insert(Rank rank) {
        const Link order = take_order();
        queues_.reserve(static_cast<std::size_t>(order), 1, 1);
        index_.reserve(1);
        const Link level = index_.occupy(side_, rank);
        CHECK_EQUAL(queues_.first(level), level);
        CHECK_EQUAL(queues_.level(level).order_count, 0U);
        queues_.append(level, order);
        queues_.level(level).quantity = std::int64_t{order} * 3;
        queues_.level(level).order_count = 1;
        levels_.emplace(rank, order);
    }
    void erase(Rank rank) {
        index_.vacate(emptied(rank), true);
        gone(rank);
    }
    void erase_best() {
        erase(levels_.begin()->first);
    }
    // The best so many at once.
    void erase_front(std::size_t count) {
        for (std::size_t i = 0; i < count && !levels_.empty(); i++) {
            const Rank rank = levels_.begin()->first;
            index_.unmark(emptied(rank));
            levels_.erase(rank);
        }
        index_.drop_front(side_);
    }

    void best_agrees() const {
        engine::BookSide& side = index_.side(side_);
        const engine::Link level = index_.best(side);
        CHECK_EQUAL(level == NIL, levels_.empty());
        if (level == NIL) return;
        const auto& [rank, order] = *levels_.begin();
        CHECK_EQUAL(side.best_rank, rank);
        holds(level, order);
        CHECK_EQUAL(index_.find_best(side), level);
    }
    void all_agrees() const {
        index_.check_invariants(0);
        CHECK_EQUAL(index_.level_count(side_, SIZE_MAX), levels_.size());
        PriceIndex::Walk walk(index_, side_);
        PriceIndex::Place place;
        for (const auto& [rank, order] : levels_) {
            CHECK(walk.next(&place));
            CHECK_EQUAL(place.rank, rank);
            holds(place.level, order);
        }
        CHECK(!walk.next(&place));
        CHECK(!walk.next(&place));
        for (const auto& [worst, order] : levels_) {
            if (order % 16 == 0) reaches_to(worst);
        }
        reaches_to(INT64_LOWEST);
        reaches_to(INT64_HIGHEST);
    }
    // The levels down to a rank are those of the map.
    void reaches_to(Rank worst) const {
        std::vector<PriceIndex::Place> places;
        index_.levels_to(side_, worst, &places);
        auto next = levels_.begin();
        for (const PriceIndex::Place& place : places) {
            CHECK(next != levels_.end());
            CHECK_EQUAL(place.rank, next->first);
            CHECK_EQUAL(index_.page(place.page).level_at(place.rank), place.level);
            holds(place.level, next->second);
            ++next;
        }
        CHECK(next == levels_.upper_bound(worst));
    }

    const std::map<Rank, Link>& levels() const {
        return levels_;
    }

  private:
    // The level of a rank, whose order has gone.
    const engine::PriceLevel& emptied(Rank rank) {
        Link link = NIL;
        CHECK(index_.find(side_, rank, &link));
        const Link order = levels_.at(rank);
        queues_.remove(order);
        engine::PriceLevel& level = queues_.level(link);
        level.quantity = 0;
        level.order_count = 0;
        free_.push_back(order);
        return level;
    }
    void gone(Rank rank) {
        Link link = NIL;
        levels_.erase(rank);
        CHECK(!index_.find(side_, rank, &link));
    }
    // Sides share the queues, so each side takes the order numbers of its own residue.
    Link take_order() {
        if (free_.empty()) return static_cast<Link>(1 + side_) + 256 * orders_made_++;
        const Link order = free_.back();
        free_.pop_back();
        return order;
    }
    void holds(Link level, Link order) const {
        CHECK_EQUAL(queues_.first(level), order);
        CHECK_EQUAL(queues_.last(level), order);
        CHECK_EQUAL(queues_.level(level).quantity, std::int64_t{order} * 3);
    }

    Queues& queues_;
    PriceIndex& index_;
    SideNumber side_;
    std::map<Rank, Link> levels_;
    std::vector<Link> free_;
    Link orders_made_ = 0;
};

// An index of one book, with the queues that it needs.
struct Fixture {
    Queues queues;
    PriceIndex index{queues};

    Fixture() {
        index.add_book();
    }
    Pair side(SideNumber number) {
        return Pair(queues, index, number);
    }
    std::size_t memory_bytes() const {
        return queues.memory_bytes(0) + index.memory_bytes();
    }
};

// Random inserts and erases on two sides of one index, over the ranks that `rank_of` numbers.
template <class RankOf>
void agrees_with_a_map(std::uint64_t seed, std::uint64_t domain, int steps, RankOf rank_of) {
    check::Random random(seed);
    Fixture fixture;
    Pair sides[] = {fixture.side(0), fixture.side(1)};
    for (int step = 0; step < steps; step++) {
        Pair& side = sides[random.below(2)];
        side.toggle(rank_of(random.below(domain)));
        if (random.below(8) == 0 && !side.levels().empty()) side.erase_best();
        if (random.below(32) == 0) side.erase_front(random.below(side.levels().size() / 2 + 2));
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
    Fixture fixture;
    Pair side = fixture.side(0);
    side.toggle(1000);
    side.toggle(1064);
    const std::size_t before = fixture.memory_bytes();
    for (int i = 0; i < 100'000; i++) side.toggle(1000 + (i % 2) * 64);
    side.all_agrees();
    CHECK_EQUAL(fixture.memory_bytes(), before);
}

TEST("prices that wander for ever take bounded memory") {
    Fixture fixture;
    Pair side = fixture.side(0);
    std::size_t warm = 0;
    for (Rank rank = 0; rank < 200'000; rank++) {
        side.insert(rank * 64);
        side.insert(rank * 64 + 1);
        if (rank >= 10) {
            side.erase((rank - 10) * 64);
            side.erase((rank - 10) * 64 + 1);
        }
        if (rank == 20'000) warm = fixture.memory_bytes();
    }
    side.best_agrees();
    side.all_agrees();
    CHECK_EQUAL(fixture.memory_bytes(), warm);
}

TEST("an auction's prices that go at once leave no page behind") {
    Fixture fixture;
    Pair side = fixture.side(0);
    std::size_t warm = 0;
    for (int day = 0; day < 5; day++) {
        for (Rank i = 0; i < 5'000; i++) side.insert(static_cast<Rank>(engine::mix(i) >> 1));
        side.erase_front(4'000);
        side.all_agrees();
        side.erase_front(1'000);
        side.all_agrees();
        if (day == 0) warm = fixture.memory_bytes();
        CHECK_EQUAL(fixture.memory_bytes(), warm);
    }
}

TEST("two neighbouring prices take at most 300 bytes each, three in a row fewer") {
    constexpr std::size_t COUNT = 10'000;
    std::size_t bytes[4] = {};
    for (std::size_t prices = 2; prices <= 3; prices++) {
        Fixture fixture;
        Pair side = fixture.side(0);
        for (std::size_t i = 1; i <= COUNT; i++) {
            const Rank rank = static_cast<Rank>(i) << 20;
            for (std::size_t at = 0; at < prices; at++) side.insert(rank + static_cast<Rank>(at));
        }
        side.all_agrees();
        bytes[prices] = fixture.memory_bytes() / (COUNT * prices);
    }
    CHECK(bytes[2] <= 300);
    CHECK(bytes[3] < bytes[2]);
}

TEST("a lone price far from the market takes at most 200 bytes") {
    Fixture fixture;
    Pair side = fixture.side(0);
    constexpr std::size_t COUNT = 20'000;
    for (std::size_t i = 1; i <= COUNT; i++) side.insert(static_cast<Rank>(engine::mix(i)));
    side.all_agrees();
    CHECK(fixture.memory_bytes() <= COUNT * 200);
}

TEST("sides of many books do not see each other") {
    Fixture fixture;
    std::vector<Pair> sides;
    for (SideNumber number = 0; number < 200; number++) {
        if (number >= 2 && number % 2 == 0) fixture.index.add_book();
        sides.push_back(fixture.side(number));
    }
    check::Random random(6);
    for (int step = 0; step < 20'000; step++) {
        Pair& side = sides[random.below(sides.size())];
        side.toggle(random.between(-2, 2) * 1000);
        side.best_agrees();
    }
    for (const Pair& side : sides) side.all_agrees();
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
