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
#include "engine/matching/plan.hpp"

namespace {

using namespace engine;
using check::Random;

constexpr std::uint32_t INSTRUMENTS = 5;

// Makes commands over narrow domains, so that everything meets everything.
class Stream {
  public:
    explicit Stream(std::uint64_t seed) : random_(seed) {}

    Command next() {
        Command command{};
        command.command_id = ++count_;
        command.timestamp = count_;
        command.instrument = static_cast<std::uint32_t>(random_.below(INSTRUMENTS));
        command.account = static_cast<std::uint32_t>(random_.below(3));
        const std::uint64_t kind = random_.below(100);
        if (kind < 62) return submit(command);
        if (kind < 84) return change(command);
        return of_no_order(command);
    }

  private:
    bool one_in(std::uint64_t many) {
        return random_.below(many) == 0;
    }
    std::int64_t price() {
        return 95 + static_cast<std::int64_t>(random_.below(10));
    }
    std::int64_t quantity() {
        return 1 + static_cast<std::int64_t>(random_.below(12));
    }

    Command submit(Command command) {
        command.kind = CommandKind::SUBMIT;
        command.side = one_in(2) ? Side::BUY : Side::SELL;
        command.order_id = one_in(4) ? 0 : 1 + random_.below(40);
        command.quantity = quantity();
        command.order_type =
            one_in(2) ? OrderType::LIMIT : static_cast<OrderType>(random_.below(12));
        command.time_in_force =
            one_in(2) ? TimeInForce::GTC : static_cast<TimeInForce>(random_.below(8));
        if (one_in(2)) command.flags = 1U << random_.below(10);
        if (has_price(command.order_type)) command.price = price();
        if (is_conditional(command.order_type)) command.trigger_price = price();
        if (is_trailing(command.order_type) || is_pegged(command.order_type)) {
            command.offset = 1 + static_cast<std::int64_t>(random_.below(3));
        }
        if (command.time_in_force == TimeInForce::GTD) command.expiry = count_ + random_.below(40);
        if (has(command.flags, OrderFlag::PROTECTED)) command.bound = price();
        if (has(command.flags, OrderFlag::BUDGET)) command.bound = 100 * quantity();
        if (has(command.flags, OrderFlag::MINIMUM_EACH) || one_in(12)) {
            command.minimum_quantity = 1 + static_cast<std::int64_t>(random_.below(4));
        }
        if (one_in(5)) command.display_quantity = 1 + static_cast<std::int64_t>(random_.below(3));
        const bool is_linked = has(command.flags, OrderFlag::ONE_CANCELS_OTHER) ||
                               has(command.flags, OrderFlag::ONE_TRIGGERS_OTHER);
        if (is_linked) command.linked_order_id = 1 + random_.below(40);
        if (one_in(3)) command.self_trade_mode = static_cast<SelfTradeMode>(random_.below(5));
        return command;
    }

    Command change(Command command) {
        constexpr CommandKind KINDS[] = {CommandKind::CANCEL, CommandKind::REPLACE,
                                         CommandKind::REDUCE};
        command.kind = KINDS[random_.below(3)];
        command.order_id = 1 + random_.below(40);
        if (command.kind == CommandKind::REPLACE) command.price = price();
        if (command.kind != CommandKind::CANCEL) command.quantity = quantity();
        return command;
    }

    Command of_no_order(Command command) {
        const std::uint64_t kind = random_.below(10);
        if (kind < 5) {
            command.kind = CommandKind::SET_PRICE;
            command.trigger_source = static_cast<TriggerSource>(random_.below(6));
            command.price = price();
        } else if (kind < 8) {
            command.kind = CommandKind::SET_PHASE;
            const std::uint64_t phase = one_in(2) ? 0 : random_.below(7);
            command.selector = static_cast<CancelScopes>(phase);
        } else if (kind < 9) {
            command.kind = CommandKind::UNCROSS;
        } else {
            command.kind = CommandKind::MASS_CANCEL;
            command.side = one_in(2) ? Side::BUY : Side::SELL;
            command.selector = static_cast<CancelScopes>(
                static_cast<CancelScopes>(CancelScope::BY_INSTRUMENT) | random_.below(8));
        }
        return command;
    }

    Random random_;
    std::uint64_t count_ = 0;
};

std::vector<Command> stream_of(std::uint64_t seed, std::size_t length) {
    Stream stream(seed);
    std::vector<Command> commands(length);
    for (Command& command : commands) command = stream.next();
    return commands;
}

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

void add_instruments(Engine& engine) {
    engine.add_instrument({});
    InstrumentTerms terms;
    terms.replace_priority = ReplacePriority::ALWAYS_LOSE;
    terms.trigger_order = TriggerOrder::BY_TIME;
    engine.add_instrument(terms);
    MarketRules rules;
    rules.allocation = Allocation::PRO_RATA;
    rules.pro_rata_minimum = 2;
    rules.top_order_maximum = 3;
    engine.add_instrument({}, rules);
    rules = MarketRules{};
    rules.visibility = Visibility::DARK;
    engine.add_instrument({}, rules);
    rules = MarketRules{};
    rules.dynamic_band = 50'000;
    rules.band_action = BandAction::VOLATILITY_CALL;
    engine.add_instrument({}, rules);
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
