// The enumerations of enums.def as C++ types. Complexity: all compile-time.
#pragma once

#include <cstdint>

namespace engine {

#define BEGIN(type, underlying, doc) enum class type : underlying {
#define ENUM(name, value, doc) name = value,
#define END(type) \
    }             \
    ;
#include "engine/types/enums.def"
#undef BEGIN
#undef ENUM
#undef END

constexpr Side opposite(Side side) {
    return static_cast<Side>(-static_cast<std::int8_t>(side));
}

}  // namespace engine
