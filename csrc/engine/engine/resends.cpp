#include "engine/engine/resends.hpp"

#include <algorithm>
#include <cstring>

#include "engine/base/assert.hpp"
#include "engine/engine/engine.hpp"
#include "engine/types/planted.hpp"

namespace engine {

Index Resends::find(const Command& command) const {
    const std::uint64_t hash = hash_of(command.account, command.command_id);
    const Index found = ids_.find(hash, [&](Index at) {
        return seen_[at].command_id == command.command_id && seen_[at].account == command.account;
    });
    if (ENGINE_LIKELY(found != NIL || crowded_.empty())) return found;
    const auto crowded = crowded_.find({command.account, command.command_id});
    return crowded == crowded_.end() ? NIL : crowded->second;
}

// A run ends before a command that was seen, and before one whose reports could not be told from
// those of the one in front of it.
std::size_t Resends::begin_run(const Command* commands, std::size_t count) {
    run_ = end_;
    std::size_t length = 0;
    for (; length < std::min(count, CHUNK); length++) {
        const Command& command = commands[length];
        if (command.command_id == 0) continue;
        const bool is_twin = length > 0 && commands[length - 1].command_id == command.command_id;
        if (is_twin || find(command) != NIL) break;
        expect(command);
    }
    return length;
}

void Resends::expect(const Command& command) {
    const Index index = place(end_);
    seen_.reserve(index, 1);
    seen_[index] = {command.command_id, command.account, 0, 0};
    const std::uint64_t hash = hash_at(index);
    if (ids_.make_room(hash, [this](Index at) { return hash_at(at); })) {
        ids_.insert(hash, index);
    } else {
        crowded_.emplace(std::pair(command.account, command.command_id), index);
    }
    end_ += 1;
}

void Resends::end_run(const Command* commands, std::size_t count, const ExecutionReport* reports,
                      std::size_t report_count) {
    const ExecutionReport* const end = reports + report_count;
    std::uint64_t number = run_;
    for (const Command* command = commands; command != commands + count; command++) {
        const ExecutionReport* const first = reports;
        while (reports != end && reports->command_id == command->command_id) reports++;
        if (command->command_id == 0) continue;
        note(number++, first, static_cast<std::size_t>(reports - first));
    }
    ENGINE_ASSERT(number == end_);
    ENGINE_ASSERT(reports == end);
}

// What the command of this number was told.
void Resends::note(std::uint64_t number, const ExecutionReport* reports, std::size_t count) {
    ENGINE_ASSERT(count > 0);
    const std::uint64_t end = reported_ + count;
    while (first_ < number && seen_[place(first_)].begin + window_ < end) forget_first();
    Seen& seen = seen_[place(number)];
    seen.begin = reported_;
    if (count > window_) {
        // Nothing older is kept either: its place is the first.
        forget(place(number));
        first_ = number + 1;
        return;
    }
    seen.count = static_cast<std::uint32_t>(count);
    reports_.reserve(std::min(reported_, std::uint64_t{window_}), std::min(count, window_));
    for (std::size_t i = 0; i < count; i++) reports_[(reported_ + i) % window_] = reports[i];
    reported_ = end;
}

void Resends::forget_first() {
    forget(place(first_));
    first_ += 1;
}

void Resends::forget(Index index) {
    const Seen& seen = seen_[index];
    if (!crowded_.empty() && crowded_.erase({seen.account, seen.command_id}) != 0) return;
    ids_.erase(hash_at(index), index);
}

void Resends::save(Packer& out) const {
    out.put(window_);
    out.put(end_ - first_);
    for (std::uint64_t number = first_; number < end_; number++) {
        const Seen& seen = seen_[place(number)];
        out.put(seen.account);
        out.put(seen.command_id);
        out.put(seen.count);
        for (std::uint64_t i = 0; i < seen.count; i++) {
            std::uint64_t words[sizeof(ExecutionReport) / sizeof(std::uint64_t)];
            std::memcpy(words, &reports_[(seen.begin + i) % window_], sizeof words);
            for (const std::uint64_t word : words) out.put(word);
        }
    }
}

void Resends::load(Unpacker& in) {
    in.require(in.get() == window_);
    std::vector<ExecutionReport> reports;
    for (std::uint64_t left = in.get(); left-- > 0 && in.is_sound();) {
        Command command{};
        command.account = in.get_as<std::uint32_t>();
        command.command_id = in.get();
        const std::uint64_t count = in.get();
        in.require(command.command_id != 0 && find(command) == NIL);
        in.require(count > 0 && count <= window_ && count <= in.left());
        if (!in.is_sound()) return;
        reports.resize(count);
        for (ExecutionReport& report : reports) {
            std::uint64_t words[sizeof(ExecutionReport) / sizeof(std::uint64_t)];
            for (std::uint64_t& word : words) word = in.get();
            std::memcpy(&report, words, sizeof words);
            in.require(report.command_id == command.command_id);
        }
        if (!in.is_sound()) return;
        if (planted(Bug::RESENDS_NOT_RESTORED)) continue;
        begin_run(&command, 1);
        end_run(&command, 1, reports.data(), reports.size());
    }
}

// -- the engine that keeps them

namespace {

// What a TradeBuffer is told of these reports: the maker's stands in front of the taker's.
void write_trades(const ExecutionReport* reports, std::size_t count, TradeBuffer& out) {
    for (std::size_t i = 1; i < count; i++) {
        const ExecutionReport& maker = reports[i - 1];
        const ExecutionReport& taker = reports[i];
        const bool is_trade =
            taker.exec_type == ExecType::TRADE && taker.liquidity == Liquidity::TAKER;
        if (!is_trade) continue;
        Trade& trade = out.push();
        trade = {};
        trade.trade_id = taker.trade_id;
        trade.maker_order_id = maker.order_id;
        trade.taker_order_id = taker.order_id;
        trade.price = taker.last_price;
        trade.quantity = taker.last_quantity;
        trade.timestamp = taker.timestamp;
        trade.instrument = taker.instrument;
        trade.maker_account = maker.account;
        trade.taker_account = taker.account;
        trade.side = taker.side;
    }
}

}  // namespace

void Engine::match_once(const CommandBatch& batch, ReportBuffer& out) {
    ENGINE_ASSERT(batch.is_readable());
    for (std::size_t at = 0; at < batch.count;) {
        const Command* const commands = batch.commands + at;
        if (resends_.repeat(*commands, out)) {
            at += 1;
            continue;
        }
        const std::size_t count = resends_.begin_run(commands, batch.count - at);
        const std::size_t before = out.size();
        run(CommandBatch{commands, count, {count, "", 0}, batch.is_plain, commands + count}, out);
        resends_.end_run(commands, count, out.data() + before, out.size() - before);
        at += count;
    }
}

void Engine::match_once(const CommandBatch& batch, TradeBuffer& out) {
    const auto is_kept = [](const Command& command) { return command.command_id != 0; };
    // Where none has an id there is nothing to keep, and no report is needed.
    if (std::none_of(batch.commands, batch.commands + batch.count, is_kept)) return run(batch, out);
    ReportBuffer reports;
    match_once(batch, reports);
    write_trades(reports.data(), reports.size(), out);
}

}  // namespace engine
