#include "engine/feed/picture.hpp"

#include "engine/base/assert.hpp"

namespace engine {

Index Picture::find_crowded(std::uint64_t order_id) const {
    const auto found = crowded_.find(order_id);
    return found == crowded_.end() ? NIL : found->second;
}

Index Picture::enter(std::uint64_t order_id, std::uint32_t side_number, std::int64_t price) {
    ENGINE_ASSERT(side_number < sides_.size());
    orders_.reserve(1);
    const std::uint64_t hash = mix(order_id);
    const auto hash_of = [&](Index held) { return mix(orders_[held].order_id); };
    const bool has_room = index_.make_room(hash, hash_of);
    const Index number = orders_.take();
    orders_[number] = ShownOrder{.order_id = order_id,
                                 .price = price,
                                 .quantity = 0,
                                 .peak = 0,
                                 .level = NIL,
                                 .previous = NIL,
                                 .next = NIL,
                                 .place = TOLD,
                                 .side_number = side_number,
                                 .standing = Standing::ENTERING,
                                 .is_hidden = false,
                                 .reserved = 0};
    if (ENGINE_LIKELY(has_room)) {
        index_.insert(hash, number);
    } else {
        crowded_[order_id] = number;
    }
    return number;
}

Index Picture::level_at(std::uint32_t side_number, std::int64_t price) {
    const std::uint64_t key = merit(side_of(side_number), price);
    return sides_[side_number].find_or_insert(key, [&] {
        levels_.reserve(1);
        const Index number = levels_.take();
        levels_[number] = ShownLevel{.price = price,
                                     .quantity = 0,
                                     .told_quantity = 0,
                                     .order_count = 0,
                                     .told_count = 0,
                                     .first = NIL,
                                     .last = NIL,
                                     .side_number = side_number,
                                     .is_touched = false};
        return number;
    });
}

void Picture::append(Index number) {
    const Index at = level_at(orders_[number].side_number, orders_[number].price);
    ShownOrder& order = orders_[number];
    ENGINE_ASSERT(order.standing == Standing::ENTERING);
    ENGINE_ASSERT(order.quantity > 0);
    ShownLevel& level = levels_[at];
    order.level = at;
    order.previous = level.last;
    order.next = NIL;
    (level.last == NIL ? level.first : orders_[level.last].next) = number;
    level.last = number;
    level.quantity += order.quantity;
    level.order_count += 1;
    order.standing = Standing::RESTING;
    touch(at);
}

void Picture::take_out(Index number) {
    ShownOrder& order = orders_[number];
    ENGINE_ASSERT(order.standing == Standing::RESTING);
    ShownLevel& level = levels_[order.level];
    ENGINE_ASSERT(level.order_count > 0);
    (order.previous == NIL ? level.first : orders_[order.previous].next) = order.next;
    (order.next == NIL ? level.last : orders_[order.next].previous) = order.previous;
    level.quantity -= order.quantity;
    level.order_count -= 1;
    order.standing = Standing::ENTERING;
    touch(order.level);
}

void Picture::forget_id(Index number) {
    ShownOrder& order = orders_[number];
    ENGINE_ASSERT(order.standing == Standing::ENTERING);
    order.standing = Standing::GONE;
    if (ENGINE_UNLIKELY(!crowded_.empty()) && crowded_.erase(order.order_id) != 0) return;
    index_.erase(mix(order.order_id), number);
}

void Picture::drop_level(Index number) {
    const ShownLevel& level = levels_[number];
    ENGINE_ASSERT(level.order_count == 0);
    ENGINE_ASSERT(level.quantity == 0);
    sides_[level.side_number].erase(merit(side_of(level.side_number), level.price));
    levels_.give(number);
}

void Picture::check_level(Index number, std::uint32_t side_number) const {
    const ShownLevel& level = levels_[number];
    ENGINE_ASSERT(level.side_number == side_number);
    ENGINE_ASSERT(level.order_count > 0);
    ENGINE_ASSERT(!level.is_touched);
    std::int64_t quantity = 0;
    std::uint32_t count = 0;
    Index previous = NIL;
    for (Index at = level.first; at != NIL; at = orders_[at].next) {
        const ShownOrder& order = orders_[at];
        ENGINE_ASSERT(order.standing == Standing::RESTING);
        ENGINE_ASSERT(order.level == number && order.previous == previous);
        ENGINE_ASSERT(order.price == level.price && order.place == TOLD);
        ENGINE_ASSERT(order.quantity > 0);
        ENGINE_ASSERT(find(order.order_id) == at);
        quantity += order.quantity;
        count += 1;
        previous = at;
    }
    ENGINE_ASSERT(level.last == previous);
    ENGINE_ASSERT(level.quantity == quantity && level.order_count == count);
    ENGINE_ASSERT(level.told_quantity == quantity && level.told_count == count);
}

void Picture::check() const {
    std::size_t orders = 0;
    std::size_t levels = 0;
    for (std::uint32_t number = 0; number < sides_.size(); number++) {
        bool has_better = false;
        std::uint64_t better = 0;
        sides_[number].walk(~std::size_t{0}, [&](Index at) {
            check_level(at, number);
            const std::uint64_t key = merit(side_of(number), levels_[at].price);
            ENGINE_ASSERT(!has_better || key < better);
            has_better = true;
            better = key;
            orders += levels_[at].order_count;
            levels += 1;
        });
    }
    ENGINE_ASSERT(orders == orders_.live());
    ENGINE_ASSERT(levels == levels_.live());
    ENGINE_ASSERT(index_.size() + crowded_.size() == orders);
}

}  // namespace engine
