// One look at each command of a batch, on the way of its bytes from the caller to a copy.
//
// Purpose: whether a batch can be read, and whether it is plain, is told by what all its commands
// have in common. What is gathered of them is joined without a branch; who finds that any of them
// is unusual looks through them again, one by one (command_check.hpp).
// Invariants: what is copied is what was looked at, each byte of it read once.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "engine/base/assert.hpp"
#include "engine/engine/command_check.hpp"

namespace engine {

static_assert(offsetof(Command, trigger_price) == 64, "the second half begins there");
static_assert(sizeof(Command) == 128);

// How much of a command is copied when it is looked at.
enum class Copied : std::uint8_t { NOTHING, FIRST_HALF, ALL };

// Whether values exist that a command has: what an unusual one is asked.
bool is_readable(const Command& command);

// What is looked at of a command; and what a pass over a batch gathers of that: whether any command
// is unusual, which most unreadable ones and no ordinary one are, and the second halves of all
// commands joined by or.
#if defined(__SSE2__)
class Looked {
  public:
    __m128i head;  // its first sixteen bytes
    __m128i half;  // the second half, joined by or

    bool is_plain() const {
        return is_zero(half);
    }
    static ENGINE_INLINE bool is_zero(__m128i joined) {
        return _mm_movemask_epi8(_mm_cmpeq_epi8(joined, __m128i{})) == 0xFFFF;
    }
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

// The first eight bytes of a command, the first the lowest.
constexpr std::uint64_t head_of(std::uint8_t kind, std::uint8_t side, std::uint8_t type,
                                std::uint8_t in_force, std::uint32_t flags) {
    return kind | std::uint64_t{side} << 8 | std::uint64_t{type} << 16 |
           std::uint64_t{in_force} << 24 | std::uint64_t{flags} << 32;
}
// The last of the members that follow each other from `first` on, counted from there.
template <class Enum>
constexpr std::uint8_t last_from(std::uint8_t first) {
    std::uint8_t count = 0;
    while (MEMBERS<Enum>[static_cast<std::size_t>(first) + count]) count++;
    return static_cast<std::uint8_t>(count - 1);
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
        return !Looked::is_zero(unusual_);
    }
    bool is_plain() const {
        return Looked::is_zero(halves_);
    }

  private:
    static constexpr std::uint8_t FIRST_KIND = static_cast<std::uint8_t>(CommandKind::SUBMIT);
    static constexpr std::uint64_t FROM =
        head_of(static_cast<std::uint8_t>(0 - FIRST_KIND), 1, 0, 0, 0);
    static constexpr std::uint64_t HIGHEST =
        head_of(last_from<CommandKind>(FIRST_KIND), 2, last_from<OrderType>(0),
                last_from<TimeInForce>(0), ~0U);
    static constexpr std::uint64_t NO_FLAG = head_of(0, 0, 0, 0, ~ORDER_FLAGS);
    // Compared by two bytes; the other pairs hold nothing that is ordinary.
    static constexpr std::uint64_t SUBMIT_WITHOUT_SIDE = head_of(FIRST_KIND, 0, 255, 255, ~0U);

    static ENGINE_INLINE __m128i twice(std::uint64_t word) {
        return _mm_set1_epi64x(static_cast<long long>(word));
    }

    __m128i unusual_{};
    __m128i halves_{};
};
#else
struct Looked {
    bool is_unusual;
    std::uint64_t half;

    bool is_plain() const {
        return half == 0;
    }
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

}  // namespace engine
