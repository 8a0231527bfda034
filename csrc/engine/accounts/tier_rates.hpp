// The rate limits of accounts, by the tiers that they are of.
//
// Purpose: what SET_RATE tells, and the limiter that counts by it: an account is a user, by its
// place. There is none until a limit is set, so that engines without limits pay one branch.
// Invariants: the limiter has a user for each account, of the account's tier.
// Complexity: O(1); the first limit O(accounts).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/accounts/accounts.hpp"
#include "engine/accounts/rate_limits.hpp"

namespace engine {

// A limit of a tier that is set.
struct TierRate {
    std::uint32_t tier;
    RateLimit limit;
    std::int64_t value;
};

class TierRates {
  public:
    bool is_any() const {
        return limiter_ != nullptr;
    }
    // Counts from now on. Nothing is limited yet, and every account is to be told of, in order.
    // REQUIRES: it is asked for once.
    void begin();
    // An account is of a tier from now on. REQUIRES: is_any(), and a new account is the next one.
    void set_tier(AccountIndex account, std::uint32_t tier);
    // Sets a limit of a tier, or takes it away; what was taken stays counted. REQUIRES: is_any().
    void set(const TierRate& rate);
    // NOT_LIMITED for none.
    std::int64_t value(std::uint32_t tier, RateLimit limit) const;
    // Those that are set, by tier and limit.
    std::vector<TierRate> all() const;

    // Comes to have the limits of others, of which nothing is taken. REQUIRES: !is_any().
    void follow(const TierRates& others, const Accounts& accounts);

    // Takes one from every limit of the account's tier, or nothing and returns false. REQUIRES:
    // is_any().
    ENGINE_INLINE bool take(AccountIndex account, RateKind kind, std::uint64_t time) {
        return limiter_->take(account, kind, time);
    }
    // Asks for what take() will read.
    ENGINE_INLINE void prefetch(AccountIndex account) const {
        if (is_any()) limiter_->prefetch(account);
    }
    // What the next command of the kind would be told.
    RateAnswer ask(AccountIndex account, RateKind kind, std::uint64_t time) const;

    // -- the image, in image.cpp: of accounts in this order
    void save(Packer& out, const std::vector<AccountIndex>& users) const;
    // REQUIRES: !is_any(), and the accounts are in the order in which they were saved.
    void load(Unpacker& in, const Accounts& accounts);

  private:
    static constexpr std::size_t SETTINGS = static_cast<std::size_t>(RateLimit::FACTOR) + 1;
    static constexpr std::size_t TIERS = static_cast<std::size_t>(TIER_MAX) + 1;
    static_assert(TIERS <= RATE_TIERS_MAX);

    void begin(const Accounts& accounts);
    RateTerms terms_of(std::uint32_t tier) const;

    std::unique_ptr<RateLimits> limiter_;
    std::vector<std::array<std::int64_t, SETTINGS>> values_;  // by tier, once there is a limiter
};

}  // namespace engine
