// Instruments that move from one engine to another: docs/shards.md.
#include <algorithm>
#include <utility>

#include "engine/base/packed.hpp"
#include "engine/shards/shards.hpp"

namespace engine {

Obstacle Shards::obstacle(const std::vector<std::uint32_t>& instruments, const Engine& to) const {
    struct Named {
        std::uint64_t order_id;
        std::uint32_t instrument;
    };
    std::vector<Named> all;
    Obstacle found;
    for (const std::uint32_t instrument : instruments) {
        for (const std::uint64_t id : engines_[shard_of(instrument)]->order_ids(instrument)) {
            all.push_back({id, instrument});
            const Index other = to.books().find(id);
            if (other == NIL) continue;
            return {id, {instrument, to.books().side_of_order(other) / 2}, 0, {}, 0};
        }
    }
    std::sort(all.begin(), all.end(),
              [](const Named& one, const Named& other) { return one.order_id < other.order_id; });
    const auto twice =
        std::adjacent_find(all.begin(), all.end(),
                           [](const Named& a, const Named& b) { return a.order_id == b.order_id; });
    if (twice != all.end()) {
        return {twice->order_id, {twice->instrument, (twice + 1)->instrument}, 0, {}, 0};
    }
    const std::uint64_t orders = to.books().order_count() + all.size();
    if (orders > to.orders_max()) {
        found.orders = orders;
        return found;
    }
    if (to.accounts().is_kept()) departures(instruments, to, &found);
    return found;
}

// What is to leave for an engine, with the money that goes along. Where some is lacking, which is
// found then, these are not all.
std::vector<Departure> Shards::departures(const std::vector<std::uint32_t>& instruments,
                                          const Engine& to, Obstacle* found) const {
    std::vector<Departure> all;
    Allotment allotment(to.accounts());
    for (const std::uint32_t instrument : instruments) {
        const Engine& from = *engines_[shard_of(instrument)];
        all.push_back(from.departure(instrument));
        if (!from.accounts().is_kept()) continue;
        if (allotment.add(all.back().holdings, from.accounts())) continue;
        found->lack = allotment.lack();
        found->shard = shard_of(instrument);
        break;
    }
    return all;
}

void Shards::move(std::uint32_t instrument, std::uint32_t shard) {
    ENGINE_ASSERT(is_whole_);
    ENGINE_ASSERT(instrument < places_.size());
    ENGINE_ASSERT(shard < count());
    if (places_[instrument] == shard) return;
    Obstacle found;
    std::vector<Departure> departures = this->departures({instrument}, *engines_[shard], &found);
    ENGINE_ASSERT(found.lack.where == Lack::Where::NOWHERE);
    copy_to(*engines_[shard], departures.front());
    engines_[places_[instrument]]->forget_instrument(std::move(departures.front()));
    places_[instrument] = static_cast<std::uint8_t>(shard);
}

void Shards::add(Engine& engine, std::size_t workers,
                 const std::vector<std::uint32_t>& instruments) {
    ENGINE_ASSERT(is_whole_);
    ENGINE_ASSERT(count() < SHARDS_MAX);
    ENGINE_ASSERT(engine.instrument_count() == places_.size());
    // All that may fail comes first. The engine is nobody's yet.
    Obstacle found;
    std::vector<Departure> departures = this->departures(instruments, engine, &found);
    ENGINE_ASSERT(found.lack.where == Lack::Where::NOWHERE);
    for (const Departure& departure : departures) copy_to(engine, departure);
    std::vector<Slice> slices = slices_for(count() + 1, workers);
    std::vector<Turn> turns(count() + 1);
    engines_.reserve(count() + 1);
    workers_.resize(workers);
    slices_.swap(slices);
    turns_.swap(turns);
    engines_.push_back(&engine);
    for (Departure& departure : departures) {
        std::uint8_t& place = places_[departure.instrument];
        engines_[place]->forget_instrument(std::move(departure));
        place = static_cast<std::uint8_t>(count() - 1);
    }
}

// Gives an engine what is to leave another, which has it still.
void Shards::copy_to(Engine& engine, const Departure& departure) const {
    Packer image;
    engines_[places_[departure.instrument]]->save_instrument(image, departure.instrument);
    engine.advance_to(time_);
    Unpacker reading(image.data(), image.size());
    engine.load_instrument(reading, departure);
}

}  // namespace engine
