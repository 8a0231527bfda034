// Is a command readable at all? An enum value that does not exist is a caller's mistake, not a
// refused order: the whole batch is turned down before anything is applied, with the place of the
// first such value. What the one pass over a batch learns on the way is kept with it.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/types/records.hpp"

namespace engine {

// Every bit of a set of flags: its members are the powers of two up to the last.
constexpr std::uint32_t bits_up_to(std::uint32_t last) {
    return 2 * last - 1;
}
constexpr OrderFlags ORDER_FLAGS = bits_up_to(static_cast<OrderFlags>(OrderFlag::REDUCE_ONLY));

struct BadCommand {
    std::size_t index;  // of the command, or the count when all are readable
    const char* field;  // the first field of it with a value that does not exist
    std::int64_t value;
};

// Commands that were looked through. They must not change while the batch is used.
struct CommandBatch {
    const Command* commands;
    std::size_t count;
    BadCommand bad;
    bool is_plain;  // the second half of every command is zero
    // What is asked for while these are applied, and not looked at: where the caller's commands may
    // go on, or what is further behind among these.
    const Command* next;

    bool is_readable() const {
        return bad.index == count;
    }
};

CommandBatch check_commands(const Command* commands, std::size_t count);
// Copies commands that another thread may write to, and looks through what was copied, which is the
// batch. REQUIRES: room for them at `copies`.
CommandBatch check_copies(const Command* commands, std::size_t count, Command* copies);

// The copies of batch after batch, which are in one place. Of plain commands, whose second half is
// zero, the first half is copied, and the other one is zero there already.
class CommandCopies {
  public:
    // As check_copies(); the batch before is gone. Throws std::bad_alloc.
    CommandBatch check(const Command* commands, std::size_t count);
    bool has(const CommandBatch& batch) const {
        return batch.commands == copies_.data();
    }
    // Gives back memory beyond that of some batches. REQUIRES: no batch is used any more.
    void shrink();

  private:
    // Of more copies, 512 KiB, those that come later are far away when they are applied: so far
    // ahead they are asked for.
    static constexpr std::size_t NEAR = 4'096;
    static constexpr std::size_t AHEAD = 512;

    CommandBatch copied(const Command* commands, std::size_t count);

    std::vector<Command> copies_;
    std::size_t special_end_ = 0;  // the second halves of those behind are zero
};

// One command that was looked through, or was made with values that exist, and is plain.
inline CommandBatch single(const Command* command) {
    return {command, 1, {1, "", 0}, true, command};
}

}  // namespace engine
