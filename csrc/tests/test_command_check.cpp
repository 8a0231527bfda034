// What is looked through, and copied on the way: the same is found in a copy and in place, and a
// copy has every byte, whatever the batches before it have left behind.
#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "check.hpp"
#include "commands.hpp"
#include "engine/engine/command_check.hpp"

namespace {

using namespace engine;

constexpr std::size_t COUNT_MAX = 70;

// Plain commands, now and then with one among them that is not, or that may not be readable.
std::vector<Command> batch(check::Random& random) {
    std::vector<Command> all;
    for (std::size_t count = random.below(COUNT_MAX + 1); all.size() < count;) {
        all.push_back(commands::limit_order(random, all.size() + 1));
    }
    if (all.empty()) return all;
    Command& one = all[random.below(all.size())];
    const std::uint64_t draw = random.below(4);
    if (draw == 0) one.expiry = random.next() | 1;
    if (draw == 1) one = commands::odd_command(random);
    if (draw == 2) one.kind = static_cast<CommandKind>(random.below(256));
    return all;
}

bool is_zero_behind(const Command& command) {
    const auto* const bytes = reinterpret_cast<const unsigned char*>(&command);
    return std::all_of(bytes + offsetof(Command, trigger_price), bytes + sizeof(Command),
                       [](unsigned char byte) { return byte == 0; });
}

void check_same(const CommandBatch& found, const CommandBatch& expected) {
    CHECK_EQUAL(found.count, expected.count);
    CHECK_EQUAL(found.is_plain, expected.is_plain);
    CHECK_EQUAL(found.is_readable(), expected.is_readable());
    CHECK_EQUAL(found.bad.index, expected.bad.index);
    CHECK_EQUAL(std::string(found.bad.field), std::string(expected.bad.field));
    CHECK_EQUAL(found.bad.value, expected.bad.value);
    CHECK_EQUAL(found.next, expected.next);
}

void check_copied(const CommandBatch& found, const std::vector<Command>& expected) {
    for (std::size_t i = 0; i < expected.size(); i++) {
        CHECK(commands::are_equal(found.commands[i], expected[i]));
    }
}

TEST("copies have every byte, and what is found in them is what is found in place") {
    check::Random random(1);
    CommandCopies copies;
    int plain = 0;
    int unreadable = 0;
    for (int round = 0; round < 20'000; round++) {
        const std::vector<Command> commands = batch(random);
        const CommandBatch expected = check_commands(commands.data(), commands.size());
        CHECK_EQUAL(expected.is_plain,
                    std::all_of(commands.begin(), commands.end(), is_zero_behind));
        plain += expected.is_plain;
        unreadable += !expected.is_readable();

        std::vector<Command> place(commands.size());
        const CommandBatch once = check_copies(commands.data(), commands.size(), place.data());
        check_same(once, expected);
        check_copied(once, commands);

        const CommandBatch again = copies.check(commands.data(), commands.size());
        CHECK(copies.has(again));
        check_same(again, expected);
        check_copied(again, commands);
        if (random.below(50) == 0) copies.shrink();
    }
    CHECK(plain > 5'000);
    CHECK(unreadable > 5'000);
}

TEST("memory of a large batch is given back, and the next one begins anew") {
    check::Random random(2);
    CommandCopies copies;
    std::vector<Command> large(200'000);
    for (Command& command : large) command = commands::limit_order(random, 1);
    large.back().expiry = 7;
    check_copied(copies.check(large.data(), large.size()), large);
    copies.shrink();
    large.back().expiry = 0;
    check_copied(copies.check(large.data(), large.size()), large);
}

}  // namespace
