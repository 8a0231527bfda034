// Any bytes are a venue and the commands that it gets: none may break an invariant, an engine that
// takes them in batches, writing trades only, must end where one ends that takes them one by one,
// and so must one that the image of it is loaded into.
//
// The bytes: 8 of the venue, 16 for each of its instruments, then 20 for each command (see below).
// Domains are narrow, so that everything meets everything; one command in a few has one field with
// a value at the ends of its range. Throws, and so ends the fuzzer, where something does not hold.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "bytes.hpp"
#include "engine/base/packed.hpp"
#include "engine/engine/command_check.hpp"
#include "engine/engine/engine.hpp"
#include "engine/matching/plan.hpp"

namespace {

using namespace engine;
using fuzz::Bytes;
using fuzz::must;

constexpr std::size_t COMMANDS_MAX = 400;
constexpr std::size_t COMMAND_BYTES = 20;
constexpr std::uint32_t ACCOUNTS = 5;
constexpr std::uint32_t CURRENCIES = 2;
constexpr std::int64_t DEPOSIT_UNITS = 3000;

// The ends of the ranges that a field may have, and what lies near.
std::int64_t wild(std::uint8_t choice) {
    constexpr std::array<std::int64_t, 16> VALUES = {
        0,
        -1,
        1,
        INT64_HIGHEST,
        INT64_LOWEST,
        INT64_HIGHEST - 1,
        INT64_LOWEST + 1,
        INT64_HIGHEST / 2,
        INT64_LOWEST / 2,
        std::int64_t{1} << 32,
        (std::int64_t{1} << 32) - 1,
        std::int64_t{1} << 53,
        3'037'000'500,
        -3'037'000'500,
        1'000'000'000,
        255,
    };
    return VALUES[choice % VALUES.size()];
}

InstrumentTerms terms_of(Bytes& bytes, ContractKind kind, bool with_accounts) {
    InstrumentTerms terms;
    const std::uint8_t shape = bytes.next();
    if (with_accounts) terms.min_price = lowest_price(kind);
    if ((shape & 1) != 0) {
        terms.min_price = 90;
        terms.max_price = 112;
        terms.max_quantity = 40;
    }
    terms.replace_priority = static_cast<ReplacePriority>(shape >> 1 & 1);
    terms.trigger_order = static_cast<TriggerOrder>(shape >> 2 & 1);
    terms.auction_rule = static_cast<AuctionRule>(shape >> 3 & 3);
    terms.auction_prices = static_cast<AuctionPrices>(shape >> 5 & 1);
    return terms;
}

MarketRules rules_of(Bytes& bytes) {
    MarketRules rules;
    const std::uint8_t shape = bytes.next();
    if ((shape & 1) != 0) {
        rules.allocation = Allocation::PRO_RATA;
        rules.pro_rata_minimum = shape >> 1 & 3;
        rules.top_order_maximum = bytes.below(9);
        rules.top_order_minimum = rules.top_order_maximum / 2;
    }
    if ((shape & 8) != 0) rules.static_band = 20'000 * (1 + bytes.below(5));
    if ((shape & 16) != 0) rules.dynamic_band = 10'000 * (1 + bytes.below(5));
    rules.band_action = static_cast<BandAction>(shape >> 5 & 1);
    rules.visibility = static_cast<Visibility>(shape >> 6 & 1);
    rules.reduce_only_rule = static_cast<ReduceOnlyRule>(bytes.below(3));
    return rules;
}

void choose_funding(Bytes& bytes, FundingTerms* terms) {
    terms->accrual = bytes.member<FundingAccrual>(3);
    if (terms->accrual == FundingAccrual::NONE) return;
    const std::uint8_t shape = bytes.next();
    constexpr std::int64_t PERCENT = 10'000'000'000'000'000;
    terms->interest = PERCENT * (shape & 3) / 100;
    terms->damp = (shape & 4) != 0 ? PERCENT / 20 : 0;
    terms->cap = (shape & 8) != 0 ? PERCENT : INT64_HIGHEST;
    terms->floor = (shape & 8) != 0 ? -PERCENT : INT64_LOWEST;
    terms->period = (shape & 16) != 0 ? 8 : 0;
    terms->is_told = (shape & 32) != 0;
}

void choose_liquidation(Bytes& bytes, LiquidationTerms* terms) {
    const std::uint8_t shape = bytes.next();
    terms->at_margin = (shape & 1) != 0;
    terms->step = static_cast<LiquidationStep>(shape >> 1 & 3);
    if (terms->step == LiquidationStep::TIER_DOWN) terms->tiers_down = 1;
    if (terms->step == LiquidationStep::FRACTION) {
        terms->fraction = BILLION / 4;
        terms->above = (shape & 8) != 0 ? 500 : 0;
        terms->least = (shape & 16) != 0 ? 200 : 0;
        terms->cooldown = (shape & 32) != 0 ? 20 : 0;
    }
    terms->sale = bytes.member<LiquidationSale>(4);
    if (terms->sale == LiquidationSale::FILLABLE) {
        terms->adjustment = BILLION;
        terms->spread = BILLION / 10;
    }
    if (terms->sale != LiquidationSale::NONE && (shape & 64) != 0) terms->backstop = BILLION / 2;
    terms->fee_rate = (shape & 128) != 0 ? BILLION / 200 : 0;
    terms->deficit = bytes.member<Deficit>(3);
    terms->rank = static_cast<DeleverageRank>(shape >> 7);
    terms->keeps_orders = (shape & 4) != 0;
    terms->most_rate = (shape & 2) != 0 ? BILLION : BILLION / 10;
}

Contract contract_of(Bytes& bytes, ContractKind kind) {
    Contract contract;
    const std::uint8_t shape = bytes.next();
    const bool is_spot = kind == ContractKind::SPOT;
    contract.kind = kind;
    contract.settle = is_spot ? 1 : shape & 1;
    contract.lot_units = is_spot ? 1 + (shape >> 1 & 3) : 0;
    contract.value_factor = kind == ContractKind::INVERSE ? 100'000 : 1 + (shape >> 3 & 1);
    contract.maker_rate = (shape & 16) != 0 ? -BILLION / 5000 : BILLION / 1000;
    contract.taker_rate = (shape & 32) != 0 ? BILLION / 50 : BILLION / 2000;
    contract.value_rounding = static_cast<Rounding>(bytes.below(6));
    contract.fee_rounding = static_cast<Rounding>(bytes.below(6));
    if (is_spot) contract.fee_currency = static_cast<FeeCurrency>(shape >> 6 & 1);
    if ((shape & 128) != 0) contract.fee_tiers = {{0, BILLION / 1000}, {-BILLION / 1000, BILLION}};
    if (is_spot) return contract;
    const std::uint8_t margin = bytes.next();
    contract.initial_rate = (margin & 1) != 0 ? BILLION / 10 : BILLION / 2;
    contract.maintenance_rate = contract.initial_rate / 2;
    if ((margin & 2) != 0) {
        const MarginTier first{0, contract.initial_rate, contract.maintenance_rate, 0};
        contract.margin_tiers = {first, {900, BILLION / 2, BILLION / 3, 0}};
    } else if ((margin & 4) != 0) {
        contract.initial_slope = 100'000'000'000'000;
        contract.maintenance_slope = contract.initial_slope / 2;
    }
    contract.open_loss = (margin & 16) != 0;
    contract.value_at_entry = (margin & 32) != 0;
    contract.initial_at_mark = (margin & 64) != 0;
    if ((margin & 128) != 0) {
        constexpr auto PRICES = static_cast<std::uint8_t>(OrderPrice::EXECUTION) + 1;
        contract.order_price = static_cast<OrderPrice>(bytes.below(PRICES));
        const bool has_buffer = contract.order_price == OrderPrice::MAX_LAST_MARK;
        contract.order_price_buffer = has_buffer ? BILLION / 700 : 0;
    }
    if ((margin & 8) != 0) {
        constexpr auto CONVENTIONS = static_cast<std::uint8_t>(CloseFee::COST_PLUS_INITIAL) + 1;
        contract.close_fee = static_cast<CloseFee>(bytes.below(CONVENTIONS));
        contract.initial_close_fee = static_cast<CloseFee>(bytes.below(CONVENTIONS));
    }
    if ((shape & 128) != 0) {
        contract.open_interest_lower = 100;
        contract.open_interest_upper = 2'000;
    }
    choose_funding(bytes, &contract.funding);
    contract.funding_in_maintenance = (shape & 64) != 0 && has_funding(contract);
    choose_liquidation(bytes, &contract.liquidation);
    return contract;
}

// The kinds of commands; that orders are entered most often makes books of them.
constexpr std::array<CommandKind, 32> KINDS = {
    CommandKind::SUBMIT,          CommandKind::SUBMIT,       CommandKind::SUBMIT,
    CommandKind::SUBMIT,          CommandKind::SUBMIT,       CommandKind::SUBMIT,
    CommandKind::SUBMIT,          CommandKind::SUBMIT,       CommandKind::CANCEL,
    CommandKind::REPLACE,         CommandKind::REPLACE,      CommandKind::REDUCE,
    CommandKind::MASS_CANCEL,     CommandKind::SET_PRICE,    CommandKind::SET_PRICE,
    CommandKind::SET_PHASE,       CommandKind::UNCROSS,      CommandKind::SET_POSITION,
    CommandKind::SET_ACCOUNT,     CommandKind::DEPOSIT,      CommandKind::WITHDRAW,
    CommandKind::TRANSFER,        CommandKind::SET_LEVERAGE, CommandKind::SET_LIMIT,
    CommandKind::SET_RATE,        CommandKind::SWITCH,       CommandKind::SET_POSITION_MODE,
    CommandKind::SET_MARGIN_MODE, CommandKind::ADD_MARGIN,   CommandKind::FUND,
    CommandKind::LIQUIDATE,       CommandKind::ADVANCE_TIME,
};

// A selector that most often is one that the kind has.
CancelScopes selector_of(CommandKind kind, std::uint8_t byte) {
    switch (kind) {
        case CommandKind::SET_PHASE:
            return byte % 7;
        case CommandKind::SET_LIMIT:
        case CommandKind::SET_DEFAULT_LIMIT:
            return static_cast<CancelScopes>(1 + byte % 10);
        case CommandKind::SET_RATE:
            return static_cast<CancelScopes>(1 + byte % 5);
        case CommandKind::SET_ACCOUNT:
            return byte % 8;
        case CommandKind::SET_POSITION_MODE:
        case CommandKind::SET_MARGIN_MODE:
            return byte % 2;
        case CommandKind::FUND:
            return byte % 3;
        default:
            return byte % 16;
    }
}

// Puts a value at the end of a range into one field.
void make_wild(Command* command, std::uint8_t field, std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    switch (field % 16) {
        case 0:
            command->price = value;
            break;
        case 1:
            command->quantity = value;
            break;
        case 2:
            command->trigger_price = value;
            break;
        case 3:
            command->display_quantity = value;
            break;
        case 4:
            command->minimum_quantity = value;
            break;
        case 5:
            command->offset = value;
            break;
        case 6:
            command->bound = value;
            break;
        case 7:
            command->order_id = bits;
            break;
        case 8:
            command->linked_order_id = bits;
            break;
        case 9:
            command->expiry = bits;
            break;
        case 10:
            command->instrument = static_cast<std::uint32_t>(bits);
            break;
        case 11:
            command->account = static_cast<std::uint32_t>(bits);
            break;
        case 12:
            command->self_trade_group = static_cast<std::uint32_t>(bits);
            break;
        case 13:
            command->client_order_id = bits;
            break;
        case 14:
            command->order_type = static_cast<OrderType>(bits);
            break;
        default:
            command->flags = static_cast<OrderFlags>(bits);
            break;
    }
}

Command command_of(Bytes& bytes, std::uint64_t number) {
    Command command{};
    command.command_id = number;
    command.kind = KINDS[bytes.below(KINDS.size())];
    const std::uint8_t who = bytes.next();
    command.side = (who & 1) != 0 ? Side::BUY : Side::SELL;
    command.instrument = who >> 1 & 3;
    command.account = (who >> 3 & 7) % ACCOUNTS;
    command.timestamp = number + bytes.below(8);
    const std::uint8_t type = bytes.next();
    const bool is_submit = command.kind == CommandKind::SUBMIT;
    if (is_submit && type >= 128) command.order_type = static_cast<OrderType>(type % 12);
    const std::uint8_t in_force = bytes.next();
    if (is_submit && in_force >= 128)
        command.time_in_force = static_cast<TimeInForce>(in_force % 8);
    const std::uint8_t flags = bytes.next();
    if (is_submit && flags >= 96) command.flags = 1U << flags % 11;
    if (flags >= 224) command.flags |= 1U << (flags >> 1) % 11;
    command.order_id = bytes.below(48);
    command.price = 94 + bytes.below(14);
    command.quantity = bytes.below(32);
    if (is_submit && !has_price(command.order_type)) command.price = 0;
    const std::uint8_t trigger = bytes.next();
    const bool has_trigger = is_conditional(command.order_type) || !is_submit;
    if (has_trigger && trigger != 0) command.trigger_price = 94 + trigger % 14;
    const std::uint8_t parts = bytes.next();
    if (parts >= 192) command.display_quantity = 1 + parts % 5;
    if (parts >= 128 && parts < 192) command.minimum_quantity = parts % 8;
    const std::uint8_t expiry = bytes.next();
    if (command.time_in_force == TimeInForce::GTD || expiry > 250) command.expiry = number + expiry;
    const std::uint8_t offset = bytes.next();
    const bool follows = is_trailing(command.order_type) || is_pegged(command.order_type);
    if (follows || offset > 250) command.offset = offset % 8 - 2;
    const std::uint8_t bound = bytes.next();
    if (has(command.flags, OrderFlag::PROTECTED)) command.bound = 94 + bound % 14;
    if (has(command.flags, OrderFlag::BUDGET)) command.bound = 16 * bound;
    if (command.kind == CommandKind::MASS_CANCEL) command.bound = 94 + bound % 14;
    const std::uint8_t linked = bytes.next();
    if (command.flags >= 256 || !is_submit) command.linked_order_id = linked % 48;
    const std::uint8_t selector = bytes.next();
    if (!is_submit) command.selector = selector_of(command.kind, selector);
    const std::uint8_t self = bytes.next();
    command.self_trade_mode = static_cast<SelfTradeMode>(self % 8 < 6 ? self % 8 : 0);
    command.self_trade_group = self >> 6;
    command.trigger_source = static_cast<TriggerSource>((self >> 3 & 7) % 6);
    const std::uint8_t which = bytes.next();
    const std::uint8_t value = bytes.next();
    if (which >= 220 && which < 240) command.command_id = which - 219U;  // sent again
    if (which >= 240) make_wild(&command, which, wild(value));
    return command;
}

struct Venue {
    std::uint64_t orders_max;
    std::uint64_t cascade_max;
    std::uint64_t resend_window;
    bool with_accounts;
    struct Listed {
        InstrumentTerms terms;
        MarketRules rules;
        Contract contract;
    };
    std::vector<Listed> listed;

    explicit Venue(Bytes& bytes) {
        const std::uint8_t shape = bytes.next();
        with_accounts = (shape & 1) != 0;
        orders_max = (shape & 2) != 0 ? 1 + bytes.below(20) : ORDERS_MAX;
        cascade_max = (shape & 4) != 0 ? bytes.below(6) : CASCADE_MAX;
        resend_window = (shape & 32) != 0 ? 16 : 0;
        for (std::uint32_t i = 0; i < 1U + (shape >> 3 & 3); i++) {
            const auto kind = bytes.member<ContractKind>(3);
            Listed one{terms_of(bytes, kind, with_accounts), rules_of(bytes), {}};
            if (with_accounts) one.contract = contract_of(bytes, kind);
            listed.push_back(one);
        }
    }

    void open(Engine& engine) const {
        if (with_accounts) {
            engine.keep_accounts();
            for (std::uint32_t i = 0; i < CURRENCIES; i++) engine.add_currency();
        }
        for (const Listed& one : listed) {
            if (with_accounts) {
                engine.add_instrument(one.terms, one.rules, one.contract);
            } else {
                engine.add_instrument(one.terms, one.rules);
            }
        }
    }
};

// Accounts with something to lose, before what the bytes say.
std::vector<Command> beginning(const Venue& venue) {
    std::vector<Command> commands;
    if (!venue.with_accounts) return commands;
    for (std::uint32_t account = 0; account < ACCOUNTS - 1; account++) {
        Command command{};
        command.kind = CommandKind::SET_ACCOUNT;
        command.account = account;
        commands.push_back(command);
        command.kind = CommandKind::DEPOSIT;
        command.quantity = DEPOSIT_UNITS;
        for (command.instrument = 0; command.instrument < CURRENCIES; command.instrument++) {
            commands.push_back(command);
        }
    }
    return commands;
}

// The trades of a stream of reports are those that were written as such.
void compare_trades(const ReportBuffer& reports, const TradeBuffer& trades) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < reports.size(); i++) {
        const ExecutionReport& report = reports.data()[i];
        if (report.exec_type != ExecType::TRADE || report.liquidity != Liquidity::TAKER) continue;
        must(at < trades.size(), "a trade of the reports was not written as one");
        const Trade& trade = trades.data()[at++];
        must(trade.trade_id == report.trade_id, "trade ids of reports and of trades differ");
        must(trade.price == report.last_price, "prices of reports and of trades differ");
        must(trade.quantity == report.last_quantity, "quantities of reports and trades differ");
    }
}

std::string image_of(const Engine& engine) {
    Packer packer;
    engine.save(packer);
    return {reinterpret_cast<const char*>(packer.data()), packer.size()};
}

// Equal engines have equal images, and what an image is loaded into is equal too.
void compare_images(const Venue& venue, const Engine& single, const Engine& batched) {
    const std::string image = image_of(single);
    must(image == image_of(batched), "single commands and batches leave different images");
    Engine loaded(venue.orders_max, venue.cascade_max, venue.resend_window);
    venue.open(loaded);
    Unpacker unpacker(reinterpret_cast<const std::uint8_t*>(image.data()), image.size());
    must(loaded.load(unpacker), "an image could not be loaded");
    loaded.check_invariants();
    must(image == image_of(loaded), "what was loaded has another image");
}

void run(Bytes bytes) {
    const Venue venue(bytes);
    Engine single(venue.orders_max, venue.cascade_max, venue.resend_window);
    Engine batched(venue.orders_max, venue.cascade_max, venue.resend_window);
    venue.open(single);
    venue.open(batched);
    std::vector<Command> commands = beginning(venue);
    while (bytes.left() >= COMMAND_BYTES && commands.size() < COMMANDS_MAX) {
        commands.push_back(command_of(bytes, commands.size() + 1));
    }
    // What can't be read never comes to an engine.
    std::erase_if(commands, [](const Command& command) {
        return !check_commands(&command, 1).is_readable();
    });
    ReportBuffer reports;
    std::size_t count = 0;
    for (const Command& command : commands) {
        const std::size_t before = reports.size();
        single.match(check_commands(&command, 1), reports);
        must(reports.size() > before, "a command was not answered");
        if (++count % 4 == 0) single.check_invariants();
    }
    single.check_invariants();
    TradeBuffer trades;
    for (std::size_t from = 0; from < commands.size();) {
        const std::size_t some = std::min<std::size_t>(commands.size() - from, 1 + from % 37);
        batched.match(check_commands(commands.data() + from, some), trades);
        from += some;
    }
    batched.check_invariants();
    compare_trades(reports, trades);
    must(std::memcmp(&single.counters(), &batched.counters(), sizeof(Counters)) == 0,
         "single commands and batches count differently");
    must(single.books().order_count() == batched.books().order_count(),
         "single commands and batches leave different orders");
    compare_images(venue, single, batched);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    run(Bytes(data, size));
    return 0;
}
