// Bugs on purpose, for the test of the tests: in a build with ENGINE_PLANTED_BUGS the variable
// ENGINE_PLANTED_BUG of the environment switches one on by name, and the tests must find it. In
// every other build planted() is the constant false.
#pragma once

#include <cstdint>

#if defined(ENGINE_PLANTED_BUGS)
#include <cstdlib>
#include <stdexcept>
#include <string>
#endif

namespace engine {

enum class Bug : std::uint8_t {
    NO_BUG,
#define BUG(name) name,
#include "engine/types/planted.def"
#undef BUG
};

#if defined(ENGINE_PLANTED_BUGS)

// The bug of that name, none for "" or nothing at all.
inline Bug bug_named(const char* name) {
    const std::string wanted(name == nullptr ? "" : name);
    if (wanted.empty()) return Bug::NO_BUG;
#define BUG(name) \
    if (wanted == #name) return Bug::name;
#include "engine/types/planted.def"
#undef BUG
    throw std::invalid_argument("ENGINE_PLANTED_BUG was " + wanted + ", which is no bug here");
}

// Each compiled module has one of its own. A name that is not one ends the process.
inline const Bug planted_bug = bug_named(std::getenv("ENGINE_PLANTED_BUG"));

inline bool planted(Bug bug) {
    return planted_bug == bug;
}

#else

constexpr bool planted(Bug) {
    return false;
}

#endif

}  // namespace engine
