#include "engine/matching/triggers.hpp"

#include <algorithm>

#include "engine/matching/plan.hpp"
#include "engine/types/limits.hpp"
#include "engine/types/planted.hpp"

namespace engine {

namespace {

// The distance of a trailing order at a price: its offset, or its rate of the size of the price,
// rounded up to a tick.
std::int64_t distance_of(const Details& details, bool is_rate, std::int64_t price) {
    if (!is_rate) return details.offset;
    const auto bits = static_cast<std::uint64_t>(price);
    const std::uint64_t size = price < 0 ? 0 - bits : bits;
    const auto rate = static_cast<std::uint64_t>(details.offset);
    constexpr auto ONE = static_cast<std::uint64_t>(MILLION);
    return static_cast<std::int64_t>(size / ONE * rate + (size % ONE * rate + ONE - 1) / ONE);
}

}  // namespace

bool Triggers::buys(Index number) const {
    return buys_on(books_.side_of_order(number));
}

OrderType Triggers::type_of(Index number) const {
    return order_type_of(books_.order(number).terms);
}

// Which of two prices a trailing order would rather have seen.
std::int64_t Triggers::better(Index number, std::int64_t one, std::int64_t other) const {
    return buys(number) ? std::min(one, other) : std::max(one, other);
}

void Triggers::place(Index number) {
    Details& details = details_[number];
    const OrderType type = type_of(number);
    const std::size_t source = source_of(details);
    const bool is_known = market_.is_known[source];
    const std::int64_t price = market_.prices[source];
    const bool if_touched =
        type == OrderType::MARKET_IF_TOUCHED || type == OrderType::LIMIT_IF_TOUCHED;
    details.state = OrderState::UNTRIGGERED;
    details.is_rising = buys(number) != if_touched;
    if (planted(Bug::STOP_TRIGGERS_THE_WRONG_WAY)) details.is_rising = !details.is_rising;
    if (!is_trailing(type)) return insert(number);
    if (details.trigger_price == 0 || (is_known && details.trigger_price == price)) {
        if (is_known) return start(number, price);
        details.state = OrderState::UNPRICED;
        return insert(number);
    }
    details.state = OrderState::UNACTIVATED;
    details.is_rising = is_known ? details.trigger_price > price : !buys(number);
    insert(number);
}

void Triggers::insert(Index number) {
    const Details& details = details_[number];
    if (details.state == OrderState::UNPRICED) {
        market_.unpriced[source_of(details)].emplace(details.arrival, number);
        return;
    }
    tree_of(details).emplace(place_of(details), number);
    if (details.state == OrderState::UNTRIGGERED && is_trailing(type_of(number))) {
        trailing_with(details).emplace(trail_of(details), number);
    }
}

void Triggers::remove(Index number) {
    const Details& details = details_[number];
    if (details.state == OrderState::UNPRICED) {
        market_.unpriced[source_of(details)].erase(details.arrival);
        return;
    }
    tree_of(details).erase(place_of(details));
    if (details.state == OrderState::UNTRIGGERED && is_trailing(type_of(number))) {
        trailing_with(details).erase(trail_of(details));
    }
}

bool Triggers::has_reached(Index number) const {
    const Details& details = details_[number];
    const std::size_t source = source_of(details);
    if (details.state != OrderState::UNTRIGGERED || !market_.is_known[source]) return false;
    const std::int64_t price = market_.prices[source];
    return details.is_rising ? price >= details.trigger_price : price <= details.trigger_price;
}

// Lets an order that is in no tree trail from the best price that it has seen.
void Triggers::start(Index number, std::int64_t extreme) {
    Details& details = details_[number];
    details.state = OrderState::UNTRIGGERED;
    details.is_rising = buys(number);
    trail(number, extreme);
    insert(number);
}

// Sets the trigger price the order's distance behind the best price.
void Triggers::trail(Index number, std::int64_t extreme) {
    Details& details = details_[number];
    const bool is_rate = has(flags_of(books_.order(number).terms), OrderFlag::TRAIL_RATE);
    const std::int64_t distance = distance_of(details, is_rate, extreme);
    details.extreme_price = extreme;
    details.trigger_price = sum_within(extreme, buys(number) ? distance : -distance);
}

void Triggers::follow(TriggerSource watched, std::int64_t price) {
    const auto source = static_cast<std::size_t>(watched);
    OrdersByAge started;
    std::swap(started, market_.unpriced[source]);
    for (const auto& [arrival, number] : started) start(number, price);
    for (std::size_t side = 0; side < 2; side++) follow_side(source, side, price);
}

// Lets the trailing orders of a side follow a price that is better than the best that they saw.
void Triggers::follow_side(std::size_t source, std::size_t side, std::int64_t price) {
    OrdersByPlace& orders = market_.trailing[source][side];
    const std::int64_t rank = nearness(price, side != 0);
    OrdersByPlace behind;
    while (!orders.empty() &&
           (orders.begin()->first.rank < rank || planted(Bug::TRAIL_FOLLOWS_BACK))) {
        behind.insert(behind.end(), orders.extract(orders.begin()));
    }
    while (!behind.empty()) {
        auto followed = behind.extract(behind.begin());
        Details& details = details_[followed.mapped()];
        auto moved = tree_of(details).extract(place_of(details));
        trail(followed.mapped(), price);
        moved.key() = place_of(details);
        tree_of(details).insert(std::move(moved));
        followed.key() = trail_of(details);
        orders.insert(std::move(followed));
    }
}

void Triggers::fire(std::size_t source, std::int64_t price, bool is_rising,
                    std::vector<Index>* fired) {
    OrdersByPlace& tree = market_.waiting[source][is_rising];
    while (market_.is_reached(source, price, is_rising)) {
        const Index number = tree.begin()->second;
        remove(number);
        const Details& details = details_[number];
        if (details.state == OrderState::UNACTIVATED) {
            start(number, better(number, details.trigger_price, price));
        } else {
            fired->push_back(number);
        }
    }
}

void Triggers::on_price(TriggerSource watched, std::int64_t price, std::vector<Index>* fired) {
    const auto source = static_cast<std::size_t>(watched);
    market_.note_price(watched, price);
    const auto first = static_cast<std::ptrdiff_t>(fired->size());
    follow(watched, price);
    fire(source, price, true, fired);
    fire(source, price, false, fired);
    if (market_.terms.trigger_order != TriggerOrder::BY_TIME) return;
    std::sort(fired->begin() + first, fired->end(), [this](Index one, Index other) {
        return details_[one].arrival < details_[other].arrival;
    });
}

}  // namespace engine
