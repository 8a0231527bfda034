// What lots are worth at a price, and the fee of a trade. Source: RISK.md, sections 1 and 7.
//
// Values are whole numbers of the smallest unit of the settlement currency. Those of SPOT and
// LINEAR contracts are exact, whatever the rounding.
#pragma once

#include <cstdint>

#include "engine/formulas/rounding.hpp"
#include "engine/types/contract.hpp"

namespace engine {

// A larger value counts as this: it is beyond any that an order may have, and sums of many fit.
constexpr Wide VALUE_MOST = Wide{1} << 95;

// lots * ticks * factor, or, INVERSE, lots * factor / ticks. REQUIRES: lots >= 0; of INVERSE
// ticks > 0.
constexpr Wide value_of(const Contract& contract, std::int64_t lots, std::int64_t ticks,
                        Rounding rounding) {
    if (contract.kind == ContractKind::INVERSE) {
        return divide(wide(lots) * contract.value_factor, ticks, rounding);
    }
    Wide value = 0;
    const Wide product = wide(lots) * ticks;
    const bool is_beyond = __builtin_mul_overflow(product, wide(contract.value_factor), &value);
    if (is_beyond || value > VALUE_MOST || value < -VALUE_MOST) {
        return product < 0 ? -VALUE_MOST : VALUE_MOST;
    }
    return value;
}

// A part of a value, by a rate in billionths. REQUIRES: the value has 64 bits.
constexpr Wide part_of(Wide value, std::int64_t rate, Rounding rounding) {
    return divide(value * rate, BILLION, rounding);
}

}  // namespace engine
