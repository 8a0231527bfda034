#include "engine/shards/shards.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "engine/base/packed.hpp"
#include "engine/engine/command_look.hpp"
#include "engine/types/planted.hpp"

namespace engine {

namespace {

// How many commands are dealt out, matched and merged together: it is in the cache then.
constexpr std::size_t BLOCK = 4'096;
// With fewer, waiting for each other costs more than it brings.
constexpr std::size_t TOGETHER_FROM = 256;
constexpr std::size_t BLOCK_MIN = 64;
// How many are dealt out before they are looked through, which is while the first cache has them.
constexpr std::size_t LOOKED_THROUGH = 64;
// How far ahead of its turn a command is asked for that is dealt out.
constexpr std::size_t COMMANDS_AHEAD = 32;
// How many are put in order together, by whichever thread has time.
constexpr std::size_t PIECE = 8 * LOOKED_THROUGH;
constexpr std::size_t HALF = sizeof(Command) - offsetof(Command, trigger_price);
// How far ahead of its turn a report is asked for, most likely from the cache of another thread.
constexpr std::size_t RECORDS_AHEAD = 8;

template <class Out>
constexpr bool IS_FULL = std::is_same_v<Out, ReportBuffer>;

template <class Out>
constexpr std::size_t records_between(const Mark& before, const Mark& now) {
    return IS_FULL<Out> ? now.reports - before.reports : now.trades - before.trades;
}

// Which shards a command is for.
enum class Reach : std::uint8_t { INSTRUMENT, MONEY, EVERYWHERE };

Reach reach_of(const Command& command) {
    switch (command.kind) {
        case CommandKind::MASS_CANCEL:
            return has(static_cast<CancelScopes>(command.selector), CancelScope::BY_INSTRUMENT)
                       ? Reach::INSTRUMENT
                       : Reach::EVERYWHERE;
        case CommandKind::FUND:
            return static_cast<FundingSource>(command.selector) == FundingSource::EVERY
                       ? Reach::EVERYWHERE
                       : Reach::INSTRUMENT;
        case CommandKind::SET_ACCOUNT:
        case CommandKind::SET_LIMIT:
        case CommandKind::SET_DEFAULT_LIMIT:
        case CommandKind::SET_RATE:
        case CommandKind::SWITCH:
        case CommandKind::LIQUIDATE:
            return Reach::EVERYWHERE;
        case CommandKind::DEPOSIT:
        case CommandKind::WITHDRAW:
        case CommandKind::TRANSFER:
            return Reach::MONEY;
        default:
            return Reach::INSTRUMENT;
    }
}
constexpr bool is_of_order(CommandKind kind) {
    return kind <= CommandKind::REDUCE;
}
static_assert(is_of_order(CommandKind::SUBMIT) && is_of_order(CommandKind::REPLACE));
static_assert(is_of_order(CommandKind::CANCEL) && !is_of_order(CommandKind::MASS_CANCEL));

// Whether its answer comes after the orders that it takes out, instrument by instrument.
constexpr bool is_cancel(CommandKind kind) {
    return kind == CommandKind::MASS_CANCEL || kind == CommandKind::SWITCH;
}
// Whether what the shards did for a command of all adds up to what one engine would have done.
constexpr bool adds_up(CommandKind kind) {
    return is_cancel(kind) || kind == CommandKind::FUND || kind == CommandKind::LIQUIDATE;
}

Mark made_by(const Engine& engine) {
    return {engine.counters().reports, engine.counters().trades};
}

CommandBatch batch_of(const Command* commands, std::size_t count, bool is_plain) {
    return {commands, count, {count, "", 0}, is_plain, commands + count};
}

// Adds what was found in some commands, which begin at `from`, to what was found in all before.
void add_checked(CommandBatch& all, const CommandBatch& some, std::size_t from) {
    all.is_plain = all.is_plain && some.is_plain;
    if (some.is_readable() || !all.is_readable()) return;
    all.bad = some.bad;
    all.bad.index += from;
}

// Where a command of all was carried out or refused, among what an engine said of it.
std::size_t place_of_answer(const ReportBuffer& reports) {
    const ExecutionReport* const begin = reports.data();
    const ExecutionReport* const end = begin + reports.size();
    const ExecutionReport* const done = std::find_if(begin, end, [](const ExecutionReport& its) {
        return its.exec_type == ExecType::DONE && !has(its.flags, ReportFlag::PRICE_BAND);
    });
    return done == end ? 0 : static_cast<std::size_t>(done - begin);
}

void append(ReportBuffer& out, const ExecutionReport* from, std::size_t count) {
    if (count != 0) std::memcpy(out.extend(count), from, count * sizeof(ExecutionReport));
}

}  // namespace

Shards::Shards(const std::vector<Engine*>& engines, std::size_t workers)
    : engines_(engines),
      slices_(slices_for(engines.size(), workers)),
      turns_(engines.size()),
      workers_(workers),
      block_(BLOCK) {
    ENGINE_ASSERT(!engines.empty());
    ENGINE_ASSERT(engines.size() <= SHARDS_MAX);
}

std::vector<Shards::Slice> Shards::slices_for(std::size_t shards, std::size_t workers) {
    std::vector<Slice> slices(workers);
    for (Slice& slice : slices) {
        slice.counts.resize(shards);
        slice.plain.resize(shards);
        slice.before.resize(shards);
        slice.said = std::vector<Said>(shards);
    }
    return slices;
}

void Shards::Slice::make_room(std::size_t of_shards, std::size_t count_max) {
    if (count_max > shards.size()) {
        shards.resize(count_max);
        reached.resize((count_max / PIECE + 1) * of_shards);
    }
    if (count_max <= room_) return;
    room_ = 0;  // where memory ends, there is none
    std::fill(plain.begin(), plain.end(), 0);
    // Not initialised, so not touched.
    commands_ = std::make_unique_for_overwrite<Command[]>(of_shards * count_max);
    marks_ = std::make_unique_for_overwrite<Mark[]>(of_shards * count_max);
    room_ = count_max;
}

void Shards::place(std::uint32_t shard) {
    ENGINE_ASSERT(shard < count());
    places_.push_back(static_cast<std::uint8_t>(shard));
}

CommandBatch Shards::match(const Command* commands, std::size_t count, ReportBuffer& out) {
    return check_and_run(commands, count, out);
}

CommandBatch Shards::match(const Command* commands, std::size_t count, TradeBuffer& out) {
    return check_and_run(commands, count, out);
}

void Shards::match(const CommandBatch& batch, ReportBuffer& out) {
    ENGINE_ASSERT(batch.is_readable());
    run(batch, out);
}

CommandBatch Shards::match_at(std::uint32_t shard, const Command* commands, std::size_t count,
                              ReportBuffer& out) {
    ENGINE_ASSERT(is_whole_);
    const CommandBatch batch = copied(commands, count, 1);
    if (!batch.is_readable()) return batch;
    is_whole_ = false;
    for (std::size_t i = 0; i < batch.count; i++) {
        ENGINE_ASSERT(batch.commands[i].timestamp == 0);
        apply_at(shard, batch.commands[i], batch.is_plain, out);
    }
    is_whole_ = true;
    return batch;
}

// Another thread may write to the commands: what is looked through and applied is a copy. Those of
// one block are dealt out from what was looked through, if all of them can be.
template <class Out>
CommandBatch Shards::check_and_run(const Command* commands, std::size_t count, Out& out) {
    ENGINE_ASSERT(is_whole_);
    const std::size_t parts = count < TOGETHER_FROM ? 1 : workers_.count();
    if (count >= TOGETHER_FROM && count <= block_) {
        const CommandBatch all = partition(commands, count, parts, Looking::CHECKS);
        if (all.is_readable() && parts_before_cut(parts) == parts && !slices_[parts - 1].is_cut) {
            is_whole_ = false;
            match_block(parts, all.is_plain, commands + count, out);
            block_ = std::min(2 * block_, BLOCK);
            is_whole_ = true;
            return all;
        }
    }
    const CommandBatch batch = copied(commands, count, parts);
    if (batch.is_readable()) run(batch, out);
    return batch;
}

// Copies commands, each worker its part of them, and looks through the copies, which are kept until
// the next batch.
CommandBatch Shards::copied(const Command* commands, std::size_t count, std::size_t parts) {
    if (count > copies_room_) {
        copies_room_ = 0;
        copies_.reset();
        copies_ = std::make_unique_for_overwrite<Command[]>(count);
        copies_room_ = count;
    }
    Command* const copies = copies_.get();
    workers_.run(parts, [&](std::size_t part) {
        const std::size_t first = count * part / parts;
        const std::size_t end = count * (part + 1) / parts;
        CommandBatch& found = slices_[part].checked;
        found = batch_of(copies + first, end - first, true);
        for (std::size_t from = first; from < end; from += LOOKED_THROUGH) {
            const std::size_t some = std::min(end - from, LOOKED_THROUGH);
            add_checked(found, check_copies(commands + from, some, copies + from), from - first);
        }
    });
    return checked(copies, count, parts);
}

// What the workers found in their parts of a batch.
CommandBatch Shards::checked(const Command* commands, std::size_t count, std::size_t parts) const {
    CommandBatch all = batch_of(commands, count, true);
    for (std::size_t part = 0; part < parts; part++) {
        add_checked(all, slices_[part].checked, count * part / parts);
    }
    return all;
}

// Applies commands that can be read and that nobody else writes to.
template <class Out>
void Shards::run(const CommandBatch& batch, Out& out) {
    ENGINE_ASSERT(is_whole_);
    is_whole_ = false;
    for (std::size_t from = 0; from < batch.count;) {
        const Command* const commands = batch.commands + from;
        const std::size_t count = std::min(block_, batch.count - from);
        if (count == 1) {
            apply_alone(*commands, batch.is_plain, out);
            break;
        }
        const std::size_t parts = count < TOGETHER_FROM ? 1 : workers_.count();
        partition(commands, count, parts, Looking::TAKES_AS_CHECKED);
        const std::size_t matched = parts_before_cut(parts);
        const std::size_t done = match_block(matched, batch.is_plain, commands + count, out);
        from += done;
        if (slices_[matched - 1].is_cut) apply_alone(batch.commands[from++], batch.is_plain, out);
        // Where cuts are near each other, little is partitioned in vain.
        block_ = done < count ? std::max(2 * done, BLOCK_MIN) : std::min(2 * block_, BLOCK);
    }
    is_whole_ = true;
}

// -- the phases of a block

// Applies what was dealt out in the first parts of a block, and returns how many commands that is.
// What follows the block is not looked at: it is asked for, since it will most likely be dealt out
// next.
template <class Out>
std::size_t Shards::match_block(std::size_t parts, bool is_plain, const Command* following,
                                Out& out) {
    const Slice& last = slices_[parts - 1];
    const std::size_t done = last.first + last.count;
    if (done == 0) return 0;
    begin_turns(parts);
    const std::size_t workers = done < TOGETHER_FROM ? 1 : workers_.count();
    workers_.run(workers, [&](std::size_t worker) {
        take_turns<Out>(worker, parts, is_plain, following);
        put_early(out);
    });
    merge(parts, out);
    return done;
}

// Cuts a block into slices and deals out their commands. Changes nothing of the engines. What it
// returns was found in copies; the commands themselves may have changed since.
CommandBatch Shards::partition(const Command* commands, std::size_t count, std::size_t parts,
                               Looking looking) {
    ENGINE_ASSERT(engines_[0]->instrument_count() == places_.size());
    const std::uint64_t expiry = next_expiry();
    workers_.run(parts, [&](std::size_t part) {
        Slice& slice = slices_[part];
        slice.first = count * part / parts;
        deal_out(slice, commands + slice.first, count * (part + 1) / parts - slice.first, expiry,
                 looking);
    });
    return checked(commands, count, parts);
}

// How many slices can be matched now, the last up to its cut.
std::size_t Shards::parts_before_cut(std::size_t parts) const {
    std::uint64_t first_expiry = NEVER;
    for (std::size_t part = 0; part < parts; part++) {
        const Slice& slice = slices_[part];
        if (slice.latest >= first_expiry) return part;  // an order before it may end in it
        first_expiry = std::min(first_expiry, slice.first_expiry);
        if (slice.is_cut) return part + 1;
    }
    return parts;
}

// Copies the commands of a slice to those of the same shard, up to the first that is applied alone,
// and looks through the copies. Each has the time that it is applied at.
void Shards::deal_out(Slice& slice, const Command* commands, std::size_t count,
                      std::uint64_t expiry, Looking looking) {
    slice.make_room(this->count(), count);
    slice.checked = batch_of(commands, count, true);
    slice.count = 0;
    slice.is_cut = false;
    Dealt dealt;
    dealt.expiry = expiry;
    dealt.first_expiry = NEVER;
    dealt.latest = 0;
    std::fill_n(dealt.counts, this->count(), 0);
    std::fill_n(slice.counts.begin(), this->count(), 0);
    while (slice.count < count && !slice.is_cut) {
        if (slice.count % PIECE == 0) {
            std::copy_n(dealt.counts, this->count(),
                        slice.reached.begin() + slice.count / PIECE * this->count());
        }
        const std::size_t end = std::min(slice.count + LOOKED_THROUGH, count);
        slice.count = deal_some(slice, commands, slice.count, end, &dealt);
        slice.is_cut = slice.count != end;
        for (std::size_t shard = 0; shard < this->count(); shard++) {
            const std::uint32_t first = std::exchange(slice.counts[shard], dealt.counts[shard]);
            if (looking == Looking::TAKES_AS_CHECKED || ENGINE_LIKELY(dealt.is_usual)) continue;
            const Command* const some = slice.commands_of(shard) + first;
            add_checked(slice.checked, check_commands(some, dealt.counts[shard] - first), 0);
        }
        if (ENGINE_UNLIKELY(!slice.checked.is_readable())) return;
    }
    slice.latest = dealt.latest;
    slice.first_expiry = dealt.first_expiry;
}

// Deals out the commands of a slice from one place to another; where it ended. Another thread may
// write to them: which shard a command is for is read once, and all else of it from its copy.
std::size_t Shards::deal_some(Slice& slice, const Command* commands, std::size_t from,
                              std::size_t end, Dealt* dealt) const {
    std::uint8_t* const shards = slice.shards.data();
    std::uint32_t* const plain = slice.plain.data();
    Dealt& now = *dealt;
    std::uint64_t latest = now.latest;
    Gathered gathered;
    std::size_t i = from;
    for (; i < end; i++) {
        const char* const ahead = reinterpret_cast<const char*>(commands + i + COMMANDS_AHEAD);
        ENGINE_PREFETCH(ahead);
        ENGINE_PREFETCH(ahead + 64);
        const std::uint32_t instrument = __atomic_load_n(&commands[i].instrument, __ATOMIC_RELAXED);
        const std::uint32_t shard = shard_of(instrument);
        const std::uint32_t at = now.counts[shard];
        Command& copy = slice.commands_of(shard)[at];
        const Looked looked = look<Copied::FIRST_HALF>(commands[i], &copy);
        gathered.add(looked, looked);
        copy.instrument = instrument;
        // The second half of a plain one is zero there already, and not touched.
        if (ENGINE_UNLIKELY(!looked.is_plain())) {
            std::memcpy(&copy.trigger_price, &commands[i].trigger_price, HALF);
            plain[shard] = std::min(plain[shard], at);
        } else if (ENGINE_UNLIKELY(at >= plain[shard])) {
            std::memset(&copy.trigger_price, 0, HALF);
            if (at == plain[shard]) plain[shard] += 1;
        }
        const bool is_alone = !is_of_order(copy.kind) && reach_of(copy) != Reach::INSTRUMENT;
        if (ENGINE_UNLIKELY(is_alone || copy.timestamp >= now.expiry)) break;
        if (ENGINE_UNLIKELY(!looked.is_plain()) && copy.expiry != 0) {
            now.first_expiry = std::min(now.first_expiry, copy.expiry);
            now.expiry = std::min(now.expiry, copy.expiry);
        }
        latest = std::max(latest, copy.timestamp);
        copy.timestamp = latest;
        shards[i] = static_cast<std::uint8_t>(shard);
        now.counts[shard] += 1;
    }
    now.latest = latest;
    now.is_usual = gathered.is_plain() && !gathered.is_unusual();
    return i;
}

// Before any thread applies what was dealt out to the shards.
void Shards::begin_turns(std::size_t parts) {
    for (std::size_t shard = 0; shard < count(); shard++) {
        Turn& turn = turns_[shard];
        slices_[0].before[shard] = turn.reached = made_by(*engines_[shard]);
        turn.is_taken.store(false, std::memory_order_relaxed);
        turn.has_begun.store(false, std::memory_order_relaxed);
    }
    slices_[0].made = made_;
    for (std::size_t part = 0; part < parts; part++) {
        slices_[part].next_piece.store(0, std::memory_order_relaxed);
    }
}

// A worker's own shards, then those that no other has begun with.
template <class Out>
void Shards::take_turns(std::size_t worker, std::size_t parts, bool is_plain,
                        const Command* following) {
    const std::size_t workers = workers_.count();
    // What it will deal out next, if the next block is like this one.
    const Command* next = following + (worker < parts ? slices_[worker].first : 0);
    for (std::size_t i = 0; i < workers; i++) {
        for (std::size_t shard = (worker + i) % workers; shard < count(); shard += workers) {
            if (turns_[shard].is_taken.exchange(true, std::memory_order_relaxed)) continue;
            next += take_turn<Out>(shard, parts, is_plain, next);
        }
    }
}

// Applies what was dealt out to a shard, and returns how many commands that was.
template <class Out>
std::size_t Shards::take_turn(std::size_t shard, std::size_t parts, bool is_plain,
                              const Command* next) {
    Engine& engine = *engines_[shard];
    std::uint64_t time = time_;
    std::size_t done = 0;
    for (std::size_t part = 0; part < parts; part++) {
        Slice& slice = slices_[part];
        const std::size_t count = slice.counts[shard];
        if (count != 0) {
            engine.advance_to(time);
            CommandBatch batch = batch_of(slice.commands_of(shard), count, is_plain);
            batch.next = next + done;
            Out& out = said<Out>(slice, shard);
            out.clear();
            engine.match(batch, out, slice.marks_of(shard));
            done += count;
        }
        time = std::max(time, slice.latest);
        if (part == 0) turns_[shard].has_begun.store(true, std::memory_order_release);
    }
    return done;
}

template <class Out>
void Shards::merge(std::size_t parts, Out& out) {
    const Mark before = made_;
    for (std::size_t part = 0; part < parts; part++) {
        Slice& slice = slices_[part];
        slice.made = made_;
        for (std::size_t shard = 0; shard < count(); shard++) {
            Mark& reached = turns_[shard].reached;
            slice.before[shard] = reached;
            if (slice.counts[shard] == 0) continue;
            const Mark end = slice.marks_of(shard)[slice.counts[shard] - 1];
            made_.reports += end.reports - reached.reports;
            made_.trades += end.trades - reached.trades;
            reached = end;
        }
        time_ = std::max(time_, slice.latest);
    }
    const std::size_t records = records_between<Out>(before, made_);
    // Where memory moves, what is in order already is left behind.
    if (records > out.room()) slices_[0].next_piece.store(0, std::memory_order_relaxed);
    auto* const to = out.extend(records);
    const Slice& last = slices_[parts - 1];
    const bool is_together = last.first + last.count >= TOGETHER_FROM;
    workers_.run(is_together ? workers_.count() : 1, [&](std::size_t worker) {
        for (std::size_t i = 0; i < parts; i++) {
            Slice& slice = slices_[(worker + i) % parts];
            put_pieces<Out>(slice, to + records_between<Out>(before, slice.made));
        }
    });
}

// While another thread is still at its turn, puts in order what came of the first slice, where all
// shards are done with that and there is room. The buffer is extended when all is known.
template <class Out>
void Shards::put_early(Out& out) {
    Slice& slice = slices_[0];
    std::size_t records = 0;
    for (std::size_t shard = 0; shard < count(); shard++) {
        if (!turns_[shard].has_begun.load(std::memory_order_acquire)) return;
        if (slice.counts[shard] == 0) continue;
        const Mark& end = slice.marks_of(shard)[slice.counts[shard] - 1];
        records += records_between<Out>(slice.before[shard], end);
    }
    if (records <= out.room()) put_pieces<Out>(slice, out.next());
}

// Puts what came of a slice in order, as far as no other thread does.
template <class Out, class Record>
void Shards::put_pieces(Slice& slice, Record* to) {
    const std::size_t pieces = (slice.count + PIECE - 1) / PIECE;
    for (;;) {
        const std::size_t piece = slice.next_piece.fetch_add(1, std::memory_order_relaxed);
        if (piece >= pieces) return;
        put_in_order<Out>(slice, piece, to);
    }
}

// Copies what came of a piece of a slice, in the order of its commands, with the numbers of all
// shards, to where it is among the records of the slice.
template <class Out, class Record>
void Shards::put_in_order(Slice& slice, std::size_t piece, Record* to) {
    struct Cursor {
        const Record* record;
        const Mark* mark;
        Mark before;
    };
    Cursor cursors[SHARDS_MAX];
    Mark made = slice.made;
    const std::uint32_t* const reached = slice.reached.data() + piece * count();
    for (std::size_t shard = 0; shard < count(); shard++) {
        const Mark* const mark = slice.marks_of(shard) + reached[shard];
        const Mark before = reached[shard] == 0 ? slice.before[shard] : mark[-1];
        made.reports += before.reports - slice.before[shard].reports;
        made.trades += before.trades - slice.before[shard].trades;
        const std::size_t skipped = records_between<Out>(slice.before[shard], before);
        cursors[shard] = {said<Out>(slice, shard).data() + skipped, mark, before};
    }
    to += records_between<Out>(slice.made, made);
    Record* const begin = to;
    const std::size_t piece_end = std::min(slice.count, (piece + 1) * PIECE);
    for (std::size_t i = piece * PIECE; i < piece_end; i++) {
        Cursor& cursor = cursors[slice.shards[i]];
        const Mark now = *cursor.mark++;
        const std::uint64_t shift =
            planted(Bug::TRADE_IDS_OF_THE_SHARD) ? 0 : made.trades - cursor.before.trades;
        const std::size_t records = records_between<Out>(cursor.before, now);
        for (const Record* const end = cursor.record + records; cursor.record != end;) {
            const auto* const ahead = cursor.record + RECORDS_AHEAD;
            ENGINE_PREFETCH(ahead);
            if constexpr (IS_FULL<Out>) ENGINE_PREFETCH(reinterpret_cast<const char*>(ahead) + 64);
            *to = *cursor.record++;
            if constexpr (IS_FULL<Out>) {
                to->sequence_number = ++made.reports;
                to->trade_id += shift & (std::uint64_t{0} - (to->trade_id != 0));
            } else {
                to->trade_id += shift;
            }
            to++;
        }
        made.trades += now.trades - cursor.before.trades;
        cursor.before = now;
    }
    if (planted(Bug::MERGED_BY_SHARD)) {
        std::stable_sort(begin, to, [this](const Record& one, const Record& other) {
            return shard_of(one.instrument) < shard_of(other.instrument);
        });
    }
}

// -- one command

template <class Out>
void Shards::apply_alone(const Command& command, bool is_plain, Out& out) {
    const Reach reach = reach_of(command);
    const bool is_for_all = reach == Reach::EVERYWHERE;
    const std::uint32_t shard = reach == Reach::INSTRUMENT ? shard_of(command.instrument) : 0;
    if (command.timestamp >= next_expiry()) {
        expire(command, is_for_all ? SHARDS_MAX : shard, out);
    }
    if (is_for_all) {
        apply_everywhere(command, is_plain, out);
    } else {
        apply_at(shard, command, is_plain, out);
    }
    time_ = std::max(time_, command.timestamp);
}

template <class Out>
void Shards::apply_at(std::uint32_t shard, const Command& command, bool is_plain, Out& out) {
    Engine& engine = *engines_[shard];
    const Mark before = made_by(engine);
    const std::size_t from = out.size();
    const bool is_money = reach_of(command) == Reach::MONEY &&
                          command.instrument < engine.accounts().currency_count();
    const Wide deposited = is_money ? engine.accounts().deposits(command.instrument) : 0;
    engine.advance_to(time_);
    engine.match(batch_of(&command, 1, is_plain), out);
    number(out, from, engine, before);
    if (!is_money) return;
    if (deposited_.size() <= command.instrument) deposited_.resize(command.instrument + 1);
    deposited_[command.instrument] += engine.accounts().deposits(command.instrument) - deposited;
}

// Lets orders end by the time of a command, shard by shard, but in one that applies it.
template <class Out>
void Shards::expire(const Command& command, std::size_t but, Out& out) {
    for (std::size_t shard = 0; shard < count(); shard++) {
        Engine& engine = *engines_[shard];
        if (shard == but || engine.next_expiry() > command.timestamp) continue;
        if (engine.next_expiry() == NEVER) continue;
        const Mark before = made_by(engine);
        const std::size_t from = out.size();
        engine.expire(command, out);
        number(out, from, engine, before);
    }
}

// What each shard says before its answer, the answers as one, and what each says after it.
void Shards::apply_everywhere(const Command& command, bool is_plain, ReportBuffer& out) {
    const std::size_t from = out.size();
    ExecutionReport answer{};
    for (std::size_t shard = 0; shard < count(); shard++) {
        ReportBuffer& said = slices_[0].said[shard].reports;
        said.clear();
        engines_[shard]->advance_to(time_);
        engines_[shard]->match(batch_of(&command, 1, is_plain), said);
        const std::size_t place = place_of_answer(said);
        const ExecutionReport& its = said[place];
        append(out, said.data(), place);
        const bool is_done = its.exec_type == ExecType::DONE;
        if (shard == 0 || (is_done && answer.exec_type != ExecType::DONE)) {
            answer = its;
        } else if (is_done && adds_up(command.kind)) {
            answer.last_quantity += its.last_quantity;
        }
    }
    // Those of one instrument are of one shard: by instrument they are as one engine has them.
    if (is_cancel(command.kind)) {
        ExecutionReport* const begin = &out[from];
        std::stable_sort(begin, begin + (out.size() - from),
                         [](const ExecutionReport& one, const ExecutionReport& other) {
                             return one.instrument < other.instrument;
                         });
    }
    out.push() = answer;
    for (const Said& its : slices_[0].said) {
        const std::size_t place = place_of_answer(its.reports) + 1;
        append(out, its.reports.data() + place, its.reports.size() - place);
    }
    for (std::size_t i = from; i < out.size(); i++) {
        ExecutionReport& report = out[i];
        report.sequence_number = ++made_.reports;
        if (report.trade_id == 0) continue;
        // Both reports of a trade are side by side, the maker's first.
        made_.trades += report.liquidity == Liquidity::MAKER;
        report.trade_id = made_.trades;
    }
}

void Shards::apply_everywhere(const Command& command, bool is_plain, TradeBuffer& out) {
    const std::uint64_t reports = made_.reports;
    for (Engine* const engine : engines_) {
        const Mark before = made_by(*engine);
        const std::size_t from = out.size();
        engine->advance_to(time_);
        engine->match(batch_of(&command, 1, is_plain), out);
        number(out, from, *engine, before);
    }
    // The answers are one report.
    made_.reports -= count() - 1;
    ENGINE_ASSERT(made_.reports > reports);
}

// Gives the records from one on, of a single engine, the numbers of all shards.
void Shards::number(ReportBuffer& out, std::size_t from, const Engine& engine, const Mark& before) {
    const std::uint64_t shift = made_.trades - before.trades;
    for (std::size_t i = from; i < out.size(); i++) {
        out[i].sequence_number = ++made_.reports;
        if (out[i].trade_id != 0) out[i].trade_id += shift;
    }
    made_.trades += made_by(engine).trades - before.trades;
}

void Shards::number(TradeBuffer& out, std::size_t from, const Engine& engine, const Mark& before) {
    const std::uint64_t shift = made_.trades - before.trades;
    for (std::size_t i = from; i < out.size(); i++) out[i].trade_id += shift;
    made_.trades += made_by(engine).trades - before.trades;
    made_.reports += made_by(engine).reports - before.reports;
}

// -- questions

std::uint64_t Shards::next_expiry() const {
    std::uint64_t first = NEVER;
    for (const Engine* const engine : engines_) first = std::min(first, engine->next_expiry());
    return first;
}

template <class Out>
Out& Shards::said(Slice& slice, std::size_t shard) {
    if constexpr (IS_FULL<Out>) {
        return slice.said[shard].reports;
    } else {
        return slice.said[shard].trades;
    }
}

void Shards::check_invariants() const {
    ENGINE_ASSERT(is_whole_);
    ENGINE_ASSERT(next_expiry() == NEVER || next_expiry() > time_);
    std::uint64_t trades = 0;
    for (std::size_t shard = 0; shard < count(); shard++) {
        const Engine& engine = *engines_[shard];
        ENGINE_ASSERT(engine.instrument_count() == places_.size());
        ENGINE_ASSERT(engine.counters().time <= time_);
        const std::vector<bool> in_use = engine.accounts().in_use();
        for (std::uint32_t instrument = 0; instrument < places_.size(); instrument++) {
            if (places_[instrument] == shard) continue;
            ENGINE_ASSERT(in_use.empty() || !in_use[instrument]);
            ENGINE_ASSERT(engine.resting_count(2 * instrument) == 0);
            ENGINE_ASSERT(engine.resting_count(2 * instrument + 1) == 0);
            ENGINE_ASSERT(engine.waiting_count(instrument) == 0);
            ENGINE_ASSERT(engine.market(instrument).orders == 0);
        }
        trades += engine.counters().trades;
    }
    ENGINE_ASSERT(trades == made_.trades);
    const std::uint32_t currencies = engines_[0]->accounts().currency_count();
    for (std::uint32_t currency = 0; currency < currencies; currency++) {
        Wide sum = 0;
        for (const Engine* const engine : engines_) sum += engine->accounts().deposits(currency);
        ENGINE_ASSERT(sum == deposited(currency));
    }
}

}  // namespace engine
