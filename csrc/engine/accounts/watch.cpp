#include "engine/accounts/watch.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"

namespace engine {

void LiquidationWatch::note(Index party, std::uint32_t instrument) {
    ENGINE_ASSERT(party != NIL);
    if (party >= seat_count_) {
        seats_.reserve(seat_count_, party + 1 - seat_count_);
        seat_count_ = std::size_t{party} + 1;
    }
    if (seats_[party].is_noted) return;
    if (instrument >= instruments_.size()) instruments_.resize(std::size_t{instrument} + 1);
    instruments_[instrument].noted.push_back(party);
    seats_[party].is_noted = true;
}

void LiquidationWatch::forget(Index party, std::uint32_t instrument) {
    if (!is_watched(party)) return;
    Group& group = instruments_[instrument].groups[seats_[party].group];
    const std::size_t place = remove(group, party);
    if (place < group.keys.size()) settle(group, place);
}

std::vector<Index> LiquidationWatch::take_noted(std::uint32_t instrument) {
    std::vector<Index> noted;
    noted.swap(instruments_[instrument].noted);
    for (const Index party : noted) {
        ENGINE_ASSERT(seats_[party].is_noted);
        seats_[party].is_noted = false;
    }
    return noted;
}

void LiquidationWatch::set(std::uint32_t instrument, std::span<const Keyed> keyed) {
    Instrument& its = instruments_[instrument];
    std::size_t count = 0;
    for (const Group& group : its.groups) count += group.keys.size();
    const bool is_all = keyed.size() * MANY > count;
    for (const Keyed& each : keyed) {
        const Seat& seat = seats_[each.party];
        ENGINE_ASSERT(!seat.is_noted);
        if (seat.is_watched) {
            Group& group = its.groups[seat.group];
            const std::size_t place = remove(group, each.party);
            if (!is_all && place < group.keys.size()) settle(group, place);
        }
        if (each.lots == 0) continue;
        add(its, each);
        Group& group = its.groups[each.group];
        if (!is_all) rise(group, group.keys.size() - 1);
    }
    if (!is_all) return;
    for (Group& group : its.groups) {
        for (std::size_t place = group.keys.size(); place-- > 0;) sink(group, place);
    }
}

Keyed LiquidationWatch::keyed(Index party, std::uint32_t instrument) const {
    const Seat& seat = seats_[party];
    ENGINE_ASSERT(seat.is_watched);
    const Group& group = instruments_[instrument].groups[seat.group];
    ENGINE_ASSERT(group.parties[seat.place] == party);
    return {party, seat.group, group.lots_most, group.keys[seat.place]};
}

std::size_t LiquidationWatch::memory_bytes() const {
    std::size_t bytes = seat_count_ * sizeof(Seat) + instruments_.size() * sizeof(Instrument);
    for (const Instrument& instrument : instruments_) {
        bytes += instrument.noted.capacity() * sizeof(Index);
        for (const Group& group : instrument.groups) {
            bytes += sizeof(Group) + group.keys.capacity() * sizeof(std::int64_t) +
                     group.parties.capacity() * sizeof(Index);
        }
    }
    return bytes;
}

void LiquidationWatch::check() const {
    std::size_t count = 0;
    for (const Instrument& instrument : instruments_) {
        for (const Index party : instrument.noted) ENGINE_ASSERT(is_noted(party));
        for (std::size_t i = 0; i < instrument.groups.size(); i++) {
            const Group& group = instrument.groups[i];
            ENGINE_ASSERT(group.keys.size() == group.parties.size());
            for (std::size_t place = 0; place < group.keys.size(); place++) {
                const Seat& seat = seats_[group.parties[place]];
                ENGINE_ASSERT(seat.is_watched && seat.group == i && seat.place == place);
                if (place == 0) continue;
                ENGINE_ASSERT(group.keys[(place - 1) / ARITY] <= group.keys[place]);
            }
            count += group.keys.size();
        }
    }
    std::size_t watched = 0;
    for (std::size_t i = 0; i < seat_count_; i++) watched += seats_[i].is_watched ? 1 : 0;
    ENGINE_ASSERT(watched == count);
}

// Of a heap what is not above a bound has nothing above it over itself.
void LiquidationWatch::find(const Group& group, std::int64_t bound,
                            std::vector<Index>* found) const {
    if (group.keys[0] > bound) return;
    std::vector<std::size_t> open{0};
    while (!open.empty()) {
        const std::size_t place = open.back();
        open.pop_back();
        found->push_back(group.parties[place]);
        const std::size_t first = ARITY * place + 1;
        const std::size_t end = std::min(first + ARITY, group.keys.size());
        for (std::size_t child = first; child < end; child++) {
            if (group.keys[child] <= bound) open.push_back(child);
        }
    }
}

void LiquidationWatch::put(Group& group, std::size_t place, std::int64_t key, Index party) {
    group.keys[place] = key;
    group.parties[place] = party;
    seats_[party].place = static_cast<std::uint32_t>(place);
}

// At the end of its heap, which may be none until it has risen.
void LiquidationWatch::add(Instrument& instrument, const Keyed& its) {
    if (its.group >= instrument.groups.size()) instrument.groups.resize(its.group + 1);
    Group& group = instrument.groups[its.group];
    group.lots_most = std::max(group.lots_most, its.lots);
    group.keys.push_back(its.key);
    group.parties.push_back(its.party);
    seats_[its.party] = {.place = static_cast<std::uint32_t>(group.keys.size() - 1),
                         .group = static_cast<std::uint16_t>(its.group),
                         .is_watched = true};
}

std::size_t LiquidationWatch::remove(Group& group, Index party) {
    const std::size_t place = seats_[party].place;
    ENGINE_ASSERT(group.parties[place] == party);
    put(group, place, group.keys.back(), group.parties.back());
    group.keys.pop_back();
    group.parties.pop_back();
    seats_[party].is_watched = false;
    if (group.keys.empty()) group.lots_most = 0;
    return place;
}

void LiquidationWatch::settle(Group& group, std::size_t place) {
    const std::int64_t key = group.keys[place];
    rise(group, place);
    if (group.keys[place] == key) sink(group, place);
}

void LiquidationWatch::rise(Group& group, std::size_t place) {
    const std::int64_t key = group.keys[place];
    const Index party = group.parties[place];
    while (place != 0) {
        const std::size_t parent = (place - 1) / ARITY;
        if (group.keys[parent] <= key) break;
        put(group, place, group.keys[parent], group.parties[parent]);
        place = parent;
    }
    put(group, place, key, party);
}

void LiquidationWatch::sink(Group& group, std::size_t place) {
    const std::int64_t key = group.keys[place];
    const Index party = group.parties[place];
    const std::size_t count = group.keys.size();
    while (true) {
        const std::size_t first = ARITY * place + 1;
        if (first >= count) break;
        const std::size_t end = std::min(first + ARITY, count);
        std::size_t least = first;
        for (std::size_t child = first + 1; child < end; child++) {
            if (group.keys[child] < group.keys[least]) least = child;
        }
        if (group.keys[least] >= key) break;
        put(group, place, group.keys[least], group.parties[least]);
        place = least;
    }
    put(group, place, key, party);
}

}  // namespace engine
