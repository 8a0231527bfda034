// Random streams of special orders over a few instruments with rules of their own, over narrow
// domains, so that everything meets everything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "check.hpp"
#include "engine/engine/engine.hpp"
#include "engine/matching/plan.hpp"

namespace special {

using namespace engine;

constexpr std::uint32_t INSTRUMENTS = 5;
constexpr std::uint64_t IDS = 40;  // from 1 on, which callers give

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
        command.order_id = one_in(4) ? 0 : 1 + random_.below(IDS);
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
        if (is_linked) command.linked_order_id = 1 + random_.below(IDS);
        if (one_in(3)) command.self_trade_mode = static_cast<SelfTradeMode>(random_.below(6));
        return command;
    }

    Command change(Command command) {
        constexpr CommandKind KINDS[] = {CommandKind::CANCEL, CommandKind::REPLACE,
                                         CommandKind::REDUCE};
        command.kind = KINDS[random_.below(3)];
        command.order_id = 1 + random_.below(IDS);
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

    check::Random random_;
    std::uint64_t count_ = 0;
};

inline std::vector<Command> stream_of(std::uint64_t seed, std::size_t length) {
    Stream stream(seed);
    std::vector<Command> commands(length);
    for (Command& command : commands) command = stream.next();
    return commands;
}

inline void add_instruments(Engine& engine) {
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

}  // namespace special
