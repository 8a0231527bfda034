// XXH64, the hash that chains the blocks of a journal: known, with its own test vectors, and fast.
// Complexity: O(bytes), 32 bytes a step.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace engine {

namespace xxh64 {

constexpr std::uint64_t PRIME_1 = 0x9E3779B185EBCA87;
constexpr std::uint64_t PRIME_2 = 0xC2B2AE3D27D4EB4F;
constexpr std::uint64_t PRIME_3 = 0x165667B19E3779F9;
constexpr std::uint64_t PRIME_4 = 0x85EBCA77C2B2AE63;
constexpr std::uint64_t PRIME_5 = 0x27D4EB2F165667C5;

template <class Word>
inline std::uint64_t word_at(const std::uint8_t* at) {
    Word word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}

inline std::uint64_t rounded(std::uint64_t lane, std::uint64_t word) {
    return std::rotl(lane + word * PRIME_2, 31) * PRIME_1;
}

inline std::uint64_t merged(std::uint64_t hash, std::uint64_t lane) {
    return (hash ^ rounded(0, lane)) * PRIME_1 + PRIME_4;
}

// What is less than 32 bytes, and the mixing of all.
inline std::uint64_t finished(std::uint64_t hash, const std::uint8_t* at, std::size_t left) {
    for (; left >= 8; left -= 8, at += 8) {
        hash = std::rotl(hash ^ rounded(0, word_at<std::uint64_t>(at)), 27) * PRIME_1 + PRIME_4;
    }
    if (left >= 4) {
        hash = std::rotl(hash ^ word_at<std::uint32_t>(at) * PRIME_1, 23) * PRIME_2 + PRIME_3;
        at += 4;
        left -= 4;
    }
    for (; left > 0; left--) hash = std::rotl(hash ^ *at++ * PRIME_5, 11) * PRIME_1;
    hash = (hash ^ (hash >> 33)) * PRIME_2;
    hash = (hash ^ (hash >> 29)) * PRIME_3;
    return hash ^ (hash >> 32);
}

}  // namespace xxh64

inline std::uint64_t hash64(std::uint64_t seed, const void* bytes, std::size_t count) {
    using namespace xxh64;
    const auto* at = static_cast<const std::uint8_t*>(bytes);
    std::size_t left = count;
    std::uint64_t hash = seed + PRIME_5;
    if (left >= 32) {
        std::uint64_t lanes[4] = {seed + PRIME_1 + PRIME_2, seed + PRIME_2, seed, seed - PRIME_1};
        for (; left >= 32; left -= 32, at += 32) {
            for (std::size_t i = 0; i < 4; i++) {
                lanes[i] = rounded(lanes[i], word_at<std::uint64_t>(at + 8 * i));
            }
        }
        hash = std::rotl(lanes[0], 1) + std::rotl(lanes[1], 7) + std::rotl(lanes[2], 12) +
               std::rotl(lanes[3], 18);
        for (const std::uint64_t lane : lanes) hash = merged(hash, lane);
    }
    return finished(hash + count, at, left);
}

}  // namespace engine
