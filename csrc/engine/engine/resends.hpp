// What commands were told that may be sent again: the first result, by account and command id.
//
// Purpose: a client that does not know whether its command arrived sends it again, and nothing is
// done twice. The reports of the commands that came last are kept, so many in all; those of a
// command go together. A command without an id is not kept, nor one with more reports than that.
// Invariants: the commands kept are the youngest with an id; their reports lie one behind the other
// in a ring.
// Complexity: find and note O(1), and the copy of the reports.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "engine/base/array.hpp"
#include "engine/base/hash_index.hpp"
#include "engine/base/numbers.hpp"
#include "engine/base/packed.hpp"
#include "engine/types/limits.hpp"
#include "engine/types/records.hpp"

namespace engine {

class Resends {
  public:
    // REQUIRES: at most RESENDS_MAX; 0 keeps nothing.
    explicit Resends(std::size_t window) : window_(window) {}

    bool is_kept() const {
        return window_ != 0;
    }
    // How many commands from the first on are new, each to the other too: these can be applied
    // together. They are expected from now on, and end_run() has to follow.
    std::size_t begin_run(const Command* commands, std::size_t count);
    // What the commands of the run were told, in their order.
    void end_run(const Command* commands, std::size_t count, const ExecutionReport* reports,
                 std::size_t report_count);
    // Writes the reports of a command's first time; false where it is new.
    template <class Buffer>
    bool repeat(const Command& command, Buffer& out) const {
        if (command.command_id == 0) return false;
        const Index found = find(command);
        if (found == NIL) return false;
        const Seen& seen = seen_[found];
        for (std::uint64_t i = 0; i < seen.count; i++) {
            out.push() = reports_[(seen.begin + i) % window_];
        }
        return true;
    }
    // -- the image
    void save(Packer& out) const;
    // REQUIRES: nothing is kept yet, and the window is that of what was saved.
    void load(Unpacker& in);

  private:
    struct Seen {
        std::uint64_t command_id;
        std::uint32_t account;
        std::uint32_t count;  // of its reports
        std::uint64_t begin;  // the number of the first of them, of all that were ever kept
    };

    static std::uint64_t hash_of(std::uint32_t account, std::uint64_t command_id) {
        return mix(mix(command_id) ^ account);
    }
    std::uint64_t hash_at(Index place) const {
        return hash_of(seen_[place].account, seen_[place].command_id);
    }
    // The place of the command with this number, of all that were ever kept.
    Index place(std::uint64_t number) const {
        return static_cast<Index>(number % (window_ + CHUNK)) + 1;
    }
    Index find(const Command& command) const;
    void expect(const Command& command);
    void note(std::uint64_t number, const ExecutionReport* reports, std::size_t count);
    void forget_first();
    void forget(Index index);

    std::size_t window_;
    HashIndex ids_;
    // Ids that found their hash segment full and not to be split.
    std::map<std::pair<std::uint32_t, std::uint64_t>, Index> crowded_;
    Array<Seen> seen_;
    Array<ExecutionReport> reports_;
    std::uint64_t first_ = 0;     // the number of the oldest command that is kept
    std::uint64_t end_ = 0;       // one more than that of the youngest
    std::uint64_t run_ = 0;       // of the first that is expected
    std::uint64_t reported_ = 0;  // reports that were ever kept
};

}  // namespace engine
