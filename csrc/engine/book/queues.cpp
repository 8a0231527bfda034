#include "engine/book/queues.hpp"

#include "engine/types/limits.hpp"

namespace engine {

// A fresh block of empty queues.
Link Queues::make_block() {
    level_links_ += LEVELS_PER_BLOCK * LINKS_PER_LEVEL;
    ENGINE_ASSERT(level_links_ <= links_.front());
    ENGINE_ASSERT(level_links_ < LEVELS_MAX * LINKS_PER_LEVEL);
    const Link first = -static_cast<Link>(level_links_);
    for (Link i = 0; i < LEVELS_PER_BLOCK; i++) {
        const Link number = first + i * LINKS_PER_LEVEL;
        level(number) = {{number, number}, 0, 0, NIL, 0, 0};
    }
    return first;
}

Link Queues::take_block() {
    live_levels_ += LEVELS_PER_BLOCK;
    if (free_block_ == NIL) return make_block();
    const Link block = free_block_;
    free_block_ = static_cast<Link>(level(block).page);
    return block;
}

void Queues::give_block(Link first) {
    level(first).page = static_cast<Index>(free_block_);
    free_block_ = first;
    live_levels_ -= LEVELS_PER_BLOCK;
}

Link Queues::take_lone() {
    live_levels_ += 1;
    if (free_lone_ == NIL) {
        const Link block = make_block();
        for (Link i = LEVELS_PER_BLOCK; i-- > 0;) {
            const Link number = block + i * LINKS_PER_LEVEL;
            level(number).page = static_cast<Index>(free_lone_);
            free_lone_ = number;
        }
    }
    const Link lone = free_lone_;
    free_lone_ = static_cast<Link>(level(lone).page);
    return lone;
}

void Queues::give_lone(Link lone) {
    ENGINE_ASSERT(first(lone) == lone);
    ENGINE_ASSERT(level(lone).order_count == 0);
    level(lone).page = static_cast<Index>(free_lone_);
    free_lone_ = lone;
    live_levels_ -= 1;
}

}  // namespace engine
