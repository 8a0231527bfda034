// Which orders an account has, without a list of them.
#include <algorithm>
#include <compare>

#include "engine/engine/engine.hpp"

namespace engine {

namespace {

// Looking through the records of all orders, which lie side by side, takes a fraction of the time
// of following queues through as many.
constexpr std::size_t RECORDS_PER_LINK = 8;

// Where an order stands among all of them, as all_orders() tells them; `turn` is its age where it
// stands in no queue.
struct Standing {
    std::uint32_t instrument;
    std::uint32_t part;  // bids, asks, what waits
    Rank rank;
    bool is_hidden;
    std::uint64_t turn;
    Index number;
    auto operator<=>(const Standing&) const = default;
};

constexpr std::uint32_t WAITING_PART = 2;

}  // namespace

bool Engine::may_have_orders(std::uint32_t account, SideNumber side) const {
    const std::uint32_t instrument = side / 2;
    if (!accounts_.is_kept() || !has_only_plain_orders(instrument)) return true;
    const AccountIndex index = accounts_.find(account);
    const Position* const only = accounts_.position(index, instrument);
    if (only == nullptr) return false;
    if (accounts_.contract(instrument).kind == ContractKind::SPOT) return true;
    const auto is_open = [side](const Position& its) {
        return its.open_lots[side_of_open(buys_on(side))] != 0;
    };
    const Position* const other = accounts_.short_position(index, instrument);
    return is_open(*only) || (other != nullptr && is_open(*other));
}

std::uint64_t Engine::order_count_of(std::uint32_t account) const {
    if (!accounts_.is_kept()) return books_.order_count();
    const AccountIndex index = accounts_.find(account);
    return index == NO_ACCOUNT ? 0 : accounts_.account(index).live_orders;
}

void Engine::all_orders_of(std::uint32_t account, const Instruments& among,
                           std::vector<Index>* out) const {
    const std::uint64_t most = order_count_of(account);
    std::vector<SideNumber> sides;
    std::size_t queued = 0;
    for (SideNumber side = 2 * among.first; most > 0 && side < 2 * among.end; side++) {
        if (!may_have_orders(account, side)) continue;
        sides.push_back(side);
        queued += resting_count(side);
    }
    const bool is_counted = accounts_.is_kept();
    if (is_counted && queued > books_.number_end() / RECORDS_PER_LINK) {
        return look_through_orders(account, most, among, out);
    }
    const auto is_of_another = [&](Index number) {
        return books_.order(number).account != account;
    };
    for (std::size_t i = 0; i < sides.size(); i++) {
        const auto before = static_cast<std::ptrdiff_t>(out->size());
        orders_of(sides[i], out);
        const bool is_last = i + 1 == sides.size() || sides[i + 1] / 2 != sides[i] / 2;
        if (is_last) waiting(sides[i] / 2, out);
        out->erase(std::remove_if(out->begin() + before, out->end(), is_of_another), out->end());
    }
}

// Finds them by number, and sorts them. Of several at one price the queue knows the order.
void Engine::look_through_orders(std::uint32_t account, std::uint64_t most,
                                 const Instruments& among, std::vector<Index>* out) const {
    std::vector<Standing> found;
    for (Index number = 1; most > 0; number++) {
        ENGINE_ASSERT(number < books_.number_end());
        const RestingOrder& order = books_.order(number);
        if (order.account != account || order.order_id == 0) continue;
        most -= 1;
        const SideNumber side = books_.side_of_order(number);
        if (side / 2 < among.first || side / 2 >= among.end) continue;
        Standing its{side / 2, side & 1, rank_of(side, order.price), false, 0, number};
        if (has_details(number)) {
            const Details& details = special_.details[number];
            its.is_hidden = has(flags_of(order.terms), OrderFlag::HIDDEN);
            if (its.is_hidden) its.turn = details.arrival;
            if (details.state != OrderState::RESTING) {
                its = {side / 2, WAITING_PART, 0, false, details.arrival, number};
            }
        }
        found.push_back(its);
    }
    std::sort(found.begin(), found.end());
    for (std::size_t i = 0; i < found.size();) {
        const Standing& its = found[i];
        std::size_t end = i + 1;
        const bool is_queued = its.part != WAITING_PART && !its.is_hidden;
        while (is_queued && end < found.size() && shares_queue(its.number, found[end].number)) {
            end += 1;
        }
        if (end == i + 1) {
            out->push_back(its.number);
        } else {
            queued_of(account, its.number, end - i, out);
        }
        i = end;
    }
}

bool Engine::shares_queue(Index one, Index other) const {
    return books_.order(one).level == books_.order(other).level;
}

// Appends the orders of an account at the price of one of them, which are so many.
void Engine::queued_of(std::uint32_t account, Index one, std::size_t count,
                       std::vector<Index>* out) const {
    Link at = books_.first_of(books_.order(one).level);
    while (count > 0) {
        ENGINE_ASSERT(!Queues::is_level(at));
        const auto number = static_cast<Index>(at);
        if (books_.order(number).account == account) {
            out->push_back(number);
            count -= 1;
        }
        at = books_.next_of(at);
    }
}

}  // namespace engine
