// Reads the entries of a journal in order, and says at the end in what state it found them.
//
// Purpose: all segments from the one that holds the entry after a given number, block by block. A
// block is checked as a whole (its header, each entry, the chain) before anything of it is given
// out. Where one is not sound, the reading ends with a verdict.
// A torn tail is what a power cut leaves: in the last segment, bytes of which no sound block behind
// them says that they had been synced. All else that is not sound is damage.
// Invariants: reads no byte outside of what it was given, whatever the files hold; its memory is
// bounded, whatever they say.
// Complexity: O(bytes); memory for one window of a file and 4096 commands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/journal/directory.hpp"
#include "engine/journal/files.hpp"
#include "engine/journal/segment.hpp"
#include "engine/types/records.hpp"

namespace engine {

enum class Finding : std::uint8_t {
    CLEAN,    // all is sound to the end
    TORN,     // the end is what a crash leaves: it can be cut
    DAMAGED,  // something is not what was written
    FOREIGN,  // a file is none of a journal
    NEWER,    // a file is of a later version of the format
};

struct Verdict {
    Finding finding = Finding::CLEAN;
    std::string file;  // where the reading ended, as the two that follow
    std::uint64_t offset = 0;
    std::uint64_t cut_bytes = 0;  // from there to the end of the file
    JournalPosition position;  // after the last sound entry; the epoch is the highest of any file
    bool is_closed = false;    // the journal says itself that it ended there
    std::string what;          // what was found and what was expected, where it is not clean
};

// Some commands that follow one another, or a note. It is there until the next call.
struct Piece {
    std::uint64_t first_sequence = 0;
    const Command* commands = nullptr;
    std::size_t command_count = 0;
    const std::uint8_t* note = nullptr;  // null for commands
    std::size_t note_bytes = 0;
};

// A part of a file in memory, so that each block lies in one piece.
class Window {
  public:
    static constexpr std::size_t BYTES = std::size_t{1} << 20;

    explicit Window(Files& files);
    ~Window();
    Window(const Window&) = delete;
    Window& operator=(const Window&) = delete;

    void open(const std::string& name);
    std::uint64_t size() const {
        return size_;
    }
    // Bytes from an offset on, with COMMAND_ROOM more that can be read behind them. They are there
    // until the next call. REQUIRES: count <= BYTES, offset + count <= size(). Null where the file
    // has become shorter.
    const std::uint8_t* at(std::uint64_t offset, std::size_t count);

  private:
    Files& files_;
    std::optional<Files::Handle> file_;
    std::uint64_t size_ = 0;
    std::unique_ptr<std::uint8_t[]> bytes_;
    std::uint64_t begin_ = 0;  // the offset of what is in memory
    std::size_t held_ = 0;
};

class Reader {
  public:
    // Entries after a number, 0 for all; with the chain that it must have there, if it is known.
    Reader(Files& files, std::uint64_t after, std::optional<std::uint64_t> chain);

    // Whether there was more. Throws a JournalFailure of fault IO where a file can't be read.
    bool next(Piece* piece);
    // REQUIRES: next() has returned false.
    const Verdict& verdict() const {
        return verdict_;
    }

    // Room for the commands of a piece.
    static std::unique_ptr<Command[]> make_room();
    // Takes other room for the next piece, so that the commands of the last one stay where they
    // are.
    void exchange_room(std::unique_ptr<Command[]>& room) {
        commands_.swap(room);
    }

  private:
    // What is wrong somewhere, and whether a crash may have left it so.
    struct Problem {
        enum Cause { NONE, MAYBE_TORN, DAMAGE };
        Cause cause = NONE;
        std::string what;
    };

    bool begin();
    bool open_segment();
    Problem check_segment(HeaderState state, const JournalFile& file) const;
    // The block at the offset, if it is sound. It is there until the next call.
    Problem find_block(const std::uint8_t** at, BlockHeader* header);
    Problem check_place(const BlockHeader& header) const;
    Problem load_entries(const std::uint8_t* payload, const BlockHeader& header);
    Problem check_start() const;
    void take_block(const BlockHeader& header);
    bool was_synced_behind(std::size_t* sound_blocks);
    bool conclude(const Problem& problem);
    bool end(Finding finding, const std::string& what);
    bool is_last() const {
        return segment_ + 1 == segments_.size();
    }

    std::uint64_t after_;
    std::optional<std::uint64_t> chain_;
    std::vector<JournalFile> segments_;
    std::size_t segment_ = 0;
    SegmentHeader header_;
    Window window_;
    std::uint64_t offset_ = 0;
    JournalPosition position_;
    bool has_begun_ = false;
    bool has_opened_ = false;  // a segment
    bool has_ended_ = false;
    bool is_closed_ = false;

    std::unique_ptr<Command[]> commands_;
    std::size_t command_begin_ = 0;  // those before it are of no interest
    std::size_t command_count_ = 0;
    const std::uint8_t* note_ = nullptr;
    std::size_t note_bytes_ = 0;
    Verdict verdict_;
};

// Cuts off what a verdict found: truncates its file there, or removes it where not even its header
// is whole, and moves segments behind it aside, as NAME.aside. REQUIRES: the directory is locked.
void cut(Files& files, const Verdict& verdict);

}  // namespace engine
