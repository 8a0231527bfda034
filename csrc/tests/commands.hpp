// Commands for tests of the journal: what a venue gets, and whatever 128 bytes may hold.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "check.hpp"
#include "engine/types/records.hpp"

namespace commands {

inline bool are_equal(const engine::Command& one, const engine::Command& other) {
    return std::memcmp(&one, &other, sizeof one) == 0;
}

inline engine::Command limit_order(check::Random& random, std::uint64_t number) {
    engine::Command command{};
    command.kind = engine::CommandKind::SUBMIT;
    command.side = random.below(2) == 0 ? engine::Side::BUY : engine::Side::SELL;
    command.instrument = static_cast<std::uint32_t>(random.below(20));
    command.account = static_cast<std::uint32_t>(random.below(5000));
    command.order_id = number;
    command.price = random.between(99'000, 101'000);
    command.quantity = random.between(1, 500);
    command.timestamp = 1'700'000'000'000'000'000 + number * 1500 + random.below(1000);
    command.command_id = number;
    return command;
}

// Each word zero, small, or any.
inline engine::Command odd_command(check::Random& random) {
    std::uint64_t words[sizeof(engine::Command) / sizeof(std::uint64_t)];
    for (std::uint64_t& word : words) {
        const std::uint64_t draw = random.below(3);
        word = draw == 0 ? 0 : random.next() >> (draw == 1 ? random.below(64) : 0);
    }
    engine::Command command;
    std::memcpy(&command, words, sizeof command);
    return command;
}

inline std::vector<engine::Command> many(check::Random& random, std::size_t count,
                                         std::uint64_t first = 1) {
    std::vector<engine::Command> all;
    for (std::size_t i = 0; i < count; i++) {
        const bool is_odd = random.below(8) == 0;
        all.push_back(is_odd ? odd_command(random) : limit_order(random, first + i));
    }
    return all;
}

}  // namespace commands
