// The general way of positions, and of the reduce-only orders that are held against them.
#include <algorithm>

#include "engine/engine/general.hpp"
#include "engine/matching/reduce_only.hpp"

namespace engine {

namespace {

constexpr ReportFlags NO_FLAGS = 0;
constexpr ReportFlags REDUCE_ONLY = static_cast<ReportFlags>(ReportFlag::REDUCE_ONLY);
constexpr ReportFlags KEPT = static_cast<ReportFlags>(ReportFlag::KEPT_PRIORITY);

}  // namespace

// Takes note of an account's position, and holds its reduce-only orders against it.
template <class Out>
void General<Out>::set_position(const Command& command) {
    SpecialMarket& market = *special().market(command.instrument);
    market.is_pinned = true;
    market.positions[{command.account, false}] = command.quantity;
    report_.done(command, command.quantity, 0);
    trim(command, command.account);
}

// Moves a position that was supplied by what was traded for it on a side; those of accounts move
// when they pay.
template <class Out>
void General<Out>::move_position(const Which& which, SideNumber side, std::int64_t lots) {
    SpecialMarket& market = market_of(side);
    if (!market.reducing.empty()) special().moved.push_back(which.account);
    const auto found = market.positions.find(which);
    if (found == market.positions.end()) return;
    const std::int64_t bought = buys_on(side) ? lots : -lots;
    // Neither end of 64 bits is passed: such orders were refused.
    ENGINE_ASSERT(bought < 0 || !sum_overflows(found->second, bought));
    ENGINE_ASSERT(bought > 0 || !sum_overflows(-found->second, -bought));
    found->second += bought;
}

// Holds the orders of the accounts whose positions moved against them, by account.
template <class Out>
void General<Out>::trim_moved(const Command& command) {
    std::vector<std::uint32_t>& moved = special().moved;
    std::sort(moved.begin(), moved.end());
    moved.erase(std::unique(moved.begin(), moved.end()), moved.end());
    for (const std::uint32_t account : moved) trim(command, account);
    moved.clear();
}

// Takes from an account's reduce-only orders what they are more than its position.
template <class Out>
void General<Out>::trim(const Command& command, std::uint32_t account) {
    for (SideNumber side = 2 * command.instrument; side <= 2 * command.instrument + 1; side++) {
        const Cause cause{command, side};
        const std::vector<Excess> found =
            excesses(market_of(side), books(), special(), {account, side & 1});
        for (const auto& [number, lots] : found) {
            if (lots == open_of(number)) {
                cancel(cause, number, REDUCE_ONLY);
            } else {
                shrink(number, lots);
                replaced(cause, told(number), details_of(number), KEPT | REDUCE_ONLY);
            }
        }
    }
}

// Moves positions by what accounts traded in an auction, and holds their orders against them. What
// makes a position smaller counts first: what an account buys in an auction makes no room for what
// it was to sell there. Positions of accounts have moved by both already: they are told as they
// were, for as long.
template <class Out>
void General<Out>::move_positions(const Command& command, const TradedByPosition& traded) {
    SpecialMarket& market = *special().market(command.instrument);
    const SideNumber bids = 2 * command.instrument;
    for (auto first = traded.begin(); first != traded.end();) {
        const auto end = traded.upper_bound({first->first.account, true});
        SideNumber closing[2] = {};  // of the only or the long one, and of the short one
        for (auto at = first; at != end; ++at) {
            const auto& [which, sides] = *at;
            if (market.accounts != nullptr) {
                market.positions[which] = market.position_of(which) - sides[0] + sides[1];
            }
            closing[which.is_short] = market.position_of(which) > 0 ? 1 : 0;
        }
        for (const SideNumber turn : {SideNumber{0}, SideNumber{1}}) {
            for (auto at = first; at != end; ++at) {
                const SideNumber side = closing[at->first.is_short] ^ turn;
                move_position(at->first, bids + side, at->second[side]);
            }
            trim_moved(command);
        }
        if (market.accounts != nullptr) market.positions.clear();
        first = end;
    }
}

// With how much an order may come into the market; 0 when it is not to come in.
template <class Out>
std::int64_t General<Out>::entitled_of(const Entrant& order) {
    return entitled(order, books(), special(), &market_of(order.side));
}

// Gives an order that is nowhere as much as it may have; how that is marked.
template <class Out>
ReportFlags General<Out>::cut(Entrant& order) {
    const std::int64_t lots = entitled_of(order);
    ENGINE_ASSERT(lots > 0);
    if (lots == order.order.leaves) return NO_FLAGS;
    order.order.leaves = lots;
    return REDUCE_ONLY;
}

// Holds an order against the position from now on.
template <class Out>
void General<Out>::begin_reducing(Index number) {
    const RestingOrder& order = books().order(number);
    const SideNumber side = books().side_of_order(number);
    const std::uint64_t arrival = special().details[number].arrival;
    market_of(side).reducing[{order.account, side & 1}].emplace(arrival, number);
}

template <class Out>
void General<Out>::end_reducing(Index number) {
    const RestingOrder& order = books().order(number);
    const SideNumber side = books().side_of_order(number);
    auto& reducing = market_of(side).reducing;
    const auto found = reducing.find({order.account, side & 1});
    ENGINE_ASSERT(found != reducing.end());
    found->second.erase(special().details[number].arrival);
    if (found->second.empty()) reducing.erase(found);
}

template class General<ReportBuffer>;
template class General<TradeBuffer>;

}  // namespace engine
