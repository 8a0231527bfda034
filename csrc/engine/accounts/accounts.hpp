// What accounts own, what their orders hold of it, their positions, and what trades pay.
//
// Purpose: all that docs/semantics/accounts.md says, in whole numbers. Knows no book and no order
// beyond "lots at a price on a side", and refuses nothing: the engine asks first. Sums have 128
// bits: no stream of commands can bring them to an end.
// Complexity: O(1) an event; unrealized profit O(positions of the account) once a mark has moved.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "engine/accounts/limits.hpp"
#include "engine/formulas/pnl.hpp"
#include "engine/types/contract.hpp"
#include "engine/types/records.hpp"

namespace engine {

struct Account {
    std::uint32_t number;
    std::uint32_t group;
    std::uint32_t tier;
    AccountFlags flags;
    std::uint32_t first_position;  // of the list of its positions, or NO_POSITION
};

// Smallest units of one currency.
struct Balance {
    Wide amount = 0;
    Wide held = 0;    // by orders of spot instruments: a part of the amount
    Wide margin = 0;  // required by positions and orders of derivatives
};

// What an account has, and has open, in one derivative; units of the settlement currency.
constexpr std::uint32_t NO_POSITION = ~std::uint32_t{0};
struct Position {
    std::int64_t lots = 0;          // below 0 when short
    std::int64_t initial_rate = 0;  // billionths, chosen by the account; 0 for the contract's
    Wide entry_value = 0;           // what the lots were worth when they came
    Wide realized = 0;              // paid into the balance when they went, fees apart
    Wide fees = 0;
    Wide buys = 0;  // values of the open orders, each at its limit
    Wide sells = 0;
    Wide margin = 0;
    mutable Wide unrealized = 0;  // as its account's tally has it
    Exposure exposure;
    std::int64_t buying = 0;  // lots of the open orders
    std::int64_t selling = 0;
    std::uint32_t instrument = 0;
    std::uint32_t next = NO_POSITION;  // of the same account
};

// What an order holds for: so many lots at its limit; none for an order that waits.
struct Held {
    std::int64_t lots = 0;
    std::int64_t price = 0;
    bool operator==(const Held&) const = default;
};

// What an account would have in a derivative with an order, and without it.
struct Prospect {
    Exposure with;
    Exposure without;
    Wide lots = 0;  // of the position in the order's direction, with all that is open on its side

    // Whether the order makes the position's worst side larger.
    bool grows() const {
        return with.worst() > without.worst();
    }
};

// What a trade costs its parties.
struct Fees {
    std::int64_t maker = 0;
    std::int64_t taker = 0;
};

// One side of a trade: `is_buyer` of lots at a price.
struct TradeSide {
    std::uint32_t instrument;
    bool is_buyer;
    std::int64_t lots;
    std::int64_t price;
};

// Leverage is told in hundredths; the rate of initial margin that it needs, in billionths.
constexpr std::int64_t LEVERAGE_MIN = 100;
constexpr std::int64_t rate_of_leverage(std::int64_t hundredths) {
    return static_cast<std::int64_t>(divide(100 * wide(BILLION), hundredths, Rounding::CEILING));
}

class Accounts {
  public:
    // Until this is called there are none, and nothing of this is used.
    void keep() {
        is_kept_ = true;
    }
    bool is_kept() const {
        return is_kept_;
    }

    // -- what there is
    std::uint32_t add_currency();
    std::uint32_t currency_count() const {
        return static_cast<std::uint32_t>(balances_.size());
    }
    void add_contract(const Contract& contract);
    const Contract& contract(std::uint32_t instrument) const {
        return contracts_[instrument];
    }
    // Makes an account, or changes it.
    void set(std::uint32_t number, std::uint32_t group, std::uint32_t tier, AccountFlags flags);
    AccountIndex find(std::uint64_t number) const;
    const std::vector<Account>& all() const {
        return accounts_;
    }
    const Account& account(AccountIndex account) const {
        return accounts_[account];
    }
    const Balance& balance(AccountIndex account, std::uint32_t currency) const {
        return balances_[currency][account];
    }
    // Null while the account had nothing to do with the instrument.
    const Position* position(AccountIndex account, std::uint32_t instrument) const;
    const Tally& tally(AccountIndex account, std::uint32_t currency) const {
        return tallies_[currency][account];
    }
    // How much the result is below another, with what the positions would lose by now.
    Wide loss_from(Wide result, AccountIndex account, std::uint32_t currency) const;
    Wide day_loss(AccountIndex account, std::uint32_t currency, std::uint64_t time) const;
    Wide drawdown(AccountIndex account, std::uint32_t currency) const;
    const Limits& limits() const {
        return limits_;
    }
    Limits& limits() {
        return limits_;
    }
    Wide house(std::uint32_t currency) const {
        return house_[currency];
    }
    std::int64_t deposits(std::uint32_t currency) const {
        return deposits_[currency];
    }

    // -- what it is worth
    void set_mark(std::uint32_t instrument, std::int64_t price);
    Wide unrealized(const Position& position) const;
    Wide unrealized(AccountIndex account, std::uint32_t currency) const;
    // What may be spent or withdrawn: profits of open positions may not.
    Wide available(AccountIndex account, std::uint32_t currency) const;
    // What may be lost and required: profits of open positions count.
    Wide free(AccountIndex account, std::uint32_t currency) const;
    std::int64_t initial_rate(const Position& position) const;

    // -- what orders hold
    // The value of an order to the margin: by its size, rounded up.
    Wide order_value(std::uint32_t instrument, std::int64_t lots, std::int64_t price) const;
    // Whether an account may have an order of lots with such a value in all, instead of one that
    // holds for `instead_of`.
    bool affords(AccountIndex account, std::uint32_t instrument, bool is_buyer, std::int64_t lots,
                 Wide value, const Held& instead_of) const;
    // The same question of a derivative, answered by exposures.
    Prospect prospect(AccountIndex account, std::uint32_t instrument, bool is_buyer,
                      std::int64_t lots, Wide value, const Held& instead_of) const;
    // An order held for the one, and holds for the other from now on.
    void hold(AccountIndex account, std::uint32_t instrument, bool is_buyer, const Held& before,
              const Held& after);

    // -- what is paid
    // Pays both parties of a trade: the maker first. `taker` is the side of the taker.
    Fees pay(AccountIndex maker, AccountIndex taker, const TradeSide& taker_side, bool is_auction,
             std::uint64_t time);
    // REQUIRES: what is taken is available, and all deposits fit in 64 bits.
    void deposit(AccountIndex account, std::uint32_t currency, std::int64_t amount);
    void transfer(AccountIndex from, AccountIndex to, std::uint32_t currency, std::int64_t amount);
    // Whether the account can have this rate of initial margin, and gives it to it.
    bool affords_rate(AccountIndex account, std::uint32_t instrument, std::int64_t rate) const;
    void set_rate(AccountIndex account, std::uint32_t instrument, std::int64_t rate);

    // That nothing was made or lost, and that sums are the sums of their parts.
    void check() const;
    void check_nothing_is_held() const;

  private:
    std::uint64_t key(AccountIndex account, std::uint32_t instrument) const {
        return std::uint64_t{account} << 32 | instrument;
    }
    Balance& balance_of(AccountIndex account, std::uint32_t currency) {
        return balances_[currency][account];
    }
    Position& position_of(AccountIndex account, std::uint32_t instrument);
    Tally& tally_of(AccountIndex account, const Position& position) {
        return tallies_[contracts_[position.instrument].settle][account];
    }
    Prospect prospect_of(const Position& held, bool is_buyer, std::int64_t lots, Wide value,
                         const Held& instead_of, Wide given_up) const;
    Exposure exposure_of(const Position& position, Wide buys, Wide sells) const;
    Wide margin_of(const Position& position, Wide buys, Wide sells, std::int64_t rate) const;
    void refresh(AccountIndex account, Position& position);
    Wide unrealized_loss(AccountIndex account, std::uint32_t currency) const;
    Wide spot_need(const Contract& contract, bool is_buyer, std::int64_t lots, Wide value) const;
    std::int64_t pay_one(AccountIndex account, const TradeSide& side, Wide value, bool is_maker,
                         std::uint64_t time);
    Wide move_position(AccountIndex account, const TradeSide& side, Wide value);

    struct Mark {
        bool is_known = false;
        std::int64_t price = 0;
    };

    bool is_kept_ = false;
    std::vector<Contract> contracts_;  // by instrument
    std::vector<Mark> marks_;          // by instrument
    std::vector<Account> accounts_;
    std::unordered_map<std::uint32_t, AccountIndex> by_number_;
    std::vector<std::vector<Balance>> balances_;  // by currency, then account
    std::vector<std::vector<Tally>> tallies_;     // the same
    std::vector<std::uint64_t> marks_told_;       // by currency, how many
    std::vector<Wide> house_;                     // by currency
    std::vector<std::int64_t> deposits_;          // by currency, less withdrawals
    Limits limits_;
    std::vector<Position> positions_;
    std::unordered_map<std::uint64_t, std::uint32_t> positions_by_key_;
};

}  // namespace engine
