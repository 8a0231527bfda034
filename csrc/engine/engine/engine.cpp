#include "engine/engine/engine.hpp"

#include <algorithm>
#include <stdexcept>

#include "engine/engine/step.hpp"

namespace engine {

namespace {

// Below this many resting orders everything is in the cache anyway, and looking ahead only costs.
constexpr std::size_t PREFETCH_FROM = 16384;

// Looks at commands before their turn and brings what they will touch into the cache. Each stage follows one more
// pointer, and loads only what the stage before asked for some commands earlier:
//   ids and pages are hashed; the order and the page; its neighbours, its level, and the level to join; the last
//   order there. What it sees may be out of date by its turn: it never changes anything.
class Lookahead {
  public:
    Lookahead(const Books& books, const Command* commands, std::size_t count)
        : books_(books), commands_(commands), count_(count) {
        for (std::size_t i = 0; i < STEP * STAGES; i++) {
            if (i < count) hash(i);
            if (i >= STEP && i - STEP < count) locate(i - STEP);
            if (i >= 2 * STEP && i - 2 * STEP < count) reach(i - 2 * STEP);
            if (i >= 3 * STEP && i - 3 * STEP < count) join(i - 3 * STEP);
        }
    }

    ENGINE_INLINE void advance(std::size_t i) {
        if (i + 4 * STEP < count_) hash(i + 4 * STEP);
        if (i + 3 * STEP < count_) locate(i + 3 * STEP);
        if (i + 2 * STEP < count_) reach(i + 2 * STEP);
        if (i + STEP < count_) join(i + STEP);
    }

  private:
    static constexpr std::size_t STEP = 6;
    static constexpr std::size_t STAGES = 4;
    static constexpr std::size_t RING = 32;
    static_assert(STEP * STAGES < RING);

    struct Seen {
        std::uint32_t id_tag;
        Index number;
        Index page;
    };

    static ENGINE_INLINE SideNumber side(const Command& command) {
        return side_number(command.instrument, command.side);
    }
    static ENGINE_INLINE Rank rank(const Command& command) {
        return rank_of(side(command), command.price);
    }

    ENGINE_INLINE void hash(std::size_t i) {
        const Command& command = commands_[i];
        Seen& seen = seen_[i % RING];
        seen.id_tag = Books::tag_of(command.order_id);
        const bool is_known = command.instrument < books_.side_count() / 2;
        books_.prefetch_hash(seen.id_tag, is_known ? side(command) : 0);
    }
    ENGINE_INLINE void locate(std::size_t i) {
        const Command& command = commands_[i];
        Seen& seen = seen_[i % RING];
        seen.number = books_.peek_order(seen.id_tag);
        const bool is_known = command.instrument < books_.side_count() / 2;
        seen.page = is_known ? books_.guess_page(side(command), rank(command)) : NIL;
        books_.prefetch_order(seen.number, seen.page);
    }
    ENGINE_INLINE void reach(std::size_t i) {
        const Seen& seen = seen_[i % RING];
        books_.prefetch_neighbours(seen.number);
        books_.prefetch_level(seen.page, rank(commands_[i]));
    }
    ENGINE_INLINE void join(std::size_t i) {
        const Seen& seen = seen_[i % RING];
        books_.prefetch_level_of(seen.number);
        books_.prefetch_last(seen.page, rank(commands_[i]));
    }

    const Books& books_;
    const Command* commands_;
    std::size_t count_;
    Seen seen_[RING];
};

template <class Out>
void run_plain(Engine& engine, const Command* commands, std::size_t count, Out& out) {
    Step<Out> step(engine, out);
    for (std::size_t i = 0; i < count; i++) step.apply(commands[i]);
}

template <class Out>
void run_ahead(Engine& engine, const Command* commands, std::size_t count, Out& out) {
    Step<Out> step(engine, out);
    Lookahead lookahead(engine.books(), commands, count);
    for (std::size_t i = 0; i < count; i++) {
        lookahead.advance(i);
        step.apply(commands[i]);
    }
}

template <class Out>
void run(Engine& engine, const Command* commands, std::size_t count, Out& out) {
    for (std::size_t from = 0; from < count; from += CHUNK) {
        const std::size_t chunk = std::min(CHUNK, count - from);
        engine.reserve(chunk);
        const bool is_large = engine.books().order_count() >= PREFETCH_FROM && chunk > 1;
        if (is_large) {
            run_ahead(engine, commands + from, chunk, out);
        } else {
            run_plain(engine, commands + from, chunk, out);
        }
    }
}

}  // namespace

std::uint32_t Engine::add_instrument(const InstrumentTerms& terms) {
    if (instrument_count_ >= INSTRUMENTS_MAX) throw std::length_error("too many instruments");
    markets_.reserve(instrument_count_ + 1);
    books_.add_book();
    markets_[instrument_count_] = Market{terms, 0, 0};
    return instrument_count_++;
}

void Engine::match(const Command* commands, std::size_t count, ReportBuffer& out) {
    run(*this, commands, count, out);
}

void Engine::match(const Command* commands, std::size_t count, TradeBuffer& out) {
    run(*this, commands, count, out);
}

void Engine::check_invariants() const {
    books_.check_invariants();
    ENGINE_ASSERT(books_.order_count() <= orders_max_);
}

}  // namespace engine
