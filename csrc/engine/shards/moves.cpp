// Instruments that move from one engine to another: docs/shards.md.
#include <algorithm>
#include <utility>

#include "engine/base/packed.hpp"
#include "engine/shards/shards.hpp"

namespace engine {

namespace {

// An order id that would be that of two live orders; that is none if there is no such.
Obstacle taken_id(const std::vector<Departure>& departures, const Engine& to) {
    struct Named {
        std::uint64_t order_id;
        std::uint32_t instrument;
    };
    std::vector<Named> all;
    for (const Departure& departure : departures) {
        for (const std::uint64_t id : departure.order_ids) {
            all.push_back({id, departure.instrument});
            const Index other = to.books().find(id);
            if (other == NIL) continue;
            const std::uint32_t instrument = to.books().side_of_order(other) / 2;
            return {id, {departure.instrument, instrument}, 0, {}, 0};
        }
    }
    std::sort(all.begin(), all.end(),
              [](const Named& one, const Named& other) { return one.order_id < other.order_id; });
    const auto twice =
        std::adjacent_find(all.begin(), all.end(),
                           [](const Named& a, const Named& b) { return a.order_id == b.order_id; });
    if (twice == all.end()) return {};
    return {twice->order_id, {twice->instrument, (twice + 1)->instrument}, 0, {}, 0};
}

std::uint64_t orders_of(const std::vector<Departure>& departures) {
    std::uint64_t orders = 0;
    for (const Departure& departure : departures) orders += departure.order_ids.size();
    return orders;
}

}  // namespace

// What is to leave for an engine, with the money that goes along, and what is in the way of it.
Obstacle Shards::plan(const std::vector<std::uint32_t>& instruments, const Engine& to,
                      std::vector<Departure>* departures) const {
    for (const std::uint32_t instrument : instruments) {
        departures->push_back(engines_[shard_of(instrument)]->departure(instrument));
    }
    Obstacle found = taken_id(*departures, to);
    if (found.order_id != 0) return found;
    const std::uint64_t orders = to.books().order_count() + orders_of(*departures);
    if (orders > to.orders_max()) {
        found.orders = orders;
        return found;
    }
    if (!to.accounts().is_kept()) return found;
    Allotment allotment(to.accounts());
    for (Departure& departure : *departures) {
        const std::uint32_t shard = shard_of(departure.instrument);
        if (allotment.add(departure.holdings, engines_[shard]->accounts())) continue;
        found.lack = allotment.lack();
        found.shard = shard;
        break;
    }
    return found;
}

Obstacle Shards::move(std::uint32_t instrument, std::uint32_t shard) {
    ENGINE_ASSERT(is_whole_);
    ENGINE_ASSERT(instrument < places_.size());
    ENGINE_ASSERT(shard < count());
    if (places_[instrument] == shard) return {};
    std::vector<Departure> departures;
    const Obstacle found = plan({instrument}, *engines_[shard], &departures);
    if (!found.is_none()) return found;
    copy_to(*engines_[shard], departures.front());
    engines_[places_[instrument]]->forget_instrument(std::move(departures.front()));
    places_[instrument] = static_cast<std::uint8_t>(shard);
    return {};
}

Obstacle Shards::add(Engine& engine, std::size_t workers,
                     const std::vector<std::uint32_t>& instruments) {
    ENGINE_ASSERT(is_whole_);
    ENGINE_ASSERT(count() < SHARDS_MAX);
    ENGINE_ASSERT(engine.instrument_count() == places_.size());
    // All that may fail comes first. The engine is nobody's yet.
    std::vector<Departure> departures;
    const Obstacle found = plan(instruments, engine, &departures);
    if (!found.is_none()) return found;
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
    return {};
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
