#include "engine/engine/engine.hpp"

#include <algorithm>
#include <stdexcept>

#include "engine/engine/step.hpp"

namespace engine {

namespace {

// Below this many resting orders everything is in the cache anyway, and looking ahead only costs.
constexpr std::size_t PREFETCH_FROM = 16384;

// Looks at commands before their turn and brings what they will touch into the cache, in three stages, each a few
// commands nearer: first where ids and prices are looked up, then the order and the page, then the neighbours.
class Lookahead {
  public:
    Lookahead(const Books& books, const Command* commands, std::size_t count)
        : books_(books), commands_(commands), count_(count) {
        for (std::size_t i = 0; i < std::min(FAR, count); i++) look_up(i);
        for (std::size_t i = 0; i < std::min(MIDDLE, count); i++) load(i);
        for (std::size_t i = 0; i < std::min(NEAR, count); i++) reach(i);
    }

    ENGINE_INLINE void advance(std::size_t i) {
        if (i + FAR < count_) look_up(i + FAR);
        if (i + MIDDLE < count_) load(i + MIDDLE);
        if (i + NEAR < count_) reach(i + NEAR);
    }

  private:
    static constexpr std::size_t FAR = 12;
    static constexpr std::size_t MIDDLE = 8;
    static constexpr std::size_t NEAR = 4;
    static constexpr std::size_t RING = 16;
    static_assert(FAR < RING);

    struct Seen {
        std::uint32_t id_tag;
        std::uint32_t page_tag;
        Index node;
        Index page;
    };

    ENGINE_INLINE void look_up(std::size_t i) {
        const Command& command = commands_[i];
        Seen& seen = seen_[i % RING];
        seen.id_tag = Books::tag_of(command.order_id);
        books_.prefetch_id(seen.id_tag);
        const SideNumber side = side_number(command.instrument, command.side);
        seen.page_tag = PriceIndex::tag_of(side, rank_of(side, command.price) >> 6);
        books_.prices().prefetch_hash(seen.page_tag);
    }
    ENGINE_INLINE void load(std::size_t i) {
        Seen& seen = seen_[i % RING];
        seen.node = books_.peek_order(seen.id_tag);
        books_.prefetch_order(seen.node);
        seen.page = books_.prices().peek_page(seen.page_tag);
        books_.prices().prefetch_page(seen.page);
    }
    ENGINE_INLINE void reach(std::size_t i) {
        const Command& command = commands_[i];
        const Seen& seen = seen_[i % RING];
        if (seen.node != NIL) books_.prefetch_neighbours(seen.node);
        if (seen.page != NIL) {
            const SideNumber side = side_number(command.instrument, command.side);
            books_.prices().prefetch_slot(seen.page, rank_of(side, command.price));
        }
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
    if (markets_.size() >= INSTRUMENTS_MAX) throw std::length_error("too many instruments");
    books_.add_book();
    markets_.push_back(Market{terms});
    return instrument_count() - 1;
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
