// Rate limits against counts kept the long way, and the ends of every range.
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "check.hpp"
#include "engine/accounts/rate_limits.hpp"

namespace {

using engine::CountKind;
using engine::FOREVER;
using engine::RateKind;
using engine::RateLimits;
using engine::RateTerms;
using engine::SECOND;

// Of RATE_WINDOWS.
constexpr std::size_t ORDERS_PER_MINUTE = 1;
constexpr std::size_t CANCELS_PER_MINUTE = 3;
constexpr std::size_t REQUESTS_PER_MINUTE = 4;

RateTerms terms_with(std::size_t window, std::uint32_t limit) {
    RateTerms terms;
    terms.windows[window] = limit;
    return terms;
}

}  // namespace

TEST("a window allows its limit in each of its lengths") {
    RateLimits limits({terms_with(ORDERS_PER_MINUTE, 30)});
    limits.add_users(100, 0);
    check::Random random(11);
    std::vector<std::vector<std::uint32_t>> used(100);
    std::uint64_t time = 0;
    for (int i = 0; i < 200'000; i++) {
        time += random.below(SECOND / 5);
        const auto user = static_cast<std::uint32_t>(random.below(100));
        const std::uint64_t minute = time / (60 * SECOND);
        auto& counts = used[user];
        if (counts.size() <= minute) counts.resize(minute + 1, 0);
        const bool is_allowed = counts[minute] < 30;
        CHECK_EQUAL(limits.ask(user, RateKind::ORDER, time).allowed, is_allowed);
        CHECK_EQUAL(limits.take(user, RateKind::ORDER, time), is_allowed);
        counts[minute] += is_allowed;
        CHECK_EQUAL(limits.used(user, RateKind::ORDER, time), counts[minute]);
    }
}

TEST("what several windows of orders have left is never more than each of them has") {
    constexpr std::uint64_t PERIODS[] = {10 * SECOND, 60 * SECOND, 86'400 * SECOND};
    RateTerms terms;
    std::copy_n(std::array{5U, 20U, 3'000U}.begin(), 3, terms.windows.begin());
    RateLimits limits({terms, terms_with(ORDERS_PER_MINUTE, 7)});
    limits.add_users(4, 0);
    check::Random random(12);
    // By user and window, when the last one that counts was taken, and how many were in its window.
    std::uint64_t begun[4][3] = {};
    std::uint32_t used[4][3] = {};
    std::uint64_t time = 0;
    for (int i = 0; i < 100'000; i++) {
        time += random.below(SECOND);
        if (random.below(500) == 0) {
            terms.windows[0] = 3 + static_cast<std::uint32_t>(random.below(5));
            limits.set_terms(0, terms);
        }
        if (random.below(500) == 0) {
            limits.set_factor(0, static_cast<std::uint32_t>(random.below(3)) * 500'000);
            limits.set_factor(0, 1'000'000);
        }
        const auto user = static_cast<std::uint32_t>(random.below(4));
        if (random.below(200) == 0) {
            const std::uint32_t tier = 1 - limits.tier(user);
            limits.set_tier(user, tier);
            if (tier == 1) used[user][0] = used[user][2] = 0;
        }
        const std::uint32_t tier = limits.tier(user);
        const std::uint32_t most[] = {terms.windows[0], tier == 0 ? 20U : 7U, 3'000};
        bool is_allowed = true;
        for (int w = 0; w < 3; w++) {
            if (time / PERIODS[w] != begun[user][w]) used[user][w] = 0;
            begun[user][w] = time / PERIODS[w];
            const bool is_limited = tier == 0 || w == 1;
            is_allowed = is_allowed && (!is_limited || used[user][w] < most[w]);
        }
        CHECK_EQUAL(limits.take(user, RateKind::ORDER, time), is_allowed);
        for (int w = 0; w < 3; w++) used[user][w] += is_allowed && (tier == 0 || w == 1);
        CHECK_EQUAL(limits.used(user, RateKind::ORDER, time), used[user][tier == 0 ? 2 : 1]);
    }
}

TEST("a bucket gives what its refill comes to, to the nanosecond") {
    __extension__ using Wide = unsigned __int128;
    for (const std::uint32_t refill : {1U, 3U, 7U, 9'999'991U}) {
        RateTerms terms;
        terms.burst = engine::RATE_LIMIT_MAX;
        terms.refill = refill;
        terms.refill_seconds = engine::REFILL_SECONDS_MAX;
        RateLimits limits({terms});
        limits.add_users(1, 0);
        check::Random random(refill);
        const std::uint64_t units = terms.refill_seconds * SECOND;
        std::uint64_t time = 0;
        Wide debt = 0;
        for (int i = 0; i < 20'000; i++) {
            const std::uint64_t step = random.below(1'000'000);
            time += step;
            const Wide paid = static_cast<Wide>(step) * refill;
            debt = debt > paid ? debt - paid : 0;
            CHECK(limits.take(0, RateKind::REST, time));
            debt += units;
            const Wide left = (static_cast<Wide>(terms.burst) * units - debt) / units;
            CHECK_EQUAL(limits.ask(0, RateKind::REST, time).remaining,
                        static_cast<std::uint32_t>(left));
        }
    }
}

TEST("a refusal leaves every word of the record as it was") {
    RateTerms terms = terms_with(REQUESTS_PER_MINUTE, 5);
    terms.burst = 3;
    RateLimits limits({terms});
    limits.add_users(1, 0);
    for (int i = 0; i < 3; i++) CHECK(limits.take(0, RateKind::REST, 7));
    const engine::RateAnswer before = limits.ask(0, RateKind::REST, 9);
    for (int i = 0; i < 100; i++) CHECK(!limits.take(0, RateKind::REST, 9));
    const engine::RateAnswer after = limits.ask(0, RateKind::REST, 9);
    CHECK_EQUAL(after.retry_after, before.retry_after);
    CHECK_EQUAL(after.reset_time, before.reset_time);
    CHECK_EQUAL(limits.used(0, RateKind::REST, 9), 3U);
}

TEST("times at the end of 64 bits wrap nowhere") {
    RateTerms terms = terms_with(ORDERS_PER_MINUTE, 1);
    terms.burst = 1;
    RateLimits limits({terms});
    limits.add_users(1, 0);
    CHECK(limits.take(0, RateKind::ORDER, FOREVER));
    CHECK(limits.take(0, RateKind::REST, FOREVER));
    for (const RateKind kind : {RateKind::ORDER, RateKind::REST}) {
        CHECK(!limits.take(0, kind, 0));
        CHECK_EQUAL(limits.ask(0, kind, 0).retry_after, FOREVER);
        CHECK_EQUAL(limits.ask(0, kind, 0).reset_time, FOREVER);
    }
    CHECK_EQUAL(limits.time(), FOREVER);
}

TEST("misuse is a broken invariant") {
    CHECK_THROWS(engine::BrokenInvariant, RateLimits({}));
    CHECK_THROWS(engine::BrokenInvariant,
                 RateLimits({terms_with(ORDERS_PER_MINUTE, engine::RATE_LIMIT_MAX + 1)}));
    RateLimits limits({terms_with(ORDERS_PER_MINUTE, 1)});
    CHECK_THROWS(engine::BrokenInvariant, limits.add_users(1, 1));
    CHECK_THROWS(engine::BrokenInvariant, limits.add_users(engine::RATE_USERS_MAX + 1, 0));
    CHECK_THROWS(engine::BrokenInvariant, limits.ask(0, RateKind::ORDER, 0));
    CHECK_THROWS(engine::BrokenInvariant, limits.set_factor(0, engine::RATE_FACTOR_MAX + 1));
    CHECK_THROWS(engine::BrokenInvariant, limits.set_terms(0, terms_with(CANCELS_PER_MINUTE, 1)));
    CHECK_THROWS(engine::BrokenInvariant, limits.held(0, CountKind::OPEN_ORDER));
}
