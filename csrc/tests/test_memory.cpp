// Arrays that grow in place and the pools that stand on them.
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "check.hpp"
#include "engine/base/array.hpp"
#include "engine/base/pool.hpp"
#include "engine/base/two_way_array.hpp"

namespace {

using engine::Array;
using engine::Index;
using engine::NIL;

// Three sizes: one that divides a page, one that does not, one larger than a page.
template <std::size_t Words>
struct Record {
    std::uint64_t words[Words];
};

template <std::size_t Words>
void grows_and_keeps_content(std::size_t count_max) {
    Array<Record<Words>> array;
    CHECK_EQUAL(array.capacity(), std::size_t{0});
    std::size_t written = 0;
    for (std::size_t count = 1; count <= count_max; count = count * 3 / 2 + 1) {
        if (count > written) array.reserve(written, count - written);
        CHECK(array.capacity() >= count);
        for (std::size_t i = 0; i < written; i++) {
            CHECK_EQUAL(array[i].words[0], i);
            CHECK_EQUAL(array[i].words[Words - 1], ~i);
        }
        for (std::size_t i = written; i < array.capacity(); i++) {
            for (const std::uint64_t word : array[i].words) CHECK_EQUAL(word, std::uint64_t{0});
            array[i].words[0] = i;
            array[i].words[Words - 1] = ~i;
        }
        written = array.capacity();
    }
}

struct Slot {
    std::uint64_t content;
    Index next_free;
};

Index& next_free(Slot& slot) {
    return slot.next_free;
}

}  // namespace

TEST("an array grows past a huge page and keeps what was written, zeros behind it") {
    grows_and_keeps_content<2>(600'000);
    grows_and_keeps_content<3>(400'000);
    grows_and_keeps_content<700>(2'000);
}

TEST("arrays that grow in turn do not touch each other") {
    std::vector<Array<std::uint64_t>> arrays(5);
    for (std::size_t count = 512; count <= 512 * 1024; count *= 2) {
        for (std::size_t a = 0; a < arrays.size(); a++) {
            const std::size_t before = arrays[a].capacity();
            if (count > before) arrays[a].reserve(before, count - before);
            for (std::size_t i = before; i < arrays[a].capacity(); i++) arrays[a][i] = i * 8 + a;
        }
    }
    for (std::size_t a = 0; a < arrays.size(); a++) {
        for (std::size_t i = 0; i < arrays[a].capacity(); i++) {
            CHECK_EQUAL(arrays[a][i], i * 8 + a);
        }
    }
}

TEST("room that is there is not made again") {
    Array<std::uint64_t> array;
    array.reserve(0, 100);
    const std::uint64_t* const before = array.data();
    array.reserve(0, array.capacity());
    array.reserve(array.capacity(), 0);
    CHECK(array.data() == before);
}

TEST("a pool gives out each index once, never 0, the last returned first") {
    engine::Pool<Slot, next_free> pool;
    pool.reserve(1000);
    std::set<Index> out;
    for (int i = 0; i < 1000; i++) CHECK(out.insert(pool.take()).second);
    CHECK(!out.contains(NIL));
    CHECK_EQUAL(pool.live(), std::size_t{1000});
    pool.give(17);
    pool.give(400);
    CHECK_EQUAL(pool.take(), Index{400});
    CHECK_EQUAL(pool.take(), Index{17});
    CHECK_EQUAL(pool.live(), std::size_t{1000});
}

TEST("a pool under random use counts what is out and never doubles an index") {
    engine::Pool<Slot, next_free> pool;
    check::Random random(1);
    std::vector<Index> out;
    for (int step = 0; step < 200'000; step++) {
        if (out.empty() || random.below(100) < 52) {
            pool.reserve(1);
            const Index index = pool.take();
            pool[index].content = index;
            out.push_back(index);
        } else {
            const std::size_t at = random.below(out.size());
            CHECK_EQUAL(pool[out[at]].content, std::uint64_t{out[at]});
            pool[out[at]].content = 0;
            pool.give(out[at]);
            out[at] = out.back();
            out.pop_back();
        }
        CHECK_EQUAL(pool.live(), out.size());
    }
    CHECK_EQUAL(std::set<Index>(out.begin(), out.end()).size(), out.size());
}

TEST("arrays of every size around a huge page grow and keep what they hold") {
    constexpr std::size_t MIB = std::size_t{1} << 20;
    for (std::size_t size = MIB - 3 * 4096; size <= MIB + 2 * 4096; size += 512) {
        engine::Array<std::uint64_t> array;
        const std::size_t count = size / sizeof(std::uint64_t);
        array.reserve(0, 16);
        array[7] = size;
        array.reserve(16, count - 16);
        array[count - 1] = size;
        array.reserve(count, 2 * count);
        CHECK_EQUAL(array[7], size);
        CHECK_EQUAL(array[count - 1], size);
        CHECK_EQUAL(array[array.capacity() - 1], std::uint64_t{0});
    }
}

TEST("taking from a pool without room is a broken invariant") {
    engine::Pool<Slot, next_free> pool;
    CHECK_THROWS(engine::BrokenInvariant, pool.take());
    CHECK_THROWS(engine::BrokenInvariant, pool.give(NIL));
}

TEST("a two-way array grows at either end past a huge page and keeps what was written") {
    check::Random random(3);
    engine::TwoWayArray<std::uint64_t> array;
    std::size_t front = 0;
    std::size_t back = 0;
    const auto expected = [](std::int32_t at) { return static_cast<std::uint64_t>(at) * 3 + 1; };
    while (front + back < 1'500'000) {
        const std::size_t more_front = random.below(2) * (front / 3 + 10);
        const std::size_t more_back = random.below(2) * (back / 3 + 10);
        array.reserve(front + more_front, back + more_back, front + back);
        CHECK(array.front() >= front + more_front);
        CHECK(array.back() >= back + more_back);
        const auto first = -static_cast<std::int32_t>(front);
        const auto end = static_cast<std::int32_t>(back);
        for (std::int32_t at = first; at < end; at++) CHECK_EQUAL(array[at], expected(at));
        front = array.front();
        back = array.back();
        for (auto at = -static_cast<std::int32_t>(front); at < first; at++) {
            CHECK_EQUAL(array[at], std::uint64_t{0});
            array[at] = expected(at);
        }
        for (std::int32_t at = end; at < static_cast<std::int32_t>(back); at++) {
            CHECK_EQUAL(array[at], std::uint64_t{0});
            array[at] = expected(at);
        }
    }
}
