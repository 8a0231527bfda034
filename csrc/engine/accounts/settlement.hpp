// Trades of a window, netted into one transfer for each account and currency.
//
// Purpose: what a batch of trades moves, as the few amounts that must change hands at its end. Sums
// are kept in 128 bits, so that neither the sequence of the trades nor what an account has in
// between matters: only what is left at the end must fit 64 bits.
// Invariants: per currency, all sums are zero together; between calls each fits 64 bits.
// Complexity: a trade O(1) expected; the transfers O(n) in the number of accounts and currencies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "engine/formulas/rounding.hpp"
#include "engine/types/records.hpp"

namespace engine {

constexpr std::uint32_t NO_CURRENCY = std::numeric_limits<std::uint32_t>::max();

// What a trade of an instrument moves: from seller to buyer lots * lot_units of the base, and from
// buyer to seller lots * ticks * value_factor of the quote. A derivative moves neither.
struct SettlementTerms {
    std::uint32_t base = NO_CURRENCY;
    std::uint32_t quote = 0;
    std::uint32_t buyer_fee = 0;  // the currency of what the buyer pays for the trade
    std::uint32_t seller_fee = 0;
    std::int64_t lot_units = 0;
    std::int64_t value_factor = 0;
};

// What the parties of each trade pay to an account, below 0 what they get; null for nothing.
struct TradeFees {
    const std::int64_t* maker = nullptr;
    const std::int64_t* taker = nullptr;
    std::uint32_t account = 0;
};

enum class SettlementFault : std::uint8_t {
    NONE,
    INSTRUMENT,  // its terms are not known
    SIDE,
    QUANTITY,  // below 1
    BASE,      // an amount beyond 64 bits
    QUOTE,
    NET,  // the sum of an account in a currency is beyond 64 bits after the trades
};

struct SettlementCheck {
    SettlementFault fault = SettlementFault::NONE;
    std::size_t index = 0;  // of the trade; of NET the first one that moves that sum
};

// Sums by a 64-bit key.
class SumTable {
  public:
    struct Sum {
        std::uint64_t key;
        Wide amount;
    };

    SumTable() : places_(PLACES_MIN, NONE) {}

    void add(std::uint64_t key, Wide amount) {
        sums_[find(key)].amount += amount;
    }
    // 0 where nothing was added.
    Wide amount_of(std::uint64_t key) {
        return sums_[find(key)].amount;
    }
    std::span<const Sum> sums() const {
        return sums_;
    }
    void clear();

  private:
    static constexpr std::size_t PLACES_MIN = 1024;
    static constexpr std::uint32_t NONE = std::numeric_limits<std::uint32_t>::max();

    // The place of a key among the sums; it is made where there is none.
    std::uint32_t find(std::uint64_t key);
    std::size_t slot_of(std::uint64_t key) const;
    void grow();

    std::vector<std::uint32_t> places_;  // open addressing: a power of two, at most half full
    std::vector<Sum> sums_;
};

class Netting {
  public:
    // Adds trades, all or none: with a fault, nothing is changed.
    SettlementCheck add(std::span<const Trade> trades, std::span<const SettlementTerms> terms,
                        const TradeFees& fees);
    // REQUIRES: the same were added.
    void take_back(std::span<const Trade> trades, std::span<const SettlementTerms> terms,
                   const TradeFees& fees);
    // Every sum that is not zero, by account, then currency.
    std::vector<Transfer> transfers() const;
    void clear();

  private:
    // The first trade that moves a sum which is beyond 64 bits now; how many there are without one.
    std::size_t find_unfit(std::span<const Trade> trades, std::span<const SettlementTerms> terms,
                           const TradeFees& fees);

    SumTable nets_;
    Wide moved_ = 0;  // all amounts without their signs: no sum is larger
};

}  // namespace engine
