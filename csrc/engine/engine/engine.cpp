#include "engine/engine/engine.hpp"

#include <algorithm>
#include <stdexcept>

#include "engine/engine/step.hpp"

namespace engine {

namespace {

// With fewer resting orders than this everything is in the cache, and looking far ahead only costs.
constexpr std::size_t LARGE_FROM = 16384;
// With fewer positions than this what finds them is.
constexpr Index MANY_FROM = 4096;
// Looks at commands before their turn, a group at a time. Orders are looked up ahead and asked for,
// so that neither stands in the way of the command that needs them; in a large engine, what else a
// command will touch is brought into the cache as well. Each stage follows one more pointer, and
// loads only what the stage before asked for a group earlier. What it sees may be out of date by
// its turn: it never changes anything, and its finds are checked when used.
template <bool IS_LARGE>
class Lookahead {
  public:
    static constexpr std::size_t GROUP = 8;
    static constexpr std::size_t STAGES = IS_LARGE ? 4 : 1;

    Lookahead(const Books& books, const Command* commands, std::size_t count)
        : books_(books), commands_(commands), count_(count) {
        for (std::size_t stage = STAGES; stage-- > 0;) advance(0 - (stage + 1) * GROUP);
    }

    // To be called before each group of commands, which starts at `first`.
    ENGINE_INLINE void advance(std::size_t first) {
        if constexpr (IS_LARGE) {
            each(first + 4 * GROUP, [this](std::size_t i) { begin(i); });
            each(first + 3 * GROUP, [this](std::size_t i) { locate(i); });
            each(first + 2 * GROUP, [this](std::size_t i) { reach(i); });
            each(first + GROUP, [this](std::size_t i) { join(i); });
        } else {
            each(first + GROUP, [this](std::size_t i) {
                const Index number = books_.peek_order(commands_[i].order_id);
                numbers_[i % RING] = number;
                books_.prefetch_record(number);
            });
        }
    }

    // For each command of the group at `first` the order that it names, if that was already there
    // when looked up.
    ENGINE_INLINE const Index* hints(std::size_t first) const {
        return numbers_ + first % RING;
    }

  private:
    static constexpr std::size_t RING = IS_LARGE ? 64 : 16;
    static_assert(GROUP * (STAGES + 1) <= RING);
    static_assert(RING % GROUP == 0);

    // The commands of a group that there are; before the first group its number is negative.
    template <class See>
    ENGINE_INLINE void each(std::size_t first, See see) {
        if (ENGINE_UNLIKELY(first >= count_)) return;
        const std::size_t end = count_ - first < GROUP ? count_ : first + GROUP;
        for (std::size_t i = first; i < end; i++) see(i);
    }
    ENGINE_INLINE SideNumber side(const Command& command) const {
        const bool is_known = command.instrument < books_.side_count() / 2;
        return side_number(is_known ? command.instrument : 0, command.side);
    }

    ENGINE_INLINE void begin(std::size_t i) {
        const Command& command = commands_[i];
        Seen& seen = seen_[i % RING];
        const SideNumber number = side(command);
        seen.rank = rank_of(number, command.price);
        seen.side = number;
        books_.prefetch_id(command.order_id);
        books_.prefetch_side(number, seen.rank);
    }
    ENGINE_INLINE void locate(std::size_t i) {
        Seen& seen = seen_[i % RING];
        const Index number = books_.peek_order(commands_[i].order_id);
        numbers_[i % RING] = number;
        seen.page = books_.guess_page(seen.side, seen.rank);
        books_.prefetch_order(number);
        books_.prefetch_page(seen.page);
    }
    ENGINE_INLINE void reach(std::size_t i) {
        Seen& seen = seen_[i % RING];
        seen.level = books_.guess_level(seen.page, seen.rank);
        books_.prefetch_neighbours(numbers_[i % RING]);
        books_.prefetch_level(seen.level);
    }
    ENGINE_INLINE void join(std::size_t i) {
        books_.prefetch_page_of(numbers_[i % RING]);
        books_.prefetch_last(seen_[i % RING].level);
    }

    // What was seen of a command so far.
    struct Seen {
        Rank rank;
        SideNumber side;
        Index page;
        Link level;
    };

    const Books& books_;
    const Command* commands_;
    std::size_t count_;
    Index numbers_[RING] = {};
    Seen seen_[IS_LARGE ? RING : 1] = {};
};

// The same for the accounts of commands: finds the parties, and brings what they have.
class PartiesAhead {
  public:
    static constexpr std::size_t GROUP = 8;

    PartiesAhead(const Accounts& accounts, const TierRates& rates, const Command* commands,
                 std::size_t count)
        : accounts_(accounts),
          rates_(rates),
          commands_(commands),
          count_(count),
          is_many_(accounts.party_end() >= MANY_FROM) {
        for (std::size_t stage = 4; stage-- > 0;) advance(0 - (stage + 1) * GROUP);
    }
    ENGINE_INLINE void advance(std::size_t first) {
        if (is_many_) {
            each(first + 4 * GROUP, [this](std::size_t i) { hashes_[i % RING] = ask(i); });
            each(first + 3 * GROUP, [this](std::size_t i) { find(i, hashes_[i % RING]); });
            each(first + 2 * GROUP, [this](std::size_t i) {
                owners_[i % RING] = prefetch_owner(i);
                rates_.prefetch(owners_[i % RING]);
            });
            each(first + GROUP, [this](std::size_t i) {
                accounts_.prefetch_others(owners_[i % RING], parties_[i % RING]);
            });
        } else {
            each(first + 2 * GROUP, [this](std::size_t i) { find(i, ask(i)); });
            each(first + GROUP, [this](std::size_t i) { prefetch_owner(i); });
        }
    }
    // For each command of the group at `first` the party that it may come from.
    ENGINE_INLINE const Index* hints(std::size_t first) const {
        return parties_ + first % RING;
    }

  private:
    static constexpr std::size_t RING = 64;

    ENGINE_INLINE std::uint64_t ask(std::size_t i) const {
        return accounts_.prefetch_key(commands_[i].account, commands_[i].instrument);
    }
    ENGINE_INLINE void find(std::size_t i, std::uint64_t hash) {
        parties_[i % RING] = accounts_.peek_party(hash);
    }

    ENGINE_INLINE AccountIndex prefetch_owner(std::size_t i) const {
        return accounts_.prefetch_owner(parties_[i % RING], commands_[i].account);
    }

    template <class See>
    ENGINE_INLINE void each(std::size_t first, See see) {
        if (ENGINE_UNLIKELY(first >= count_)) return;
        const std::size_t end = count_ - first < GROUP ? count_ : first + GROUP;
        for (std::size_t i = first; i < end; i++) see(i);
    }

    const Accounts& accounts_;
    const TierRates& rates_;
    const Command* commands_;
    std::size_t count_;
    bool is_many_;
    std::uint64_t hashes_[RING] = {};
    Index parties_[RING] = {};
    AccountIndex owners_[RING] = {};
};

// Where there are none.
class NobodyAhead {
  public:
    NobodyAhead(const Accounts& /*accounts*/, const TierRates& /*rates*/,
                const Command* /*commands*/, std::size_t /*count*/) {}
    ENGINE_INLINE void advance(std::size_t /*first*/) {}
    ENGINE_INLINE const Index* hints(std::size_t /*first*/) const {
        static constexpr Index NOBODY[8] = {};
        return NOBODY;
    }
};

template <bool IS_LARGE, Flow FLOW, class Out>
UsualKinds run_chunk(Engine& engine, const Command* commands, std::size_t count,
                     const Command* next_commands, Out& out, Mark* marks) {
    using Ahead = Lookahead<IS_LARGE>;
    Step<Out, FLOW> step(engine, out);
    Ahead lookahead(engine.books(), commands, count);
    std::conditional_t<has_accounts(FLOW), PartiesAhead, NobodyAhead> parties_ahead(
        engine.accounts(), engine.rates(), commands, count);
    UsualKinds kinds;
    // The caller often slices one array into batches.
    const auto* next = reinterpret_cast<const char*>(next_commands);
    for (std::size_t first = 0; first < count; first += Ahead::GROUP) {
        lookahead.advance(first);
        parties_ahead.advance(first);
        const Index* party = parties_ahead.hints(first);
        const Index* hint = lookahead.hints(first);
        const Command* const end = commands + std::min(first + Ahead::GROUP, count);
        for (const Command* command = commands + first; command != end; command++) {
            ENGINE_PREFETCH(next);
            ENGINE_PREFETCH(next + 64);
            next += sizeof(Command);
            kinds.note(command->kind);
            step.apply(*command, *hint++, *party++);
            if (ENGINE_UNLIKELY(marks != nullptr)) *marks++ = step.mark();
        }
    }
    return kinds;
}

template <Flow FLOW, class Out>
UsualKinds run_some(Engine& engine, const Command* commands, std::size_t count, const Command* next,
                    Out& out, Mark* marks) {
    if (count == 1) {
        Step<Out, FLOW> step(engine, out);
        step.apply(commands[0], NIL, NIL);
        if (marks != nullptr) *marks = step.mark();
        UsualKinds kind;
        kind.note(commands[0].kind);
        return kind;
    }
    if (engine.books().order_count() < LARGE_FROM) {
        return run_chunk<false, FLOW>(engine, commands, count, next, out, marks);
    }
    return run_chunk<true, FLOW>(engine, commands, count, next, out, marks);
}

// These make plain orders take the general way.
constexpr InstrumentTerms TAKES_NOTHING{.min_quantity = INT64_HIGHEST, .max_quantity = 0};

}  // namespace

std::uint32_t Engine::add_instrument(const InstrumentTerms& terms, const MarketRules& rules) {
    if (instrument_count_ >= INSTRUMENTS_MAX) throw std::length_error("too many instruments");
    const std::uint32_t instrument = instrument_count_;
    markets_.reserve(instrument, 1);
    books_.add_book();
    markets_[instrument] = Market{terms, 0, 0};
    instrument_count_ += 1;
    if (rules == MarketRules{} && !accounts_.is_kept()) return instrument;
    special_market(instrument, rules);
    choose_way(instrument);
    return instrument;
}

std::uint32_t Engine::add_instrument(const InstrumentTerms& terms, const MarketRules& rules,
                                     const Contract& contract) {
    ENGINE_ASSERT(accounts_.is_kept());
    accounts_.add_contract(contract);
    return add_instrument(terms, rules);
}

std::unique_ptr<SpecialMarket> Engine::new_special_market(std::uint32_t instrument,
                                                          const MarketRules& rules) const {
    auto market = std::make_unique<SpecialMarket>();
    market->terms = terms_of(instrument);
    market->rules = rules;
    market->instrument = instrument;
    if (has_positions(instrument)) market->accounts = &accounts_;
    market->is_exchange = accounts_.is_kept() && !has_positions(instrument);
    market->is_pinned = !rules.is_plain();
    return market;
}

SpecialMarket& Engine::special_market(std::uint32_t instrument, const MarketRules& rules) {
    std::vector<std::unique_ptr<SpecialMarket>>& all = special_.markets;
    if (all.size() <= instrument) all.resize(instrument + 1);
    if (all[instrument] == nullptr) {
        all[instrument] = new_special_market(instrument, rules);
        books_.open_aside(2 * instrument);
    }
    return *all[instrument];
}

void Engine::open_special(std::uint32_t instrument) {
    if (is_special(instrument)) return;
    SpecialMarket& market = special_market(instrument);
    set_way(instrument, Way::MARKED);
    const Market& plain = markets_[instrument];
    if (plain.last_quantity != 0) market.note_price(TriggerSource::LAST, plain.last_price);
}

void Engine::choose_way(std::uint32_t instrument) {
    const SpecialMarket* const market = special_.market(instrument);
    if (market == nullptr) return;
    const bool is_plain = market->order_count == 0 && !market->is_pinned;
    set_way(instrument, market->needs_general_way() ? Way::GENERAL
                        : is_plain                  ? Way::PLAIN
                                                    : Way::MARKED);
}

void Engine::set_way(std::uint32_t instrument, Way way) {
    const SpecialMarket& market = *special_.market(instrument);
    for (SideNumber side = 0; side < 2; side++) books_.side(2 * instrument + side).way = way;
    markets_[instrument].terms = way == Way::GENERAL ? TAKES_NOTHING : market.terms;
}

template <class Out>
void Engine::run(const CommandBatch& batch, Out& out, Mark* marks) {
    static_assert(CHUNK <= UsualKinds::COMMANDS_MAX);
    ENGINE_ASSERT(is_whole_);
    ENGINE_ASSERT(batch.is_readable());
    for (std::size_t from = 0; from < batch.count; from += CHUNK) {
        const std::size_t chunk = std::min(CHUNK, batch.count - from);
        make_room(chunk);
        is_whole_ = false;
        const Command* const commands = batch.commands + from;
        const Command* const next = batch.next + from;
        Mark* const chunk_marks = marks == nullptr ? nullptr : marks + from;
        UsualKinds kinds;
        if (accounts_.is_kept() && batch.is_plain) {
            kinds =
                run_some<Flow::PLAIN_OF_ACCOUNTS>(*this, commands, chunk, next, out, chunk_marks);
        } else if (accounts_.is_kept()) {
            kinds = run_some<Flow::ANY_OF_ACCOUNTS>(*this, commands, chunk, next, out, chunk_marks);
        } else if (batch.is_plain) {
            kinds = run_some<Flow::PLAIN>(*this, commands, chunk, next, out, chunk_marks);
        } else {
            kinds = run_some<Flow::ANY>(*this, commands, chunk, next, out, chunk_marks);
        }
        kinds.add_to(totals_.commands);
        is_whole_ = true;
    }
}

template void Engine::run(const CommandBatch& batch, ReportBuffer& out, Mark* marks);
template void Engine::run(const CommandBatch& batch, TradeBuffer& out, Mark* marks);

void Engine::match(const CommandBatch& batch, ReportBuffer& out, Mark* marks) {
    if (ENGINE_LIKELY(!resends_.is_kept())) return run(batch, out, marks);
    ENGINE_ASSERT(marks == nullptr);
    match_once(batch, out);
}

void Engine::match(const CommandBatch& batch, TradeBuffer& out, Mark* marks) {
    if (ENGINE_LIKELY(!resends_.is_kept())) return run(batch, out, marks);
    ENGINE_ASSERT(marks == nullptr);
    match_once(batch, out);
}

template <class Out>
void Engine::run_expiry(const Command& command, Out& out) {
    ENGINE_ASSERT(is_whole_);
    ENGINE_ASSERT(next_expiry_ <= command.timestamp);
    is_whole_ = false;
    counters_.time = command.timestamp;
    General<Out>(*this, out).expire(command);
    is_whole_ = true;
    ENGINE_ASSERT(next_expiry_ == NEVER || next_expiry_ > counters_.time);
}

void Engine::expire(const Command& command, ReportBuffer& out) {
    run_expiry(command, out);
}

void Engine::expire(const Command& command, TradeBuffer& out) {
    run_expiry(command, out);
}

void Engine::advance_to(std::uint64_t time) {
    ENGINE_ASSERT(time <= counters_.time || time < next_expiry_ || next_expiry_ == NEVER);
    counters_.time = std::max(counters_.time, time);
}

}  // namespace engine
