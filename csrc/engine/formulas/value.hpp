// What lots are worth at a price, and the fee of a trade. Source: RISK.md, sections 1 and 7.
//
// The values of an engine are whole numbers of the smallest unit of the settlement currency. Those
// of SPOT and LINEAR contracts are exact, whatever the rounding.
#pragma once

#include <cstdint>

#include "engine/formulas/ratio.hpp"
#include "engine/formulas/rounding.hpp"
#include "engine/types/contract.hpp"

namespace engine {

template <class Number>
constexpr Number linear_value(Number quantity, Number multiplier, Number price) {
    return quantity * multiplier * price;
}

// REQUIRES: price > 0.
template <class Number>
constexpr Number inverse_value(Number quantity, Number multiplier, Number price,
                               Rounding rounding = Rounding::DOWN) {
    return over(quantity * multiplier, price, rounding);
}

// The price at which a quantity is worth so much: of what was entered at several, the average one.
// REQUIRES: quantity, multiplier > 0.
template <class Number>
constexpr Number linear_price(Number quantity, Number multiplier, Number value,
                              Rounding rounding = Rounding::DOWN) {
    return over(value, quantity * multiplier, rounding);
}
// REQUIRES: value > 0.
template <class Number>
constexpr Number inverse_price(Number quantity, Number multiplier, Number value,
                               Rounding rounding = Rounding::DOWN) {
    return over(quantity * multiplier, value, rounding);
}

// A part of a value, by a rate in parts of `one`.
template <class Number>
constexpr Number part(Number value, Number rate, Number one, Rounding rounding = Rounding::DOWN) {
    return over(value * rate, one, rounding);
}

// A larger value counts as this: it is beyond any that an order may have, and sums of many fit.
constexpr Wide VALUE_MOST = Wide{1} << 95;

// lots * ticks * factor, or, INVERSE, lots * factor / ticks. REQUIRES: lots >= 0; of INVERSE
// ticks > 0.
constexpr Wide value_of(const Contract& contract, std::int64_t lots, std::int64_t ticks,
                        Rounding rounding) {
    const Wide factor = contract.value_factor;
    if (contract.kind == ContractKind::INVERSE) {
        return smaller(inverse_value<Wide>(lots, factor, ticks, rounding), VALUE_MOST);
    }
    Wide value = 0;
    const Wide product = wide(lots) * ticks;
    const bool is_beyond = __builtin_mul_overflow(product, factor, &value);
    if (is_beyond || value > VALUE_MOST || value < -VALUE_MOST) {
        return product < 0 ? -VALUE_MOST : VALUE_MOST;
    }
    return value;
}

// 2^93 / 10^9.
constexpr std::uint64_t BILLIONTH = 9'903'520'314'283'042'199U;
static_assert(BILLIONTH == (Wider{1} << 93) / BILLION);

// rate / 10^9 of 2^64, rounded down. REQUIRES: rate <= 10^9.
constexpr std::uint64_t portion_of(std::uint64_t rate) {
    return static_cast<std::uint64_t>(Wider{rate} * BILLIONTH >> 29);
}

// value * rate / 10^9 without a division: first by a quotient that is at most one too small.
// REQUIRES: value < 2^62, rate <= 10^9, portion == portion_of(rate).
constexpr std::uint64_t billionths_of(std::uint64_t value, std::uint64_t rate,
                                      std::uint64_t portion, std::uint64_t* rest) {
    constexpr std::uint64_t ONE = BILLION;
    auto quotient = static_cast<std::uint64_t>(Wider{value} * portion >> 64);
    const std::uint64_t left = value * rate - quotient * ONE;
    const bool is_short = left >= ONE;
    quotient += is_short ? 1 : 0;
    *rest = left - (is_short ? ONE : 0);
    return quotient;
}

// A rate in billionths of one at most, and how parts by it are rounded, made ready.
struct ReadyRate {
    std::uint64_t portion = 0;  // its part of 2^64
    std::int32_t rate = 0;
    std::uint32_t away_from : 31 = 0;  // billionths of a unit that make one more
    std::uint32_t is_even : 1 = 0;     // so few of them that an even number is kept
};
static_assert(sizeof(ReadyRate) == 16);

// The least rest that is rounded away from 0; of HALF_EVEN that of an even quotient.
constexpr std::uint32_t rounded_away_from(std::int64_t rate, Rounding rounding) {
    constexpr std::uint32_t NONE = BILLION;
    constexpr std::uint32_t HALF = BILLION / 2;
    switch (rounding) {
        case Rounding::DOWN:
            return NONE;
        case Rounding::UP:
            return 1;
        case Rounding::FLOOR:
            return rate < 0 ? 1 : NONE;
        case Rounding::CEILING:
            return rate < 0 ? NONE : 1;
        case Rounding::HALF_UP:
            return HALF;
        case Rounding::HALF_EVEN:
            return HALF + 1;
    }
    return NONE;
}

// REQUIRES: rate of one at most.
constexpr ReadyRate ready(std::int64_t rate, Rounding rounding) {
    ReadyRate its;
    its.portion = portion_of(static_cast<std::uint64_t>(rate < 0 ? -rate : rate));
    its.rate = static_cast<std::int32_t>(rate);
    its.away_from = rounded_away_from(rate, rounding) & ~(1U << 31);
    its.is_even = rounding == Rounding::HALF_EVEN ? 1 : 0;
    return its;
}

// A part of a small value. REQUIRES: value < 2^62.
constexpr std::int64_t small_part_of(std::uint64_t value, const ReadyRate& its) {
    const std::int64_t rate = its.rate;
    const auto size = static_cast<std::uint64_t>(rate < 0 ? -rate : rate);
    std::uint64_t rest = 0;
    std::uint64_t quotient = billionths_of(value, size, its.portion, &rest);
    quotient += rest + (quotient & its.is_even) >= its.away_from ? 1 : 0;
    const auto part = static_cast<std::int64_t>(quotient);
    return rate < 0 ? -part : part;
}

// A part of a value, by a rate in billionths of one at most.
constexpr Wide part_of(Wide value, std::int64_t rate, Rounding rounding) {
    constexpr Wide MOST = Wide{1} << 62;
    if (ENGINE_UNLIKELY(value < 0 || value >= MOST || rate < -BILLION || rate > BILLION)) {
        // Whole billions apart, so that no product is beyond 128 bits.
        const Wide billions = value / BILLION;
        return billions * rate + part<Wide>(value - billions * BILLION, rate, BILLION, rounding);
    }
    return small_part_of(static_cast<std::uint64_t>(value), ready(rate, rounding));
}
static_assert(part_of((Wide{1} << 62) - 1, BILLION, Rounding::DOWN) == (Wide{1} << 62) - 1);
static_assert(part_of((Wide{1} << 62) - 1, 1, Rounding::CEILING) == 4'611'686'019);
static_assert(part_of(3, 500'000'000, Rounding::HALF_EVEN) == 2);
static_assert(part_of(5, 500'000'000, Rounding::HALF_EVEN) == 2);
static_assert(part_of(5, 500'000'000, Rounding::HALF_UP) == 3);
static_assert(part_of(5, -500'000'000, Rounding::UP) == -3);
static_assert(part_of((Wide{1} << 120) + 1, 500'000'000, Rounding::CEILING) ==
              (Wide{1} << 119) + 1);
static_assert(part_of(3, -500'000'000, Rounding::FLOOR) == -2);
static_assert(part_of(3, -500'000'000, Rounding::CEILING) == -1);

// BitMEX: 15,000 contracts of a dollar at 750 are 20 XBT, a fee of 0.25 % of them is 0.05.
static_assert(inverse_value(Ratio(15'000), Ratio(1), Ratio(750)) == Ratio(20));
static_assert(part(Ratio(20), Ratio(25, 10'000), Ratio(1)) == Ratio(5, 100));
// Hyperliquid: 0.001 at 66653 for 0.015 % is 9997.95 millionths, taken down to the millionth.
static_assert(part_of(66'653'000, 150'000, Rounding::FLOOR) == 9'997);
// Bybit: 1000 at 5000 and 2000 at 6000 inverse are 3000 at 5625.
static_assert(inverse_price(Ratio(3'000), Ratio(1), Ratio(1'000, 5'000) + Ratio(2'000, 6'000)) ==
              Ratio(5'625));

}  // namespace engine
