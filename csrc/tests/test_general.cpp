// The general way under random streams of special orders: invariants after every command, batches
// against single commands, and twice the same. What the rules are is compared in Python; here the
// sanitizers look on.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "check.hpp"
#include "engine/engine/command_check.hpp"
#include "engine/engine/engine.hpp"
#include "special_stream.hpp"

namespace {

using namespace engine;
using check::Random;
using special::add_instruments;
using special::stream_of;

std::vector<ExecutionReport> reports_of(Engine& engine, const std::vector<Command>& commands,
                                        std::size_t batch) {
    std::vector<ExecutionReport> reports;
    for (std::size_t first = 0; first < commands.size(); first += batch) {
        const std::size_t count = std::min(batch, commands.size() - first);
        ReportBuffer out;
        engine.match(check_commands(commands.data() + first, count), out);
        reports.insert(reports.end(), out.data(), out.data() + out.size());
        engine.check_invariants();
    }
    return reports;
}

}  // namespace

TEST("streams of special orders hold the invariants, in batches as one by one") {
    for (std::uint64_t seed = 1; seed <= 40; seed++) {
        const std::vector<Command> commands = stream_of(seed, 600);
        Engine one_by_one;
        Engine in_batches;
        add_instruments(one_by_one);
        add_instruments(in_batches);
        const std::vector<ExecutionReport> single = reports_of(one_by_one, commands, 1);
        const std::vector<ExecutionReport> batched = reports_of(in_batches, commands, 37);
        CHECK_EQUAL(single.size(), batched.size());
        const std::size_t bytes = single.size() * sizeof(ExecutionReport);
        CHECK_EQUAL(std::memcmp(single.data(), batched.data(), bytes), 0);
    }
}

TEST("ten thousand stops that set each other off end, each triggered once") {
    constexpr std::uint64_t COUNT = 10'000;
    Engine engine;
    engine.add_instrument({});
    std::vector<Command> commands;
    for (std::uint64_t i = 0; i <= COUNT; i++) {
        Command offer{};
        offer.kind = CommandKind::SUBMIT;
        offer.side = Side::SELL;
        offer.price = 100 + static_cast<std::int64_t>(i);
        offer.quantity = 1;
        commands.push_back(offer);
        if (i == COUNT) continue;
        Command stop = offer;
        stop.side = Side::BUY;
        stop.order_type = OrderType::STOP;
        stop.price = 0;
        stop.trigger_price = offer.price;
        commands.push_back(stop);
    }
    Command first = commands[0];
    first.side = Side::BUY;
    commands.push_back(first);
    const std::vector<ExecutionReport> reports = reports_of(engine, commands, commands.size());
    std::uint64_t triggered = 0;
    for (const ExecutionReport& report : reports) {
        triggered += report.exec_type == ExecType::TRIGGERED;
    }
    CHECK_EQUAL(triggered, COUNT);
    CHECK_EQUAL(engine.counters().trades, COUNT + 1);
    CHECK_EQUAL(engine.books().order_count(), std::size_t{0});
}

namespace {

void require_same(const Packer& found, const Packer& expected) {
    CHECK_EQUAL(found.size(), expected.size());
    CHECK_EQUAL(std::memcmp(found.data(), expected.data(), found.size()), 0);
}

}  // namespace

TEST("an engine that was saved and loaded goes on as one that never was") {
    for (std::uint64_t seed = 50; seed < 70; seed++) {
        const std::vector<Command> commands = stream_of(seed, 400);
        Engine whole;
        add_instruments(whole);
        const std::vector<ExecutionReport> expected = reports_of(whole, commands, 50);
        for (const std::size_t at : {std::size_t{1}, std::size_t{133}, std::size_t{399}}) {
            const auto middle = commands.begin() + static_cast<std::ptrdiff_t>(at);
            Engine first;
            Engine second;
            add_instruments(first);
            add_instruments(second);
            std::vector<ExecutionReport> reports =
                reports_of(first, {commands.begin(), middle}, 50);
            Packer saved;
            Packer again;
            first.save(saved);
            Unpacker image(saved.data(), saved.size());
            CHECK(second.load(image));
            second.check_invariants();
            second.save(again);
            require_same(again, saved);
            const std::vector<ExecutionReport> rest =
                reports_of(second, {middle, commands.end()}, 50);
            reports.insert(reports.end(), rest.begin(), rest.end());
            CHECK_EQUAL(reports.size(), expected.size());
            CHECK_EQUAL(std::memcmp(reports.data(), expected.data(),
                                    reports.size() * sizeof(ExecutionReport)),
                        0);
        }
    }
}

TEST("an image with changed bytes is refused, or is that of an engine which works") {
    Random random(9);
    const std::vector<Command> commands = stream_of(80, 400);
    Engine engine;
    add_instruments(engine);
    reports_of(engine, commands, 400);
    Packer saved;
    engine.save(saved);
    std::size_t taken = 0;
    for (int round = 0; round < 3000; round++) {
        std::vector<std::uint8_t> bytes(saved.data(), saved.data() + saved.size());
        for (std::uint64_t changes = 1 + random.below(3); changes > 0; changes--) {
            bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.next());
        }
        Engine other;
        add_instruments(other);
        Unpacker image(bytes.data(), bytes.size());
        if (!other.load(image)) continue;
        taken += 1;
        try {
            reports_of(other, commands, 100);
        } catch (const BrokenInvariant&) {
            continue;  // it noticed what the bytes could not tell
        }
    }
    CHECK(taken > 100);
}
