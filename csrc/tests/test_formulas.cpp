// The formulas at the edges of their numbers, run so that the sanitizers see them: what has no room
// says so, whatever its kind.
#include <cmath>
#include <cstdint>
#include <limits>

#include "check.hpp"
#include "engine/formulas/liquidation.hpp"
#include "engine/formulas/margin.hpp"
#include "engine/formulas/mark.hpp"

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
    CHECK(value_of(contract, HIGH, 1, Rounding::UP) == VALUE_MOST);
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

TEST("a contract's rates and maintenance margin do not fall, to the ends of its numbers") {
    check::Random random(6);
    for (int i = 0; i < 20'000; ++i) {
        Contract contract;
        contract.kind = random.below(2) == 0 ? ContractKind::LINEAR : ContractKind::INVERSE;
        contract.initial_rate = random.between(0, BILLION);
        contract.maintenance_rate = random.between(0, contract.initial_rate);
        contract.close_rate = random.between(0, BILLION);
        if (random.below(2) == 0) {
            contract.initial_slope = BILLION * random.between(0, BILLION);
            contract.maintenance_slope = random.between(0, contract.initial_slope);
        } else {
            MarginTier tier{0, BILLION, contract.maintenance_rate, 0};
            for (int tiers = 0; tiers < 4; ++tiers) {
                contract.margin_tiers.push_back(tier);
                const std::int64_t before = tier.maintenance_rate;
                tier.floor += random.between(1, INT64_HIGHEST / 8);
                tier.maintenance_rate += random.between(0, BILLION - before);
                tier.deduction += static_cast<std::int64_t>(
                    part_of(tier.floor, tier.maintenance_rate - before, Rounding::FLOOR));
            }
        }
        const int bits = static_cast<int>(random.below(96));
        const Wide value = VALUE_MOST >> bits;
        const Wide lots = INT64_HIGHEST >> bits / 2;
        const MarginTier& reached =
            contract.margin_tiers.empty() ? MarginTier{} : tier_of(contract.margin_tiers, value);
        Wide last = 0;
        for (const Wide at : {value - 1, value, Wide{reached.floor}, Wide{reached.floor} + 1}) {
            const Wide found = maintenance_margin(contract, at, lots, 0);
            CHECK(found >= (at == reached.floor ? 0 : last));
            CHECK(found <= at + part_of(at, contract.close_rate, Rounding::CEILING));
            CHECK(initial_rate_at(contract, at, lots) <= BILLION);
            CHECK(maintenance_rate_at(contract, at, lots) <= initial_rate_at(contract, at, lots));
            CHECK(maintenance_margin(contract, at, lots - 1, 0) <= found);
            last = found;
        }
    }
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

TEST("an index pays the same however often, to the ends of its numbers") {
    check::Random random(2);
    for (int i = 0; i < 100'000; ++i) {
        const std::int64_t bound = std::int64_t{1} << (2 + random.below(60));
        const std::int64_t position = random.between(-bound, bound);
        const std::int64_t scale = random.between(1, bound);
        std::int64_t index = random.between(-bound, bound);
        const std::int64_t entry = index;
        Wide paid = 0;
        std::int64_t left = 0;
        for (int step = 0; step < 4; ++step) {
            const std::int64_t now = random.between(-bound, bound);
            const IndexPayment payment = index_payment(position, wide(now) - index, scale, left);
            CHECK(payment.remainder >= 0);
            CHECK(payment.remainder < scale);
            paid += payment.amount;
            left = static_cast<std::int64_t>(payment.remainder);
            index = now;
        }
        const IndexPayment whole = index_payment(position, wide(index) - entry, scale, 0);
        CHECK(whole.amount == paid);
        CHECK(whole.remainder == left);
    }
    constexpr std::int64_t HIGH = std::int64_t{1} << 62;
    CHECK(index_payment(HIGH, Wide{HIGH} * 2, 1, 0).amount == -(Wide{1} << 125));
    CHECK(index_payment(-HIGH, Wide{HIGH} * 2, HIGH, HIGH - 1).amount == Wide{HIGH} * 2);
    // Beyond 128 bits before it is divided.
    const IndexPayment far = index_payment(INT64_LOWEST, (Wide{1} << 86) + 1, BILLION, 5);
    const Wide of_one = (Wide{1} << 86) / BILLION;
    const Wide more = ((Wide{1} << 86) + 1 - of_one * BILLION) * -wide(INT64_LOWEST) + 5;
    CHECK(far.amount == -wide(INT64_LOWEST) * of_one + more / BILLION);
    CHECK(far.remainder == more % BILLION);
}

TEST("what both sides of a position are paid is never more than nothing") {
    check::Random random(3);
    for (int i = 0; i < 100'000; ++i) {
        const Wide value = random.between(0, INT64_HIGHEST);
        const Wide rate = random.between(-BILLION, BILLION);
        const Wide sum = funding_payment<Wide>(1, value, rate, BILLION) +
                         funding_payment<Wide>(-1, value, rate, BILLION);
        CHECK(sum == 0 || sum == -1);
    }
}

TEST("a rate is dampened, scaled and bounded, in whole numbers as in others") {
    check::Random random(4);
    for (int i = 0; i < 100'000; ++i) {
        const Wide premium = random.between(-BILLION, BILLION);
        const Wide interest = random.between(-BILLION, BILLION);
        const Wide damp = random.between(0, BILLION);
        const Wide rate = dampened_rate<Wide>(premium, interest, damp, 1);
        const Wide apart = absolute(premium - interest);
        CHECK(apart > damp || rate == interest);
        CHECK(apart <= damp || absolute(rate - premium) == damp);
        CHECK(dampened_rate<Wide>(premium, 0, damp, 1) ==
              larger(damp, premium) + smaller(-damp, premium));
        CHECK(bounded_dampened_rate<Wide>(premium, interest, damp, 1, -5, 5) ==
              bounded<Wide>(rate, -5, 5));
        const double found =
            dampened_rate<double>(static_cast<double>(premium), static_cast<double>(interest),
                                  static_cast<double>(damp), 1);
        CHECK(found == static_cast<double>(rate));
    }
}

TEST("what is no number stays none in a bound, a median and a band") {
    const double nothing = std::numeric_limits<double>::quiet_NaN();
    CHECK(bounded(nothing, -1.0, 1.0) != bounded(nothing, -1.0, 1.0));
    CHECK(middle(1.0, nothing, 2.0) != middle(1.0, nothing, 2.0));
    CHECK(price_in_band(nothing, 1.0, 0.5, 1.0) != price_in_band(nothing, 1.0, 0.5, 1.0));
    CHECK(middle(3.0, 1.0, 2.0) == 2.0);
}

TEST("at a liquidation price nothing is left, whatever the contract") {
    check::Random random(2);
    for (int i = 0; i < 20'000; ++i) {
        const Ratio side(random.below(2) == 0 ? 1 : -1);
        const Ratio quantity(random.between(1, 1'000), 10);
        const Ratio one(1);
        const Ratio entry(random.between(1, 100'000), 100);
        const Ratio kept(random.between(-50, 1'200), 1'000);
        const Ratio balance(random.between(-1'000, 10'000), 10);
        const Ratio rate(random.between(0, 1'100), 1'000);
        const Ratio linear =
            linear_liquidation_price(side, quantity, one, entry, kept, balance, Ratio(1, 3), rate);
        CHECK(linear.is_exact());
        if (linear.numerator() > 0) {
            const Ratio there = linear_value(quantity, one, linear);
            CHECK(balance + Ratio(1, 3) + kept * linear_value(quantity, one, entry) +
                      linear_pnl(side, quantity, one, entry, linear) ==
                  rate * there);
        }
        const Ratio inverse =
            inverse_liquidation_price(side, quantity, one, entry, kept, balance, Ratio(1, 3), rate);
        if (inverse.is_exact() && inverse.numerator() > 0) {
            const Ratio there = inverse_value(quantity, one, inverse);
            CHECK(balance + Ratio(1, 3) + kept * inverse_value(quantity, one, entry) +
                      inverse_pnl(side, quantity, one, entry, inverse) ==
                  rate * there);
        }
    }
}

TEST("a price that is none is 0 among ratios and no number among floats") {
    constexpr double INFINITE = std::numeric_limits<double>::infinity();
    const Ratio one(1);
    CHECK(price_or_none(Ratio(3), one, one) == Ratio(3));
    CHECK(price_or_none(Ratio(3), one, Ratio(0)) == Ratio(0));
    CHECK(price_or_none(Ratio(-3), one, one) == Ratio(0));
    CHECK(price_or_none(one, Ratio(0), one) == Ratio(0));
    CHECK(price_or_none(Ratio(), one, Ratio(-1)) == Ratio(0));
    CHECK(!price_or_none(Ratio(), one, one).is_exact());
    CHECK(!price_or_none(Ratio(3), one, Ratio()).is_exact());
    CHECK(price_or_none(3.0, 1.0, 1.0) == 3.0);
    for (const double price : {0.0, -1.0, INFINITE, -INFINITE, std::nan("")}) {
        CHECK(std::isnan(price_or_none(price, 1.0, 1.0)));
    }
    CHECK(std::isnan(price_or_none(1.0, 0.0, 1.0)));
    CHECK(std::isnan(price_or_none(3.0, 1.0, 0.0)));
    CHECK(!hedged_price(Ratio(1), Ratio(WIDEST) * Ratio(2)).is_exact());
    CHECK(!rank_by_leverage(Ratio(), Ratio(1)).is_exact());
    CHECK(rank_by_leverage(Ratio(1), Ratio(0)) == Ratio(0));
    CHECK(!rank_by_leverage(Ratio(-1), Ratio(0)).is_exact());
}

}  // namespace
