// A Command as packed bytes and back, whatever its 128 bytes hold.
//
// The record is 16 words of 64 bits. What is not zero of them is written, each in as many bytes as
// it needs:
//     u16     which words follow, one bit each from the lowest
//     3 bits  for each word that follows, how many bytes it has less one; then zero bits to a whole
//             byte
//     bytes   of the words, the lowest first
// Before that, words are made small (word_of_change and so on): those that count or climb (order
// id, price, timestamp, command id, client order id) are the change from the last that was not zero
// in the same block, and what may be below zero is folded (packed.hpp); the word of instrument and
// account has their low bytes first, and the last word begins with its modes.
// There is one encoding of a command: the decoder refuses any other.
// Complexity: O(1), by the words that are not zero.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/base/assert.hpp"
#include "engine/base/packed.hpp"
#include "engine/types/records.hpp"

namespace engine {

constexpr std::size_t COMMAND_WORDS = sizeof(Command) / sizeof(std::uint64_t);
using CommandWords = std::array<std::uint64_t, COMMAND_WORDS>;
static_assert(sizeof(CommandWords) == sizeof(Command));

// The most bytes of a command; an encoder may write, a decoder read, so many and 8 more.
constexpr std::size_t COMMAND_BYTES_MOST = 8 + sizeof(Command);
constexpr std::size_t COMMAND_ROOM = COMMAND_BYTES_MOST + 8;

// How each word is made small.
enum class WordForm : std::uint8_t { PLAIN, PLACES, FOLDED, CHANGE, MODES };
constexpr std::array<WordForm, COMMAND_WORDS> WORD_FORMS{
    WordForm::PLAIN,   // kind, side, order type, time in force, flags
    WordForm::PLACES,  // instrument, account
    WordForm::CHANGE,  // order id
    WordForm::CHANGE,  // price
    WordForm::FOLDED,  // quantity
    WordForm::CHANGE,  // timestamp
    WordForm::CHANGE,  // command id
    WordForm::CHANGE,  // client order id
    WordForm::FOLDED,  // trigger price
    WordForm::FOLDED,  // display quantity
    WordForm::FOLDED,  // minimum quantity
    WordForm::PLAIN,   // expiry
    WordForm::FOLDED,  // offset
    WordForm::FOLDED,  // bound
    WordForm::PLAIN,   // linked order id
    WordForm::MODES,   // self-trade group, modes, selector
};

// The last words that were not zero; zeros where a block begins.
using CommandContext = CommandWords;

// The account's three low bytes follow the instrument's lowest, then the instrument's others.
constexpr std::uint64_t packed_places(std::uint64_t word) {
    return (word & 0xFF) | (word >> 32 & 0xFFFFFF) << 8 | (word >> 8 & 0xFFFFFF) << 32 |
           (word >> 56) << 56;
}
constexpr std::uint64_t unpacked_places(std::uint64_t word) {
    return (word & 0xFF) | (word >> 32 & 0xFFFFFF) << 8 | (word >> 8 & 0xFFFFFF) << 32 |
           (word >> 56) << 56;
}
static_assert(unpacked_places(packed_places(0x0123456789ABCDEF)) == 0x0123456789ABCDEF);

template <std::size_t I>
ENGINE_INLINE std::uint64_t small_word(std::uint64_t word, std::uint64_t before) {
    constexpr WordForm FORM = WORD_FORMS[I];
    if constexpr (FORM == WordForm::PLACES) return packed_places(word);
    if constexpr (FORM == WordForm::FOLDED) return folded(static_cast<std::int64_t>(word));
    if constexpr (FORM == WordForm::CHANGE) {
        return folded(static_cast<std::int64_t>(word - before));
    }
    if constexpr (FORM == WordForm::MODES) return std::rotl(word, 32);
    return word;
}
template <std::size_t I>
ENGINE_INLINE std::uint64_t large_word(std::uint64_t small, std::uint64_t before) {
    constexpr WordForm FORM = WORD_FORMS[I];
    if constexpr (FORM == WordForm::PLACES) return unpacked_places(small);
    if constexpr (FORM == WordForm::FOLDED) return static_cast<std::uint64_t>(unfolded(small));
    if constexpr (FORM == WordForm::CHANGE) {
        return before + static_cast<std::uint64_t>(unfolded(small));
    }
    if constexpr (FORM == WordForm::MODES) return std::rotl(small, 32);
    return small;
}

// Writes a command and returns where it ends. REQUIRES: room for COMMAND_ROOM bytes.
std::uint8_t* encode_command(std::uint8_t* at, const Command& command, CommandContext& context);
// The same, without an instruction that a processor need not have.
std::uint8_t* encode_command_plainly(std::uint8_t* at, const Command& command,
                                     CommandContext& context);

// Whether `count` bytes are a command, which is then written. REQUIRES: COMMAND_ROOM bytes from
// `at` on can be read, however few of them count.
bool decode_command(const std::uint8_t* at, std::size_t count, CommandContext& context,
                    Command* command);

}  // namespace engine
