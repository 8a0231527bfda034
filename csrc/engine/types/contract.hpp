// What an engine with accounts knows of an instrument beside its terms: what its trades are worth,
// in which currency, and what they cost.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/base/numbers.hpp"
#include "engine/types/enums.hpp"

namespace engine {

// Rates of fees and margin are in billionths.
constexpr std::int64_t BILLION = 1'000'000'000;

// What the parties of a trade pay of its value, in billionths; below 0 a rebate.
struct FeeRates {
    std::int64_t maker = 0;
    std::int64_t taker = 0;
};

// What a position needs that is worth more than the floor.
struct MarginTier {
    std::int64_t floor = 0;             // units of value; the tier begins above it
    std::int64_t initial_rate = 0;      // billionths, as are the others
    std::int64_t maintenance_rate = 0;  // of SLOPE the base
    std::int64_t deduction = 0;         // units, of MARGINAL maintenance margin
};

// How positions pay each other. Rates are in 10^-18.
struct FundingTerms {
    FundingAccrual accrual = FundingAccrual::NONE;
    std::int64_t interest = 0;
    std::int64_t damp = 0;  // how far the interest draws the premium to itself; 0 to have it added
    std::int64_t floor = 0;
    std::int64_t cap = 0;
    std::int64_t period = 0;  // nanoseconds; 0 where each FUND is a period of its own
    bool is_told = false;     // the rate always is: mark and index price do not make it
};

// How a position is closed that has too little. Rates are in billionths.
struct LiquidationTerms {
    bool at_margin = false;     // one that has its maintenance margin, and not only one below
    bool keeps_orders = false;  // in the instrument, as long as nothing is handed over
    LiquidationStep step = LiquidationStep::ALL;
    LiquidationSale sale = LiquidationSale::NONE;
    Deficit deficit = Deficit::FUND;
    DeleverageRank rank = DeleverageRank::LEVERAGE;
    std::uint8_t tiers_down = 0;       // of TIER_DOWN
    std::int64_t fraction = 0;         // of FRACTION: the part
    std::int64_t above = 0;            // of FRACTION: what is worth no more is closed at once
    std::int64_t least = 0;            // of FRACTION: so much may be, whatever part it is
    std::int64_t cooldown = 0;         // of FRACTION: after it all is closed; nanoseconds
    std::int64_t backstop = 0;         // with less of its margin nothing is sold any more
    std::int64_t fee_rate = 0;         // of a MARKET sale
    std::int64_t most_rate = BILLION;  // the fund has no more of what is left
    std::int64_t adjustment = 0;       // of FILLABLE: how fast what is missing moves the price
    std::int64_t spread = 0;           // of FILLABLE: the part of the margin it comes to at most
};

struct Contract {
    ContractKind kind = ContractKind::SPOT;
    Rounding value_rounding = Rounding::DOWN;  // of INVERSE values, which are not whole
    Rounding fee_rounding = Rounding::DOWN;
    FeeCurrency fee_currency = FeeCurrency::QUOTE;
    std::uint32_t base = 0;         // SPOT: the number of the currency that is bought
    std::uint32_t settle = 0;       // of that which values, fees and profits are in; SPOT: quote
    std::int64_t lot_units = 0;     // SPOT: the smallest units of the base that a lot has
    std::int64_t value_factor = 1;  // smallest units of `settle` that a lot is worth at one tick
    std::int64_t maker_rate = 0;    // billionths of the value; below 0 a rebate
    std::int64_t taker_rate = 0;    // billionths of the value
    std::int64_t initial_rate = 0;  // LINEAR, INVERSE: the least initial margin, billionths
    std::int64_t maintenance_rate = 0;  // LINEAR, INVERSE: billionths of the value
    std::int64_t min_value = 0;         // of an order, units of `settle`; 0 for none
    std::int64_t max_value = 0;
    std::int64_t initial_slope = 0;  // 10^-18 for each lot, of INVERSE for each unit of the value
    std::int64_t maintenance_slope = 0;
    std::int64_t open_interest_lower = 0;  // units of value: above it the initial rate grows
    std::int64_t open_interest_upper = 0;  // where it is all of the value; 0 where none grows
    std::int64_t rate_step = 1;            // billionths: what has grown is a multiple of it
    CloseFee close_fee = CloseFee::NONE;   // that the maintenance margin holds
    CloseFee initial_close_fee = CloseFee::NONE;  // that the initial margin holds
    bool value_at_entry = false;          // the maintenance margin is of that, not of the mark's
    bool funding_in_maintenance = false;  // the next one, by the last rate
    bool initial_at_mark = false;         // the initial one, of what is not isolated, of the mark's
    bool open_loss = false;               // an order must find what it would lose at once
    OrderPrice order_price = OrderPrice::ORDER;  // at which an order that comes in counts
    std::int64_t order_price_buffer = 0;         // of MAX_LAST_MARK: billionths of the last price
    std::vector<FeeRates> fee_tiers;  // by the tier of an account; beyond its end its own rates
    std::vector<MarginTier> margin_tiers;  // none, or the first is of the two rates above
    FundingTerms funding;
    LiquidationTerms liquidation;
    // Once accounts have the contract:
    FeeRates held;                   // at which orders hold fees: highest_rates()
    std::int64_t close_rate = 0;     // of the fee to close at the mark in the maintenance margin
    bool is_flat = false;            // one rate of each margin, whatever the position is
    bool is_kept_by_rate = false;    // flat, and the maintenance margin is its rate and no more
    bool is_moved = false;           // marks, or trades of others, move what positions require
    bool is_simple = false;          // LINEAR, flat, at entry, orders need not find what they lose
    bool is_beside_funding = false;  // something settled in the same currency has funding
};

constexpr bool has_funding(const Contract& contract) {
    return contract.funding.accrual != FundingAccrual::NONE;
}

// A profit in the settlement currency grows with the value of a long position, of INVERSE contracts
// with that of a short one.
constexpr bool gains(const Contract& contract, bool is_long) {
    return is_long != (contract.kind == ContractKind::INVERSE);
}

// The rates of an account of a tier, which is looked at only where there are any.
inline FeeRates fee_rates(const Contract& contract, const std::uint8_t& tier) {
    if (contract.fee_tiers.empty() || tier >= contract.fee_tiers.size()) {
        return {contract.maker_rate, contract.taker_rate};
    }
    return contract.fee_tiers[tier];
}

// The most that an order may have to pay as either of the two, whatever the tier; a rebate is 0.
inline FeeRates highest_rates(const Contract& contract) {
    FeeRates highest;
    const auto reach = [&highest](const FeeRates& rates) {
        highest.maker = std::max(highest.maker, rates.maker);
        highest.taker = std::max(highest.taker, rates.taker);
    };
    reach({contract.maker_rate, contract.taker_rate});
    for (const FeeRates& rates : contract.fee_tiers) reach(rates);
    return highest;
}

// Lots have a value at this price and above.
constexpr std::int64_t lowest_price(ContractKind kind) {
    if (kind == ContractKind::LINEAR) return INT64_LOWEST;
    return kind == ContractKind::SPOT ? 0 : 1;
}

}  // namespace engine
