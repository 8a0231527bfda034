// Commands as packed bytes: every content comes back, and no other bytes are taken.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "check.hpp"
#include "commands.hpp"
#include "engine/journal/command_codec.hpp"

namespace {

using engine::Command;
using engine::COMMAND_BYTES_MOST;
using engine::COMMAND_ROOM;
using engine::CommandContext;

struct Packed {
    std::array<std::uint8_t, COMMAND_ROOM> bytes{};
    std::size_t count = 0;
};

// By whatever this processor has, and without it.
Packed packed(const Command& command, CommandContext& context) {
    const CommandContext before = context;
    Packed result;
    std::uint8_t* const end = engine::encode_command(result.bytes.data(), command, context);
    result.count = static_cast<std::size_t>(end - result.bytes.data());
    CHECK(result.count <= COMMAND_BYTES_MOST);

    Packed plain;
    CommandContext same = before;
    std::uint8_t* const its = engine::encode_command_plainly(plain.bytes.data(), command, same);
    CHECK_EQUAL(static_cast<std::size_t>(its - plain.bytes.data()), result.count);
    CHECK(std::equal(plain.bytes.data(), its, result.bytes.data()));
    CHECK(same == context);
    return result;
}

Packed packed(const Command& command) {
    CommandContext context{};
    return packed(command, context);
}

bool is_taken(const Packed& from, Command* command) {
    CommandContext context{};
    return engine::decode_command(from.bytes.data(), from.count, context, command);
}

Command with_word(std::size_t place, std::uint64_t word) {
    Command command{};
    std::memcpy(reinterpret_cast<char*>(&command) + 8 * place, &word, sizeof word);
    return command;
}

TEST("every word comes back with every bit alone, and with all above or below a bit") {
    for (std::size_t place = 0; place < engine::COMMAND_WORDS; place++) {
        for (unsigned bit = 0; bit < 64; bit++) {
            const std::uint64_t one = std::uint64_t{1} << bit;
            for (const std::uint64_t word : {one, one - 1, ~one, ~(one - 1)}) {
                const Command command = with_word(place, word);
                Command found;
                CHECK(is_taken(packed(command), &found));
                CHECK(commands::are_equal(found, command));
            }
        }
    }
}

TEST("any content of commands comes back, one after the other in one block") {
    check::Random random(3);
    CommandContext writing{};
    CommandContext reading{};
    for (int round = 0; round < 50'000; round++) {
        const Command command = round % 2 == 0 ? commands::odd_command(random)
                                               : commands::limit_order(random, random.next());
        const Packed bytes = packed(command, writing);
        Command found;
        CHECK(engine::decode_command(bytes.bytes.data(), bytes.count, reading, &found));
        CHECK(commands::are_equal(found, command));
        CHECK(writing == reading);
    }
}

TEST("a zeroed command is two bytes, a limit order of a stream no more than 24") {
    CHECK_EQUAL(packed(Command{}).count, std::size_t{2});
    check::Random random(4);
    CommandContext context{};
    packed(commands::limit_order(random, 1), context);
    for (std::uint64_t number = 2; number < 2000; number++) {
        CHECK(packed(commands::limit_order(random, number), context).count <= 24);
    }
}

TEST("a command whose bytes are cut, or have more behind them, is refused") {
    check::Random random(5);
    for (int round = 0; round < 500; round++) {
        Packed bytes = packed(commands::odd_command(random));
        Command found;
        const std::size_t whole = bytes.count;
        for (bytes.count = 0; bytes.count < whole; bytes.count++) CHECK(!is_taken(bytes, &found));
        bytes.count = whole + 1;
        CHECK(!is_taken(bytes, &found));
    }
}

// What is taken is the one encoding of what comes out.
void check_canonical(const Packed& bytes) {
    Command found;
    if (!is_taken(bytes, &found)) return;
    const Packed again = packed(found);
    CHECK_EQUAL(again.count, bytes.count);
    CHECK(std::memcmp(again.bytes.data(), bytes.bytes.data(), again.count) == 0);
}

TEST("there is one encoding of a command") {
    check::Random random(6);
    std::size_t taken = 0;
    for (int round = 0; round < 200'000; round++) {
        Packed bytes = packed(commands::odd_command(random));
        for (std::uint64_t flips = random.below(4); flips > 0; flips--) {
            bytes.bytes[random.below(bytes.count)] ^=
                static_cast<std::uint8_t>(1U << random.below(8));
        }
        Command found;
        taken += is_taken(bytes, &found) ? 1U : 0U;
        check_canonical(bytes);
    }
    CHECK(taken > 50'000);
    for (int round = 0; round < 200'000; round++) {
        Packed bytes;
        for (std::uint8_t& byte : bytes.bytes) byte = static_cast<std::uint8_t>(random.next());
        bytes.bytes[0] &= static_cast<std::uint8_t>(random.next() & random.next());
        bytes.bytes[1] = 0;
        for (bytes.count = 2; bytes.count < 20; bytes.count++) check_canonical(bytes);
    }
}

}  // namespace
