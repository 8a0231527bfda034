// What one lot pays of funding, by a rate. Source: RISK.md, section 2.
//
// Rates are in 10^-18, what a lot pays in billionths of the settlement currency's smallest unit: so
// much is kept of each before index_payment() rounds what a position pays to whole units.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/formulas/funding.hpp"
#include "engine/types/contract.hpp"

namespace engine {

constexpr std::int64_t ATTOS = 1'000'000'000'000'000'000;

// An index is no larger in size, nor is what one FUND adds to it. With all lots that 64 bits have,
// 2^18 payments are within 128.
constexpr Wide INDEX_MOST = Wide{1} << 85;
constexpr Wide INCREMENT_MOST = Wide{1} << 75;

// The rate by mark and index price. REQUIRES: index > 0.
constexpr std::int64_t funding_rate(const FundingTerms& terms, std::int64_t mark,
                                    std::int64_t index) {
    const Wide premium = premium_index<Wide>(mark, index, ATTOS, Rounding::HALF_EVEN);
    const Wide rate =
        terms.damp == 0
            ? bounded_additive_rate<Wide>(premium, terms.interest, 1, terms.floor, terms.cap)
            : bounded_dampened_rate<Wide>(premium, terms.interest, terms.damp, 1, terms.floor,
                                          terms.cap);
    return static_cast<std::int64_t>(rate);
}

// What one FUND comes to.
struct Accrual {
    std::int64_t rate = 0;
    Wide increment = 0;  // of the index: what one long lot pays
};

// What a lot pays at a mark price, by a rate, when so much time has passed since it last did; false
// where there is no room for it. REQUIRES: of INVERSE mark > 0.
constexpr bool accrues(const Contract& contract, std::int64_t rate, std::int64_t mark,
                       std::uint64_t elapsed, Accrual* accrual) {
    const std::int64_t period = contract.funding.period;
    Wide part = rate;
    if (period != 0) {
        const std::uint64_t most = INT64_HIGHEST;
        part = accrued_rate<Wide>(rate, std::min(elapsed, most), period, Rounding::HALF_EVEN);
    }
    if (part > INT64_HIGHEST || part < -INT64_HIGHEST) return false;
    Wide increment = 0;
    if (contract.kind == ContractKind::INVERSE) {
        increment = divide(contract.value_factor * part, wide(mark) * BILLION, Rounding::HALF_EVEN);
    } else {
        const Wide value = wide(mark) * contract.value_factor;
        if (value > INT64_HIGHEST || value < -INT64_HIGHEST) return false;
        increment = divide(value * part, BILLION, Rounding::HALF_EVEN);
    }
    if (increment > INCREMENT_MOST || increment < -INCREMENT_MOST) return false;
    *accrual = {rate, increment};
    return true;
}

}  // namespace engine
