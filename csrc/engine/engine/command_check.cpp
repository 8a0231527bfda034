#include "engine/engine/command_check.hpp"

#include <array>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "engine/base/assert.hpp"

namespace engine {

namespace {

using Valid = std::array<bool, 256>;

// One table of valid bytes an enumeration, and one mask a set of flags, all derived from enums.def.
#define BEGIN(type, underlying, doc) \
    constexpr Valid valid_##type() { \
        Valid valid{};
#define ENUM(name, value, doc) valid[static_cast<std::uint8_t>(value)] = true;
#define END(type) \
    return valid; \
    }
#include "engine/types/enums.def"
#undef BEGIN
#undef ENUM
#undef END

constexpr Valid KIND = valid_CommandKind();
constexpr Valid SIDE = valid_Side();
constexpr Valid ORDER_TYPE = valid_OrderType();
constexpr Valid TIME_IN_FORCE = valid_TimeInForce();
constexpr std::size_t PREFETCH_BYTES = 32 * sizeof(Command);
constexpr OrderFlags FLAGS = static_cast<OrderFlags>(OrderFlag::POST_ONLY);

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
    return (command.flags & ~FLAGS) == 0;
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
    return {index, "flags", static_cast<std::int64_t>(command.flags)};
}

// The second half of a command, ored together word by word: zero exactly when all of it is.
#if defined(__SSE2__)
using Half = __m128i;

ENGINE_INLINE Half join(Half joined, const Command& command) {
    const auto* const at = reinterpret_cast<const __m128i*>(&command.trigger_price);
    const __m128i low = _mm_or_si128(_mm_loadu_si128(at), _mm_loadu_si128(at + 1));
    const __m128i high = _mm_or_si128(_mm_loadu_si128(at + 2), _mm_loadu_si128(at + 3));
    return _mm_or_si128(joined, _mm_or_si128(low, high));
}
ENGINE_INLINE bool is_zero(Half joined) {
    return _mm_movemask_epi8(_mm_cmpeq_epi8(joined, Half{})) == 0xFFFF;
}
#else
using Half = std::uint64_t;

ENGINE_INLINE Half join(Half joined, const Command& command) {
    Half words[8];
    std::memcpy(words, &command.trigger_price, sizeof(words));
    for (const Half word : words) joined |= word;
    return joined;
}
ENGINE_INLINE bool is_zero(Half joined) {
    return joined == 0;
}
#endif
static_assert(offsetof(Command, trigger_price) == 64);
static_assert(sizeof(Command) == 128);

}  // namespace

CommandBatch check_commands(const Command* commands, std::size_t count) {
    Half joined{};
    for (std::size_t i = 0; i < count; i++) {
        // The batch streams through here first: both lines of a command some way ahead.
        const char* const ahead = reinterpret_cast<const char*>(commands + i) + PREFETCH_BYTES;
        ENGINE_PREFETCH(ahead);
        ENGINE_PREFETCH(ahead + 64);
        const Command& command = commands[i];
        const bool is_readable = is_kind(command) & is_side(command) & is_order_type(command) &
                                 is_time_in_force(command) & is_flags(command);
        if (ENGINE_UNLIKELY(!is_readable)) return {commands, count, explain(command, i), false};
        joined = join(joined, command);
    }
    return {commands, count, {count, "", 0}, is_zero(joined)};
}

}  // namespace engine
