#include "engine/engine/engine.hpp"

#include <algorithm>
#include <stdexcept>

#include "engine/engine/step.hpp"

namespace engine {

namespace {

// With fewer resting orders than this everything is in the cache, and looking far ahead only costs.
constexpr std::size_t LARGE_FROM = 16384;

// Looks at commands before their turn. Orders are looked up ahead, so that a look-up doesn't stand
// in the way of the command that needs it; in a large engine, what a command will touch is brought
// into the cache as well. Each stage follows one more pointer, and loads only what the stage before
// asked for some commands earlier. What it sees may be out of date by its turn: it never changes
// anything, and its finds are checked when used.
template <bool IS_LARGE>
class Lookahead {
  public:
    Lookahead(const Books& books, const Command* commands, std::size_t count)
        : books_(books), commands_(commands), last_(count - 1) {
        for (std::size_t i = 0; i < STAGES * STEP; i++) advance(i - STAGES * STEP);
    }

    // To be called before each command; its number may wrap below 0 while the stages fill.
    ENGINE_INLINE void advance(std::size_t i) {
        if constexpr (IS_LARGE) {
            hash(i + 4 * STEP);
            locate(i + 3 * STEP);
            reach(i + 2 * STEP);
            join(i + STEP);
        } else {
            const std::size_t ahead = i + STEP;
            numbers_[ahead % RING] = books_.peek_order(mix(command_at(ahead).order_id));
        }
    }

    // The order that the command names, if it was already there when looked up.
    ENGINE_INLINE Index hint(std::size_t i) const {
        return numbers_[i % RING];
    }

  private:
    static constexpr std::size_t STAGES = IS_LARGE ? 4 : 1;
    static constexpr std::size_t STEP = 6;
    static constexpr std::size_t RING = 32;
    static_assert(STEP * STAGES < RING);

    // Past the end, the last command stands in.
    ENGINE_INLINE const Command& command_at(std::size_t i) const {
        return commands_[std::min(i, last_)];
    }
    ENGINE_INLINE SideNumber side(const Command& command) const {
        const bool is_known = command.instrument < books_.side_count() / 2;
        return side_number(is_known ? command.instrument : 0, command.side);
    }
    ENGINE_INLINE Rank rank(const Command& command) const {
        return rank_of(side(command), command.price);
    }

    ENGINE_INLINE void hash(std::size_t i) {
        const Command& command = command_at(i);
        const std::uint64_t id_hash = mix(command.order_id);
        id_hashes_[i % RING] = id_hash;
        books_.prefetch_hash(id_hash, side(command), rank(command));
    }
    ENGINE_INLINE void locate(std::size_t i) {
        const Command& command = command_at(i);
        const Index number = books_.peek_order(id_hashes_[i % RING]);
        const Index page = books_.guess_page(side(command), rank(command));
        numbers_[i % RING] = number;
        pages_[i % RING] = page;
        books_.prefetch_order(number);
        books_.prefetch_page(page);
    }
    ENGINE_INLINE void reach(std::size_t i) {
        books_.prefetch_neighbours(numbers_[i % RING]);
        books_.prefetch_level(pages_[i % RING], rank(command_at(i)));
    }
    ENGINE_INLINE void join(std::size_t i) {
        books_.prefetch_level_of(numbers_[i % RING]);
        books_.prefetch_last(pages_[i % RING], rank(command_at(i)));
    }

    const Books& books_;
    const Command* commands_;
    std::size_t last_;
    std::uint64_t id_hashes_[RING] = {};
    Index numbers_[RING] = {};
    Index pages_[RING] = {};
};

template <bool IS_LARGE, bool IS_PLAIN, class Out>
void run_chunk(Engine& engine, const Command* commands, std::size_t count, Out& out) {
    Step<Out, IS_PLAIN> step(engine, out);
    Lookahead<IS_LARGE> lookahead(engine.books(), commands, count);
    for (std::size_t i = 0; i < count; i++) {
        lookahead.advance(i);
        step.apply(commands[i], lookahead.hint(i));
    }
}

template <bool IS_PLAIN, class Out>
void run_some(Engine& engine, const Command* commands, std::size_t count, Out& out) {
    if (count == 1) {
        Step<Out, IS_PLAIN>(engine, out).apply(commands[0], NIL);
    } else if (engine.books().order_count() < LARGE_FROM) {
        run_chunk<false, IS_PLAIN>(engine, commands, count, out);
    } else {
        run_chunk<true, IS_PLAIN>(engine, commands, count, out);
    }
}

}  // namespace

std::uint32_t Engine::add_instrument(const InstrumentTerms& terms) {
    if (instrument_count_ >= INSTRUMENTS_MAX) throw std::length_error("too many instruments");
    markets_.reserve(instrument_count_, 1);
    books_.add_book();
    markets_[instrument_count_] = Market{terms, 0, 0};
    return instrument_count_++;
}

template <class Out>
void Engine::run(const CommandBatch& batch, Out& out) {
    ENGINE_ASSERT(is_whole_);
    ENGINE_ASSERT(batch.is_readable());
    for (std::size_t from = 0; from < batch.count; from += CHUNK) {
        const std::size_t chunk = std::min(CHUNK, batch.count - from);
        make_room(chunk);
        is_whole_ = false;
        if (batch.is_plain) {
            run_some<true>(*this, batch.commands + from, chunk, out);
        } else {
            run_some<false>(*this, batch.commands + from, chunk, out);
        }
        is_whole_ = true;
    }
}

void Engine::match(const CommandBatch& batch, ReportBuffer& out) {
    run(batch, out);
}

void Engine::match(const CommandBatch& batch, TradeBuffer& out) {
    run(batch, out);
}

void Engine::check_invariants() const {
    books_.check_invariants();
    ENGINE_ASSERT(books_.order_count() <= orders_max_);
}

}  // namespace engine
