#include "engine/accounts/tier_rates.hpp"

#include "engine/base/assert.hpp"

namespace engine {

namespace {

// The windows of what an engine counts are the first of all, in the order of RateLimit.
constexpr std::size_t WINDOWS = 4;
static_assert(static_cast<std::size_t>(RateLimit::ORDERS_PER_TEN_SECONDS) == 1);
static_assert(static_cast<std::size_t>(RateLimit::CANCELS_PER_MINUTE) == WINDOWS);
static_assert(RATE_WINDOWS[2].kind == RateKind::ORDER && RATE_WINDOWS[2].period == 86'400 * SECOND);
static_assert(RATE_WINDOWS[3].kind == RateKind::CANCEL && RATE_WINDOWS[3].period == 60 * SECOND);

}  // namespace

void TierRates::begin() {
    ENGINE_ASSERT(!is_any());
    values_.resize(TIERS);
    for (auto& values : values_) values.fill(NOT_LIMITED);
    // A limiter has places for what some tier limits when it is made.
    std::vector<RateTerms> tiers(TIERS);
    for (std::size_t i = 0; i < WINDOWS; i++) tiers[0].windows[i] = RATE_LIMIT_MAX;
    limiter_ = std::make_unique<RateLimits>(tiers);
    limiter_->set_terms(0, {});
}

void TierRates::begin(const Accounts& accounts) {
    begin();
    for (AccountIndex i = 0; i < accounts.count(); i++) set_tier(i, accounts.account(i).tier);
}

void TierRates::follow(const TierRates& others, const Accounts& accounts) {
    if (!others.is_any()) return;
    begin(accounts);
    for (const TierRate& rate : others.all()) set(rate);
}

void TierRates::set_tier(AccountIndex account, std::uint32_t tier) {
    ENGINE_ASSERT(tier < TIERS);
    ENGINE_ASSERT(account <= limiter_->users());
    if (account == limiter_->users()) {
        limiter_->add_users(1, tier);
    } else {
        limiter_->set_tier(account, tier);
    }
}

void TierRates::set(const TierRate& rate) {
    ENGINE_ASSERT(rate.tier < TIERS);
    ENGINE_ASSERT(rate.value >= NOT_LIMITED && rate.value <= RATE_LIMIT_MAX);
    values_[rate.tier][static_cast<std::size_t>(rate.limit)] = rate.value;
    if (rate.limit == RateLimit::FACTOR) {
        const std::int64_t factor = rate.value == NOT_LIMITED ? MILLION : rate.value;
        return limiter_->set_factor(rate.tier, static_cast<std::uint32_t>(factor));
    }
    limiter_->set_terms(rate.tier, terms_of(rate.tier));
}

RateTerms TierRates::terms_of(std::uint32_t tier) const {
    RateTerms terms;
    for (std::size_t i = 0; i < WINDOWS; i++) {
        const std::int64_t value = values_[tier][i + 1];
        if (value != NOT_LIMITED) terms.windows[i] = static_cast<std::uint32_t>(value);
    }
    return terms;
}

RateAnswer TierRates::ask(AccountIndex account, RateKind kind, std::uint64_t time) const {
    if (!is_any()) {
        return {.retry_after = 0, .reset_time = time, .remaining = NO_LIMIT, .allowed = true};
    }
    return limiter_->ask(account, kind, time);
}

std::int64_t TierRates::value(std::uint32_t tier, RateLimit limit) const {
    if (!is_any() || tier >= TIERS) return NOT_LIMITED;
    return values_[tier][static_cast<std::size_t>(limit)];
}

std::vector<TierRate> TierRates::all() const {
    std::vector<TierRate> found;
    for (std::uint32_t tier = 0; is_any() && tier < TIERS; tier++) {
        for (std::size_t i = 1; i < SETTINGS; i++) {
            const auto limit = static_cast<RateLimit>(i);
            if (value(tier, limit) != NOT_LIMITED)
                found.push_back({tier, limit, value(tier, limit)});
        }
    }
    return found;
}

}  // namespace engine
