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

using Crc32cBehind = std::uint32_t (*)(std::uint64_t first, std::uint32_t second, const void* bytes,
                                       std::size_t count);

#if defined(__x86_64__) && defined(__GNUC__)

#define ENGINE_HAS_CRC __attribute__((target("sse4.2")))

// Of bytes behind those of which `crc` is, before the last inversion.
ENGINE_HAS_CRC inline std::uint32_t gone_on(std::uint64_t crc, const void* bytes,
                                            std::size_t count) {
    const auto* at = static_cast<const std::uint8_t*>(bytes);
    const auto* const end = at + count;
    if (count < STEP) {
        auto rest = static_cast<std::uint32_t>(crc);
        while (at != end) rest = _mm_crc32_u8(rest, *at++);
        return rest;
    }
    for (; end - at >= static_cast<std::ptrdiff_t>(STEP); at += STEP) {
        crc = _mm_crc32_u64(crc, word_at(at));
    }
    // Fewer than 8 bytes are left. How many changes from one entry to the next, so this is without
    // a branch: they are the upper bytes of a word whose lower ones are zeros, which a check of
    // zero passes over; what the check was is added to the first four of them, or to what comes
    // out where there are not so many.
    const auto left = static_cast<unsigned>(8 * (end - at));
    const auto raised = [left](std::uint64_t word) { return word << (63 - left) << 1; };
    const std::uint64_t last = word_at(end - STEP) & raised(~std::uint64_t{0});
    const std::uint64_t tail = _mm_crc32_u64(0, last ^ raised(crc));
    return static_cast<std::uint32_t>(tail ^ crc >> left);
}

ENGINE_HAS_CRC std::uint32_t by_instruction(std::uint32_t start, const void* bytes,
                                            std::size_t count) {
    return ~gone_on(std::uint32_t{~start}, bytes, count);
}

ENGINE_HAS_CRC std::uint32_t behind_by_instruction(std::uint64_t first, std::uint32_t second,
                                                   const void* bytes, std::size_t count) {
    const std::uint64_t of_first = _mm_crc32_u64(~std::uint32_t{0}, first);
    const std::uint32_t of_both = _mm_crc32_u32(static_cast<std::uint32_t>(of_first), second);
    return ~gone_on(of_both, bytes, count);
}

Crc32c found_instruction() {
    return __builtin_cpu_supports("sse4.2") != 0 ? by_instruction : nullptr;
}
Crc32cBehind found_behind() {
    return found_instruction() != nullptr ? behind_by_instruction : crc32c_behind_by_parts;
}

#else

#if defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)

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

Crc32cBehind found_behind() {
    return crc32c_behind_by_parts;
}

#endif

const Crc32c BEST = found_instruction() != nullptr ? found_instruction() : crc32c_by_table;
const Crc32cBehind BEST_BEHIND = found_behind();

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

std::uint32_t crc32c_behind_by_parts(std::uint64_t first, std::uint32_t second, const void* bytes,
                                     std::size_t count) {
    const std::uint32_t of_first = crc32c(0, &first, sizeof first);
    return crc32c(crc32c(of_first, &second, sizeof second), bytes, count);
}

std::uint32_t crc32c_behind(std::uint64_t first, std::uint32_t second, const void* bytes,
                            std::size_t count) {
    return BEST_BEHIND(first, second, bytes, count);
}

}  // namespace engine
