// The records of records.def as C++ structs: trivially copyable, without a byte that is not a
// field.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "engine/types/enums.hpp"

namespace engine {

using OrderFlags = std::uint32_t;
using ReportFlags = std::uint8_t;
using CancelScopes = std::uint16_t;
using AccountFlags = std::uint16_t;
using SwitchScopes = std::uint16_t;
using FeedChannels = std::uint8_t;
using FeedFlags = std::uint8_t;

#define RECORD(name, size, doc) struct name {
#define FIELD(type, name, doc) type name;
#define END_RECORD(name) \
    }                    \
    ;
#include "engine/types/records.def"
#undef RECORD
#undef FIELD
#undef END_RECORD

// Whether a command is about accounts, not about a market.
constexpr bool is_of_accounts(CommandKind kind) {
    return kind >= CommandKind::SET_ACCOUNT && kind <= CommandKind::ADD_MARGIN;
}

// The size that the list states, the sum of its fields, and the struct agree: no padding anywhere.
#define RECORD(name, size, doc)                        \
    static_assert(sizeof(name) == size);               \
    static_assert(std::is_trivially_copyable_v<name>); \
    static_assert(0
#define FIELD(type, name, doc) +sizeof(type)
#define END_RECORD(name) == sizeof(name));
#include "engine/types/records.def"
#undef RECORD
#undef FIELD
#undef END_RECORD

constexpr bool has(OrderFlags flags, OrderFlag flag) {
    return (flags & static_cast<OrderFlags>(flag)) != 0;
}

constexpr bool has(CancelScopes scopes, CancelScope scope) {
    return (scopes & static_cast<CancelScopes>(scope)) != 0;
}

constexpr bool has(AccountFlags flags, AccountFlag flag) {
    return (flags & static_cast<AccountFlags>(flag)) != 0;
}

constexpr bool has(SwitchScopes scopes, SwitchScope scope) {
    return (scopes & static_cast<SwitchScopes>(scope)) != 0;
}

constexpr bool has(ReportFlags flags, ReportFlag flag) {
    return (flags & static_cast<ReportFlags>(flag)) != 0;
}

constexpr bool has(FeedChannels channels, FeedChannel channel) {
    return (channels & static_cast<FeedChannels>(channel)) != 0;
}

constexpr ReportFlags operator|(ReportFlag one, ReportFlag other) {
    return static_cast<ReportFlags>(static_cast<ReportFlags>(one) |
                                    static_cast<ReportFlags>(other));
}

}  // namespace engine
