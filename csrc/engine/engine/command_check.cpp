#include "engine/engine/command_check.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/base/assert.hpp"
#include "engine/engine/command_look.hpp"

namespace engine {

namespace {

using Valid = std::array<bool, 256>;

constexpr const auto& KIND = MEMBERS<CommandKind>;
constexpr const auto& SIDE = MEMBERS<Side>;
constexpr const auto& ORDER_TYPE = MEMBERS<OrderType>;
constexpr const auto& TIME_IN_FORCE = MEMBERS<TimeInForce>;
constexpr std::size_t PREFETCH_BYTES = 32 * sizeof(Command);
constexpr const auto& SELF_TRADE_MODE = MEMBERS<SelfTradeMode>;
constexpr const auto& TRIGGER_SOURCE = MEMBERS<TriggerSource>;
constexpr const auto& PHASE = MEMBERS<Phase>;

constexpr AccountFlags ACCOUNT_FLAGS =
    bits_up_to(static_cast<AccountFlags>(AccountFlag::NO_WITHDRAWALS));
constexpr const auto& POSITION_MODE = MEMBERS<PositionMode>;
constexpr const auto& MARGIN_MODE = MEMBERS<MarginMode>;
constexpr const auto& LIMIT = MEMBERS<Limit>;
constexpr const auto& RATE_LIMIT = MEMBERS<RateLimit>;
constexpr const auto& FUNDING_SOURCE = MEMBERS<FundingSource>;
constexpr SwitchScopes SWITCH_SCOPES =
    bits_up_to(static_cast<SwitchScopes>(SwitchScope::KEEP_ORDERS));
constexpr CancelScopes SCOPES = bits_up_to(static_cast<CancelScopes>(CancelScope::BY_PRICE));

bool is_kind(const Command& command) {
    return KIND[static_cast<std::uint8_t>(command.kind)];
}
bool is_side(const Command& command) {
    return (command.kind != CommandKind::SUBMIT) | SIDE[static_cast<std::uint8_t>(command.side)];
}
bool is_order_type(const Command& command) {
    return ORDER_TYPE[static_cast<std::uint8_t>(command.order_type)];
}
bool is_time_in_force(const Command& command) {
    return TIME_IN_FORCE[static_cast<std::uint8_t>(command.time_in_force)];
}
bool is_flags(const Command& command) {
    return (command.flags & ~ORDER_FLAGS) == 0;
}

bool is_self_trade_mode(const Command& command) {
    return SELF_TRADE_MODE[static_cast<std::uint8_t>(command.self_trade_mode)];
}
bool is_trigger_source(const Command& command) {
    return TRIGGER_SOURCE[static_cast<std::uint8_t>(command.trigger_source)];
}
bool is_member(const Valid& valid, std::uint16_t value) {
    return value < valid.size() && valid[value];
}
bool is_selector(const Command& command) {
    switch (command.kind) {
        case CommandKind::SET_ACCOUNT:
            return (command.selector & ~ACCOUNT_FLAGS) == 0;
        case CommandKind::SWITCH:
            return (command.selector & ~SWITCH_SCOPES) == 0;
        case CommandKind::SET_PHASE:
            return is_member(PHASE, command.selector);
        case CommandKind::SET_POSITION_MODE:
            return is_member(POSITION_MODE, command.selector);
        case CommandKind::SET_MARGIN_MODE:
            return is_member(MARGIN_MODE, command.selector);
        case CommandKind::SET_LIMIT:
        case CommandKind::SET_DEFAULT_LIMIT:
            return is_member(LIMIT, command.selector);
        case CommandKind::SET_RATE:
            return is_member(RATE_LIMIT, command.selector);
        case CommandKind::FUND:
            return is_member(FUNDING_SOURCE, command.selector);
        default:
            return (command.selector & ~SCOPES) == 0;
    }
}

BadCommand explain(const Command& command, std::size_t index) {
    if (!is_kind(command)) return {index, "kind", static_cast<std::int64_t>(command.kind)};
    if (!is_side(command)) return {index, "side", static_cast<std::int64_t>(command.side)};
    if (!is_order_type(command)) {
        return {index, "order_type", static_cast<std::int64_t>(command.order_type)};
    }
    if (!is_time_in_force(command)) {
        return {index, "time_in_force", static_cast<std::int64_t>(command.time_in_force)};
    }
    if (!is_self_trade_mode(command)) {
        return {index, "self_trade_mode", static_cast<std::int64_t>(command.self_trade_mode)};
    }
    if (!is_trigger_source(command)) {
        return {index, "trigger_source", static_cast<std::int64_t>(command.trigger_source)};
    }
    if (!is_flags(command)) return {index, "flags", static_cast<std::int64_t>(command.flags)};
    return {index, "selector", static_cast<std::int64_t>(command.selector)};
}

// The first command with a value that does not exist.
BadCommand first_bad(const Command* commands, std::size_t count) {
    for (std::size_t i = 0; i < count; i++) {
        if (!is_readable(commands[i])) return explain(commands[i], i);
    }
    return {count, "", 0};
}

// Of copies, what is looked at is what was copied. With FIRST_HALF the batch is of use if it is
// plain.
template <Copied COPIED>
CommandBatch look_through(const Command* commands, std::size_t count, Command* copies) {
    constexpr bool IS_COPIED = COPIED != Copied::NOTHING;
    const auto place = [copies](std::size_t i) { return IS_COPIED ? copies + i : nullptr; };
    Gathered gathered;
    std::size_t i = 0;
    for (; i + 1 < count; i += 2) {
        // The batch streams through here first: two commands some way ahead.
        const char* const ahead = reinterpret_cast<const char*>(commands + i) + PREFETCH_BYTES;
        for (std::size_t line = 0; line < 2 * sizeof(Command); line += 64) {
            ENGINE_PREFETCH(ahead + line);
        }
        gathered.add(look<COPIED>(commands[i], place(i)),
                     look<COPIED>(commands[i + 1], place(i + 1)));
    }
    if (i < count) {
        const Looked last = look<COPIED>(commands[i], place(i));
        gathered.add(last, last);
    }
    const Command* const found = IS_COPIED ? copies : commands;
    BadCommand bad{count, "", 0};
    const bool is_plain = gathered.is_plain();
    if (ENGINE_UNLIKELY(gathered.is_unusual() || !is_plain)) bad = first_bad(found, count);
    return {found, count, bad, is_plain, commands + count};
}

}  // namespace

bool is_readable(const Command& command) {
    return is_kind(command) & is_side(command) & is_order_type(command) &
           is_time_in_force(command) & is_flags(command) & is_self_trade_mode(command) &
           is_trigger_source(command) & is_selector(command);
}

CommandBatch check_commands(const Command* commands, std::size_t count) {
    return look_through<Copied::NOTHING>(commands, count, nullptr);
}

CommandBatch check_copies(const Command* commands, std::size_t count, Command* copies) {
    return look_through<Copied::ALL>(commands, count, copies);
}

CommandBatch CommandCopies::check(const Command* commands, std::size_t count) {
    if (copies_.size() < count) copies_.resize(count);
    CommandBatch batch = copied(commands, count);
    if (count > NEAR) batch.next = batch.commands + AHEAD;
    return batch;
}

CommandBatch CommandCopies::copied(const Command* commands, std::size_t count) {
    if (special_end_ == 0) {
        const CommandBatch batch =
            look_through<Copied::FIRST_HALF>(commands, count, copies_.data());
        if (ENGINE_LIKELY(batch.is_plain)) return batch;
    }
    const CommandBatch batch = look_through<Copied::ALL>(commands, count, copies_.data());
    if (!batch.is_plain) {
        special_end_ = std::max(special_end_, count);
    } else if (special_end_ <= count) {
        special_end_ = 0;
    }
    return batch;
}

void CommandCopies::shrink() {
    constexpr std::size_t KEPT = std::size_t{1} << 17;  // 16 MiB
    if (copies_.size() <= KEPT) return;
    std::vector<Command>().swap(copies_);
    special_end_ = 0;
}

}  // namespace engine
