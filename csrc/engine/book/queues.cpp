#include "engine/book/queues.hpp"

namespace engine {

// A fresh block of empty queues.
Index Queues::make_block() {
    const auto first = static_cast<Index>(level_end_);
    ENGINE_ASSERT(level_end_ + LEVELS_PER_BLOCK <= level_links_.capacity());
    ENGINE_ASSERT(level_end_ + LEVELS_PER_BLOCK <= totals_.capacity());
    level_end_ += LEVELS_PER_BLOCK;
    ENGINE_ASSERT(level_end_ <= LEVEL);
    for (Index level = first; level < first + LEVELS_PER_BLOCK; level++) {
        level_links_[level] = {LEVEL | level, LEVEL | level};
        totals_[level] = {0, 0, NIL};
    }
    return first;
}

Index Queues::take_block() {
    live_levels_ += LEVELS_PER_BLOCK;
    if (free_block_ == NIL) return make_block();
    const Index first = free_block_;
    free_block_ = totals_[first].next_free;
    return first;
}

void Queues::give_block(Index first) {
    totals_[first].next_free = free_block_;
    free_block_ = first;
    live_levels_ -= LEVELS_PER_BLOCK;
}

Index Queues::take_lone() {
    live_levels_ += 1;
    if (free_lone_ == NIL) {
        const Index first = make_block();
        for (Index level = first + LEVELS_PER_BLOCK; level-- > first;) {
            totals_[level].next_free = free_lone_;
            free_lone_ = level;
        }
    }
    const Index level = free_lone_;
    free_lone_ = totals_[level].next_free;
    return level;
}

void Queues::give_lone(Index level) {
    ENGINE_ASSERT(first(level) == (LEVEL | level));
    ENGINE_ASSERT(totals_[level].order_count == 0);
    totals_[level].next_free = free_lone_;
    free_lone_ = level;
    live_levels_ -= 1;
}

void Queues::move(Index from, Index to) {
    ENGINE_ASSERT(first(to) == (LEVEL | to));
    ENGINE_ASSERT(totals_[from].order_count > 0);
    const Links links = level_links_[from];
    level_links_[to] = links;
    at(links.next).previous = LEVEL | to;
    at(links.previous).next = LEVEL | to;
    level_links_[from] = {LEVEL | from, LEVEL | from};
    totals_[to] = totals_[from];
    totals_[from] = {0, 0, NIL};
}

}  // namespace engine
