// Shards against one engine on random batches, with threads: the same reports, byte for byte.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
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

void add_instruments(Engine& engine) {
    for (std::uint32_t i = 0; i < INSTRUMENTS; i++) engine.add_instrument({});
}

void require_same(const ReportBuffer& found, const ReportBuffer& wanted) {
    CHECK_EQUAL(found.size(), wanted.size());
    const std::size_t bytes = wanted.size() * sizeof(ExecutionReport);
    CHECK(bytes == 0 || std::memcmp(found.data(), wanted.data(), bytes) == 0);
}

struct Several {
    explicit Several(std::size_t workers) : engines(SHARDS), shards(pointers(), workers) {
        for (std::uint32_t instrument = 0; instrument < INSTRUMENTS; instrument++) {
            for (Engine& engine : engines) engine.add_instrument({});
            shards.place(static_cast<std::uint32_t>(instrument % SHARDS));
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
        add_instruments(one);
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
            require_same(found, wanted);
            from += count;
        }
        several.shards.check_invariants();
        CHECK_EQUAL(several.shards.made().trades, one.counters().trades);
        CHECK_EQUAL(several.shards.time(), one.counters().time);
    }
}

TEST("shards say what one engine says while instruments move and shards are added") {
    Engine one;
    add_instruments(one);
    Several several(2);
    std::vector<std::unique_ptr<Engine>> added;
    Random random(3);
    const std::vector<Command> commands = commands_of(11, 60'000);
    for (std::size_t from = 0; from < commands.size();) {
        const auto instrument = static_cast<std::uint32_t>(random.below(INSTRUMENTS));
        const auto shard = static_cast<std::uint32_t>(random.below(several.shards.count()));
        if (from != 0 && random.below(2) == 0 && added.size() < 7) {
            added.push_back(std::make_unique<Engine>());
            add_instruments(*added.back());
            CHECK(several.shards.add(*added.back(), 1 + random.below(4), {instrument}).is_none());
            CHECK_EQUAL(several.shards.shard_of(instrument), several.shards.count() - 1);
        } else {
            CHECK(several.shards.move(instrument, shard).is_none());
            CHECK_EQUAL(several.shards.shard_of(instrument), shard);
        }
        several.shards.check_invariants();
        const std::size_t count =
            std::min<std::size_t>(1 + random.below(3'000), commands.size() - from);
        ReportBuffer wanted;
        ReportBuffer found;
        one.match(check_commands(commands.data() + from, count), wanted);
        several.shards.match(commands.data() + from, count, found);
        require_same(found, wanted);
        from += count;
    }
    CHECK_EQUAL(several.shards.count(), SHARDS + 7);
    several.shards.check_invariants();
}

TEST("what is in the way of an instrument is named, and it stays where it is") {
    Several several(1);
    std::vector<Command> commands(3);
    for (std::uint32_t i = 0; i < 3; i++) {
        commands[i].kind = CommandKind::SUBMIT;
        commands[i].side = Side::BUY;
        commands[i].instrument = i;
        commands[i].order_id = i == 1 ? 5 : 7;
        commands[i].price = commands[i].quantity = 9;
    }
    ReportBuffer reports;
    several.shards.match(commands.data(), commands.size(), reports);
    const Obstacle taken = several.shards.move(0, 2);
    CHECK_EQUAL(taken.order_id, 7U);
    CHECK_EQUAL(taken.instruments[0], 0U);
    CHECK_EQUAL(taken.instruments[1], 2U);
    Engine small(1);
    add_instruments(small);
    CHECK_EQUAL(several.shards.add(small, 1, {2, 0}).order_id, 7U);
    CHECK_EQUAL(several.shards.add(small, 1, {0, 1}).order_id, 0U);
    CHECK_EQUAL(several.shards.add(small, 1, {0, 1}).orders, 2U);
    several.shards.check_invariants();
    CHECK_EQUAL(several.shards.shard_of(0), 0U);
    CHECK_EQUAL(several.shards.count(), SHARDS);
    CHECK(several.shards.add(small, 1, {1}).is_none());
    CHECK_EQUAL(several.shards.shard_of(1), SHARDS);
    several.shards.check_invariants();
}
