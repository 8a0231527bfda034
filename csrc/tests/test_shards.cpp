// Shards against one engine on random batches, with threads: the same reports, byte for byte.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "check.hpp"
#include "engine/shards/shards.hpp"

namespace {

using namespace engine;
using check::Random;

constexpr std::uint32_t INSTRUMENTS = 7;
constexpr std::size_t SHARDS = 3;

// Orders, cancels and replaces under ids that no two instruments share, with times, and now
// and then a command of all.
std::vector<Command> commands_of(std::uint64_t seed, std::size_t count) {
    Random random(seed);
    std::vector<Command> commands(count);
    for (std::size_t i = 0; i < count; i++) {
        Command& command = commands[i];
        command = Command{};
        command.instrument = static_cast<std::uint32_t>(random.below(INSTRUMENTS));
        command.order_id = 1 + INSTRUMENTS * random.below(300) + command.instrument;
        command.timestamp = 10 * i;
        const std::uint64_t kind = random.below(10);
        command.kind = kind < 6   ? CommandKind::SUBMIT
                       : kind < 9 ? CommandKind::CANCEL
                                  : CommandKind::REPLACE;
        if (command.kind != CommandKind::CANCEL) {
            command.price = static_cast<std::int64_t>(95 + random.below(10));
            command.quantity = static_cast<std::int64_t>(1 + random.below(9));
        }
        if (command.kind == CommandKind::SUBMIT) {
            command.side = random.below(2) == 0 ? Side::BUY : Side::SELL;
        }
        if (random.below(500) == 0) {
            command = Command{};
            command.kind = CommandKind::MASS_CANCEL;
            command.timestamp = 10 * i;
        }
    }
    return commands;
}

struct Several {
    explicit Several(std::size_t workers) : engines(SHARDS), shards(pointers(), workers) {
        for (std::uint32_t instrument = 0; instrument < INSTRUMENTS; instrument++) {
            for (Engine& engine : engines) engine.add_instrument({});
            shards.place(instrument % SHARDS);
        }
    }
    std::vector<Engine*> pointers() {
        std::vector<Engine*> all;
        for (Engine& engine : engines) all.push_back(&engine);
        return all;
    }

    std::vector<Engine> engines;
    Shards shards;
};

}  // namespace

TEST("every worker does its part of every phase, and what one throws comes out") {
    Workers workers(3);
    std::atomic<int> done{0};
    for (int round = 0; round < 2'000; round++) {
        workers.run(3, [&](std::size_t worker) { done += static_cast<int>(worker) + 1; });
        CHECK_EQUAL(done.load(), 6 * (round + 1));
    }
    const auto fails = [](std::size_t worker) {
        if (worker == 2) throw std::runtime_error("two");
    };
    CHECK_THROWS(std::runtime_error, workers.run(3, fails));
    workers.run(2, [&](std::size_t worker) { CHECK(worker < 2); });
}

TEST("shards say byte for byte what one engine says, with any number of workers") {
    for (std::size_t workers = 1; workers <= SHARDS; workers++) {
        const std::vector<Command> commands = commands_of(workers, 30'000);
        Engine one;
        for (std::uint32_t i = 0; i < INSTRUMENTS; i++) one.add_instrument({});
        Several several(workers);
        Random random(workers);
        for (std::size_t from = 0; from < commands.size();) {
            const std::size_t count =
                std::min<std::size_t>(1 + random.below(9'000), commands.size() - from);
            ReportBuffer wanted;
            ReportBuffer found;
            one.match(check_commands(commands.data() + from, count), wanted);
            const CommandBatch batch = several.shards.match(commands.data() + from, count, found);
            CHECK(batch.is_readable());
            CHECK_EQUAL(found.size(), wanted.size());
            const std::size_t bytes = wanted.size() * sizeof(ExecutionReport);
            CHECK(std::memcmp(found.data(), wanted.data(), bytes) == 0);
            from += count;
        }
        several.shards.check_invariants();
        CHECK_EQUAL(several.shards.made().trades, one.counters().trades);
        CHECK_EQUAL(several.shards.time(), one.counters().time);
    }
}
