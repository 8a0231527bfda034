// Appends the entries of a journal and says what of them is on the device.
//
// Purpose: each append() is written to the operating system before it returns, and synced as the
// mode promises. What can't be written is cut off again: an append is there as a whole or not at
// all. Where that fails, or a sync does, the journal is broken: nothing more is appended.
// Invariants: entries have the numbers 1, 2, 3, ... without a gap; every segment but the last is
// synced; a block says up to where entries were synced when it was written.
// Threads: one at a time appends, begins and closes; sync(), synced_sequence() and is_broken() are
// for any. In mode GROUP a thread of the journal syncs, unless there is to be none: then the call
// that would pass a bound does.
// Complexity: O(entries) an append, with one write for each 4096 of them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "engine/journal/files.hpp"
#include "engine/journal/segment.hpp"
#include "engine/types/records.hpp"

namespace engine {

enum class Durability : std::uint8_t {
    ASYNC,  // no more is promised than that the operating system has it
    GROUP,  // no more than group_bytes are not synced, nor any longer than group_ns
    SYNC,   // all is synced before the call returns
};

// Who syncs in mode GROUP.
enum class Syncer : std::uint8_t { THREAD, CALLER };

struct WriterOptions {
    Durability durability = Durability::GROUP;
    Syncer syncer = Syncer::THREAD;
    std::uint64_t group_bytes = std::uint64_t{4} << 20;
    std::uint64_t group_ns = 10'000'000;
    std::uint64_t segment_bytes = std::uint64_t{64} << 20;  // the next append begins another
};

class Writer {
  public:
    // REQUIRES: the files live longer.
    Writer(Files& files, const WriterOptions& options);
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    // Closes it, if that can be done.
    ~Writer();

    // Goes on behind the entry of that number, in a new segment of that epoch. What the last
    // segment holds is synced before. REQUIRES: the epoch is higher than any in the directory, a
    // torn tail was cut.
    void begin(std::uint64_t sequence, std::uint32_t epoch, std::uint64_t chain);

    // Throws a JournalFailure: IO or FULL when nothing was appended and it may be tried again,
    // BROKEN when it may not.
    void append(const Command* commands, std::size_t count);
    // REQUIRES: at most NOTE_BYTES_MOST, or it throws MISUSE.
    void append_note(const void* bytes, std::size_t count);

    // Returns when all that was appended is on the device.
    void sync();
    // Syncs, and notes in the segment that it ended so. Nothing can be appended after.
    void close();

    // The number of the last entry, 0 before the first.
    std::uint64_t sequence() const {
        return position_.sequence;
    }
    // Where the journal stands: what a snapshot states.
    const JournalPosition& position() const {
        return position_;
    }
    // Of the last entry that is on the device for certain.
    std::uint64_t synced_sequence() const {
        return synced_sequence_.load(std::memory_order_acquire);
    }
    bool is_broken() const {
        return is_broken_.load(std::memory_order_acquire);
    }
    // Bytes that were appended since begin(), headers included.
    std::uint64_t bytes() const {
        return bytes_;
    }

  private:
    // What an append that failed goes back to.
    struct Mark {
        JournalPosition position;
        std::uint64_t size;
        std::uint64_t bytes;
    };

    // What the thread and all others meet at.
    struct Meeting {
        std::condition_variable due;   // for the thread: there is something to sync, or it must end
        std::condition_variable done;  // a sync has ended
    };

    void check_process() const;
    void check_open() const;
    [[noreturn]] void fail_as_broken(const std::string& what);
    void open_segment(const JournalPosition& at);
    void discard_segment(Files::Handle file, const std::string& name);
    void rotate();
    template <class Append>
    void append_whole(const Append& append_blocks);
    void cut_back(const Mark& mark, const std::string& what);
    std::size_t append_block(const Command* commands, std::size_t count);
    void write_block(const std::uint8_t* end, std::size_t entries);
    void settle();

    using Lock = std::unique_lock<std::mutex>;
    void wait_for_bounds(Lock& lock);
    void sync_all(Lock& lock);
    void sync_once(Lock& lock);
    void run_group();
    void stop_group();

    Files& files_;
    WriterOptions options_;
    std::unique_ptr<std::uint8_t[]> block_;
    JournalPosition position_;
    std::uint64_t seed_ = 0;  // the chain before the segment's first block
    std::string name_;
    Files::Handle file_ = -1;
    std::uint64_t size_ = 0;   // of the segment
    std::uint64_t bytes_ = 0;  // of all

    std::atomic<std::uint64_t> synced_sequence_{0};
    std::atomic<bool> is_broken_{false};

    // What follows is under the mutex: what was acknowledged or is about to be, and what is synced.
    std::mutex mutex_;
    std::unique_ptr<Meeting> meeting_;
    std::uint64_t appended_bytes_ = 0;
    std::uint64_t appended_sequence_ = 0;
    std::uint64_t synced_bytes_ = 0;
    std::uint64_t oldest_ns_ = 0;   // when the first of what no sync has taken up was appended
    std::uint64_t syncing_ns_ = 0;  // the same of what a sync that runs has taken up
    bool is_syncing_ = false;
    bool is_stopping_ = false;
    std::string broken_by_;
    std::unique_ptr<std::thread> thread_;
};

}  // namespace engine
