// The numbers behind a refusal: what the limit was, or what there was, and what was found.
#pragma once

#include <cstdint>

#include "engine/formulas/rounding.hpp"
#include "engine/types/instrument.hpp"
#include "engine/types/records.hpp"

namespace engine {

struct RejectNumbers {
    std::int64_t limit = 0;
    std::int64_t found = 0;
};

// As far as they go in 64 bits.
constexpr std::int64_t cut(Wide number) {
    if (number > INT64_HIGHEST) return INT64_HIGHEST;
    return number < INT64_LOWEST ? INT64_LOWEST : static_cast<std::int64_t>(number);
}

// Whether refusals for the reason have numbers.
constexpr bool has_numbers(RejectReason reason) {
    switch (reason) {
        case RejectReason::PRICE_TOO_LOW:
        case RejectReason::PRICE_TOO_HIGH:
        case RejectReason::QUANTITY_TOO_SMALL:
        case RejectReason::QUANTITY_TOO_LARGE:
        case RejectReason::EXPIRY_PASSED:
        case RejectReason::VALUE_TOO_SMALL:
        case RejectReason::VALUE_TOO_LARGE:
        case RejectReason::ORDER_QUANTITY_LIMIT:
        case RejectReason::ORDER_VALUE_LIMIT:
        case RejectReason::RATE_LIMITED:
        case RejectReason::OPEN_ORDERS_LIMIT:
        case RejectReason::PRICE_OUTSIDE_BAND:
        case RejectReason::PRICE_TOO_FAR:
        case RejectReason::DUPLICATE_ORDER:
        case RejectReason::POSITION_LIMIT:
        case RejectReason::NET_EXPOSURE_LIMIT:
        case RejectReason::GROSS_EXPOSURE_LIMIT:
        case RejectReason::REDUCE_ONLY_WOULD_INCREASE:
        case RejectReason::DAILY_LOSS_LIMIT:
        case RejectReason::DRAWDOWN_LIMIT:
        case RejectReason::INSUFFICIENT_FUNDS:
            return true;
        default:
            return false;
    }
}

// The bound of an instrument that a price or quantity passed; zeros for every other reason.
RejectNumbers bounds_behind(const InstrumentTerms& terms, const Command& command,
                            RejectReason reason);

}  // namespace engine
