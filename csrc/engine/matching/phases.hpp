// Phases of an instrument: what each of them takes, and who takes part in its auction.
#pragma once

#include "engine/matching/plan.hpp"
#include "engine/types/records.hpp"

namespace engine {

constexpr bool is_collecting(Phase phase) {
    return phase == Phase::PRE_OPEN || phase == Phase::OPENING_CALL ||
           phase == Phase::VOLATILITY_CALL || phase == Phase::CLOSING_CALL;
}
constexpr bool is_opening(Phase phase) {
    return phase == Phase::PRE_OPEN || phase == Phase::OPENING_CALL;
}

// Whether an order ends with an auction.
constexpr bool is_for_auction(TimeInForce in_force) {
    return in_force == TimeInForce::AT_THE_OPEN || in_force == TimeInForce::AT_THE_CLOSE ||
           in_force == TimeInForce::GOOD_FOR_AUCTION;
}

// Whether an order waits outside the book for the call that it is for.
constexpr bool waits_for_call(Phase phase, TimeInForce in_force) {
    switch (in_force) {
        case TimeInForce::AT_THE_OPEN:
            return !is_opening(phase);
        case TimeInForce::AT_THE_CLOSE:
            return phase != Phase::CLOSING_CALL;
        case TimeInForce::GOOD_FOR_AUCTION:
            return !is_collecting(phase);
        default:
            return false;
    }
}

// Whether an order can be collected once it has had its minimum at entry.
constexpr bool is_kept_in_calls(TimeInForce in_force, OrderFlags flags) {
    const bool is_immediate = in_force == TimeInForce::IOC || in_force == TimeInForce::FOK;
    return !(is_immediate || has(flags, OrderFlag::POST_ONLY) || has(flags, OrderFlag::BUDGET));
}

// Whether an order can be collected for an auction.
constexpr bool takes_part(TimeInForce in_force, OrderFlags flags, std::int64_t minimum) {
    const bool has_minimum = minimum != 0 && !has(flags, OrderFlag::MINIMUM_EACH);
    return is_kept_in_calls(in_force, flags) && !has_minimum;
}

// Whether a phase takes a SUBMIT or REPLACE. An auction fills what it can of an order and leaves
// the rest, so a call takes no order that must trade at once, in a certain amount, or not at all.
constexpr bool takes(Phase phase, const Command& command) {
    if (phase == Phase::HALT || phase == Phase::CLOSED) return false;
    if (command.kind == CommandKind::REPLACE) return true;
    const TimeInForce in_force = command.time_in_force;
    if (in_force == TimeInForce::AT_THE_OPEN) return is_opening(phase);
    if (is_pegged(command.order_type)) return !is_collecting(phase);
    const bool waits =
        is_conditional(command.order_type) || has(command.flags, OrderFlag::ONE_TRIGGERS_OTHER);
    if (!is_collecting(phase) || waits) return true;
    return takes_part(in_force, command.flags, command.minimum_quantity);
}

// Whether an order takes part in an auction without a limit.
constexpr bool is_at_market(OrderType type, OrderFlags flags) {
    return (type == OrderType::MARKET || type == OrderType::MARKET_TO_LIMIT) &&
           !has(flags, OrderFlag::PROTECTED);
}

}  // namespace engine
