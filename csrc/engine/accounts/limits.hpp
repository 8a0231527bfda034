// Limits of accounts, switches that turn trading off, and what limits look at beside balances.
//
// Purpose: what docs/semantics/limits.md says is kept: values, and what accounts did. Compares and
// refuses nothing but by these values: the engine asks.
// Complexity: O(1) a question; nothing is looked for while no limit is set and no switch is off.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <unordered_map>
#include <vector>

#include "engine/base/packed.hpp"
#include "engine/formulas/rounding.hpp"
#include "engine/types/records.hpp"

namespace engine {

// An account's place, in the order in which they were made.
using AccountIndex = std::uint32_t;
constexpr AccountIndex NO_ACCOUNT = ~AccountIndex{0};

// -- how an account stands

constexpr Wide size_of(Wide amount) {
    return amount < 0 ? -amount : amount;
}

// What a position would be worth if all that is open to buy traded, or all that is open to sell;
// below 0 when short.
struct Exposure {
    Wide longs;
    Wide shorts;
    Wide worst() const {
        return std::max(size_of(longs), size_of(shorts));
    }
    bool operator==(const Exposure&) const = default;
};

constexpr std::uint64_t DAY_NANOSECONDS = std::uint64_t{86'400} * 1'000'000'000;
constexpr std::uint32_t day_of(std::uint64_t time) {
    return static_cast<std::uint32_t>(time / DAY_NANOSECONDS);
}

// -- limits as they are in force for someone

constexpr std::int64_t NOT_LIMITED = -1;
// Where none is that numbers may not pass: it stops what passes 63 bits, so that it is looked at.
constexpr std::int64_t UNLIMITED = INT64_HIGHEST;

// Of an account.
struct OrdersLimits {
    std::int64_t open_orders;       // or UNLIMITED
    std::int64_t duplicate_window;  // or 0
};
// Of an account in an instrument.
struct OrderLimits {
    std::int64_t quantity;  // or UNLIMITED, as value and position
    std::int64_t value;
    std::int64_t price_distance;  // or NOT_LIMITED
    std::int64_t position;
};
// Of an account in a currency.
struct ExposureLimits {
    std::int64_t net;  // or UNLIMITED, as gross
    std::int64_t gross;
    std::int64_t daily_loss;  // or NOT_LIMITED, as drawdown
    std::int64_t drawdown;
};

// What an account has, and has made, in the derivatives of one currency. Plain memory of zeros is
// one that has nothing.
struct Tally {
    std::uint32_t day;            // of the last trade, or FUND of one of its positions
    std::uint32_t fundings_seen;  // how many FUNDs there were when all its positions last paid
    std::int64_t rate;  // the highest at which anything there has required margin and a fee
    Wide result;        // realized, less fees and funding
    Wide best;          // the highest result after any trade
    Wide begin;         // the result when the day began
    Exposure sum;
    Wide gross;  // the sum of the worst sides
    ExposureLimits limits;

    // The exposure comes to be the other in one derivative.
    void change(const Exposure& before, const Exposure& after) {
        sum.longs += after.longs - before.longs;
        sum.shorts += after.shorts - before.shorts;
        gross += after.worst() - before.worst();
    }
    // Something changes the result on a day.
    void begin_day(std::uint32_t its) {
        if (its <= day) return;
        day = its;
        begin = result;
    }
    // A trade has paid so much. REQUIRES: all funding is paid.
    void add(Wide paid, std::uint64_t time) {
        begin_day(day_of(time));
        result += paid;
        if (ENGINE_UNLIKELY(result > best)) best = result;
    }
    // A part of the result comes from another shard, or below 0 goes to one: what was lost before
    // stays lost where it was.
    void shift(Wide part) {
        result += part;
        begin += part;
        best = std::max(best + part, Wide{0});
    }
    // The result when the day of this time began.
    Wide begin_at(std::uint64_t time) const {
        return day_of(time) > day ? result : begin;
    }
};

// -- limits

// What a limit is of.
enum class LimitOf : std::uint8_t { ACCOUNT, INSTRUMENT, CURRENCY };

constexpr LimitOf what_of(Limit limit) {
    switch (limit) {
        case Limit::OPEN_ORDERS:
        case Limit::DUPLICATE_WINDOW:
            return LimitOf::ACCOUNT;
        case Limit::NET_EXPOSURE:
        case Limit::GROSS_EXPOSURE:
        case Limit::DAILY_LOSS:
        case Limit::DRAWDOWN:
            return LimitOf::CURRENCY;
        default:
            return LimitOf::INSTRUMENT;
    }
}

// The values of an account as a whole, of an instrument or of a currency, by Limit.
constexpr std::size_t LIMITS = static_cast<std::size_t>(Limit::DRAWDOWN) + 1;
struct LimitRow {
    std::array<std::int64_t, LIMITS> values;
    LimitRow() {
        values.fill(NOT_LIMITED);
    }
};

// What holds for an account: its own value, or else the one for all.
class LimitsInForce {
  public:
    LimitsInForce(const LimitRow* own, const LimitRow* common) : own_(own), common_(common) {}
    std::int64_t operator[](Limit limit) const {
        const auto place = static_cast<std::size_t>(limit);
        if (own_ != nullptr && own_->values[place] != NOT_LIMITED) return own_->values[place];
        return common_ == nullptr ? NOT_LIMITED : common_->values[place];
    }
    bool has(Limit limit) const {
        return (*this)[limit] != NOT_LIMITED;
    }
    // Whether a number is more than a limit, or at least as much; false where there is none.
    bool is_passed(Limit limit, Wide number) const {
        return has(limit) && number > (*this)[limit];
    }
    bool is_reached(Limit limit, Wide number) const {
        return has(limit) && number >= (*this)[limit];
    }

  private:
    const LimitRow* own_;
    const LimitRow* common_;
};

// A limit that is set.
struct LimitSet {
    AccountIndex account;  // or NO_ACCOUNT, for all that have none of their own
    Limit limit;
    std::uint32_t of;  // the instrument or currency
    std::int64_t value;
};

// -- what was asked for last

// An order as its SUBMIT asked for it.
struct Asked {
    std::uint32_t instrument;
    Side side;
    OrderType type;
    std::int64_t price;
    std::int64_t trigger_price;
    std::int64_t quantity;
    bool operator==(const Asked&) const = default;
};

constexpr Asked asked_by(const Command& command) {
    return {command.instrument, command.side,          command.order_type,
            command.price,      command.trigger_price, command.quantity};
}

class Limits {
  public:
    // -- limits
    // Sets a limit of an account, or of all that have none of their own; or takes it away.
    void set(const LimitSet& limit);
    bool is_any() const {
        return changes_ != 0;
    }
    // How many were set or taken away: what was looked up at another count is out of date.
    std::uint32_t changes() const {
        return changes_;
    }
    OrdersLimits of_orders(AccountIndex account) const;
    OrderLimits of_order(AccountIndex account, std::uint32_t instrument) const;
    ExposureLimits of_exposure(AccountIndex account, std::uint32_t currency) const;
    LimitsInForce in_force(AccountIndex account, LimitOf what, std::uint32_t of) const;
    // Whether an account has, or had, any of its own.
    bool has_own(AccountIndex account, LimitOf what, std::uint32_t of) const {
        return find(own_[static_cast<std::size_t>(what)], key(account, of)) != nullptr;
    }
    // Those that are set, in no order.
    std::vector<LimitSet> all() const;

    // -- switches
    // Turns trading off or on. A number is an account's, a group's or an instrument's, as the scope
    // says; no scope is the venue.
    void turn(SwitchScopes scope, std::uint32_t number, bool is_off);
    bool is_any_off() const {
        return is_any_off_;
    }
    bool is_off(std::uint32_t account, std::uint32_t group, std::uint32_t instrument) const {
        return is_venue_off_ || accounts_off_.contains(account) || groups_off_.contains(group) ||
               instruments_off_.contains(instrument);
    }
    bool is_venue_off() const {
        return is_venue_off_;
    }
    const std::set<std::uint32_t>& accounts_off() const {
        return accounts_off_;
    }
    const std::set<std::uint32_t>& groups_off() const {
        return groups_off_;
    }
    const std::set<std::uint32_t>& instruments_off() const {
        return instruments_off_;
    }

    // -- the image, in image.cpp
    // `numbers` are those of the accounts, by their places.
    void save(Packer& out, const std::vector<std::uint32_t>& numbers) const;
    // REQUIRES: nothing was set, and the numbers rise.
    void load(Unpacker& in, const std::vector<std::uint32_t>& numbers);

  private:
    using Rows = std::unordered_map<std::uint64_t, LimitRow>;

    static std::uint64_t key(AccountIndex account, std::uint32_t of) {
        return std::uint64_t{account} << 32 | of;
    }
    static const LimitRow* find(const Rows& rows, std::uint64_t key) {
        if (rows.empty()) return nullptr;
        const auto found = rows.find(key);
        return found == rows.end() ? nullptr : &found->second;
    }

    std::uint32_t changes_ = 0;
    bool is_any_off_ = false;
    bool is_venue_off_ = false;
    std::array<Rows, 3> own_;     // by what they are of
    std::array<Rows, 3> common_;  // those for all
    std::set<std::uint32_t> accounts_off_;
    std::set<std::uint32_t> groups_off_;
    std::set<std::uint32_t> instruments_off_;
};

}  // namespace engine
