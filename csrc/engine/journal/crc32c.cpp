#include "engine/journal/crc32c.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#include <nmmintrin.h>
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

namespace engine {

namespace {

constexpr std::uint32_t POLYNOMIAL = 0x82F63B78;  // its bits in reverse
constexpr std::size_t STEP = 8;

// TABLES[k][b]: what a byte b does that has k more bytes behind it in a step.
using Tables = std::array<std::array<std::uint32_t, 256>, STEP>;

constexpr Tables made_tables() {
    Tables tables{};
    for (std::uint32_t byte = 0; byte < 256; byte++) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) != 0 ? POLYNOMIAL : 0);
        tables[0][byte] = crc;
    }
    for (std::size_t k = 1; k < STEP; k++) {
        for (std::size_t byte = 0; byte < 256; byte++) {
            const std::uint32_t before = tables[k - 1][byte];
            tables[k][byte] = (before >> 8) ^ tables[0][before & 0xFF];
        }
    }
    return tables;
}

constexpr Tables TABLES = made_tables();

inline std::uint64_t word_at(const std::uint8_t* at) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}

#if defined(__x86_64__) && defined(__GNUC__)

__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::uint32_t start,
                                                               const void* bytes,
                                                               std::size_t count) {
    const auto* at = static_cast<const std::uint8_t*>(bytes);
    std::uint64_t crc = static_cast<std::uint32_t>(~start);
    for (; count >= 8; count -= 8, at += 8) crc = _mm_crc32_u64(crc, word_at(at));
    auto rest = static_cast<std::uint32_t>(crc);
    if ((count & 4) != 0) {
        std::uint32_t half = 0;
        std::memcpy(&half, at, sizeof half);
        rest = _mm_crc32_u32(rest, half);
        at += 4;
    }
    for (count &= 3; count > 0; count--) rest = _mm_crc32_u8(rest, *at++);
    return ~rest;
}

Crc32c found_instruction() {
    return __builtin_cpu_supports("sse4.2") != 0 ? by_instruction : nullptr;
}

#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)

std::uint32_t by_instruction(std::uint32_t start, const void* bytes, std::size_t count) {
    const auto* at = static_cast<const std::uint8_t*>(bytes);
    std::uint32_t crc = ~start;
    for (; count >= 8; count -= 8, at += 8) crc = __crc32cd(crc, word_at(at));
    for (; count > 0; count--) crc = __crc32cb(crc, *at++);
    return ~crc;
}

Crc32c found_instruction() {
    return by_instruction;
}

#else

Crc32c found_instruction() {
    return nullptr;
}

#endif

const Crc32c BEST = found_instruction() != nullptr ? found_instruction() : crc32c_by_table;

}  // namespace

std::uint32_t crc32c_by_table(std::uint32_t start, const void* bytes, std::size_t count) {
    const auto* at = static_cast<const std::uint8_t*>(bytes);
    std::uint32_t crc = ~start;
    for (; count >= STEP; count -= STEP, at += STEP) {
        const std::uint64_t word = word_at(at) ^ crc;
        crc = 0;
        for (std::size_t i = 0; i < STEP; i++) {
            crc ^= TABLES[STEP - 1 - i][static_cast<std::uint8_t>(word >> (8 * i))];
        }
    }
    for (; count > 0; count--) crc = (crc >> 8) ^ TABLES[0][(crc ^ *at++) & 0xFF];
    return ~crc;
}

Crc32c crc32c_by_processor() {
    return found_instruction();
}

std::uint32_t crc32c(std::uint32_t start, const void* bytes, std::size_t count) {
    return BEST(start, bytes, count);
}

}  // namespace engine
