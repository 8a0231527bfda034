#include "engine/accounts/rate_limits.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"

namespace engine {

namespace {

constexpr std::size_t AHEAD = 8;  // calls whose records are on their way
constexpr auto WHOLE = static_cast<std::uint64_t>(MILLION);

constexpr std::uint64_t rounded_up(std::uint64_t dividend, std::uint64_t divisor) {
    return dividend / divisor + (dividend % divisor != 0);
}

// A limit under a factor, rounded down.
std::uint32_t scaled(std::uint32_t limit, std::uint32_t factor) {
    if (limit == NO_LIMIT) return NO_LIMIT;
    return static_cast<std::uint32_t>(std::uint64_t{limit} * factor / WHOLE);
}

// A time that is beyond 64 bits never comes.
constexpr std::uint64_t sum_or_forever(std::uint64_t time, std::uint64_t wait) {
    return wait > FOREVER - time ? FOREVER : time + wait;
}

// Units that are the same part of a bucket that fills over another time. At most 2^63: the bounds
// of limits.hpp hold for both buckets.
std::uint64_t over_another_time(std::uint64_t debt, std::uint64_t seconds, std::uint64_t other) {
    return debt / seconds * other + rounded_up(debt % seconds * other, seconds);
}

}  // namespace

RateLimits::RateLimits(const std::vector<RateTerms>& tiers) {
    ENGINE_ASSERT(!tiers.empty());
    ENGINE_ASSERT(tiers.size() <= RATE_TIERS_MAX);
    make_layout(tiers);
    tiers_.resize(tiers.size());
    for (std::size_t i = 0; i < tiers.size(); i++) {
        tiers_[i].terms = tiers[i];
        make_tier(tiers_[i]);
    }
}

// The tier and the counts in halves of words, then a word for each window, two for the bucket, and
// one for what the windows of orders have left, where there are several.
void RateLimits::make_layout(const std::vector<RateTerms>& tiers) {
    const auto some = [&tiers](auto limit_of) {
        return std::any_of(tiers.begin(), tiers.end(),
                           [&](const RateTerms& terms) { return limit_of(terms) != NO_LIMIT; });
    };
    const auto is_limited = [&](std::size_t window) {
        return some([window](const RateTerms& terms) { return terms.windows[window]; });
    };
    std::size_t windows_of_orders = 0;
    for (std::size_t i = 0; i < WINDOWS_A_KIND; i++) windows_of_orders += is_limited(i) ? 1 : 0;
    std::uint32_t halves = 1;
    if (windows_of_orders > 1) layout_.noted = halves++;
    for (std::size_t i = 0; i < COUNT_KINDS; i++) {
        const bool is_there = some([i](const RateTerms& terms) { return terms.counts[i]; });
        layout_.counts[i] = is_there ? halves++ : NO_PLACE;
    }
    std::uint32_t place = (halves + 1) / 2;
    for (std::size_t i = 0; i < RATE_WINDOWS.size(); i++) {
        layout_.windows[i] = is_limited(i) ? place++ : NO_PLACE;
    }
    if (some([](const RateTerms& terms) { return terms.burst; })) {
        layout_.bucket = place;
        place += 2;
    }
    if (windows_of_orders > 1) {
        const auto is_there = [](std::uint32_t window) { return window != NO_PLACE; };
        layout_.windows_of_orders =
            *std::find_if(layout_.windows.begin(), layout_.windows.end(), is_there);
        layout_.left = place++;
    }
    words_a_user_ = place;
}

bool RateLimits::has_places(const RateTerms& terms) const {
    const auto has_all = [](const auto& limits, const auto& places) {
        return std::equal(limits.begin(), limits.end(), places.begin(),
                          [](std::uint32_t limit, std::uint32_t place) {
                              return limit == NO_LIMIT || place != NO_PLACE;
                          });
    };
    return has_all(terms.windows, layout_.windows) && has_all(terms.counts, layout_.counts) &&
           (terms.burst == NO_LIMIT || layout_.bucket != NO_PLACE);
}

void RateLimits::make_tier(Tier& tier) const {
    const RateTerms& terms = tier.terms;
    tier.kinds.fill(Kind{});
    for (std::size_t i = 0; i < RATE_WINDOWS.size(); i++) {
        if (terms.windows[i] == NO_LIMIT) continue;
        ENGINE_ASSERT(terms.windows[i] <= RATE_LIMIT_MAX);
        Kind& kind = tier.kinds[static_cast<std::size_t>(RATE_WINDOWS[i].kind)];
        kind.windows[kind.window_count++] = {
            RATE_WINDOWS[i].period, scaled(terms.windows[i], tier.factor), layout_.windows[i]};
    }
    tier.windows_of_orders = 0;
    const Kind& orders = tier.kinds[static_cast<std::size_t>(RateKind::ORDER)];
    for (std::uint32_t i = 0; layout_.left != NO_PLACE && i < orders.window_count; i++) {
        const std::uint32_t window = orders.windows[i].place - layout_.windows_of_orders;
        tier.windows_of_orders |= 1U << (RATE_COUNT_BITS + window);
    }
    for (std::size_t i = 0; i < COUNT_KINDS; i++) {
        tier.counts[i] = scaled(terms.counts[i], tier.factor);
    }
    tier.bucket = {};
    if (terms.burst == NO_LIMIT) return;
    ENGINE_ASSERT(terms.burst <= RATE_LIMIT_MAX);
    ENGINE_ASSERT(terms.refill >= 1 && terms.refill <= RATE_LIMIT_MAX);
    ENGINE_ASSERT(terms.refill_seconds >= 1 && terms.refill_seconds <= REFILL_SECONDS_MAX);
    const std::uint64_t units = terms.refill_seconds * SECOND;
    tier.kinds[static_cast<std::size_t>(RateKind::REST)].has_bucket = true;
    tier.bucket.capacity = terms.burst * units;
    tier.bucket.cost = tier.factor == 0 ? FOREVER : units * WHOLE / tier.factor;
    tier.bucket.refill = terms.refill;
    tier.bucket.full_ns = rounded_up(tier.bucket.capacity, terms.refill);
}

std::uint32_t RateLimits::add_users(std::uint32_t count, std::uint32_t tier) {
    ENGINE_ASSERT(tier < tiers_.size());
    ENGINE_ASSERT(count <= RATE_USERS_MAX - users_);
    const std::uint32_t first = users_;
    words_.reserve(first * words_a_user_, count * words_a_user_);
    users_ += count;
    // Fresh memory is zero, which names the first tier.
    for (std::uint32_t user = first; tier != 0 && user < users_; user++) *record(user) = tier;
    return first;
}

void RateLimits::set_tier(std::uint32_t user, std::uint32_t tier) {
    ENGINE_ASSERT(user < users_);
    ENGINE_ASSERT(tier < tiers_.size());
    std::uint64_t* const words = counted(user);
    const RateTerms& old_terms = tier_of(words).terms;
    const Tier& next = tiers_[tier];
    for (std::size_t i = 0; i < RATE_WINDOWS.size(); i++) {
        if (layout_.windows[i] == NO_PLACE) continue;
        if (next.terms.windows[i] == NO_LIMIT) words[layout_.windows[i]] = 0;
    }
    if (layout_.bucket != NO_PLACE) {
        std::uint64_t* const bucket = words + layout_.bucket;
        if (next.terms.burst == NO_LIMIT) {
            bucket[0] = bucket[1] = 0;
        } else if (old_terms.burst != NO_LIMIT) {
            const std::uint64_t same =
                over_another_time(bucket[0], old_terms.refill_seconds, next.terms.refill_seconds);
            bucket[0] = std::min(same, next.bucket.capacity);
        }
    }
    set_half(words[0], 0, tier);
    if (layout_.left == NO_PLACE) return;
    words[layout_.left] = 0;
    note_windows(words);
}

void RateLimits::set_terms(std::uint32_t tier, const RateTerms& terms) {
    ENGINE_ASSERT(tier < tiers_.size());
    const RateTerms& old = tiers_[tier].terms;
    ENGINE_ASSERT(has_places(terms));
    ENGINE_ASSERT(terms.burst == NO_LIMIT || old.burst == NO_LIMIT ||
                  old.refill_seconds == terms.refill_seconds);
    tiers_[tier].terms = terms;
    make_tier(tiers_[tier]);
    begin_epoch();
}

void RateLimits::set_factor(std::uint32_t tier, std::uint32_t millionths) {
    ENGINE_ASSERT(tier < tiers_.size());
    ENGINE_ASSERT(millionths <= RATE_FACTOR_MAX);
    tiers_[tier].factor = millionths;
    make_tier(tiers_[tier]);
    begin_epoch();
}

bool RateLimits::take_all(std::uint64_t* words, RateKind asked) {
    const std::uint64_t now = time_;
    const Tier& tier = tier_of(words);
    const Kind& kind = tier.kinds[static_cast<std::size_t>(asked)];
    count_orders(words);
    for (std::uint32_t i = 0; i < kind.window_count; i++) {
        const Window& window = kind.windows[i];
        if (used_of(window, words[window.place], now) >= window.limit) return false;
    }
    if (kind.has_bucket) {
        std::uint64_t* const bucket = words + layout_.bucket;
        const std::uint64_t debt = debt_of(tier.bucket, bucket, now);
        if (tier.bucket.cost > tier.bucket.capacity) return false;
        if (debt > tier.bucket.capacity - tier.bucket.cost) return false;
        bucket[0] = debt + tier.bucket.cost;
        bucket[1] = now;
    }
    for (std::uint32_t i = 0; i < kind.window_count; i++) {
        const Window& window = kind.windows[i];
        words[window.place] = with_one(window, words[window.place], now);
    }
    if (asked == RateKind::ORDER) note_left(words, tier);
    return true;
}

void RateLimits::note_left(std::uint64_t* words, const Tier& tier) const {
    if (layout_.left == NO_PLACE) return;
    const Kind& orders = tier.kinds[static_cast<std::size_t>(RateKind::ORDER)];
    std::uint64_t left = COUNT_MASK;
    for (std::uint32_t i = 0; i < orders.window_count; i++) {
        const Window& window = orders.windows[i];
        const std::uint64_t used = used_of(window, words[window.place], time_);
        left = std::min(left, window.limit - used);
    }
    words[layout_.left] = epoch_ << RATE_COUNT_BITS | left;
    note_windows(words);
}

void RateLimits::note_windows(std::uint64_t* words) const {
    if (layout_.left == NO_PLACE) return;
    const auto left = static_cast<std::uint32_t>(words[layout_.left] & COUNT_MASK);
    set_half(words[layout_.noted / 2], layout_.noted, left | tier_of(words).windows_of_orders);
}

void RateLimits::count_orders(std::uint64_t* words) const {
    if (layout_.left == NO_PLACE) return;
    std::uint64_t& word = words[layout_.noted / 2];
    const std::uint32_t noted = half_of(word, layout_.noted);
    const std::uint64_t taken = (noted & COUNT_MASK) - (words[layout_.left] & COUNT_MASK);
    for (std::uint32_t i = 0; i < WINDOWS_A_KIND; i++) {
        const bool counts = (noted >> (RATE_COUNT_BITS + i) & 1) != 0;
        if (counts) words[layout_.windows_of_orders + i] += taken;
    }
    set_half(word, layout_.noted, noted - static_cast<std::uint32_t>(taken));
}

void RateLimits::begin_epoch() {
    epoch_ += 1;
    epoch_end_ = sum_or_forever(time_, EPOCH - time_ % EPOCH);
}

void RateLimits::Room::narrow(std::uint64_t now, const Room& other) {
    remaining = std::min(remaining, other.remaining);
    wait = std::max(wait, other.wait > FOREVER - now ? FOREVER : other.wait);
    reset = std::max(reset, other.reset);
}

RateLimits::Room RateLimits::room_of(const Window& window, std::uint64_t word,
                                     std::uint64_t now) const {
    const std::uint64_t used = used_of(window, word, now);
    const std::uint64_t start = is_current(window, word, now)
                                    ? (word >> RATE_COUNT_BITS) * window.period
                                    : now - now % window.period;
    const std::uint64_t left = window.period - (now - start);
    const std::uint64_t end = sum_or_forever(now, left);
    if (used < window.limit) return {window.limit - used, 0, end};
    return {0, window.limit == 0 ? FOREVER : left, end};
}

RateLimits::Room RateLimits::room_of(const Bucket& bucket, const std::uint64_t* words,
                                     std::uint64_t now) const {
    const std::uint64_t debt = debt_of(bucket, words, now);
    const std::uint64_t full = sum_or_forever(now, rounded_up(debt, bucket.refill));
    if (bucket.cost > bucket.capacity) return {0, FOREVER, full};
    const std::uint64_t most = bucket.capacity - bucket.cost;
    const std::uint64_t excess = debt > most ? debt - most : 0;
    return {(bucket.capacity - debt) / bucket.cost, rounded_up(excess, bucket.refill), full};
}

RateAnswer RateLimits::ask(std::uint32_t user, RateKind kind, std::uint64_t time) const {
    ENGINE_ASSERT(user < users_);
    const std::uint64_t now = std::max(time, time_);
    const std::uint64_t* const words = counted(user);
    const Tier& tier = tier_of(words);
    const Kind& limits = tier.kinds[static_cast<std::size_t>(kind)];
    Room room;
    room.reset = now;
    for (std::uint32_t i = 0; i < limits.window_count; i++) {
        const Window& window = limits.windows[i];
        room.narrow(now, room_of(window, words[window.place], now));
    }
    if (limits.has_bucket) room.narrow(now, room_of(tier.bucket, words + layout_.bucket, now));
    const bool is_allowed = room.remaining > 0;
    ENGINE_ASSERT(is_allowed == (room.wait == 0));
    return {room.wait, room.reset, static_cast<std::uint32_t>(room.remaining), is_allowed};
}

RateAnswer RateLimits::check(std::uint32_t user, RateKind kind, std::uint64_t time) {
    const bool is_allowed = take(user, kind, time);
    RateAnswer answer = ask(user, kind, time);
    answer.allowed = is_allowed;
    if (is_allowed) answer.retry_after = 0;
    return answer;
}

void RateLimits::take_batch(const std::uint32_t* users, const std::uint8_t* kinds,
                            const std::uint64_t* times, std::size_t count, std::uint8_t* allowed) {
    for (std::size_t i = 0; i < count; i++) {
        if (i + AHEAD < count) prefetch(users[i + AHEAD]);
        allowed[i] = take(users[i], static_cast<RateKind>(kinds[i]), times[i]);
    }
}

void RateLimits::check_batch(const std::uint32_t* users, const std::uint8_t* kinds,
                             const std::uint64_t* times, std::size_t count, RateAnswer* answers) {
    for (std::size_t i = 0; i < count; i++) {
        if (i + AHEAD < count) prefetch(users[i + AHEAD]);
        answers[i] = check(users[i], static_cast<RateKind>(kinds[i]), times[i]);
    }
}

std::uint32_t RateLimits::used(std::uint32_t user, RateKind kind, std::uint64_t time) const {
    ENGINE_ASSERT(user < users_);
    const std::uint64_t* const words = counted(user);
    const Kind& limits = tier_of(words).kinds[static_cast<std::size_t>(kind)];
    if (limits.window_count == 0) return 0;
    const Window& longest = limits.windows[limits.window_count - 1];
    return static_cast<std::uint32_t>(
        used_of(longest, words[longest.place], std::max(time, time_)));
}

void RateLimits::credit_fill(std::uint32_t user, Liquidity liquidity, std::int64_t last_quantity,
                             std::int64_t filled_quantity, std::uint64_t time) {
    ENGINE_ASSERT(user < users_);
    ENGINE_ASSERT(last_quantity > 0);
    ENGINE_ASSERT(filled_quantity >= last_quantity);
    see_time(time);
    if (filled_quantity > last_quantity) return;
    std::uint64_t* const words = counted(user);
    const Tier& tier = tier_of(words);
    const std::uint64_t credit =
        liquidity == Liquidity::MAKER ? tier.terms.maker_credit : tier.terms.taker_credit;
    const Kind& orders = tier.kinds[static_cast<std::size_t>(RateKind::ORDER)];
    for (std::uint32_t i = 0; i < orders.window_count; i++) {
        std::uint64_t& word = words[orders.windows[i].place];
        word -= std::min(used_of(orders.windows[i], word, time_), credit);
    }
}

bool RateLimits::acquire(std::uint32_t user, CountKind kind, std::uint32_t count) {
    ENGINE_ASSERT(count > 0);
    if (count > room(user, kind)) return false;
    const std::uint32_t place = layout_.counts[static_cast<std::size_t>(kind)];
    if (place == NO_PLACE) return true;
    std::uint64_t& word = record(user)[place / 2];
    set_half(word, place, half_of(word, place) + count);
    return true;
}

bool RateLimits::release(std::uint32_t user, CountKind kind, std::uint32_t count) {
    ENGINE_ASSERT(user < users_);
    ENGINE_ASSERT(count > 0);
    const std::uint32_t place = layout_.counts[static_cast<std::size_t>(kind)];
    if (place == NO_PLACE) return true;
    std::uint64_t& word = record(user)[place / 2];
    const std::uint32_t own = half_of(word, place);
    if (count > own) return false;
    set_half(word, place, own - count);
    return true;
}

std::uint32_t RateLimits::held(std::uint32_t user, CountKind kind) const {
    ENGINE_ASSERT(user < users_);
    const std::uint32_t place = layout_.counts[static_cast<std::size_t>(kind)];
    return place == NO_PLACE ? 0 : half_of(record(user)[place / 2], place);
}

std::uint32_t RateLimits::room(std::uint32_t user, CountKind kind) const {
    const std::uint32_t own = held(user, kind);
    const std::uint32_t place = layout_.counts[static_cast<std::size_t>(kind)];
    if (place == NO_PLACE) return NO_LIMIT;
    const std::uint32_t limit = tier_of(record(user)).counts[static_cast<std::size_t>(kind)];
    return limit > own ? limit - own : 0;
}

}  // namespace engine
