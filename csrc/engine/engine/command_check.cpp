#include "engine/engine/command_check.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "engine/base/assert.hpp"

namespace engine {

namespace {

using Valid = std::array<bool, 256>;

constexpr const auto& KIND = MEMBERS<CommandKind>;
constexpr const auto& SIDE = MEMBERS<Side>;
constexpr const auto& ORDER_TYPE = MEMBERS<OrderType>;
constexpr const auto& TIME_IN_FORCE = MEMBERS<TimeInForce>;
constexpr std::size_t PREFETCH_BYTES = 32 * sizeof(Command);
constexpr const auto& SELF_TRADE_MODE = MEMBERS<SelfTradeMode>;
constexpr const auto& TRIGGER_SOURCE = MEMBERS<TriggerSource>;
constexpr const auto& PHASE = MEMBERS<Phase>;

constexpr AccountFlags ACCOUNT_FLAGS =
    bits_up_to(static_cast<AccountFlags>(AccountFlag::NO_WITHDRAWALS));
constexpr const auto& POSITION_MODE = MEMBERS<PositionMode>;
constexpr const auto& MARGIN_MODE = MEMBERS<MarginMode>;
constexpr const auto& LIMIT = MEMBERS<Limit>;
constexpr const auto& RATE_LIMIT = MEMBERS<RateLimit>;
constexpr const auto& FUNDING_SOURCE = MEMBERS<FundingSource>;
constexpr SwitchScopes SWITCH_SCOPES =
    bits_up_to(static_cast<SwitchScopes>(SwitchScope::KEEP_ORDERS));
constexpr CancelScopes SCOPES = bits_up_to(static_cast<CancelScopes>(CancelScope::BY_PRICE));

bool is_kind(const Command& command) {
    return KIND[static_cast<std::uint8_t>(command.kind)];
}
bool is_side(const Command& command) {
    return (command.kind != CommandKind::SUBMIT) | SIDE[static_cast<std::uint8_t>(command.side)];
}
bool is_order_type(const Command& command) {
    return ORDER_TYPE[static_cast<std::uint8_t>(command.order_type)];
}
bool is_time_in_force(const Command& command) {
    return TIME_IN_FORCE[static_cast<std::uint8_t>(command.time_in_force)];
}
bool is_flags(const Command& command) {
    return (command.flags & ~ORDER_FLAGS) == 0;
}

bool is_self_trade_mode(const Command& command) {
    return SELF_TRADE_MODE[static_cast<std::uint8_t>(command.self_trade_mode)];
}
bool is_trigger_source(const Command& command) {
    return TRIGGER_SOURCE[static_cast<std::uint8_t>(command.trigger_source)];
}
bool is_member(const Valid& valid, std::uint16_t value) {
    return value < valid.size() && valid[value];
}
bool is_selector(const Command& command) {
    switch (command.kind) {
        case CommandKind::SET_ACCOUNT:
            return (command.selector & ~ACCOUNT_FLAGS) == 0;
        case CommandKind::SWITCH:
            return (command.selector & ~SWITCH_SCOPES) == 0;
        case CommandKind::SET_PHASE:
            return is_member(PHASE, command.selector);
        case CommandKind::SET_POSITION_MODE:
            return is_member(POSITION_MODE, command.selector);
        case CommandKind::SET_MARGIN_MODE:
            return is_member(MARGIN_MODE, command.selector);
        case CommandKind::SET_LIMIT:
        case CommandKind::SET_DEFAULT_LIMIT:
            return is_member(LIMIT, command.selector);
        case CommandKind::SET_RATE:
            return is_member(RATE_LIMIT, command.selector);
        case CommandKind::FUND:
            return is_member(FUNDING_SOURCE, command.selector);
        default:
            return (command.selector & ~SCOPES) == 0;
    }
}

bool is_readable(const Command& command) {
    return is_kind(command) & is_side(command) & is_order_type(command) &
           is_time_in_force(command) & is_flags(command) & is_self_trade_mode(command) &
           is_trigger_source(command) & is_selector(command);
}

BadCommand explain(const Command& command, std::size_t index) {
    if (!is_kind(command)) return {index, "kind", static_cast<std::int64_t>(command.kind)};
    if (!is_side(command)) return {index, "side", static_cast<std::int64_t>(command.side)};
    if (!is_order_type(command)) {
        return {index, "order_type", static_cast<std::int64_t>(command.order_type)};
    }
    if (!is_time_in_force(command)) {
        return {index, "time_in_force", static_cast<std::int64_t>(command.time_in_force)};
    }
    if (!is_self_trade_mode(command)) {
        return {index, "self_trade_mode", static_cast<std::int64_t>(command.self_trade_mode)};
    }
    if (!is_trigger_source(command)) {
        return {index, "trigger_source", static_cast<std::int64_t>(command.trigger_source)};
    }
    if (!is_flags(command)) return {index, "flags", static_cast<std::int64_t>(command.flags)};
    return {index, "selector", static_cast<std::int64_t>(command.selector)};
}

// The first command with a value that does not exist.
BadCommand first_bad(const Command* commands, std::size_t count) {
    for (std::size_t i = 0; i < count; i++) {
        if (!is_readable(commands[i])) return explain(commands[i], i);
    }
    return {count, "", 0};
}

#if defined(__SSE2__)
// How many valid values follow each other from `first` on.
constexpr std::uint8_t run_of(const Valid& valid, std::uint8_t first) {
    std::uint8_t count = 0;
    while (valid[static_cast<std::size_t>(first) + count]) count++;
    return count;
}

// Eight bytes, the first the lowest.
constexpr std::uint64_t bytes(std::uint8_t kind, std::uint8_t side, std::uint8_t type,
                              std::uint8_t in_force, std::uint32_t flags) {
    return kind | std::uint64_t{side} << 8 | std::uint64_t{type} << 16 |
           std::uint64_t{in_force} << 24 | std::uint64_t{flags} << 32;
}
constexpr std::uint8_t FIRST_KIND = static_cast<std::uint8_t>(CommandKind::SUBMIT);
constexpr std::uint64_t FROM = bytes(static_cast<std::uint8_t>(0 - FIRST_KIND), 1, 0, 0, 0);
constexpr std::uint64_t HIGHEST = bytes(run_of(KIND, FIRST_KIND) - 1, 2, run_of(ORDER_TYPE, 0) - 1,
                                        run_of(TIME_IN_FORCE, 0) - 1, ~0U);
constexpr std::uint64_t NO_FLAG = bytes(0, 0, 0, 0, ~ORDER_FLAGS);
// Compared by two bytes; the other pairs hold nothing that is ordinary.
constexpr std::uint64_t SUBMIT_WITHOUT_SIDE = bytes(FIRST_KIND, 0, 255, 255, ~0U);
#endif

// How much of a command is copied when it is looked at: each byte is read once.
enum class Copied : std::uint8_t { NOTHING, FIRST_HALF, ALL };

// What is looked at of a command; and what a pass over a batch gathers of that: whether any command
// is unusual, which most unreadable ones and no ordinary one are, and the second halves of all
// commands joined by or.
#if defined(__SSE2__)
struct Looked {
    __m128i head;  // its first sixteen bytes
    __m128i half;  // the second half, joined by or
};

template <Copied COPIED>
ENGINE_INLINE Looked look(const Command& command, Command* copy) {
    constexpr int WORDS = COPIED == Copied::ALL ? 8 : COPIED == Copied::FIRST_HALF ? 4 : 0;
    const auto* const from = reinterpret_cast<const __m128i*>(&command);
    auto* const to = reinterpret_cast<__m128i*>(copy);
    const auto word = [from, to](int place) {
        const __m128i found = _mm_loadu_si128(from + place);
        if (place < WORDS) _mm_storeu_si128(to + place, found);
        return found;
    };
    for (int place = 1; place < std::min(WORDS, 4); place++) word(place);
    const __m128i low = _mm_or_si128(word(4), word(5));
    const __m128i high = _mm_or_si128(word(6), word(7));
    return {word(0), _mm_or_si128(low, high)};
}

class Gathered {
  public:
    // Two commands at a time: their first eight bytes (kind, side, type, time in force, flags) side
    // by side.
    ENGINE_INLINE void add(const Looked& one, const Looked& other) {
        const __m128i head = _mm_unpacklo_epi64(one.head, other.head);
        // Every enumeration counts from 0 and has a highest value; a side of 0 is ordinary, except
        // in a SUBMIT.
        const __m128i beyond = _mm_subs_epu8(_mm_add_epi8(head, twice(FROM)), twice(HIGHEST));
        const __m128i no_side = _mm_cmpeq_epi16(head, twice(SUBMIT_WITHOUT_SIDE));
        const __m128i no_flag = _mm_and_si128(head, twice(NO_FLAG));
        unusual_ = _mm_or_si128(_mm_or_si128(unusual_, beyond), _mm_or_si128(no_side, no_flag));
        halves_ = _mm_or_si128(halves_, _mm_or_si128(one.half, other.half));
    }
    bool is_unusual() const {
        return !is_zero(unusual_);
    }
    bool is_plain() const {
        return is_zero(halves_);
    }

  private:
    static ENGINE_INLINE __m128i twice(std::uint64_t word) {
        return _mm_set1_epi64x(static_cast<long long>(word));
    }
    static ENGINE_INLINE bool is_zero(__m128i joined) {
        return _mm_movemask_epi8(_mm_cmpeq_epi8(joined, __m128i{})) == 0xFFFF;
    }

    __m128i unusual_{};
    __m128i halves_{};
};
#else
struct Looked {
    bool is_unusual;
    std::uint64_t half;
};

template <Copied COPIED>
Looked look(const Command& command, Command* copy) {
    const Command its = command;
    if constexpr (COPIED == Copied::ALL) *copy = its;
    if constexpr (COPIED == Copied::FIRST_HALF) {
        std::memcpy(copy, &its, offsetof(Command, trigger_price));
    }
    std::uint64_t words[8];
    std::memcpy(words, &its.trigger_price, sizeof(words));
    Looked looked{!is_readable(its), 0};
    for (const std::uint64_t word : words) looked.half |= word;
    return looked;
}

class Gathered {
  public:
    void add(const Looked& one, const Looked& other) {
        is_unusual_ |= one.is_unusual | other.is_unusual;
        halves_ |= one.half | other.half;
    }
    bool is_unusual() const {
        return is_unusual_;
    }
    bool is_plain() const {
        return halves_ == 0;
    }

  private:
    bool is_unusual_ = false;
    std::uint64_t halves_ = 0;
};
#endif
static_assert(offsetof(Command, trigger_price) == 64);
static_assert(sizeof(Command) == 128);

// Of copies, what is looked at is what was copied. With FIRST_HALF the batch is of use if it is
// plain.
template <Copied COPIED>
CommandBatch look_through(const Command* commands, std::size_t count, Command* copies) {
    constexpr bool IS_COPIED = COPIED != Copied::NOTHING;
    const auto place = [copies](std::size_t i) { return IS_COPIED ? copies + i : nullptr; };
    Gathered gathered;
    std::size_t i = 0;
    for (; i + 1 < count; i += 2) {
        // The batch streams through here first: two commands some way ahead.
        const char* const ahead = reinterpret_cast<const char*>(commands + i) + PREFETCH_BYTES;
        for (std::size_t line = 0; line < 2 * sizeof(Command); line += 64) {
            ENGINE_PREFETCH(ahead + line);
        }
        gathered.add(look<COPIED>(commands[i], place(i)),
                     look<COPIED>(commands[i + 1], place(i + 1)));
    }
    if (i < count) {
        const Looked last = look<COPIED>(commands[i], place(i));
        gathered.add(last, last);
    }
    const Command* const found = IS_COPIED ? copies : commands;
    BadCommand bad{count, "", 0};
    const bool is_plain = gathered.is_plain();
    if (ENGINE_UNLIKELY(gathered.is_unusual() || !is_plain)) bad = first_bad(found, count);
    return {found, count, bad, is_plain, commands + count};
}

}  // namespace

CommandBatch check_commands(const Command* commands, std::size_t count) {
    return look_through<Copied::NOTHING>(commands, count, nullptr);
}

CommandBatch check_copies(const Command* commands, std::size_t count, Command* copies) {
    return look_through<Copied::ALL>(commands, count, copies);
}

CommandBatch CommandCopies::check(const Command* commands, std::size_t count) {
    if (copies_.size() < count) copies_.resize(count);
    CommandBatch batch = copied(commands, count);
    if (count > NEAR) batch.next = batch.commands + AHEAD;
    return batch;
}

CommandBatch CommandCopies::copied(const Command* commands, std::size_t count) {
    if (special_end_ == 0) {
        const CommandBatch batch =
            look_through<Copied::FIRST_HALF>(commands, count, copies_.data());
        if (ENGINE_LIKELY(batch.is_plain)) return batch;
    }
    const CommandBatch batch = look_through<Copied::ALL>(commands, count, copies_.data());
    if (!batch.is_plain) {
        special_end_ = std::max(special_end_, count);
    } else if (special_end_ <= count) {
        special_end_ = 0;
    }
    return batch;
}

void CommandCopies::shrink() {
    constexpr std::size_t KEPT = std::size_t{1} << 17;  // 16 MiB
    if (copies_.size() <= KEPT) return;
    std::vector<Command>().swap(copies_);
    special_end_ = 0;
}

}  // namespace engine
