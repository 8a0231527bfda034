// What accounts have in one instrument, on its way from the accounts of an engine to those of
// another, and how much of their money goes with it: docs/shards.md.
//
// Purpose: an account may have less to spend where an instrument leaves it than what it needs
// where the instrument comes to. Then it lacks something, and nothing has moved yet.
// Invariants: what is added somewhere was taken somewhere else, to the unit.
// Complexity: O(log n) an account and currency that an instrument is added of, and O(positions) for
// each once.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "engine/accounts/accounts.hpp"

namespace engine {

// What an account has in a currency, and what of that is not free.
struct Means {
    Wide amount = 0;
    Wide held = 0;      // by orders of spot instruments
    Wide margin = 0;    // required, with what was added
    Wide isolated = 0;  // of that by isolated positions
    Wide gain = 0;      // that cross positions would make
    Wide needed = 0;    // the least that they are kept with

    // What cross positions have more than they are kept with.
    Wide excess() const {
        return amount + gain - isolated - needed;
    }
    // What may go away: no more than might be withdrawn, and what is left is kept.
    Wide spare() const {
        return std::min(amount - held - margin + std::min(Wide{0}, gain), excess());
    }
    void add(const Means& other, Wide sign);
};

// A position, or one of two.
struct Part {
    Position position{};
    Paid paid;
    Wide added = 0;
};

// What an account has in an instrument, and how it stands by that in the currency of settlement,
// and of SPOT in that which is bought. The amounts are the money that goes along.
struct Holding {
    AccountIndex account;  // where it comes from
    std::uint32_t number;
    std::uint32_t orders;  // live ones
    bool is_hedged;
    bool is_isolated;
    std::array<Part, 2> parts;  // the only one, or the long one and the short one
    std::array<Means, 2> means;
    bool has_last;  // the last order that it submitted was of the instrument
    Asked last;
    std::uint64_t last_time;
};

struct Holdings {
    std::uint32_t instrument = 0;
    std::array<std::uint32_t, 2> currencies{};
    std::size_t currency_count = 0;
    Told mark;
    Told index;
    Funded funded;
    Wide open_interest = 0;  // lots
    Wide funding = 0;        // that positions have paid, less what they were paid
    Wide entry = 0;          // values, below 0 of positions that gain with the value
    Parted parted;
    std::vector<Holding> all;  // by number

    // What counts as deposited where all this is, by place in `currencies`.
    Wide deposits(std::size_t place) const;
};

// Why money can't go along: an account has too little where an instrument leaves or where it comes
// to, or what counts as deposited passes 64 bits.
struct Lack {
    enum class Where : std::uint8_t { NOWHERE, LEFT, REACHED, DEPOSITS };

    Where where = Where::NOWHERE;
    std::uint32_t account = 0;
    std::uint32_t instrument = 0;
    std::uint32_t currency = 0;
    Wide needed = 0;  // of which there is less
    Wide there = 0;
};

// Finds the money for instruments that leave accounts, one after the other, for certain others.
class Allotment {
  public:
    explicit Allotment(const Accounts& to) : to_(to) {}

    // Finds what goes along with one more, and writes it to that. False where something is lacking,
    // which is the first account's by number; nothing can be added then.
    bool add(Holdings& going, const Accounts& from);
    const Lack& lack() const {
        return lack_;
    }

  private:
    using Place = std::tuple<const Accounts*, std::uint32_t, std::uint32_t>;

    Means& means(const Accounts& its, std::uint32_t number, std::uint32_t currency);
    Wide& deposits(const Accounts& its, std::uint32_t currency);
    bool add(const Holding& holding, Means& part, const Accounts& from, std::uint32_t currency);

    const Accounts& to_;
    std::map<Place, Means> means_;  // by now
    std::map<std::pair<const Accounts*, std::uint32_t>, Wide> deposits_;
    Lack lack_;
};

}  // namespace engine
