// A test program in one header: TEST("what holds") { ... }, CHECK(condition), CHECK_EQUAL(found,
// expected), CHECK_THROWS(type, expression), seeded random numbers, and main(). A failed check ends
// its test; the program runs the others. Each file of tests is a program of its own and includes
// this once. Its arguments are names of the tests to run, all where there are none; its exit status
// is 0, 1 where one failed, 2 where there is none of that name.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace check {

struct Test {
    const char* name;
    void (*run)();
};

inline std::vector<Test>& tests() {
    static std::vector<Test> all;
    return all;
}

struct Registration {
    Registration(const char* name, void (*run)()) {
        tests().push_back({name, run});
    }
};

[[noreturn]] inline void fail(const char* file, int line, const std::string& what) {
    throw std::runtime_error(std::string(file) + ":" + std::to_string(line) + ": " + what);
}

template <class Found, class Expected>
void equal(const Found& found, const Expected& expected, const char* text, const char* file,
           int line) {
    if (found == expected) return;
    std::ostringstream message;
    message << text << " was " << found << ", must be " << expected;
    fail(file, line, message.str());
}

// Reproducible on every machine, unlike the distributions of the standard library.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }
    // From 0 to count - 1.
    std::uint64_t below(std::uint64_t count) {
        return next() % count;
    }
    // From `low` to `high`, both included.
    std::int64_t between(std::int64_t low, std::int64_t high) {
        const auto count = static_cast<std::uint64_t>(high - low) + 1;
        return low + static_cast<std::int64_t>(below(count));
    }

  private:
    std::uint64_t state_;
};

}  // namespace check

#define CHECK_JOIN_(a, b) a##b
#define CHECK_JOIN(a, b) CHECK_JOIN_(a, b)
#define TEST(name)                                                        \
    static void CHECK_JOIN(test_, __LINE__)();                            \
    static const check::Registration CHECK_JOIN(registration_, __LINE__)( \
        name, CHECK_JOIN(test_, __LINE__));                               \
    static void CHECK_JOIN(test_, __LINE__)()

#define CHECK(condition) \
    ((condition) ? (void)0 : check::fail(__FILE__, __LINE__, "must hold: " #condition))
#define CHECK_EQUAL(found, expected) check::equal((found), (expected), #found, __FILE__, __LINE__)
#define CHECK_THROWS(type, expression)                                                \
    do {                                                                              \
        bool has_thrown = false;                                                      \
        try {                                                                         \
            (void)(expression);                                                       \
        } catch (const type&) {                                                       \
            has_thrown = true;                                                        \
        }                                                                             \
        if (!has_thrown) check::fail(__FILE__, __LINE__, "must throw: " #expression); \
    } while (false)

int main(int count, char** arguments) {
    const std::vector<std::string> names(arguments + 1, arguments + count);
    std::size_t run = 0;
    int failed = 0;
    for (const check::Test& test : check::tests()) {
        const bool is_asked = std::find(names.begin(), names.end(), test.name) != names.end();
        if (!names.empty() && !is_asked) continue;
        run += 1;
        try {
            test.run();
            std::cout << "ok    " << test.name << std::endl;
        } catch (const std::exception& error) {
            std::cout << "FAIL  " << test.name << "\n      " << error.what() << std::endl;
            failed += 1;
        }
    }
    std::cout << run << " tests, " << failed << " failed\n";
    if (run < names.size()) return 2;
    return failed == 0 ? 0 : 1;
}
