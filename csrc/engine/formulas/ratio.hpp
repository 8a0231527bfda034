// An exact number: one whole number over another, both of 127 bits and a sign.
//
// For the calculators, whose numbers are decimals of any scale. A result that has no room is not
// rounded: it is not exact, and nothing that is made of it is. Kept in lowest terms with a
// denominator above 0, so that equal numbers are equal bytes.
#pragma once

#include "engine/formulas/rounding.hpp"

namespace engine {

__extension__ using Wider = unsigned __int128;

constexpr Wider magnitude(Wide number) {
    return number < 0 ? -static_cast<Wider>(number) : static_cast<Wider>(number);
}

// The greatest common divisor; b for a == 0.
constexpr Wide common_divisor(Wide a, Wide b) {
    Wider left = magnitude(a);
    Wider right = magnitude(b);
    while (right != 0) {
        const Wider rest = left % right;
        left = right;
        right = rest;
    }
    return static_cast<Wide>(left);
}

class Ratio {
  public:
    constexpr Ratio() = default;
    // Not exact where the denominator is 0 or a number is the lowest of 128 bits.
    constexpr Ratio(Wide numerator, Wide denominator) {
        if (denominator == 0 || numerator == LOWEST || denominator == LOWEST) return;
        const Wide divisor = common_divisor(numerator, denominator) * (denominator < 0 ? -1 : 1);
        numerator_ = numerator / divisor;
        denominator_ = denominator / divisor;
    }
    constexpr explicit Ratio(Wide number) : Ratio(number, 1) {}

    constexpr bool is_exact() const {
        return denominator_ != 0;
    }
    constexpr Wide numerator() const {
        return numerator_;
    }
    constexpr Wide denominator() const {
        return denominator_;
    }  // 0: not exact

    friend constexpr Ratio operator*(const Ratio& a, const Ratio& b) {
        if (!a.is_exact() || !b.is_exact()) return {};
        // Divided first, so that what has room is not refused.
        const Wide across = common_divisor(a.numerator_, b.denominator_);
        const Wide back = common_divisor(b.numerator_, a.denominator_);
        Wide numerator = 0;
        Wide denominator = 0;
        const bool has_room =
            !__builtin_mul_overflow(a.numerator_ / across, b.numerator_ / back, &numerator) &&
            !__builtin_mul_overflow(a.denominator_ / back, b.denominator_ / across, &denominator);
        return has_room ? Ratio(numerator, denominator) : Ratio();
    }
    // Not exact where b is 0.
    friend constexpr Ratio operator/(const Ratio& a, const Ratio& b) {
        return a * Ratio(b.denominator_, b.is_exact() ? b.numerator_ : 0);
    }
    friend constexpr Ratio operator+(const Ratio& a, const Ratio& b) {
        if (!a.is_exact() || !b.is_exact()) return {};
        const Wide divisor = common_divisor(a.denominator_, b.denominator_);
        Wide left = 0;
        Wide right = 0;
        Wide sum = 0;
        Wide denominator = 0;
        const bool has_room =
            !__builtin_mul_overflow(a.numerator_, b.denominator_ / divisor, &left) &&
            !__builtin_mul_overflow(b.numerator_, a.denominator_ / divisor, &right) &&
            !__builtin_add_overflow(left, right, &sum) &&
            !__builtin_mul_overflow(a.denominator_, b.denominator_ / divisor, &denominator);
        return has_room ? Ratio(sum, denominator) : Ratio();
    }
    friend constexpr Ratio operator-(const Ratio& a) {
        Ratio negated = a;
        negated.numerator_ = -a.numerator_;
        return negated;
    }
    friend constexpr Ratio operator-(const Ratio& a, const Ratio& b) {
        return a + -b;
    }
    friend constexpr bool operator==(const Ratio& a, const Ratio& b) = default;

    // Which is the smaller; not exact where that can't be told.
    friend constexpr Ratio smaller(const Ratio& a, const Ratio& b) {
        const Ratio difference = a - b;
        if (!difference.is_exact()) return {};
        return difference.numerator_ < 0 ? a : b;
    }

  private:
    static constexpr Wide LOWEST = Wide{1} << 127;

    Wide numerator_ = 0;
    Wide denominator_ = 0;
};
static_assert(Ratio(6, -4) == Ratio(-3, 2) && Ratio(1, 3) + Ratio(1, 6) == Ratio(1, 2));
static_assert(Ratio(2, 3) * Ratio(9, 4) == Ratio(3, 2) && Ratio(1, 2) - Ratio(1, 2) == Ratio(0, 1));
static_assert(Ratio(1, 2) / Ratio(-1, 4) == Ratio(-2, 1));
static_assert(!(Ratio(1, 2) / Ratio(0, 1)).is_exact());
static_assert(!(Ratio(Wide{1} << 126) + Ratio(Wide{1} << 126)).is_exact());
static_assert(smaller(Ratio(-1, 4), Ratio(-1, 3)) == Ratio(-1, 3));
static_assert(!smaller(Ratio(1, 1), Ratio()).is_exact());

constexpr Ratio over(const Ratio& numerator, const Ratio& denominator, Rounding /*rounding*/) {
    return numerator / denominator;
}

}  // namespace engine
