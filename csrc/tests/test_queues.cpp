// Queues of orders against lists: first in, first out, with removal from anywhere and levels that
// move.
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <utility>
#include <vector>

#include "check.hpp"
#include "engine/book/queues.hpp"

namespace {

using engine::Index;
using engine::LEVELS_PER_BLOCK;
using engine::NIL;
using engine::Queues;

constexpr Index ORDERS = 400;

void agrees(const Queues& queues, Index level, const std::list<Index>& expected) {
    Index link = queues.first(level);
    for (const Index order : expected) {
        CHECK_EQUAL(link, order);
        link = queues.at(link).next;
    }
    CHECK_EQUAL(link, Queues::LEVEL | level);
    for (auto order = expected.rbegin(); order != expected.rend(); ++order) {
        link = queues.at(link).previous;
        CHECK_EQUAL(link, *order);
    }
    CHECK_EQUAL(queues.last(level), expected.empty() ? Queues::LEVEL | level : expected.back());
}

}  // namespace

TEST("appending, prepending, removing and moving: the same as lists") {
    check::Random random(1);
    Queues queues;
    queues.reserve(0, ORDERS, 8);
    std::map<Index, std::list<Index>> lists;
    for (int i = 0; i < 6; i++) lists[queues.take_lone()];
    std::vector<Index> loose;
    for (Index order = 1; order < ORDERS; order++) loose.push_back(order);
    for (int step = 0; step < 60'000; step++) {
        auto at = std::next(lists.begin(), static_cast<std::ptrdiff_t>(random.below(lists.size())));
        auto& [level, list] = *at;
        const std::uint64_t what = random.below(100);
        if (what < 50 && !loose.empty()) {
            const Index order = loose.back();
            loose.pop_back();
            if (what < 40) {
                queues.append(level, order);
                list.push_back(order);
            } else {
                queues.prepend(level, order);
                list.push_front(order);
            }
        } else if (what < 98 && !list.empty()) {
            const auto gone =
                std::next(list.begin(), static_cast<std::ptrdiff_t>(random.below(list.size())));
            queues.remove(*gone);
            loose.push_back(*gone);
            list.erase(gone);
        } else if (!list.empty()) {
            queues.reserve(0, ORDERS, 8);
            const Index target = queues.take_lone();
            queues.totals(level) = {static_cast<std::int64_t>(list.size()), 1, NIL};
            queues.move(level, target);
            CHECK_EQUAL(queues.totals(target).quantity, static_cast<std::int64_t>(list.size()));
            agrees(queues, level, {});
            queues.give_lone(level);
            lists[target] = std::move(list);
            lists.erase(at);
        }
        if (step % 16 == 0) {
            for (const auto& [number, expected] : lists) agrees(queues, number, expected);
        }
    }
}

TEST("levels, alone and in blocks, are given out once, empty, and again after they came back") {
    check::Random random(2);
    Queues queues;
    std::map<Index, Index> out;  // first level and how many
    std::size_t live = 0;
    for (int step = 0; step < 20'000; step++) {
        queues.reserve(0, 1, 1);
        const bool is_lone = random.below(2) == 0;
        if (random.below(100) < 51 || out.empty()) {
            const Index first = is_lone ? queues.take_lone() : queues.take_block();
            const Index count = is_lone ? 1 : LEVELS_PER_BLOCK;
            for (Index level = first; level < first + count; level++) agrees(queues, level, {});
            const auto next = out.lower_bound(first);
            CHECK(next == out.end() || first + count <= next->first);
            CHECK(next == out.begin() || std::prev(next)->first + std::prev(next)->second <= first);
            CHECK(first != NIL);
            out[first] = count;
            live += count;
        } else {
            const auto gone =
                std::next(out.begin(), static_cast<std::ptrdiff_t>(random.below(out.size())));
            if (gone->second == 1) {
                queues.give_lone(gone->first);
            } else {
                queues.give_block(gone->first);
            }
            live -= gone->second;
            out.erase(gone);
        }
        CHECK_EQUAL(queues.live_levels(), live);
    }
}
