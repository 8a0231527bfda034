// The engine under random streams: invariants and books after every command, batches against single
// commands.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "check.hpp"
#include "engine/engine/command_check.hpp"
#include "engine/engine/engine.hpp"
#include "mirror.hpp"

namespace {

using namespace engine;

constexpr std::uint32_t INSTRUMENTS = 3;

// Why a plain command may be refused.
constexpr RejectReason PLAIN_REASONS[] = {
    RejectReason::NONE,
    RejectReason::MALFORMED,
    RejectReason::UNKNOWN_INSTRUMENT,
    RejectReason::UNKNOWN_ORDER,
    RejectReason::DUPLICATE_ORDER_ID,
    RejectReason::INCOMPATIBLE_INSTRUCTIONS,
    RejectReason::PRICE_TOO_LOW,
    RejectReason::PRICE_TOO_HIGH,
    RejectReason::QUANTITY_TOO_SMALL,
    RejectReason::QUANTITY_TOO_LARGE,
    RejectReason::QUANTITY_OVERFLOW,
    RejectReason::TOO_MANY_ORDERS,
    RejectReason::POST_ONLY_WOULD_TRADE,
    RejectReason::FOK_CANNOT_FILL,
};

// Three instruments: unbounded, narrow with every replace losing its place, and negative prices
// only.
void add_instruments(Engine& engine) {
    engine.add_instrument({});
    InstrumentTerms narrow;
    narrow.min_price = 95;
    narrow.max_price = 104;
    narrow.min_quantity = 2;
    narrow.max_quantity = 12;
    narrow.replace_priority = ReplacePriority::ALWAYS_LOSE;
    engine.add_instrument(narrow);
    InstrumentTerms negative;
    negative.max_price = -1;
    engine.add_instrument(negative);
}

// Makes commands over narrow domains, so that everything meets everything.
class Stream {
  public:
    explicit Stream(std::uint64_t seed) : random_(seed) {}

    Command next() {
        Command command{};
        command.command_id = ++count_;
        command.timestamp = count_ * 10 - random_.below(30) % (count_ * 10);
        command.instrument = static_cast<std::uint32_t>(random_.below(INSTRUMENTS + 20) % 7 % 4);
        command.account = static_cast<std::uint32_t>(random_.below(3));
        const std::uint64_t kind = random_.below(100);
        if (kind < 55) return submit(command);
        command.order_id = 1 + random_.below(60);
        if (kind < 70) {
            command.kind = CommandKind::CANCEL;
        } else if (kind < 90) {
            command.kind = CommandKind::REPLACE;
            command.price = price(command.instrument);
            command.quantity = quantity();
        } else {
            command.kind = CommandKind::REDUCE;
            command.quantity = quantity();
        }
        if (random_.below(100) == 0) command.expiry = 1;
        return command;
    }

  private:
    Command submit(Command command) {
        command.kind = CommandKind::SUBMIT;
        command.side = random_.below(2) == 0 ? Side::BUY : Side::SELL;
        command.order_id = random_.below(5) == 0 ? 0 : 1 + random_.below(60);
        command.client_order_id = random_.next();
        command.quantity = quantity();
        command.time_in_force =
            static_cast<TimeInForce>(random_.below(8) < 5 ? 0 : random_.below(3));
        if (random_.below(10) == 0) {
            command.order_type = OrderType::MARKET;
        } else {
            command.price = price(command.instrument);
        }
        if (random_.below(12) == 0) command.flags = static_cast<OrderFlags>(OrderFlag::POST_ONLY);
        if (random_.below(200) == 0) command.selector = 7;
        return command;
    }
    std::int64_t price(std::uint32_t instrument) {
        if (random_.below(100) == 0) return static_cast<std::int64_t>(random_.next());
        return random_.between(94, 105) - (instrument == 2 ? 200 : 0);
    }
    std::int64_t quantity() {
        if (random_.below(300) == 0) return INT64_HIGHEST - random_.between(0, 20);
        return random_.between(0, 14);
    }

    check::Random random_;
    std::uint64_t count_ = 0;
};

std::vector<Command> commands_of(std::uint64_t seed, std::size_t count) {
    Stream stream(seed);
    std::vector<Command> commands;
    while (commands.size() < count) commands.push_back(stream.next());
    return commands;
}

Command submit_limit(Side side, std::int64_t price, std::int64_t quantity, std::uint64_t order_id) {
    Command command{};
    command.kind = CommandKind::SUBMIT;
    command.side = side;
    command.price = price;
    command.quantity = quantity;
    command.order_id = order_id;
    return command;
}

// Orders far apart and many, so that pages are made and freed and the batch path looks ahead.
std::vector<Command> deep_commands(std::uint64_t seed, std::size_t count) {
    check::Random random(seed);
    std::vector<Command> commands;
    for (std::size_t i = 0; i < count; i++) {
        const bool is_buy = random.below(2) == 0;
        const std::int64_t distance = random.between(-20, 30'000);
        Command command =
            submit_limit(is_buy ? Side::BUY : Side::SELL, is_buy ? -distance : distance,
                         random.between(1, 9), (i + 1) << 20);
        if (i > count / 2 && random.below(2) == 0) {
            command = {};
            command.kind = random.below(2) == 0 ? CommandKind::CANCEL : CommandKind::REDUCE;
            command.order_id = (1 + random.below(i)) << 20;
            command.quantity = command.kind == CommandKind::REDUCE ? 1 : 0;
        }
        commands.push_back(command);
    }
    return commands;
}

template <class Record>
std::string bytes_of(const RecordBuffer<Record>& buffer) {
    return {reinterpret_cast<const char*>(buffer.data()), buffer.size() * sizeof(Record)};
}

// Cancels every order; what is left must be nothing, in every counter.
void drain(Engine& engine) {
    for (std::uint32_t number = 0; number < 2 * engine.instrument_count(); number++) {
        std::vector<Index> numbers;
        engine.orders_of(number, &numbers);
        std::vector<Order> orders;
        for (const Index at : numbers) orders.push_back(engine.describe(at));
        for (const Order& order : orders) {
            Command command{};
            command.kind = CommandKind::CANCEL;
            command.instrument = order.instrument;
            command.order_id = order.order_id;
            ReportBuffer out;
            engine.match(check_commands(&command, 1), out);
            CHECK(out.data()[0].exec_type == ExecType::CANCELED);
        }
        engine.check_invariants();
        CHECK_EQUAL(engine.books().side(number).quantity, 0);
        CHECK_EQUAL(engine.books().side(number).order_count, 0U);
        CHECK_EQUAL(engine.books().level_count(number, 1), 0U);
    }
    CHECK_EQUAL(engine.books().order_count(), std::size_t{0});
}

// Batches of any size write the bytes that single commands write, and trades only are the trades of
// the reports.
void batches_agree(const std::vector<Command>& commands) {
    Engine single;
    Engine batch;
    Engine trades_only;
    for (Engine* engine : {&single, &batch, &trades_only}) add_instruments(*engine);
    ReportBuffer one_by_one;
    for (const Command& command : commands) single.match(check_commands(&command, 1), one_by_one);
    ReportBuffer at_once;
    check::Random random(9);
    for (std::size_t from = 0; from < commands.size();) {
        const std::size_t count = std::min<std::size_t>(commands.size() - from, random.below(9000));
        batch.match(check_commands(commands.data() + from, count), at_once);
        from += count;
    }
    CHECK(bytes_of(one_by_one) == bytes_of(at_once));
    TradeBuffer trades;
    trades_only.match(check_commands(commands.data(), commands.size()), trades);
    std::size_t at = 0;
    for (std::size_t i = 0; i < at_once.size(); i++) {
        const ExecutionReport& report = at_once.data()[i];
        if (report.liquidity != Liquidity::TAKER) continue;
        CHECK(at < trades.size());
        const Trade& trade = trades.data()[at++];
        CHECK_EQUAL(trade.trade_id, report.trade_id);
        CHECK_EQUAL(trade.taker_order_id, report.order_id);
        CHECK_EQUAL(trade.maker_order_id, report.contra_order_id);
        CHECK_EQUAL(trade.price, report.last_price);
        CHECK_EQUAL(trade.quantity, report.last_quantity);
        CHECK_EQUAL(trade.taker_account, report.account);
        CHECK(trade.side == report.side);
    }
    CHECK_EQUAL(at, trades.size());
    for (Engine* engine : {&batch, &trades_only}) {
        CHECK(std::memcmp(&engine->counters(), &single.counters(), sizeof(Counters)) == 0);
    }
    for (Engine* engine : {&single, &batch, &trades_only}) {
        engine->check_invariants();
        drain(*engine);
    }
}

}  // namespace

TEST("after every command of random streams the invariants hold and the reports tell the books") {
    std::set<RejectReason> reasons;
    for (std::uint64_t seed = 1; seed <= 12; seed++) {
        Engine engine(seed % 2 == 0 ? 25 : ORDERS_MAX);
        add_instruments(engine);
        Mirror mirror(engine);
        for (const Command& command : commands_of(seed, 4000)) {
            ReportBuffer out;
            engine.match(check_commands(&command, 1), out);
            CHECK(out.size() > 0);
            for (std::size_t i = 0; i < out.size(); i++) {
                CHECK_EQUAL(out.data()[i].command_id, command.command_id);
                mirror.take(out.data()[i]);
                reasons.insert(out.data()[i].reject_reason);
            }
            engine.check_invariants();
            mirror.agrees();
        }
        drain(engine);
    }
    for (const RejectReason reason : PLAIN_REASONS) CHECK(reasons.contains(reason));
}

TEST("a deep book far and wide: the reports tell the books") {
    Engine engine;
    engine.add_instrument({});
    Mirror mirror(engine);
    ReportBuffer out;
    const std::vector<Command> commands = deep_commands(1, 60'000);
    engine.match(check_commands(commands.data(), commands.size()), out);
    for (std::size_t i = 0; i < out.size(); i++) mirror.take(out.data()[i]);
    CHECK(mirror.size() > 16'384);
    engine.check_invariants();
    mirror.agrees();
    drain(engine);
}

TEST("batches write what single commands write, in shallow and in deep books") {
    batches_agree(commands_of(77, 30'000));
    batches_agree(deep_commands(2, 60'000));
}

TEST("ids that the engine assigns find room, however many") {
    Engine engine;
    engine.add_instrument({});
    const Command command = submit_limit(Side::BUY, 5, 1, 0);
    ReportBuffer out;
    for (std::uint64_t i = 1; i <= 50'000; i++) {
        out.clear();
        engine.match(check_commands(&command, 1), out);
        CHECK_EQUAL(out.data()[0].order_id, i);
    }
    CHECK_EQUAL(engine.counters().next_order_id, std::uint64_t{50'001});
    engine.check_invariants();
    drain(engine);
}

TEST("an id that is live is skipped when ids are assigned, and may be used again when it is dead") {
    Engine engine;
    engine.add_instrument({});
    Command commands[] = {submit_limit(Side::BUY, 1, 1, 1), submit_limit(Side::BUY, 1, 1, 0),
                          submit_limit(Side::BUY, 1, 1, 1), Command{},
                          submit_limit(Side::BUY, 1, 1, 1)};
    commands[3].kind = CommandKind::CANCEL;
    commands[3].order_id = 1;
    ReportBuffer out;
    engine.match(check_commands(commands, std::size(commands)), out);
    CHECK_EQUAL(out.size(), std::size(commands));
    CHECK_EQUAL(out.data()[1].order_id, std::uint64_t{2});
    CHECK(out.data()[2].reject_reason == RejectReason::DUPLICATE_ORDER_ID);
    CHECK(out.data()[4].exec_type == ExecType::NEW);
}

TEST("a reject carries the instrument and the id of its command, whatever they were") {
    Engine engine;
    engine.add_instrument({});
    for (const std::uint32_t instrument : {1U, 1U << 24, 1U << 31, ~0U}) {
        for (const CommandKind kind : {CommandKind::SUBMIT, CommandKind::CANCEL}) {
            Command command{};
            command.kind = kind;
            command.side = kind == CommandKind::SUBMIT ? Side::SELL : Side{};
            command.quantity = kind == CommandKind::SUBMIT ? 1 : 0;
            command.instrument = instrument;
            command.order_id = ~std::uint64_t{0};
            ReportBuffer out;
            engine.match(check_commands(&command, 1), out);
            CHECK_EQUAL(out.size(), std::size_t{1});
            CHECK(out.data()[0].reject_reason == RejectReason::UNKNOWN_INSTRUMENT);
            CHECK_EQUAL(out.data()[0].instrument, instrument);
            CHECK_EQUAL(out.data()[0].order_id, command.order_id);
            CHECK(out.data()[0].side == command.side);
        }
    }
}

TEST("memory of a book that fills and empties does not grow after the first time") {
    Engine engine;
    engine.add_instrument({});
    std::size_t warm = 0;
    for (int round = 0; round < 6; round++) {
        ReportBuffer out;
        const std::vector<Command> commands = deep_commands(3, 20'000);
        engine.match(check_commands(commands.data(), commands.size()), out);
        drain(engine);
        if (round == 1) warm = engine.memory_bytes();
    }
    CHECK_EQUAL(engine.memory_bytes(), warm);
}

TEST("the first command with a value that does not exist is named, by index and field") {
    std::vector<Command> commands = commands_of(5, 100);
    CHECK_EQUAL(check_commands(commands.data(), commands.size()).bad.index, commands.size());
    for (const std::size_t at : {std::size_t{0}, std::size_t{57}, std::size_t{99}}) {
        const auto named = [&](auto change) {
            std::vector<Command> changed = commands;
            changed[at] = submit_limit(Side::BUY, 1, 1, 1);
            change(changed[at]);
            const BadCommand bad = check_commands(changed.data(), changed.size()).bad;
            CHECK_EQUAL(bad.index, at);
            return std::string(bad.field) + "=" + std::to_string(bad.value);
        };
        CHECK_EQUAL(named([](Command& c) { c.kind = CommandKind{}; }), "kind=0");
        CHECK_EQUAL(named([](Command& c) { c.kind = static_cast<CommandKind>(255); }), "kind=255");
        CHECK_EQUAL(named([](Command& c) { c.side = Side{}; }), "side=0");
        CHECK_EQUAL(named([](Command& c) { c.side = static_cast<Side>(-2); }), "side=-2");
        CHECK_EQUAL(named([](Command& c) { c.order_type = static_cast<OrderType>(200); }),
                    "order_type=200");
        CHECK_EQUAL(named([](Command& c) { c.time_in_force = static_cast<TimeInForce>(200); }),
                    "time_in_force=200");
        CHECK_EQUAL(named([](Command& c) { c.flags = 1U << 31; }), "flags=2147483648");
    }
}
