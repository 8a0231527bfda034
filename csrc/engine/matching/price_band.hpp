// The prices at which an instrument trades while trading is continuous.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/base/numbers.hpp"
#include "engine/matching/special_orders.hpp"
#include "engine/types/limits.hpp"
#include "engine/types/planted.hpp"

namespace engine {

// Its bounds belong to it. None lies within when they are the other way round.
struct PriceBand {
    std::int64_t lowest = INT64_LOWEST;
    std::int64_t highest = INT64_HIGHEST;

    bool holds(std::int64_t price) const {
        if (planted(Bug::BAND_EXCLUDES_ITS_BOUNDS) && price == highest) return false;
        return price >= lowest && price <= highest;
    }
    bool operator==(const PriceBand&) const = default;
};

// So many millionths of a price on either side of it, in whole ticks, as far as there are prices.
constexpr PriceBand band_around(std::int64_t centre, std::int64_t millionths) {
    constexpr auto WHOLE = static_cast<std::uint64_t>(MILLION);
    const auto bits = static_cast<std::uint64_t>(centre);
    const std::uint64_t size = centre < 0 ? 0 - bits : bits;
    const auto parts = static_cast<std::uint64_t>(millionths);
    // At most 2^63, which is one more than a price can be: it is taken in two halves.
    const std::uint64_t width = size / WHOLE * parts + size % WHOLE * parts / WHOLE;
    const auto one = static_cast<std::int64_t>(width / 2);
    const auto other = static_cast<std::int64_t>(width - width / 2);
    return {difference_within(difference_within(centre, one), other),
            sum_within(sum_within(centre, one), other)};
}
static_assert(band_around(-200, 50'000) == PriceBand{-210, -190});
static_assert(band_around(INT64_LOWEST, MILLION) == PriceBand{INT64_LOWEST, 0});

// The prices within all bands of a market. A band whose middle is not known yet binds nothing.
inline PriceBand band_of(const SpecialMarket& market) {
    PriceBand band;
    const auto narrow = [&](TriggerSource source, std::int64_t millionths) {
        const auto place = static_cast<std::size_t>(source);
        if (millionths == 0 || !market.is_known[place]) return;
        const PriceBand other = band_around(market.prices[place], millionths);
        band = {std::max(band.lowest, other.lowest), std::min(band.highest, other.highest)};
    };
    narrow(TriggerSource::REFERENCE, market.rules.static_band);
    narrow(TriggerSource::LAST, market.rules.dynamic_band);
    return band;
}

}  // namespace engine
