// How often each user may do what: the limits of tiers, and what users took of them.
//
// Purpose: one call in the way of every command and every request, `take`, that costs a few
// nanoseconds. A window counts what was taken since its last multiple of its length. A bucket is
// kept as a debt: a request is as many units as its refill time has nanoseconds, so that each
// nanosecond pays `refill` of them back, exactly. A debt is never more than the bucket holds. All
// limits of a kind must have room, or nothing is taken from any.
// Invariants: time never goes back; no count is above what a limit with the largest factor allows;
// what no tier limits has no place and is not counted. A user's record holds what some tier limits
// and no more: 64 bytes for GoDark's tiers. A zeroed record is a user who took nothing.
// Complexity: everything is O(1), a user's number being its place in one array.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/array.hpp"
#include "engine/base/packed.hpp"
#include "engine/types/limits.hpp"
#include "engine/types/records.hpp"

namespace engine {

constexpr std::uint32_t NO_LIMIT = ~std::uint32_t{0};
constexpr std::uint64_t FOREVER = ~std::uint64_t{0};
constexpr std::uint64_t SECOND = 1'000'000'000;

constexpr std::size_t RATE_KINDS = 5;
constexpr std::size_t COUNT_KINDS = 4;
static_assert(static_cast<std::size_t>(RateKind::TRADE) + 1 == RATE_KINDS);
static_assert(static_cast<std::size_t>(CountKind::OPEN_POSITION) + 1 == COUNT_KINDS);

// What is counted in which window, those of a kind together and from short to long.
struct RateWindow {
    RateKind kind;
    std::uint64_t period;
};
constexpr std::array<RateWindow, 7> RATE_WINDOWS{{{RateKind::ORDER, 10 * SECOND},
                                                  {RateKind::ORDER, 60 * SECOND},
                                                  {RateKind::ORDER, 86'400 * SECOND},
                                                  {RateKind::CANCEL, 60 * SECOND},
                                                  {RateKind::REST, 60 * SECOND},
                                                  {RateKind::WS_MESSAGE, SECOND},
                                                  {RateKind::TRADE, 60 * SECOND}}};
constexpr std::size_t WINDOWS_A_KIND = 3;
// The number of a window and its count share a word.
static_assert(FOREVER / SECOND < std::uint64_t{1} << (64 - RATE_COUNT_BITS));

// A tier as it is given. Limits are at most RATE_LIMIT_MAX, or NO_LIMIT.
struct RateTerms {
    RateTerms() {
        windows.fill(NO_LIMIT);
        counts.fill(NO_LIMIT);
    }
    std::array<std::uint32_t, RATE_WINDOWS.size()> windows;
    std::array<std::uint32_t, COUNT_KINDS> counts;
    std::uint32_t burst = NO_LIMIT;  // requests that the bucket holds; with it, `refill`
    std::uint32_t refill = 1;        // requests that it gets back in `refill_seconds`
    std::uint32_t refill_seconds = 1;
    std::uint32_t taker_credit = 0;  // orders that count no more once one fills
    std::uint32_t maker_credit = 0;
};

class RateLimits {
  public:
    // REQUIRES: 1 to RATE_TIERS_MAX tiers.
    explicit RateLimits(const std::vector<RateTerms>& tiers);

    // Adds users of a tier and returns the number of the first. REQUIRES: no more than
    // RATE_USERS_MAX in all. Throws std::bad_alloc.
    std::uint32_t add_users(std::uint32_t count, std::uint32_t tier);
    // What was taken stays taken, in so far as the new tier limits it.
    void set_tier(std::uint32_t user, std::uint32_t tier);
    // Other numbers, from the next call on; what was taken stays counted. REQUIRES: some tier
    // limited when the limiter was made what is to be limited; a bucket keeps its refill_seconds.
    void set_terms(std::uint32_t tier, const RateTerms& terms);
    // Every limit of the tier is multiplied by so many millionths, from the next call on. A limit
    // is rounded down; in the bucket a request costs the more units, rounded down too.
    void set_factor(std::uint32_t tier, std::uint32_t millionths);

    // Takes one from every limit of the kind and returns true; or takes nothing and returns false.
    // An earlier time counts as the latest seen. REQUIRES: user < users().
    ENGINE_INLINE bool take(std::uint32_t user, RateKind kind, std::uint64_t time);
    // What a call of the kind would be told; after take(), what the next one would be.
    RateAnswer ask(std::uint32_t user, RateKind kind, std::uint64_t time) const;
    // take(), and all there is to say of it.
    RateAnswer check(std::uint32_t user, RateKind kind, std::uint64_t time);
    // take() and check() for one user after the other, the records fetched ahead.
    void take_batch(const std::uint32_t* users, const std::uint8_t* kinds,
                    const std::uint64_t* times, std::size_t count, std::uint8_t* allowed);
    void check_batch(const std::uint32_t* users, const std::uint8_t* kinds,
                     const std::uint64_t* times, std::size_t count, RateAnswer* answers);
    // What counts now in the longest window of the kind; 0 without one.
    std::uint32_t used(std::uint32_t user, RateKind kind, std::uint64_t time) const;
    // An order filled; its first fill takes the tier's credit off the windows of orders.
    void credit_fill(std::uint32_t user, Liquidity liquidity, std::int64_t last_quantity,
                     std::int64_t filled_quantity, std::uint64_t time);

    // Plain counts: `acquire` takes all or returns false, `release` returns false when so many are
    // not held. What no tier limits is not counted.
    bool acquire(std::uint32_t user, CountKind kind, std::uint32_t count);
    bool release(std::uint32_t user, CountKind kind, std::uint32_t count);
    std::uint32_t held(std::uint32_t user, CountKind kind) const;
    std::uint32_t room(std::uint32_t user, CountKind kind) const;

    // For look-ahead: the record that take() reads.
    void prefetch(std::uint32_t user) const {
        ENGINE_PREFETCH(record(user));
    }

    std::uint32_t users() const {
        return users_;
    }
    std::uint32_t tier(std::uint32_t user) const {
        return static_cast<std::uint32_t>(*record(user));
    }
    std::uint64_t time() const {
        return time_;
    }
    std::size_t bytes_a_user() const {
        return words_a_user_ * sizeof(std::uint64_t);
    }
    std::size_t memory_bytes() const {
        return words_.capacity() * sizeof(std::uint64_t);
    }

    // The image, in image.cpp: what these users took, in this order. Tiers are no part of it.
    void save(Packer& out, const std::vector<std::uint32_t>& users) const;
    // REQUIRES: the same users, in the order in which they were saved.
    void load(Unpacker& in);

  private:
    static constexpr std::uint32_t NO_PLACE = ~std::uint32_t{0};
    static constexpr std::uint64_t COUNT_MASK = (std::uint64_t{1} << RATE_COUNT_BITS) - 1;
    // No window of orders begins but where one of these does.
    static constexpr std::uint64_t EPOCH = RATE_WINDOWS[0].period;
    static_assert(RATE_WINDOWS[1].period % EPOCH == 0 && RATE_WINDOWS[2].period % EPOCH == 0);

    // Where in a user's record what is counted; counts lie in halves of words.
    struct Layout {
        std::array<std::uint32_t, RATE_WINDOWS.size()> windows;
        std::array<std::uint32_t, COUNT_KINDS> counts;
        std::uint32_t bucket = NO_PLACE;
        std::uint32_t left = NO_PLACE;
        std::uint32_t noted = NO_PLACE;              // with `left`; a half
        std::uint32_t windows_of_orders = NO_PLACE;  // the first of them, where that is there
    };
    struct Window {
        std::uint64_t period;
        std::uint32_t limit;  // with the factor
        std::uint32_t place;
    };
    struct Kind {
        std::uint32_t window_count = 0;
        bool has_bucket = false;
        std::array<Window, WINDOWS_A_KIND> windows;
    };
    struct Bucket {
        std::uint64_t capacity;  // units
        std::uint64_t cost;      // units of a request, with the factor; above capacity: never
        std::uint64_t full_ns;   // after so long it is full, however empty it was
        std::uint64_t refill;    // units a nanosecond
    };
    struct Tier {
        RateTerms terms;
        std::uint32_t factor = MILLION;
        std::array<Kind, RATE_KINDS> kinds;
        // A bit above the counts for each window of orders that is limited, by its place.
        std::uint32_t windows_of_orders = 0;
        std::array<std::uint32_t, COUNT_KINDS> counts;  // with the factor
        Bucket bucket;
    };
    // What one limit, or several, have room for.
    struct Room {
        std::uint64_t remaining = NO_LIMIT;
        std::uint64_t wait = 0;
        std::uint64_t reset = 0;
        void narrow(std::uint64_t now, const Room& other);
    };

    std::uint64_t* record(std::uint32_t user) const {
        return words_.data() + std::size_t{user} * words_a_user_;
    }
    const Tier& tier_of(const std::uint64_t* words) const {
        return tiers_[static_cast<std::uint32_t>(words[0])];
    }
    void make_layout(const std::vector<RateTerms>& tiers);
    bool has_places(const RateTerms& terms) const;
    void make_tier(Tier& tier) const;

    static std::uint32_t half_of(std::uint64_t word, std::uint32_t place) {
        return static_cast<std::uint32_t>(place % 2 == 0 ? word : word >> 32);
    }
    static void set_half(std::uint64_t& word, std::uint32_t place, std::uint32_t value) {
        const unsigned shift = place % 2 == 0 ? 0 : 32;
        word = (word & ~(std::uint64_t{NO_LIMIT} << shift)) | std::uint64_t{value} << shift;
    }

    static bool is_current(const Window& window, std::uint64_t word, std::uint64_t now) {
        return now - (word >> RATE_COUNT_BITS) * window.period < window.period;
    }
    static std::uint64_t used_of(const Window& window, std::uint64_t word, std::uint64_t now) {
        return is_current(window, word, now) ? word & COUNT_MASK : 0;
    }
    static std::uint64_t with_one(const Window& window, std::uint64_t word, std::uint64_t now) {
        if (ENGINE_LIKELY(is_current(window, word, now))) return word + 1;
        return (now / window.period) << RATE_COUNT_BITS | 1;
    }
    // Of a bucket whose words are its debt and the time of it.
    static std::uint64_t debt_of(const Bucket& bucket, const std::uint64_t* words,
                                 std::uint64_t now) {
        const std::uint64_t elapsed = now - words[1];
        if (elapsed >= bucket.full_ns) return 0;
        const std::uint64_t debt = words[0] < bucket.capacity ? words[0] : bucket.capacity;
        const std::uint64_t paid = elapsed * bucket.refill;
        return debt > paid ? debt - paid : 0;
    }
    ENGINE_INLINE void see_time(std::uint64_t time) {
        if (time <= time_) return;
        time_ = time;
        if (ENGINE_UNLIKELY(time >= epoch_end_)) begin_epoch();
    }
    // From now on nothing that was noted to be left counts.
    ENGINE_NOINLINE void begin_epoch();
    // Whether so much is noted to be left, for now, and not nothing.
    bool is_left(std::uint64_t left) const {
        return left - (epoch_ << RATE_COUNT_BITS) - 1 < COUNT_MASK;
    }
    void note_left(std::uint64_t* words, const Tier& tier) const;
    // Notes with what is left the windows that orders count in. REQUIRES: all are counted.
    void note_windows(std::uint64_t* words) const;
    // Counts in their windows the orders since that was noted.
    void count_orders(std::uint64_t* words) const;
    // A record in which nothing is left to be counted.
    std::uint64_t* counted(std::uint32_t user) const {
        std::uint64_t* const words = record(user);
        count_orders(words);
        return words;
    }

    Room room_of(const Window& window, std::uint64_t word, std::uint64_t now) const;
    Room room_of(const Bucket& bucket, const std::uint64_t* words, std::uint64_t now) const;

    ENGINE_OUTLINE bool take_all(std::uint64_t* words, RateKind kind);

    std::uint64_t time_ = 0;
    // Orders have several windows: what all of them have left is noted with a user, and in which
    // windows orders count; each order takes one off, and no more is done. It holds until a window
    // begins or a limit changes, and a new epoch with it.
    std::uint64_t epoch_ = 1;
    std::uint64_t epoch_end_ = EPOCH;
    std::size_t words_a_user_ = 0;
    Array<std::uint64_t> words_;
    std::vector<Tier> tiers_;
    std::uint32_t users_ = 0;
    Layout layout_;
};

inline bool RateLimits::take(std::uint32_t user, RateKind kind, std::uint64_t time) {
    see_time(time);
    std::uint64_t* const words = record(user);
    if (kind == RateKind::ORDER && layout_.left != NO_PLACE) {
        std::uint64_t& left = words[layout_.left];
        if (ENGINE_UNLIKELY(!is_left(left))) return take_all(words, kind);
        left -= 1;
        return true;
    }
    const Kind& limits = tier_of(words).kinds[static_cast<std::size_t>(kind)];
    if (ENGINE_UNLIKELY(limits.window_count != 1 || limits.has_bucket)) {
        return take_all(words, kind);
    }
    const Window& window = limits.windows[0];
    std::uint64_t& word = words[window.place];
    if (ENGINE_LIKELY(is_current(window, word, time_))) {
        if ((word & COUNT_MASK) >= window.limit) return false;
        word++;
        return true;
    }
    if (window.limit == 0) return false;
    word = (time_ / window.period) << RATE_COUNT_BITS | 1;
    return true;
}

}  // namespace engine
