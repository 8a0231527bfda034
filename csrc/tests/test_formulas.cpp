// The formulas at the edges of their numbers, run so that the sanitizers see them: what has no room
// says so, whatever its kind.
#include <cstdint>

#include "check.hpp"
#include "engine/formulas/margin.hpp"

using namespace engine;

namespace {

constexpr Wide WIDEST = ~(Wide{1} << 127);

TEST("a ratio that has no room is not exact, nor what is made of it") {
    const Ratio huge(WIDEST);
    CHECK(huge.is_exact());
    CHECK(!(huge * Ratio(2)).is_exact());
    CHECK(!(huge + Ratio(1)).is_exact());
    CHECK((huge - Ratio(1)).is_exact());
    CHECK(!(-huge - Ratio(2)).is_exact());
    CHECK(!(Ratio(1, WIDEST) + Ratio(1, WIDEST - 1)).is_exact());
    CHECK(huge * Ratio(1, WIDEST) == Ratio(1));
    CHECK(huge / huge == Ratio(1));
    CHECK(!Ratio(Wide{1} << 127).is_exact());
    CHECK(!larger(huge, Ratio()).is_exact());
    CHECK(larger(huge, Ratio(1)) == huge);
}

TEST("whole units are right to the ends of 64 bits") {
    constexpr std::int64_t HIGH = INT64_HIGHEST;
    constexpr std::int64_t LOW = INT64_LOWEST;
    Contract contract;
    contract.kind = ContractKind::LINEAR;
    contract.value_factor = HIGH;
    CHECK(!fits(value_of(contract, HIGH, HIGH, Rounding::UP)));
    CHECK(value_of(contract, HIGH, LOW, Rounding::UP) ==
          -value_of(contract, HIGH, HIGH, Rounding::UP));
    contract.kind = ContractKind::INVERSE;
    CHECK(value_of(contract, HIGH, 1, Rounding::UP) == wide(HIGH) * HIGH);
    CHECK(value_of(contract, HIGH, HIGH, Rounding::UP) == HIGH);
    for (int rounding = 0; rounding <= static_cast<int>(Rounding::HALF_EVEN); ++rounding) {
        const auto member = static_cast<Rounding>(rounding);
        CHECK(part_of(HIGH, BILLION, member) == HIGH);
        CHECK(part_of(LOW, BILLION, member) == LOW);
        CHECK(closed_value<Wide>(LOW, HIGH, HIGH, member) == LOW);
    }
    const MarginTier tiers[] = {{0, BILLION, BILLION, 0}, {HIGH - 1, BILLION, BILLION, HIGH}};
    MarginSchedule schedule;
    schedule.tiers = tiers;
    CHECK(maintenance_margin(schedule, HIGH - 1, 0) == HIGH - 1);
    CHECK(maintenance_margin(schedule, HIGH, 0) == 0);
    CHECK(initial_margin(schedule, HIGH, 0, BILLION) == HIGH);
    CHECK(initial_margin(schedule, HIGH, 0, 1) == wide(HIGH) * BILLION);
}

TEST("a part without a division is the part with one") {
    check::Random random(1);
    for (int i = 0; i < 200'000; ++i) {
        const std::int64_t rate = random.between(-BILLION, BILLION);
        const auto bits = static_cast<int>(random.below(63));
        const auto value = static_cast<std::int64_t>(random.next() >> 1 >> bits);
        const auto member = static_cast<Rounding>(random.below(6));
        CHECK(part_of(value, rate, member) == part<Wide>(value, rate, BILLION, member));
        // Where nothing is left to round, and one less and more.
        const std::int64_t even = value / BILLION * BILLION;
        for (const std::int64_t near : {even - 1, even, even + 1}) {
            CHECK(part_of(near, rate, member) == part<Wide>(near, rate, BILLION, member));
        }
    }
}

}  // namespace
