// Why a command is refused, for every kind of order: one list of questions in order of precedence.
//
// Plain orders in plain books are checked by step.hpp on their way; what this says of them is the
// same. Every question is asked before anything changes but rates, which count what is refused
// too.
#pragma once

#include <cstdint>

#include "engine/accounts/tier_rates.hpp"
#include "engine/book/books.hpp"
#include "engine/matching/plan.hpp"
#include "engine/matching/special_orders.hpp"
#include "engine/types/instrument.hpp"
#include "engine/types/records.hpp"

namespace engine {

class Engine;

// What rates said of a command when it was counted.
enum class Counted : std::uint8_t { NOT_YET, IS_IN_TIME, IS_ONE_TOO_MANY };

// A command beside everything that decides whether it is refused.
struct Situation {
    const Command& command;
    const Books& books;
    SpecialOrders& special;        // whose plan is overwritten
    const InstrumentTerms* terms;  // null when there is no such instrument
    Phase phase;
    Index named;     // the live order of the instrument that the command names, or NIL
    bool is_linked;  // the linked order lives in the instrument
    bool is_dark;    // the instrument is
    bool is_taken;   // a live order of any instrument has the id
    bool is_full;    // as many orders are live as the engine allows
    std::uint64_t time;
    TierRates* rates;  // which count the command; null where there are none
    Counted counted;   // what they said of it, if it was asked on the way here
    const Engine& engine;
};

RejectReason general_reason(const Situation& situation);

// Which fields a kind of command takes that not every kind does.
struct Taken {
    bool linked_order_id;
    bool group;
    bool trigger_price;
    bool trigger_source;
    bool bound;
    bool selector;
};

// Whether a field is set that no kind but SUBMIT takes, or that this one does not.
bool takes_more(const Command& command, const Taken& taken);

// Whether a SUBMIT asks for more than a limit or market order does.
bool is_special(const Command& command);

// Where the self-trade mode is in the last eight bytes of a command.
constexpr std::uint64_t SELF_TRADE_MODE_BITS = std::uint64_t{0xFF} << 32;
static_assert(offsetof(Command, self_trade_mode) == sizeof(Command) - 4);

// Not zero for a time in force that orders have details for: those that are plain have one bit at
// most, the others more.
constexpr std::uint64_t special_bits(TimeInForce in_force) {
    const auto bits = static_cast<std::uint64_t>(in_force);
    return bits & (bits - 1);
}
static_assert(special_bits(TimeInForce::GTC) == 0 && special_bits(TimeInForce::IOC) == 0 &&
              special_bits(TimeInForce::FOK) == 0 && special_bits(TimeInForce::DAY) == 0);
static_assert(special_bits(TimeInForce::GTD) != 0 && special_bits(TimeInForce::AT_THE_OPEN) != 0 &&
              special_bits(TimeInForce::AT_THE_CLOSE) != 0 &&
              special_bits(TimeInForce::GOOD_FOR_AUCTION) != 0);

// Which bound of an instrument a price or quantity breaks. Only a price that counts is looked at.
ENGINE_NOINLINE RejectReason number_reason(const InstrumentTerms& terms, const Command& command,
                                           bool is_priced);

// What a SUBMIT asks for in a dark instrument: what may rest is hidden, and a minimum quantity is
// for every fill.
Command in_the_dark(const Command& command);

// The order that a SUBMIT asks for.
Entrant entrant_of(const Command& command, std::uint64_t id, std::uint64_t time);

// Whether a replace leaves a live order in its place: it is for fewer lots at the same price, and
// the instrument is not one where a replace is a new order. `order` has all that it has open.
bool keeps_priority(const Command& command, const RestingOrder& order, const Details& details,
                    const InstrumentTerms& terms);

// Where a post-only order goes that would trade as planned, one tick short of its first trade; or
// false when it does not slide, or has no price there.
bool slides(const Entrant& order, const Plan& plan, const InstrumentTerms& terms,
            std::int64_t* price);

}  // namespace engine
