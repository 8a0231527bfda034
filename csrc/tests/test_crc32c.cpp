// The checks of the journal: known answers, and the same from table and processor.
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "check.hpp"
#include "engine/journal/crc32c.hpp"
#include "engine/journal/hash64.hpp"

namespace {

using engine::crc32c;
using engine::crc32c_behind;
using engine::crc32c_behind_by_parts;
using engine::crc32c_by_processor;
using engine::crc32c_by_table;
using engine::hash64;

std::uint32_t check_of(const std::vector<std::uint8_t>& bytes) {
    return crc32c(0, bytes.data(), bytes.size());
}

TEST("CRC32C has the answers of RFC 3720") {
    std::vector<std::uint8_t> rising(32);
    std::vector<std::uint8_t> falling(32);
    for (std::uint8_t i = 0; i < 32; i++) {
        rising[i] = i;
        falling[i] = static_cast<std::uint8_t>(31 - i);
    }
    CHECK_EQUAL(check_of(std::vector<std::uint8_t>(32, 0)), 0x8A9136AAU);
    CHECK_EQUAL(check_of(std::vector<std::uint8_t>(32, 0xFF)), 0x62A8AB43U);
    CHECK_EQUAL(check_of(rising), 0x46DD794EU);
    CHECK_EQUAL(check_of(falling), 0x113FDB5CU);
    CHECK_EQUAL(crc32c(0, "123456789", 9), 0xE3069283U);
    CHECK_EQUAL(crc32c(7, nullptr, 0), 7U);
}

TEST("the processor and the table agree, whatever the length, the place and the start") {
    if (crc32c_by_processor() == nullptr) return;
    check::Random random(11);
    std::vector<std::uint8_t> bytes(300);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
    for (std::size_t from = 0; from < 9; from++) {
        for (std::size_t count = 0; from + count <= bytes.size(); count++) {
            const auto start = static_cast<std::uint32_t>(random.next());
            CHECK_EQUAL(crc32c_by_processor()(start, bytes.data() + from, count),
                        crc32c_by_table(start, bytes.data() + from, count));
        }
    }
}

TEST("a check goes on where another ended") {
    const std::string text = "what was written is what is read";
    for (std::size_t cut = 0; cut <= text.size(); cut++) {
        const std::uint32_t first = crc32c(0, text.data(), cut);
        CHECK_EQUAL(crc32c(first, text.data() + cut, text.size() - cut),
                    crc32c(0, text.data(), text.size()));
    }
}

TEST("the check behind two numbers is that of all in one") {
    check::Random random(12);
    std::vector<std::uint8_t> bytes(12 + 60);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
    std::uint64_t first = 0;
    std::uint32_t second = 0;
    std::memcpy(&first, bytes.data(), sizeof first);
    std::memcpy(&second, bytes.data() + sizeof first, sizeof second);
    for (std::size_t count = 0; count <= 60; count++) {
        const std::uint32_t whole = crc32c(0, bytes.data(), 12 + count);
        CHECK_EQUAL(crc32c_behind(first, second, bytes.data() + 12, count), whole);
        CHECK_EQUAL(crc32c_behind_by_parts(first, second, bytes.data() + 12, count), whole);
    }
}

TEST("the hash of blocks is XXH64") {
    CHECK_EQUAL(hash64(0, "", 0), 0xEF46DB3751D8E999U);
    CHECK_EQUAL(hash64(0, "a", 1), 0xD24EC4F1A98C6E5BU);
    CHECK_EQUAL(hash64(0, "abc", 3), 0x44BC2CF5AD770999U);
    const std::string long_one = "Nobody inspects the spammish repetition";
    CHECK_EQUAL(hash64(0, long_one.data(), long_one.size()), 0xFBCEA83C8A378BF1U);
    CHECK_EQUAL(hash64(2654435761, "", 0), 0xAC75FDA2929B17EFU);
}

}  // namespace
