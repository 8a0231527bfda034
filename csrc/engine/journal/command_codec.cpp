#include "engine/journal/command_codec.hpp"

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#endif

#include <utility>

namespace engine {

namespace {

constexpr unsigned MASK_BITS = 16;
constexpr unsigned LENGTH_BITS = 3;
constexpr std::uint64_t LENGTH_MOST = (1 << LENGTH_BITS) - 1;
static_assert(MASK_BITS + LENGTH_BITS * COMMAND_WORDS == 64, "a header is one word at most");

// How many bits a byte has.
constexpr std::array<std::uint8_t, 256> COUNTS = [] {
    std::array<std::uint8_t, 256> counts{};
    for (std::size_t i = 0; i < counts.size(); i++) {
        counts[i] = static_cast<std::uint8_t>(std::popcount(i));
    }
    return counts;
}();

// By a table, since a processor that need not have an instruction for it counts slowly.
constexpr std::size_t header_bytes(std::uint64_t mask) {
    const unsigned words = COUNTS[mask & 0xFF] + unsigned{COUNTS[mask >> 8]};
    return (MASK_BITS + LENGTH_BITS * words + 7) / 8;
}

// The lowest n bytes of a word, by n.
constexpr std::array<std::uint64_t, 9> LOW_BYTES = [] {
    std::array<std::uint64_t, 9> masks{};
    for (std::size_t n = 1; n < masks.size(); n++) masks[n] = masks[n - 1] << 8 | 0xFF;
    return masks;
}();

inline std::uint64_t word_at(const std::uint8_t* at) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}

// The words of the first half are written and read without a branch: most commands have most of
// them, and which ones changes from one command to the next. The others are rare.
constexpr std::size_t HALF = COMMAND_WORDS / 2;
using FirstHalf = std::make_index_sequence<HALF>;
using AllWords = std::make_index_sequence<COMMAND_WORDS>;

// The header so far, and how far it is filled.
struct Header {
    std::uint64_t bits = 0;
    std::uint64_t shift = MASK_BITS;
};

// A word made small, and in how many bytes.
struct Small {
    std::uint64_t word;
    std::uint64_t bytes;
};

inline std::uint64_t word_of(const Command& command, std::size_t place) {
    return word_at(reinterpret_cast<const std::uint8_t*>(&command) + place * sizeof(std::uint64_t));
}

// A zero is made a small zero, of no bytes: as one that is there and has not changed, it leaves the
// context as it was.
template <std::size_t I>
ENGINE_INLINE Small made_small(const Command& command, CommandContext& context, Header& header) {
    std::uint64_t word = word_of(command, I);
    const std::uint64_t is_there = word != 0 ? 1 : 0;
    const std::uint64_t before = context[I];
    if constexpr (WORD_FORMS[I] == WordForm::CHANGE) {
        word = is_there != 0 ? word : before;
        context[I] = word;
    }
    const std::uint64_t small = small_word<I>(word, before);
    const std::uint64_t more = static_cast<unsigned>(63 - std::countl_zero(small | 1)) / 8;
    header.bits |= is_there << I | more << header.shift;
    header.shift += LENGTH_BITS * is_there;
    return {small, more + is_there};
}

ENGINE_INLINE void put(const Small& small, std::uint8_t*& next) {
    std::memcpy(next, &small.word, sizeof small.word);
    next += small.bytes;
}

// All words of one half, or of both: the header is whole before it and they are written.
template <std::size_t... I>
ENGINE_INLINE std::uint8_t* put_words(std::uint8_t* at, const Command& command,
                                      CommandContext& context, std::index_sequence<I...>) {
    Header header;
    const Small words[] = {made_small<I>(command, context, header)...};
    std::memcpy(at, &header.bits, sizeof header.bits);
    std::uint8_t* next = at + (header.shift + 7) / 8;
    (put(words[I], next), ...);
    return next;
}

template <std::size_t... I>
ENGINE_INLINE bool is_second_half_zero(const Command& command, std::index_sequence<I...>) {
    return (word_of(command, HALF + I) | ...) == 0;
}

// What is read so far: where the next word is, the lengths that are left, and whether one is longer
// than it must be or stands for a zero.
struct Read {
    const std::uint8_t* next;
    std::uint64_t lengths;
    bool is_odd;
};

// A word that is not there is read as a small zero, of no bytes.
template <std::size_t I>
ENGINE_INLINE void take_word(std::uint64_t mask, CommandContext& context, Read& read,
                             Command* command) {
    const std::uint64_t is_there = mask >> I & 1;
    const std::uint64_t more = read.lengths & (LENGTH_MOST * is_there);
    const std::uint64_t small = word_at(read.next) & LOW_BYTES[more + is_there];
    read.next += more + is_there;
    read.lengths >>= LENGTH_BITS * is_there;
    std::uint64_t word = large_word<I>(small, context[I]);
    if constexpr (WORD_FORMS[I] == WordForm::CHANGE) {
        context[I] = word;
        word = is_there != 0 ? word : 0;
    }
    read.is_odd |= ((small <= LOW_BYTES[more]) & (more != 0)) | ((word == 0) & (is_there != 0));
    std::memcpy(reinterpret_cast<std::uint8_t*>(command) + I * sizeof word, &word, sizeof word);
}

template <std::size_t First, std::size_t... I>
ENGINE_INLINE void take_words(std::uint64_t mask, CommandContext& context, Read& read,
                              Command* command, std::index_sequence<I...>) {
    (take_word<First + I>(mask, context, read, command), ...);
}

using Encode = std::uint8_t* (*)(std::uint8_t* at, const Command& command, CommandContext& context);

ENGINE_INLINE std::uint8_t* encoded(std::uint8_t* at, const Command& command,
                                    CommandContext& context) {
    if (ENGINE_LIKELY(is_second_half_zero(command, FirstHalf{}))) {
        return put_words(at, command, context, FirstHalf{});
    }
    return put_words(at, command, context, AllWords{});
}

#if defined(__x86_64__) && defined(__GNUC__)

// Eight counts of leading zeros are a third of the time by the instruction that is everywhere.
__attribute__((target("lzcnt"))) std::uint8_t* encode_by_counter(std::uint8_t* at,
                                                                 const Command& command,
                                                                 CommandContext& context) {
    return encoded(at, command, context);
}

// Asked of the processor itself: by name not every compiler knows this instruction.
Encode found_encode() {
    constexpr unsigned FEATURES = 0x80000001;
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    const bool is_told = __get_cpuid(FEATURES, &eax, &ebx, &ecx, &edx) != 0;
    return is_told && (ecx & bit_LZCNT) != 0 ? encode_by_counter : encode_command_plainly;
}

#else

Encode found_encode() {
    return encode_command_plainly;
}

#endif

const Encode BEST = found_encode();

}  // namespace

std::uint8_t* encode_command_plainly(std::uint8_t* at, const Command& command,
                                     CommandContext& context) {
    return encoded(at, command, context);
}

std::uint8_t* encode_command(std::uint8_t* at, const Command& command, CommandContext& context) {
    return BEST(at, command, context);
}

bool decode_command(const std::uint8_t* at, std::size_t count, CommandContext& context,
                    Command* command) {
    const std::uint64_t header = word_at(at);
    const std::uint64_t mask = header & LOW_BYTES[MASK_BITS / 8];
    const std::size_t begin = header_bytes(mask);
    Read read{at + begin, (header & LOW_BYTES[begin]) >> MASK_BITS, false};
    take_words<0>(mask, context, read, command, FirstHalf{});
    if (ENGINE_LIKELY(mask >> HALF == 0)) {
        auto* const rest = reinterpret_cast<std::uint8_t*>(command) + sizeof(Command) / 2;
        std::memset(rest, 0, sizeof(Command) / 2);
    } else {
        take_words<HALF>(mask, context, read, command, FirstHalf{});
    }
    return (read.next == at + count) & (read.lengths == 0) & !read.is_odd;
}

}  // namespace engine
