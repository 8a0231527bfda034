// Queues of orders against lists: first in, first out, with removal from anywhere.
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <utility>
#include <vector>

#include "check.hpp"
#include "engine/book/queues.hpp"

namespace {

using engine::LEVELS_PER_BLOCK;
using engine::Link;
using engine::LINKS_PER_LEVEL;
using engine::Queues;

constexpr Link ORDERS = 400;

void agrees(const Queues& queues, Link level, const std::list<Link>& expected) {
    Link link = queues.first(level);
    for (const Link order : expected) {
        CHECK_EQUAL(link, order);
        link = queues.at(link).next;
    }
    CHECK_EQUAL(link, level);
    for (auto order = expected.rbegin(); order != expected.rend(); ++order) {
        link = queues.at(link).previous;
        CHECK_EQUAL(link, *order);
    }
    CHECK_EQUAL(queues.last(level), expected.empty() ? level : expected.back());
}

}  // namespace

TEST("appending, prepending and removing while room is made: the same as lists") {
    check::Random random(1);
    Queues queues;
    queues.reserve(0, ORDERS, 8);
    std::map<Link, std::list<Link>> lists;
    for (int i = 0; i < 6; i++) lists[queues.take_lone()];
    std::vector<Link> loose;
    for (Link order = 1; order < ORDERS; order++) loose.push_back(order);
    std::size_t prices = 8;
    for (int step = 0; step < 60'000; step++) {
        auto at = std::next(lists.begin(), static_cast<std::ptrdiff_t>(random.below(lists.size())));
        auto& [level, list] = *at;
        const std::uint64_t what = random.below(100);
        if (what < 50 && !loose.empty()) {
            const Link order = loose.back();
            loose.pop_back();
            if (what < 40) {
                queues.append(level, order);
                list.push_back(order);
            } else {
                queues.prepend(level, order);
                list.push_front(order);
            }
        } else if (what < 99 && !list.empty()) {
            const auto gone =
                std::next(list.begin(), static_cast<std::ptrdiff_t>(random.below(list.size())));
            queues.remove(*gone);
            loose.push_back(*gone);
            list.erase(gone);
        } else if (prices < 100'000) {
            // Both ends grow, and what is linked moves in memory.
            prices += prices / 4;
            queues.reserve(ORDERS, prices, prices);
        }
        if (step % 16 == 0) {
            for (const auto& [number, expected] : lists) agrees(queues, number, expected);
        }
    }
    CHECK(prices >= 100'000);
}

TEST("levels, alone and in blocks, are given out once, empty, and again after they came back") {
    check::Random random(2);
    Queues queues;
    std::map<Link, Link> out;  // first level, and the end of what was given out with it
    std::size_t live = 0;
    for (int step = 0; step < 20'000; step++) {
        queues.reserve(0, 1, 1);
        const bool is_lone = random.below(2) == 0;
        if (random.below(100) < 51 || out.empty()) {
            const Link first = is_lone ? queues.take_lone() : queues.take_block();
            const Link count = is_lone ? 1 : LEVELS_PER_BLOCK;
            const Link end = first + count * LINKS_PER_LEVEL;
            for (Link level = first; level < end; level += LINKS_PER_LEVEL) {
                CHECK(Queues::is_level(level));
                agrees(queues, level, {});
            }
            const auto next = out.lower_bound(first);
            CHECK(next == out.end() || end <= next->first);
            CHECK(next == out.begin() || std::prev(next)->second <= first);
            out[first] = end;
            live += static_cast<std::size_t>(count);
        } else {
            const auto gone =
                std::next(out.begin(), static_cast<std::ptrdiff_t>(random.below(out.size())));
            const Link count = (gone->second - gone->first) / LINKS_PER_LEVEL;
            if (count == 1) {
                queues.give_lone(gone->first);
            } else {
                queues.give_block(gone->first);
            }
            live -= static_cast<std::size_t>(count);
            out.erase(gone);
        }
        CHECK_EQUAL(queues.live_levels(), live);
    }
}
