// Packed numbers: what is written is read again, and nothing else is.
#include <cstdint>
#include <limits>
#include <vector>

#include "check.hpp"
#include "engine/base/numbers.hpp"
#include "engine/base/packed.hpp"

namespace {

using engine::Packer;
using engine::Unpacker;
using engine::WideNumber;

TEST("every length of a number comes back") {
    Packer packer;
    std::vector<std::uint64_t> numbers{0, 1, 239, 240, 255, 256};
    for (unsigned bit = 8; bit < 64; bit++) {
        numbers.push_back((std::uint64_t{1} << bit) - 1);
        numbers.push_back(std::uint64_t{1} << bit);
    }
    numbers.push_back(~std::uint64_t{0});
    for (const std::uint64_t number : numbers) packer.put(number);
    Unpacker unpacker(packer.data(), packer.size());
    for (const std::uint64_t number : numbers) CHECK_EQUAL(unpacker.get(), number);
    CHECK(unpacker.is_sound());
    CHECK_EQUAL(unpacker.left(), std::size_t{0});
}

TEST("signed numbers of 64 and of 128 bits come back") {
    Packer packer;
    std::vector<WideNumber> numbers{
        0, -1, 1, -120, 120, engine::INT64_LOWEST, engine::INT64_HIGHEST};
    for (unsigned bit = 62; bit < 127; bit++) {
        numbers.push_back(WideNumber{1} << bit);
        numbers.push_back(-(WideNumber{1} << bit));
    }
    const auto highest = static_cast<WideNumber>(~engine::WideBits{0} >> 1);
    numbers.push_back(highest);
    numbers.push_back(-highest - 1);
    for (const WideNumber number : numbers) packer.put_wide(number);
    packer.put_signed(engine::INT64_LOWEST);
    Unpacker unpacker(packer.data(), packer.size());
    for (const WideNumber number : numbers) CHECK(unpacker.get_wide() == number);
    CHECK_EQUAL(unpacker.get_signed(), engine::INT64_LOWEST);
    CHECK(unpacker.is_sound());
}

TEST("a small number is one byte, a larger one as many as it has and one") {
    Packer packer;
    packer.put(239);
    CHECK_EQUAL(packer.size(), std::size_t{1});
    packer.put(240);
    CHECK_EQUAL(packer.size(), std::size_t{3});
    packer.put_signed(-1000);
    CHECK_EQUAL(packer.size(), std::size_t{6});
}

TEST("what ends too early, is too long or too large is refused") {
    const std::vector<std::vector<std::uint8_t>> broken{
        {}, {240}, {241, 1}, {240, 239}, {241, 240, 0}, {248, 1, 2, 3, 4, 5, 6, 7, 8, 9}};
    for (const auto& bytes : broken) {
        Unpacker unpacker(bytes.data(), bytes.size());
        CHECK_EQUAL(unpacker.get(), std::uint64_t{0});
        CHECK(!unpacker.is_sound());
        CHECK_EQUAL(unpacker.get(), std::uint64_t{0});
    }
}

TEST("a number that its type does not hold is refused, and the place is known") {
    Packer packer;
    packer.put(7);
    packer.put(256);
    Unpacker unpacker(packer.data(), packer.size());
    CHECK_EQUAL(unpacker.get_as<std::uint8_t>(), std::uint8_t{7});
    CHECK_EQUAL(unpacker.get_as<std::uint8_t>(), std::uint8_t{0});
    CHECK(!unpacker.is_sound());
    CHECK_EQUAL(unpacker.position(), std::size_t{4});
}

TEST("random bytes are read without going beyond their end") {
    check::Random random(5);
    for (int round = 0; round < 2000; round++) {
        std::vector<std::uint8_t> bytes(random.below(40));
        for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
        Unpacker unpacker(bytes.data(), bytes.size());
        while (unpacker.is_sound()) unpacker.get_wide();
        CHECK(unpacker.position() <= bytes.size());
    }
}

}  // namespace
