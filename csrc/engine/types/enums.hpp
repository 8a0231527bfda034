// The enumerations of enums.def as C++ types. Complexity: all compile-time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

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

constexpr std::int64_t highest_of(std::initializer_list<std::int64_t> values) {
    std::int64_t highest = 0;
    for (const std::int64_t value : values) highest = value > highest ? value : highest;
    return highest;
}

// The length of an array that has a place for every member of an enumeration, by its value.
template <class Enum>
inline constexpr std::size_t PLACES = 0;

#define BEGIN(type, underlying, doc) \
    template <>                      \
    inline constexpr std::size_t PLACES<type> = 1 + static_cast<std::size_t>(highest_of({
#define ENUM(name, value, doc) value,
#define END(type) \
    }))           \
    ;
#include "engine/types/enums.def"
#undef BEGIN
#undef ENUM
#undef END

// Which bytes are members of an enumeration.
template <class Enum>
inline constexpr std::array<bool, 256> MEMBERS{};

#define BEGIN(type, underlying, doc) \
    template <>                      \
    inline constexpr std::array<bool, 256> MEMBERS<type> = [] {         \
        std::array<bool, 256> members{};
#define ENUM(name, value, doc) members[static_cast<std::uint8_t>(value)] = true;
#define END(type)   \
    return members; \
    }               \
    ();
#include "engine/types/enums.def"
#undef BEGIN
#undef ENUM
#undef END

// REQUIRES: the enumeration's values are bytes.
template <class Enum>
constexpr bool is_member(Enum value) {
    static_assert(sizeof(Enum) == 1);
    return MEMBERS<Enum>[static_cast<std::uint8_t>(value)];
}

constexpr Side opposite(Side side) {
    return static_cast<Side>(-static_cast<std::int8_t>(side));
}

}  // namespace engine
