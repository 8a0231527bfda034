// What lots are worth at a price, and the fee of a trade. Source: RISK.md, sections 1 and 7.
//
// Values are whole numbers of the smallest unit of the settlement currency. Those of SPOT and LINEAR
// contracts are exact; those of INVERSE ones are rounded as the contract says.
#pragma once

#include <cstdint>

#include "engine/formulas/rounding.hpp"
#include "engine/types/contract.hpp"

namespace engine {

// lots * ticks * factor, or lots * factor / ticks. REQUIRES: lots >= 0; of INVERSE ticks > 0.
// Saturates beyond 127 bits, which is beyond any value that is taken.
constexpr Wide value_of(const Contract& contract, std::int64_t lots, std::int64_t ticks) {
    if (contract.kind == ContractKind::INVERSE) {
        return divide(wide(lots) * contract.value_factor, ticks, contract.value_rounding);
    }
    constexpr Wide MOST = ~(Wide{1} << 127);
    const Wide product = wide(lots) * ticks;
    Wide value = 0;
    if (__builtin_mul_overflow(product, wide(contract.value_factor), &value)) {
        return product < 0 ? -MOST : MOST;
    }
    return value;
}

// A part of a value, by a rate in billionths. REQUIRES: the value has 64 bits.
constexpr Wide part_of(Wide value, std::int64_t rate, Rounding rounding) {
    return divide(value * rate, BILLION, rounding);
}

}  // namespace engine
