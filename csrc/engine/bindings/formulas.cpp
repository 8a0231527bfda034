// The formulas over arrays: pure functions for engine.calc, and no type.
//
// Each formula is there for floating-point arrays, which are broadcast, and as `..._exact` for
// ratios in bytes: 32 a number, numerator and denominator as whole numbers of 128 bits, little-
// endian. A denominator of 0 is a result that 128 bits have no room for, or that is not there. What
// the engine computes in whole units is there for int64 arrays.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/bindings/formula_set.hpp"

namespace py = pybind11;

namespace engine {
namespace {

constexpr std::size_t WIDE_BYTES = sizeof(Wide);
constexpr std::size_t RATIO_BYTES = 2 * WIDE_BYTES;

Ratio ratio_at(std::string_view bytes, std::size_t place) {
    Wide parts[2];
    std::memcpy(parts, bytes.data() + place * RATIO_BYTES, RATIO_BYTES);
    return {parts[0], parts[1]};
}

void put(const Ratio& ratio, std::string& bytes) {
    const Wide parts[2] = {ratio.numerator(), ratio.denominator()};
    char raw[RATIO_BYTES];
    std::memcpy(raw, parts, RATIO_BYTES);
    bytes.append(raw, RATIO_BYTES);
}

template <class... Numbers, std::size_t... PLACES>
py::bytes apply_exact(Ratio (*formula)(Numbers...),
                      const std::array<std::string_view, sizeof...(Numbers)>& arguments,
                      std::index_sequence<PLACES...> /*places*/
) {
    const std::size_t count = arguments[0].size() / RATIO_BYTES;
    for (const std::string_view argument : arguments) {
        if (argument.size() != count * RATIO_BYTES) throw std::invalid_argument("lengths differ");
    }
    std::string results;
    results.reserve(count * RATIO_BYTES);
    for (std::size_t i = 0; i < count; ++i) {
        put(formula(ratio_at(arguments[PLACES], i)...), results);
    }
    return py::bytes(results);
}

// What of an argument a loop reads: a block of an array, or a block that has one number throughout.
constexpr std::size_t BLOCK = 1024;

struct Column {
    const double* numbers = nullptr;
    std::array<double, BLOCK> same;
    bool is_same = false;

    const double* block(std::size_t start) const {
        return is_same ? same.data() : numbers + start;
    }
};

using Doubles = py::array_t<double, py::array::c_style>;
using Arguments = std::span<PyObject* const>;

Arguments of(const py::args& arguments) {
    return {PySequence_Fast_ITEMS(arguments.ptr()), arguments.size()};
}

// A float, or an integer that has one.
bool read_number(PyObject* argument, double* number) {
    if (PyFloat_Check(argument)) {
        *number = PyFloat_AS_DOUBLE(argument);
        return true;
    }
    if (!PyLong_CheckExact(argument)) return false;
    *number = PyLong_AsDouble(argument);
    if (*number != -1 || !PyErr_Occurred()) return true;
    PyErr_Clear();
    return false;
}

// The shape that all arguments have that are no single numbers; false where they differ, or one is
// no plain array of doubles.
bool read_columns(Arguments arguments, Column* columns, py::object& shaped) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const py::handle argument = arguments[i];
        columns[i].is_same = read_number(argument.ptr(), &columns[i].same[0]);
        if (columns[i].is_same) continue;
        if (!py::isinstance<Doubles>(argument)) return false;
        const auto array = py::reinterpret_borrow<Doubles>(argument);
        if (array.ndim() == 0) return false;
        if (shaped) {
            const auto first = py::reinterpret_borrow<Doubles>(shaped);
            if (first.ndim() != array.ndim()) return false;
            if (!std::equal(array.shape(), array.shape() + array.ndim(), first.shape())) {
                return false;
            }
        } else {
            shaped = py::reinterpret_borrow<py::object>(argument);
        }
        columns[i].numbers = array.data();
    }
    if (!shaped) return false;
    const auto size = static_cast<std::size_t>(py::reinterpret_borrow<Doubles>(shaped).size());
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (!columns[i].is_same) continue;
        std::fill_n(&columns[i].same[0], std::min(size, BLOCK), columns[i].same[0]);
    }
    return true;
}

// What arguments are checked for, a letter each: above 0, and +1 or -1.
constexpr char ABOVE_ZERO = '+';
constexpr char SIDE = '1';

template <class... Numbers>
constexpr std::size_t arity(double (*)(Numbers...)) {
    return sizeof...(Numbers);
}

// All bits where a number is not what it must be. What is no number is no side, and passes as above
// 0, as it does through a formula.
template <char CHECK>
constexpr std::int64_t amiss(double number) {
    if constexpr (CHECK == ABOVE_ZERO) return number <= 0 ? -1 : 0;
    if constexpr (CHECK == SIDE) return number * number == 1 ? 0 : -1;
    return 0;
}

// The letters of a formula's arguments, as a parameter of a template.
template <std::size_t SIZE>
struct Checks {
    char letters[SIZE];
    // NOLINTNEXTLINE(google-explicit-constructor): a literal is what it is written as
    constexpr Checks(const char (&text)[SIZE]) {
        std::copy(text, text + SIZE, letters);
    }
    constexpr char operator[](std::size_t place) const {
        return place < SIZE ? letters[place] : ' ';
    }
    constexpr std::string_view view() const {
        return {letters, SIZE - 1};
    }
};

// Compiled a second time for wider vectors where the compiler can choose when the module is loaded;
// neither joins a product and a sum into one rounding, so that results are the same.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__linux__)
#define ENGINE_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define ENGINE_CLONES
#endif

// Whether all numbers were what they must be: looked at in the loop that computes, where vectors
// that wait for memory, or for a division, have room for it.
template <auto FORMULA, Checks CHECKS, std::size_t... PLACES>
ENGINE_CLONES bool apply_block(double* to, const double* const* blocks, std::size_t size,
                               std::index_sequence<PLACES...> /*places*/
) {
    std::int64_t found = 0;
#pragma GCC ivdep
    for (std::size_t i = 0; i < size; ++i) {
        // First, as behind a result that is written numbers would be loaded a second time.
        found |= (amiss<CHECKS[PLACES]>(blocks[PLACES][i]) | ...);
        to[i] = FORMULA(blocks[PLACES][i]...);
    }
    return found == 0;
}

template <char CHECK>
ENGINE_CLONES bool is_any_amiss(const double* numbers, std::size_t count) {
    std::int64_t found = 0;
    for (std::size_t i = 0; i < count; ++i) found |= amiss<CHECK>(numbers[i]);
    return found != 0;
}

bool is_amiss(const py::handle& argument, char check) {
    if (check != ABOVE_ZERO && check != SIDE) return false;
    const auto column = py::cast<Doubles>(argument);
    const auto size = static_cast<std::size_t>(column.size());
    return check == SIDE ? is_any_amiss<SIDE>(column.data(), size)
                         : is_any_amiss<ABOVE_ZERO>(column.data(), size);
}

void refuse() {
    throw py::value_error("an argument was not what it must be");
}

template <auto FORMULA, Checks CHECKS, class... Numbers, std::size_t... PLACES>
py::object apply_floats(double (*)(Numbers...), Arguments arguments,
                        std::index_sequence<PLACES...> places) {
    constexpr std::size_t COUNT = sizeof...(Numbers);
    std::array<Column, COUNT> columns;
    py::object shaped;
    if (!read_columns(arguments, columns.data(), shaped)) return {};
    const auto first = py::reinterpret_borrow<Doubles>(shaped);
    Doubles results(std::vector<py::ssize_t>(first.shape(), first.shape() + first.ndim()));
    double* const found = results.mutable_data();
    const auto count = static_cast<std::size_t>(results.size());
    const bool is_any_same = (columns[PLACES].is_same || ...);
    const std::size_t stride = is_any_same ? BLOCK : std::max(count, BLOCK);
    for (std::size_t start = 0; start < count; start += stride) {
        const double* const blocks[] = {columns[PLACES].block(start)...};
        const std::size_t size = std::min(stride, count - start);
        if (!apply_block<FORMULA, CHECKS>(found + start, blocks, size, places)) refuse();
    }
    return results;
}

// For floats twice: arrays of one shape and single numbers in blocks that the compiler turns into
// vector instructions, anything else by pybind11. Its arguments are checked, as CHECKS says, when
// these letters are given; given none, they are not.
template <auto FLOATS, Checks CHECKS, class... Floats, class... Ratios>
void define(py::module_& module, const char* name, double (*of_floats)(Floats...),
            Ratio (*of_ratios)(Ratios...)) {
    constexpr std::size_t COUNT = sizeof...(Ratios);
    using Places = std::make_index_sequence<COUNT>;
    const py::object any = py::cpp_function(py::vectorize(of_floats));
    const auto apply = [of_floats, any](const py::args& arguments, std::string_view checks) {
        const bool is_checked = !checks.empty();
        if (arguments.size() != COUNT || (is_checked && checks != CHECKS.view())) {
            throw std::invalid_argument("number of arguments, or checks");
        }
        const py::object plain =
            is_checked ? apply_floats<FLOATS, CHECKS>(of_floats, of(arguments), Places())
                       : apply_floats<FLOATS, "">(of_floats, of(arguments), Places());
        if (plain) return plain;
        for (std::size_t place = 0; place < checks.size(); ++place) {
            if (is_amiss(arguments[place], checks[place])) refuse();
        }
        return any(*arguments);
    };
    module.def(name, apply, py::kw_only(), py::arg("checks") = "");
    module.def((std::string(name) + "_exact").c_str(), [of_ratios](const py::args& arguments) {
        if (arguments.size() != COUNT) throw std::invalid_argument("number of arguments");
        std::array<std::string_view, COUNT> views;
        for (std::size_t i = 0; i < COUNT; ++i) views[i] = py::cast<std::string_view>(arguments[i]);
        return apply_exact(of_ratios, views, Places());
    });
}

// Numbers that are no arrays, of which one is a float at least; the others are integers.
bool read_numbers(Arguments arguments, double* numbers) {
    bool has_float = false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (!read_number(arguments[i], numbers + i)) return false;
        has_float |= PyFloat_Check(arguments[i]) != 0;
    }
    return has_float;
}

// Where to get there is what a call costs: a formula as a C function. Of plain arrays of one shape
// and numbers, and of floats, its results; None of others and of what is amiss.
template <auto FORMULA, Checks CHECKS, class... Numbers, std::size_t... PLACES>
py::object found_at_once(double (*of_floats)(Numbers...), Arguments arguments,
                         std::index_sequence<PLACES...> places) {
    double numbers[sizeof...(Numbers)];
    if (!read_numbers(arguments, numbers)) {
        return apply_floats<FORMULA, CHECKS>(of_floats, arguments, places);
    }
    if ((amiss<CHECKS[PLACES]>(numbers[PLACES]) | ...) != 0) return {};
    return py::float_(of_floats(numbers[PLACES]...));
}

template <auto FORMULA, Checks CHECKS>
PyObject* at_once(PyObject* /*module*/, PyObject* const* arguments, Py_ssize_t count) {
    constexpr std::size_t COUNT = arity(FORMULA);
    try {
        if (count != COUNT) throw std::invalid_argument("number of arguments");
        py::object found = found_at_once<FORMULA, CHECKS>(FORMULA, {arguments, COUNT},
                                                          std::make_index_sequence<COUNT>());
        if (!found) Py_RETURN_NONE;
        return found.release().ptr();
    } catch (const py::value_error&) {
        Py_RETURN_NONE;
    } catch (py::error_already_set& error) {
        error.restore();
    } catch (const std::exception& error) {
        PyErr_SetString(PyExc_TypeError, error.what());
    }
    return nullptr;
}

template <auto FORMULA, Checks CHECKS>
void define_at_once(py::module_& module, const char* name) {
    static PyMethodDef method = {
        name,
        reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&at_once<FORMULA, CHECKS>)),
        METH_FASTCALL, nullptr};
    PyObject* const function =
        PyCFunction_NewEx(&method, module.ptr(), module.attr("__name__").ptr());
    if (!function) throw py::error_already_set();
    module.add_object(name, py::reinterpret_steal<py::object>(function));
}

// The place of each value's tier: how many floors after the first are below it.
py::array_t<std::int64_t> tiers_of(const Doubles& values, const Doubles& floors) {
    py::array_t<std::int64_t> places(
        std::vector<py::ssize_t>(values.shape(), values.shape() + values.ndim()));
    const double* const from = values.data();
    std::int64_t* const to = places.mutable_data();
    const auto count = static_cast<std::size_t>(values.size());
    std::array<double, BLOCK> sums;
    for (std::size_t start = 0; start < count; start += BLOCK) {
        const std::size_t size = std::min(BLOCK, count - start);
        sums.fill(0);
        for (py::ssize_t tier = 1; tier < floors.size(); ++tier) {
            const double floor = floors.data()[tier];
            for (std::size_t i = 0; i < size; ++i) sums[i] += from[start + i] > floor ? 1 : 0;
        }
        for (std::size_t i = 0; i < size; ++i) to[start + i] = static_cast<std::int64_t>(sums[i]);
    }
    return places;
}

// A tier that begins behind a floor, and the margin of values in it.
struct TierLine {
    double floor;
    double rate;
    double deduction;
};

ENGINE_CLONES void margins_of_block(const double* values, std::size_t count, const TierLine* tiers,
                                    std::size_t tier_count, double* margins) {
    std::array<double, BLOCK> rates;
    std::array<double, BLOCK> deductions;
    std::fill_n(rates.begin(), count, tiers[0].rate);
    std::fill_n(deductions.begin(), count, tiers[0].deduction);
    for (std::size_t tier = 1; tier < tier_count; ++tier) {
        const TierLine line = tiers[tier];
        for (std::size_t i = 0; i < count; ++i) {
            const bool is_above = values[i] > line.floor;
            rates[i] = is_above ? line.rate : rates[i];
            deductions[i] = is_above ? line.deduction : deductions[i];
        }
    }
    for (std::size_t i = 0; i < count; ++i) {
        margins[i] = Formulas<double>::margin(values[i], rates[i], deductions[i]);
    }
}

// The margin of each value in its tier, of floors that rise.
Doubles tier_margins(const Doubles& values, const Doubles& floors, const Doubles& rates,
                     const Doubles& deductions) {
    std::vector<TierLine> tiers(static_cast<std::size_t>(floors.size()));
    if (tiers.empty() || rates.size() != floors.size() || deductions.size() != floors.size()) {
        throw std::invalid_argument("lengths differ");
    }
    for (std::size_t i = 0; i < tiers.size(); ++i) {
        tiers[i] = {floors.data()[i], rates.data()[i], deductions.data()[i]};
    }
    Doubles margins(std::vector<py::ssize_t>(values.shape(), values.shape() + values.ndim()));
    const double* const from = values.data();
    double* const to = margins.mutable_data();
    const auto count = static_cast<std::size_t>(values.size());
    for (std::size_t start = 0; start < count; start += BLOCK) {
        margins_of_block(from + start, std::min(BLOCK, count - start), tiers.data(), tiers.size(),
                         to + start);
    }
    return margins;
}

template <bool IS_INVERSE>
double level_of(double side, double quantity, double multiplier, double entry, double entry_rate,
                double balance, double deduction, double rate) {
    if constexpr (IS_INVERSE) {
        return inverse_liquidation_level(side, quantity, multiplier, entry, entry_rate, balance,
                                         deduction, rate);
    }
    return linear_liquidation_level(side, quantity, multiplier, entry, entry_rate, balance,
                                    deduction, rate);
}

using Lines = std::vector<std::array<double, 2>>;  // rate and deduction of each tier

// The liquidation price where the maintenance margin is the highest of several lines: the worst of
// their levels, which is that of the tier that holds there.
template <bool IS_INVERSE>
py::object tiered_prices(const Lines& lines, const py::args& arguments) {
    constexpr std::size_t COUNT = 7;
    constexpr double TOWARDS = IS_INVERSE ? -1 : 1;
    std::array<Column, COUNT> columns;
    py::object shaped;
    if (arguments.size() != COUNT || lines.empty()) throw std::invalid_argument("arguments");
    if (!read_columns(of(arguments), columns.data(), shaped)) return py::none();
    const auto first = py::reinterpret_borrow<Doubles>(shaped);
    Doubles results(std::vector<py::ssize_t>(first.shape(), first.shape() + first.ndim()));
    double* const found = results.mutable_data();
    const auto count = static_cast<std::size_t>(results.size());
    std::array<double, BLOCK> worst;
    for (std::size_t start = 0; start < count; start += BLOCK) {
        const std::size_t size = std::min(BLOCK, count - start);
        const double* blocks[COUNT];
        for (std::size_t i = 0; i < COUNT; ++i) blocks[i] = columns[i].block(start);
        const auto [side, quantity, multiplier, entry, entry_rate, balance, fee] = blocks;
        worst.fill(-std::numeric_limits<double>::infinity());
        for (const auto& [rate, deduction] : lines) {
#pragma GCC ivdep
            for (std::size_t i = 0; i < size; ++i) {
                const double level =
                    TOWARDS * side[i] *
                    level_of<IS_INVERSE>(side[i], quantity[i], multiplier[i], entry[i],
                                         entry_rate[i], balance[i], deduction, rate + fee[i]);
                // What is no number is none in every tier.
                worst[i] = level <= worst[i] ? worst[i] : level;
            }
        }
        for (std::size_t i = 0; i < size; ++i) {
            const double level = TOWARDS * side[i] * worst[i];
            found[start + i] = IS_INVERSE ? price_or_none(1, level, quantity[i])
                                          : price_or_none(level, 1, quantity[i]);
        }
    }
    return results;
}

// Whether each number is +1 or -1.
bool are_sides(const Doubles& numbers) {
    return !is_any_amiss<SIDE>(numbers.data(), static_cast<std::size_t>(numbers.size()));
}

// In steps: each ratio over a step, rounded to a whole number of 128 bits, or not exact.
py::bytes in_steps(std::string_view ratios, std::string_view step, int rounding) {
    std::string results;
    for (std::size_t i = 0; i < ratios.size() / RATIO_BYTES; ++i) {
        const Ratio steps = ratio_at(ratios, i) / ratio_at(step, 0);
        const bool has_room = steps.is_exact() && steps.denominator() < Wide{1} << 125;
        put(has_room ? Ratio(divide(steps.numerator(), steps.denominator(),
                                    static_cast<Rounding>(rounding)))
                     : Ratio(),
            results);
    }
    return py::bytes(results);
}

// Whole units.

std::int64_t narrow(Wide number) {
    if (!fits(number)) throw std::overflow_error("a result was outside 64 bits");
    return static_cast<std::int64_t>(number);
}

using Integers = py::array_t<std::int64_t, 0>;

py::object value_units(int kind, const Integers& lots, const Integers& ticks,
                       const Integers& factor, int rounding) {
    const auto of_one = [=](std::int64_t size, std::int64_t price, std::int64_t of_lot) {
        Contract contract;
        contract.kind = static_cast<ContractKind>(kind);
        contract.value_factor = of_lot;
        return narrow(value_of(contract, size, price, static_cast<Rounding>(rounding)));
    };
    return py::vectorize(of_one)(lots, ticks, factor);
}

py::object part_units(const Integers& value, const Integers& rate, int rounding) {
    const auto of_one = [=](std::int64_t whole, std::int64_t part) {
        return narrow(part_of(whole, part, static_cast<Rounding>(rounding)));
    };
    return py::vectorize(of_one)(value, rate);
}

// REQUIRES: sides are +1 or -1.
py::object gain_units(int kind, const Integers& side, const Integers& entry_value,
                      const Integers& value) {
    const auto of_one = [=](std::int64_t sign, std::int64_t entered, std::int64_t worth) {
        return narrow(gain_of(static_cast<ContractKind>(kind), sign, entered, worth));
    };
    return py::vectorize(of_one)(side, entry_value, value);
}

py::object closed_units(const Integers& entry_value, const Integers& quantity,
                        const Integers& closed, int rounding) {
    const auto of_one = [=](std::int64_t entered, std::int64_t whole, std::int64_t part) {
        return narrow(closed_value<Wide>(entered, whole, part, static_cast<Rounding>(rounding)));
    };
    return py::vectorize(of_one)(entry_value, quantity, closed);
}

using Tiers = std::vector<std::array<std::int64_t, 4>>;
using Units = py::array_t<std::int64_t, py::array::c_style>;

// The margin of each value: of `leverage` -1 the maintenance margin, of 0 the least initial one.
Units margin_units(const Tiers& rows, int mode, std::int64_t slope, int rounding,
                   const Units& values, const Units& sizes, std::int64_t leverage) {
    std::vector<MarginTier> tiers;
    for (const auto& row : rows) tiers.push_back({row[0], row[1], row[2], row[3]});
    if (tiers.empty()) throw std::invalid_argument("tiers were none");
    if (values.size() != sizes.size()) throw std::invalid_argument("lengths differ");
    MarginSchedule schedule;
    schedule.tiers = tiers;
    schedule.mode = static_cast<TierMode>(mode);
    schedule.initial_slope = schedule.maintenance_slope = slope;
    schedule.initial_rounding = schedule.maintenance_rounding = static_cast<Rounding>(rounding);
    Units margins(values.size());
    for (py::ssize_t i = 0; i < values.size(); ++i) {
        const Wide value = values.data()[i];
        const Wide size = sizes.data()[i];
        margins.mutable_data()[i] =
            narrow(leverage < 0 ? maintenance_margin(schedule, value, size)
                                : initial_margin(schedule, value, size, leverage));
    }
    return margins;
}

// Amount and remainder of each position, in two arrays.
py::tuple index_payments(const Units& positions, const Units& indexes, const Units& entries,
                         const Units& remainders, std::int64_t scale) {
    const py::ssize_t count = positions.size();
    for (const Units* column : {&indexes, &entries, &remainders}) {
        if (column->size() != count) throw std::invalid_argument("lengths differ");
    }
    Units amounts(count);
    Units left(count);
    for (py::ssize_t i = 0; i < count; ++i) {
        const Wide of_one = wide(indexes.data()[i]) - entries.data()[i];
        const IndexPayment payment =
            index_payment(positions.data()[i], of_one, scale, remainders.data()[i]);
        amounts.mutable_data()[i] = narrow(payment.amount);
        left.mutable_data()[i] = narrow(payment.remainder);
    }
    return py::make_tuple(amounts, left);
}

#define ENGINE_CHECKED(name, checks)                                                \
    define<&Formulas<double>::name, checks>(module, #name, &Formulas<double>::name, \
                                            &Formulas<Ratio>::name)
#define ENGINE_FORMULA(name) ENGINE_CHECKED(name, "")
#define ENGINE_AT_ONCE(name, checks) \
    define_at_once<&Formulas<double>::name, checks>(module, #name "_at_once")

void define_values(py::module_& module) {
    ENGINE_FORMULA(part);
    ENGINE_FORMULA(linear_value);
    ENGINE_CHECKED(inverse_value, "  +");
    ENGINE_FORMULA(linear_price);
    ENGINE_FORMULA(inverse_price);
    ENGINE_FORMULA(linear_gain);
    ENGINE_FORMULA(inverse_gain);
    ENGINE_CHECKED(linear_pnl, "1    ");
    ENGINE_CHECKED(inverse_pnl, "1  ++");
    ENGINE_FORMULA(linear_break_even);
    ENGINE_FORMULA(inverse_break_even);
    ENGINE_CHECKED(ratio_of, " +");
    ENGINE_FORMULA(total);
    ENGINE_FORMULA(at_least);
    ENGINE_FORMULA(at_most);
    ENGINE_AT_ONCE(part, "");
    ENGINE_AT_ONCE(ratio_of, " +");
    ENGINE_AT_ONCE(linear_value, "");
    ENGINE_AT_ONCE(inverse_value, "  +");
    ENGINE_AT_ONCE(linear_pnl, "1    ");
    ENGINE_AT_ONCE(inverse_pnl, "1  ++");
}

void define_liquidation(py::module_& module) {
    ENGINE_FORMULA(linear_liquidation_level);
    ENGINE_FORMULA(inverse_liquidation_level);
    ENGINE_FORMULA(linear_liquidation_price);
    ENGINE_FORMULA(inverse_liquidation_price);
    ENGINE_FORMULA(linear_leveraged_price);
    ENGINE_FORMULA(inverse_leveraged_price);
    ENGINE_FORMULA(linear_slope);
    ENGINE_FORMULA(inverse_slope);
    ENGINE_FORMULA(linear_reach);
    ENGINE_FORMULA(inverse_reach);
    ENGINE_FORMULA(kept_rate);
    ENGINE_FORMULA(hedged_price);
    ENGINE_FORMULA(freed_margin);
    ENGINE_FORMULA(fillable_price);
    ENGINE_FORMULA(rank_by_leverage);
    module.def("linear_tiered_prices", &tiered_prices<false>);
    module.def("inverse_tiered_prices", &tiered_prices<true>);
}

void define_margins(py::module_& module) {
    ENGINE_FORMULA(margin);
    ENGINE_FORMULA(by_leverage);
    ENGINE_FORMULA(deduction_after);
    ENGINE_FORMULA(sloped_rate);
    ENGINE_FORMULA(scaled_rate);
    ENGINE_FORMULA(linear_bankruptcy_value);
    ENGINE_FORMULA(inverse_bankruptcy_value);
    ENGINE_FORMULA(open_loss);
    ENGINE_FORMULA(inverse_open_loss);
    ENGINE_FORMULA(worst_side);
    ENGINE_FORMULA(added_quantity);
    ENGINE_FORMULA(opening_quantity);
}

void define_funding(py::module_& module) {
    ENGINE_FORMULA(bounded);
    ENGINE_CHECKED(premium_index, " +");
    ENGINE_CHECKED(impact_premium_index, "   +");
    ENGINE_CHECKED(interest_rate, "  +");
    ENGINE_CHECKED(additive_rate, "  +");
    ENGINE_CHECKED(dampened_rate, "   +");
    ENGINE_CHECKED(bounded_additive_rate, "  +  ");
    ENGINE_CHECKED(bounded_dampened_rate, "   +  ");
    ENGINE_FORMULA(funding_cap);
    ENGINE_CHECKED(accrued_rate, "  +");
    ENGINE_CHECKED(funding_payment, "1  ");
    ENGINE_CHECKED(index_change, "   +");
    ENGINE_FORMULA(socialized_index_change);
    ENGINE_FORMULA(index_due);
    ENGINE_FORMULA(mid_price);
    ENGINE_CHECKED(fair_basis, "   +");
    ENGINE_FORMULA(moved_average);
    ENGINE_FORMULA(middle);
    ENGINE_FORMULA(price_in_band);
    ENGINE_AT_ONCE(premium_index, " +");
    ENGINE_AT_ONCE(impact_premium_index, "   +");
    ENGINE_AT_ONCE(additive_rate, "  +");
    ENGINE_AT_ONCE(dampened_rate, "   +");
    ENGINE_AT_ONCE(bounded_additive_rate, "  +  ");
    ENGINE_AT_ONCE(bounded_dampened_rate, "   +  ");
    ENGINE_AT_ONCE(funding_payment, "1  ");
    ENGINE_AT_ONCE(index_due, "");
    ENGINE_AT_ONCE(middle, "");
}

// What must be an integer, or an array of them, and is not made one: a Decimal would be cut.
py::arg integer(const char* name) {
    return py::arg(name).noconvert();
}

void define_units(py::module_& module) {
    const py::arg kind = integer("kind");
    const py::arg rounding = integer("rounding");
    module.def("in_steps", &in_steps, py::arg("ratios"), py::arg("step"), rounding);
    module.def("value_units", &value_units, kind, integer("lots"), integer("ticks"),
               integer("factor"), rounding);
    module.def("part_units", &part_units, integer("value"), integer("rate"), rounding);
    module.def("gain_units", &gain_units, kind, integer("side"), integer("entry_value"),
               integer("value"));
    module.def("closed_units", &closed_units, integer("entry_value"), integer("quantity"),
               integer("closed"), rounding);
    module.def("margin_units", &margin_units, integer("tiers"), integer("mode"), integer("slope"),
               rounding, integer("values"), integer("sizes"), integer("leverage"));
    module.def("index_payments", &index_payments, integer("positions"), integer("indexes"),
               integer("entries"), integer("remainders"), integer("scale"));
}

}  // namespace
}  // namespace engine

PYBIND11_MODULE(_formulas, module) {
    module.doc() = "The compiled formulas over arrays; `engine.calc` is their face.";
    engine::define_values(module);
    engine::define_margins(module);
    engine::define_funding(module);
    engine::define_liquidation(module);
    module.def("are_sides", &engine::are_sides);
    module.def("tiers_of", &engine::tiers_of);
    module.def("tier_margins", &engine::tier_margins);
    engine::define_units(module);
}
