// The watch: heaps against a map, and that none loses whose key is above its bound.
#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "check.hpp"
#include "engine/accounts/watch.hpp"
#include "engine/formulas/funding.hpp"

namespace {

using namespace engine;

// A position with what is left of its margin, to be asked anything about.
struct Owner {
    Contract contract;
    Watched now;
    std::int64_t mark = 1;
    std::int64_t funding = 0;  // the next one, as a part of the value

    Wide side() const {
        return now.lots < 0 ? -1 : 1;
    }
    std::int64_t size() const {
        return static_cast<std::int64_t>(LiquidationWatch::size_of_lots(now.lots));
    }
    void pay(Wide index) {
        const IndexPayment payment = index_payment(now.lots, index - now.index, BILLION, now.rest);
        now.assigned += payment.amount;
        now.rest = static_cast<std::uint32_t>(payment.remainder);
        now.index = index;
    }
    // What it has above what it must have.
    Wide above() const {
        const bool is_gain = (now.lots > 0) != (contract.kind == ContractKind::INVERSE);
        const Rounding rounding = is_gain ? Rounding::FLOOR : Rounding::CEILING;
        const Wide worth = value_of(contract, size(), mark, rounding);
        return now.assigned + gain_of(contract.kind, side(), now.entry_value, worth) - needed();
    }
    Wide needed() const {
        const Wide value = value_of(contract, size(), mark, Rounding::UP);
        return maintenance_margin(contract, absolute(value), size(), funding) +
               part_of(absolute(value), contract.close_rate, Rounding::CEILING);
    }
    std::int64_t key() const {
        return watch_key(contract, now);
    }
    std::int64_t bound() const {
        return watch_bound(contract, side(), mark, now.index, size(), funding);
    }
    std::int64_t warn_bound_at(Wide level) const {
        return warn_bound(contract, side(), mark, now.index, size(), funding, level);
    }
};

std::int64_t any_size(check::Random& random, int bits) {
    const std::uint64_t number = random.next() >> (64 - 1 - random.below(bits));
    return static_cast<std::int64_t>(std::max<std::uint64_t>(number, 1));
}

Owner any_owner(check::Random& random, int bits) {
    Owner owner;
    owner.contract.kind = random.below(2) == 0 ? ContractKind::LINEAR : ContractKind::INVERSE;
    owner.contract.value_factor = any_size(random, bits);
    const std::int64_t first = random.between(0, BILLION);
    owner.contract.maintenance_rate = first;
    owner.contract.liquidation.at_margin = random.below(2) == 0;
    owner.contract.close_rate = random.below(2) == 0 ? random.between(0, BILLION) : 0;
    owner.funding = random.below(3) == 0 ? random.between(0, BILLION) : 0;
    owner.contract.funding_in_maintenance = owner.funding != 0;
    owner.now.lots = any_size(random, bits) * (random.below(2) == 0 ? 1 : -1);
    owner.mark = any_size(random, bits);
    if (owner.contract.kind == ContractKind::LINEAR && random.below(4) == 0)
        owner.mark = -owner.mark;
    owner.now.entry_value =
        value_of(owner.contract, owner.size(), any_size(random, bits), Rounding::UP);
    owner.now.rest = static_cast<std::uint32_t>(random.below(BILLION));
    owner.now.index = wide(any_size(random, bits)) * random.between(-1, 1);
    if (random.below(3) == 0) {
        const std::int64_t second = random.between(first, BILLION);
        const Wide value =
            absolute(value_of(owner.contract, owner.size(), owner.mark, Rounding::UP));
        const Wide near = value - value / random.between(2, 1'000) - 1;
        const bool is_near = random.below(2) == 0 && near > 0 && fits(near);
        const std::int64_t floor = is_near ? static_cast<std::int64_t>(near) : any_size(random, 62);
        const Wide most = part_of(floor, second - first, Rounding::FLOOR);
        const std::int64_t deduction =
            random.below(2) == 0 ? random.between(0, static_cast<std::int64_t>(most)) : 0;
        owner.contract.margin_tiers = {
            {.maintenance_rate = first},
            {.floor = floor, .maintenance_rate = second, .deduction = deduction}};
    } else if (random.below(2) == 0) {
        owner.contract.maintenance_slope = any_size(random, 60);
    }
    return owner;
}

}  // namespace

TEST("who just loses has a key that is not above the bound") {
    check::Random random(21);
    for (int i = 0; i < 200'000; i++) {
        Owner owner = any_owner(random, 1 + static_cast<int>(random.below(63)));
        const Wide above = owner.contract.liquidation.at_margin ? 0 : -1;
        owner.now.assigned = 0;
        owner.now.assigned = above - owner.above();
        CHECK(owner.above() == above);
        CHECK(owner.key() <= owner.bound());
    }
}

TEST("who is just warned has a key that is not above the bound of that level") {
    check::Random random(25);
    for (int i = 0; i < 200'000; i++) {
        Owner owner = any_owner(random, 1 + static_cast<int>(random.below(63)));
        const Wide level = random.below(4) == 0 ? BILLION : random.between(1, BILLION);
        // The most that is left of it where its maintenance margin is that part.
        owner.now.assigned = 0;
        const Wide equity = divide(owner.needed() * BILLION, level, Rounding::FLOOR);
        if (!fits(equity)) continue;
        owner.now.assigned = equity - owner.needed() - owner.above();
        CHECK(owner.needed() * BILLION >= (owner.above() + owner.needed()) * level);
        CHECK(owner.key() <= owner.warn_bound_at(level));
        CHECK(owner.bound() <= owner.warn_bound_at(level));
    }
}

TEST("who has a lot's units more than a warning is for is not asked") {
    check::Random random(26);
    for (int i = 0; i < 50'000; i++) {
        Owner owner = any_owner(random, 20);
        owner.contract.margin_tiers.clear();
        owner.contract.maintenance_slope = 0;
        const Wide level = random.between(BILLION / 10, BILLION);
        owner.now.assigned = 0;
        const Wide equity = divide(owner.needed() * BILLION, level, Rounding::CEILING);
        // For each lot what margins are rounded by, ten times, and a rate by a billionth.
        const Wide value =
            absolute(value_of(owner.contract, owner.size(), owner.mark, Rounding::UP));
        const Wide more = 50 * wide(owner.size()) + value / (BILLION / 10);
        owner.now.assigned = equity - owner.needed() - owner.above() + more;
        CHECK(owner.key() > owner.warn_bound_at(level));
    }
}

TEST("with a maintenance margin that no mark moves everyone is asked") {
    Contract contract;
    CHECK(warn_bound(contract, 1, 100, 0, 1, 0, BILLION) < BOUND_HIGHEST);
    contract.close_fee = CloseFee::MARK;
    CHECK(warn_bound(contract, 1, 100, 0, 1, 0, BILLION) < BOUND_HIGHEST);
    contract.close_fee = CloseFee::ENTRY;
    CHECK_EQUAL(warn_bound(contract, 1, 100, 0, 1, 0, BILLION), BOUND_HIGHEST);
    contract.close_fee = CloseFee::NONE;
    contract.value_at_entry = true;
    CHECK_EQUAL(warn_bound(contract, 1, 100, 0, 1, 0, BILLION), BOUND_HIGHEST);
}

TEST("a position that pays at an index keeps its key") {
    check::Random random(22);
    for (int i = 0; i < 50'000; i++) {
        Owner owner = any_owner(random, 40);
        owner.now.assigned = any_size(random, 50);
        const std::int64_t key = owner.key();
        for (int j = 0; j < 4; j++) {
            owner.pay(owner.now.index + random.between(-1'000'000'000'000, 1'000'000'000'000));
            CHECK_EQUAL(owner.key(), key);
        }
    }
}

TEST("who has some units more than enough is not asked") {
    check::Random random(23);
    for (int i = 0; i < 50'000; i++) {
        Owner owner = any_owner(random, 20);
        owner.contract.margin_tiers.clear();
        owner.contract.maintenance_slope = 0;
        // A lot's part of a unit that keys do not have, and of those by which they are lower.
        owner.now.assigned = -owner.above() + 13 + owner.size() / 400;
        CHECK(owner.key() > owner.bound());
    }
}

TEST("heaps have those in them that a map has, whatever is set in whatever numbers") {
    check::Random random(24);
    LiquidationWatch watch;
    constexpr Index COUNT = 3'000;
    constexpr std::uint32_t GROUPS = 5;
    std::map<Index, Keyed> kept;
    const auto instrument_of = [](Index party) { return party % 2; };
    for (int round = 0; round < 400; round++) {
        const std::uint64_t many = random.below(round % 10 == 0 ? 1'500 : 30);
        for (std::uint64_t i = 0; i < many; i++) {
            const Index party = 1 + static_cast<Index>(random.below(COUNT));
            watch.note(party, instrument_of(party));
        }
        for (std::uint32_t instrument = 0; instrument < watch.instrument_count(); instrument++) {
            std::vector<Keyed> keyed;
            for (const Index party : watch.take_noted(instrument)) {
                CHECK(instrument_of(party) == instrument);
                kept.erase(party);
                Keyed its{.party = party};
                if (random.below(4) != 0) {
                    its.group = static_cast<std::uint32_t>(random.below(GROUPS));
                    its.lots = 1 + random.below(100);
                    its.key = random.between(-50, 50);
                    kept[party] = its;
                }
                keyed.push_back(its);
            }
            watch.set(instrument, keyed);
        }
        watch.check();
        for (std::uint32_t instrument = 0; instrument < watch.instrument_count(); instrument++) {
            const std::int64_t bound = random.between(-60, 60);
            std::vector<Index> found;
            watch.find(
                instrument, [&](std::uint32_t group, std::uint64_t) { return bound - group; },
                &found);
            std::sort(found.begin(), found.end());
            std::vector<Index> expected;
            for (const auto& [party, its] : kept) {
                const bool is_here = instrument_of(party) == instrument;
                if (is_here && its.key <= bound - its.group) expected.push_back(party);
            }
            CHECK(found == expected);
        }
    }
    for (Index party = 1; party <= COUNT; party++) {
        CHECK_EQUAL(watch.is_watched(party), kept.contains(party));
        CHECK(!watch.is_noted(party));
        if (!kept.contains(party)) continue;
        const Keyed its = watch.keyed(party, instrument_of(party));
        CHECK_EQUAL(its.key, kept[party].key);
        CHECK(its.lots >= kept[party].lots);
    }
}

TEST("a position is noted once, and asks for a key once") {
    LiquidationWatch watch;
    for (int i = 0; i < 3; i++) watch.note(7, 2);
    CHECK(watch.is_noted(7));
    CHECK(!watch.is_noted(6));
    CHECK(!watch.is_noted(8));
    CHECK(watch.take_noted(2) == std::vector<Index>{7});
    CHECK(watch.take_noted(2).empty());
    CHECK(!watch.is_watched(7));
}

TEST("larger positions are in groups of their own where they need more for each lot") {
    Contract contract;
    CHECK_EQUAL(LiquidationWatch::group_of(contract, INT64_HIGHEST), 0U);
    CHECK_EQUAL(LiquidationWatch::group_of(contract, INT64_LOWEST), 1U);
    contract.margin_tiers = {{}};
    CHECK_EQUAL(LiquidationWatch::group_of(contract, 1), 0U);
    CHECK_EQUAL(LiquidationWatch::group_of(contract, -3), 3U);
    CHECK_EQUAL(LiquidationWatch::group_of(contract, 4), 4U);
    CHECK_EQUAL(LiquidationWatch::group_of(contract, INT64_LOWEST), 127U);
    CHECK(LiquidationWatch::side_of_group(126) == 1);
    CHECK(LiquidationWatch::side_of_group(127) == -1);
}
