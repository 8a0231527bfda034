// What an engine has done since it began, for whoever watches it.
//
// Purpose: totals that only grow. They are no part of the logical state: nothing that the engine
// does depends on them, and state_hash() does not cover them.
// Invariants: what follows from other numbers is not counted while the engine works: the places of
// NEW, TRADE, REPLACED and REJECTED are 0, and so are the last two members. Engine::totals() fills
// them in.
// Complexity: no store for a command or a REPLACED, one for any other report but those of a trade.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/base/assert.hpp"
#include "engine/formulas/rounding.hpp"
#include "engine/types/enums.hpp"

namespace engine {

template <class Enum>
class CountsBy {
  public:
    ENGINE_INLINE std::uint64_t& operator[](Enum member) {
        return counts_[static_cast<std::size_t>(member)];
    }
    std::uint64_t operator[](Enum member) const {
        return counts_[static_cast<std::size_t>(member)];
    }
    // By the value of the member.
    const std::uint64_t* data() const {
        return counts_.data();
    }
    std::uint64_t sum() const {
        std::uint64_t sum = 0;
        for (const std::uint64_t count : counts_) sum += count;
        return sum;
    }

  private:
    std::array<std::uint64_t, PLACES<Enum>> counts_{};
};

// The kinds of commands that make up most of a batch, counted in one register: four numbers of 16
// bits side by side. The others are counted by themselves.
class UsualKinds {
  public:
    static constexpr std::size_t COMMANDS_MAX = 0xFFFF;

    ENGINE_INLINE void note(CommandKind kind) {
        counts_ += ONE_OF[static_cast<std::uint8_t>(kind)];
    }
    void add_to(CountsBy<CommandKind>& counts) const {
        for (std::size_t i = 0; i < KINDS.size(); i++) {
            counts[KINDS[i]] += counts_ >> 16 * i & COMMANDS_MAX;
        }
    }

  private:
    static constexpr std::array KINDS = {CommandKind::SUBMIT, CommandKind::CANCEL,
                                         CommandKind::REPLACE, CommandKind::REDUCE};
    static constexpr std::array<std::uint64_t, 256> ONE_OF = [] {
        std::array<std::uint64_t, 256> ones{};
        for (std::size_t i = 0; i < KINDS.size(); i++) {
            ones[static_cast<std::uint8_t>(KINDS[i])] = std::uint64_t{1} << 16 * i;
        }
        return ones;
    }();

    std::uint64_t counts_ = 0;
};

struct Totals {
    CountsBy<CommandKind> commands;
    CountsBy<ExecType> reports;
    CountsBy<RejectReason> rejects;
    std::uint64_t trades = 0;
    Wide lots = 0;
};

}  // namespace engine
