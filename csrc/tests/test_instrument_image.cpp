// One instrument taken from an engine to another: the same there, forgotten here, and all of it or
// nothing when memory ends on the way.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

#include "check.hpp"
#include "engine/engine/command_check.hpp"
#include "engine/engine/engine.hpp"
#include "special_stream.hpp"

namespace {

using namespace engine;
using special::add_instruments;
using special::INSTRUMENTS;

// How many more pieces of memory there are.
constexpr std::uint64_t ENDLESS = ~std::uint64_t{0};
std::uint64_t pieces_left = ENDLESS;

constexpr std::uint64_t FIRST_IDS[] = {1, std::uint64_t{1} << 40};
constexpr std::uint64_t END = 300;  // the time of two engines when an instrument goes over

// A stream whose ids no other engine has: `engine` is its number, 0 or 1.
std::vector<Command> stream_of(std::uint64_t seed, std::size_t length, std::uint64_t engine) {
    std::vector<Command> commands = special::stream_of(seed, length);
    for (Command& command : commands) {
        for (std::uint64_t* const id : {&command.order_id, &command.linked_order_id}) {
            if (*id != 0) *id += engine * 1'000;
        }
    }
    return commands;
}

void run(Engine& engine, const std::vector<Command>& commands) {
    ReportBuffer out;
    engine.match(check_commands(commands.data(), commands.size()), out);
    engine.check_invariants();
}

std::vector<std::uint8_t> bytes_of(const Packer& image) {
    return {image.data(), image.data() + image.size()};
}
std::vector<std::uint8_t> image_of(const Engine& engine) {
    Packer image;
    engine.save(image);
    return bytes_of(image);
}
std::vector<std::uint8_t> image_of(const Engine& engine, std::uint32_t instrument) {
    Packer image;
    engine.save_instrument(image, instrument);
    return bytes_of(image);
}

// How many reports are of an instrument: orders of others may end by its commands.
std::size_t count_of(const ReportBuffer& reports, std::uint32_t instrument) {
    return static_cast<std::size_t>(
        std::count_if(reports.data(), reports.data() + reports.size(),
                      [&](const ExecutionReport& its) { return its.instrument == instrument; }));
}

void load(const Departure& departure, const std::vector<std::uint8_t>& image, Engine& to) {
    Unpacker reading(image.data(), image.size());
    to.load_instrument(reading, departure);
}

void transfer(std::uint32_t instrument, Engine& from, Engine& to) {
    Departure departure = from.departure(instrument);
    load(departure, image_of(from, instrument), to);
    from.forget_instrument(std::move(departure));
    from.check_invariants();
    to.check_invariants();
}

// Two engines of which one has its stream in some instruments, the other in those left.
struct Pair {
    explicit Pair(std::uint64_t seed) {
        for (std::uint64_t i = 0; i < 2; i++) {
            add_instruments(engines[i]);
            std::vector<Command> commands = stream_of(2 * seed + i, END, i);
            std::erase_if(commands, [&](const Command& its) { return its.instrument % 2 != i; });
            commands.emplace_back();
            commands.back().kind = CommandKind::ADVANCE_TIME;
            commands.back().timestamp = END;
            run(engines[i], commands);
        }
    }

    Engine engines[2] = {Engine(ORDERS_MAX, CASCADE_MAX, 0, FIRST_IDS[0]),
                         Engine(ORDERS_MAX, CASCADE_MAX, 0, FIRST_IDS[1])};
};

}  // namespace

void* operator new(std::size_t size) {
    if (pieces_left == 0) throw std::bad_alloc();
    if (pieces_left != ENDLESS) pieces_left -= 1;
    void* const memory = std::malloc(size == 0 ? 1 : size);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
    std::free(memory);
}

TEST("an instrument is the same in another engine, and where it was it is as when it was added") {
    Engine fresh;
    add_instruments(fresh);
    for (std::uint64_t seed = 1; seed <= 60; seed++) {
        Pair pair(seed);
        Engine& from = pair.engines[0];
        Engine& to = pair.engines[1];
        const std::uint64_t trades = from.counters().trades + to.counters().trades;
        const std::uint64_t reports = from.counters().reports + to.counters().reports;
        for (const std::uint32_t instrument : {0U, 2U, 4U}) {
            const std::vector<std::uint8_t> image = image_of(from, instrument);
            const std::vector<std::uint8_t> others = image_of(to, 1);
            transfer(instrument, from, to);
            CHECK(image_of(to, instrument) == image);
            CHECK(image_of(from, instrument) == image_of(fresh, instrument));
            CHECK(image_of(to, 1) == others);
        }
        CHECK_EQUAL(from.books().order_count(), std::size_t{0});
        CHECK_EQUAL(from.counters().trades, std::uint64_t{0});
        CHECK_EQUAL(to.counters().trades, trades);
        CHECK_EQUAL(from.counters().reports + to.counters().reports, reports);
        // It comes back, and goes on.
        const std::vector<std::uint8_t> image = image_of(to, 2);
        transfer(2, to, from);
        CHECK(image_of(from, 2) == image);
        run(from, stream_of(seed, 200, 0));
        run(to, stream_of(seed, 200, 1));
    }
}

TEST("an instrument that goes on in another engine says what it would have said") {
    for (std::uint64_t seed = 1; seed <= 40; seed++) {
        const auto instrument = static_cast<std::uint32_t>(seed % INSTRUMENTS);
        std::vector<Command> commands = special::stream_of(seed, 500);
        std::erase_if(commands, [&](const Command& its) { return its.instrument != instrument; });
        Engine stays;
        Engine from;
        Pair other(seed);
        Engine& to = other.engines[1 - instrument % 2];
        add_instruments(stays);
        add_instruments(from);
        std::uint64_t number = 10'000;
        for (Command& command : commands) {
            command.timestamp += END;
            if (command.expiry != 0) command.expiry += END;
            if (command.order_id == 0) command.order_id = number++;
            for (std::uint64_t* const id : {&command.order_id, &command.linked_order_id}) {
                if (*id != 0) *id += 100'000;
            }
        }
        const std::size_t half = commands.size() / 2;
        for (std::size_t i = 0; i < commands.size(); i++) {
            if (i == half) transfer(instrument, from, to);
            ReportBuffer wanted;
            ReportBuffer found;
            Engine& engine = i < half ? from : to;
            const CommandBatch command = check_commands(&commands[i], 1);
            stays.match(command, wanted);
            engine.match(command, found);
            CHECK_EQUAL(count_of(found, instrument), wanted.size());
            CHECK(image_of(engine, instrument) == image_of(stays, instrument));
        }
        to.check_invariants();
    }
}

TEST("where memory ends on the way, nothing has changed") {
    for (std::uint64_t seed = 1; seed <= 6; seed++) {
        Pair pair(seed);
        Engine& from = pair.engines[0];
        Engine& to = pair.engines[1];
        for (const std::uint32_t instrument : {0U, 2U, 4U}) {
            const Departure departure = from.departure(instrument);
            const std::vector<std::uint8_t> image = image_of(from, instrument);
            const std::vector<std::uint8_t> before = image_of(to);
            bool is_done = false;
            for (std::uint64_t pieces = 0; !is_done; pieces++) {
                pieces_left = pieces;
                try {
                    load(departure, image, to);
                    is_done = true;
                } catch (const std::bad_alloc&) {
                    pieces_left = ENDLESS;
                    to.check_invariants();
                    CHECK(image_of(to) == before);
                }
                pieces_left = ENDLESS;
            }
            CHECK(image_of(to, instrument) == image);
            to.check_invariants();
        }
    }
}

TEST("where memory ends on the way, no account has anything that it had not before") {
    constexpr std::uint32_t ACCOUNTS = 40;
    Engine from;
    Engine to;
    std::vector<Command> commands;
    const auto add = [&](CommandKind kind, std::uint32_t account, std::int64_t quantity) {
        commands.emplace_back();
        commands.back().kind = kind;
        commands.back().account = account;
        commands.back().quantity = quantity;
        return &commands.back();
    };
    for (Engine* const engine : {&from, &to}) {
        engine->keep_accounts();
        engine->add_currency();
        Contract contract;
        contract.kind = ContractKind::LINEAR;
        contract.initial_rate = BILLION / 10;
        contract.maintenance_rate = BILLION / 20;
        contract.funding.accrual = FundingAccrual::INDEX;
        contract.liquidation.cooldown = 10;
        engine->add_instrument({}, {}, contract);
    }
    for (std::uint32_t i = 0; i < ACCOUNTS; i++) {
        add(CommandKind::SET_ACCOUNT, i, 0);
        add(CommandKind::DEPOSIT, i, 10'000);
    }
    run(to, commands);
    for (std::uint32_t i = 0; i < ACCOUNTS; i++) {
        if (i % 3 == 0) add(CommandKind::SET_POSITION_MODE, i, 0)->selector = 1;
        if (i % 4 == 0) add(CommandKind::SET_MARGIN_MODE, i, 0)->selector = 1;
        for (std::uint64_t times = 0; times < 3; times++) {
            Command& order = *add(CommandKind::SUBMIT, i, static_cast<std::int64_t>(3 + times));
            order.side = (i + times) % 2 == 0 ? Side::BUY : Side::SELL;
            order.price = 100 - static_cast<std::int64_t>(times) + (i % 2);
            order.order_id = 1 + 3 * i + times;
        }
    }
    run(from, commands);
    CHECK(from.counters().trades > 30);
    Departure departure = from.departure(0);
    Allotment allotment(to.accounts());
    CHECK(allotment.add(departure.holdings, from.accounts()));
    const std::vector<std::uint8_t> image = image_of(from, 0);
    const std::vector<std::uint8_t> before = image_of(to);
    std::uint64_t failures = 0;
    for (std::uint64_t pieces = 0;; pieces++, failures++) {
        pieces_left = pieces;
        try {
            load(departure, image, to);
            break;
        } catch (const std::bad_alloc&) {
            pieces_left = ENDLESS;
            to.check_invariants();
            CHECK(image_of(to) == before);
        }
    }
    pieces_left = 0;
    from.forget_instrument(std::move(departure));
    pieces_left = ENDLESS;
    CHECK(failures > 2);
    from.check_invariants();
    to.check_invariants();
    for (AccountIndex i = 0; i < ACCOUNTS; i++) {
        const Wide left = from.accounts().balance(i, 0).amount;
        const Wide fees_and_funding = 20'000 - left - to.accounts().balance(i, 0).amount;
        CHECK(fees_and_funding < 1'000 && fees_and_funding > -1'000);
        CHECK(from.accounts().account(i).live_orders == 0);
    }
}

TEST("there is room in an engine for what comes after an instrument") {
    constexpr std::size_t COUNT = 60'000;
    Engine from;
    Engine to;
    for (Engine* const engine : {&from, &to}) {
        engine->add_instrument({});
        engine->add_instrument({});
    }
    std::vector<Command> commands(COUNT);
    for (std::size_t i = 0; i < COUNT; i++) {
        commands[i].kind = CommandKind::SUBMIT;
        commands[i].side = Side::BUY;
        commands[i].order_id = i + 1;
        commands[i].price = static_cast<std::int64_t>(i) * 64;
        commands[i].quantity = 1;
    }
    run(from, commands);
    transfer(0, from, to);
    CHECK_EQUAL(from.resting_count(0), std::size_t{0});
    CHECK_EQUAL(to.resting_count(0), COUNT);
    for (Command& command : commands) {
        command.instrument = 1;
        command.order_id += COUNT;
    }
    run(to, commands);
    CHECK_EQUAL(to.resting_count(2), COUNT);
    Packer image;
    to.save(image);
    Engine loaded;
    for (int i = 0; i < 2; i++) loaded.add_instrument({});
    Unpacker reading(image.data(), image.size());
    CHECK(loaded.load(reading));
    for (Command& command : commands) command.order_id += COUNT;
    run(loaded, commands);
    CHECK_EQUAL(loaded.resting_count(2), 2 * COUNT);
}
