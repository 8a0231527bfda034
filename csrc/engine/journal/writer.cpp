#include "engine/journal/writer.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/journal/command_codec.hpp"
#include "engine/journal/directory.hpp"
#include "engine/journal/failure.hpp"
#include "engine/types/planted.hpp"

namespace engine {

namespace {

// The most that one command takes in a block while it is written.
constexpr std::size_t ENTRY_ROOM = ENTRY_HEAD_MOST + COMMAND_ROOM;

std::uint64_t now_ns() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

}  // namespace

Writer::Writer(Files& files, const WriterOptions& options)
    : files_(files),
      options_(options),
      block_(new std::uint8_t[BLOCK_HEADER_BYTES + BLOCK_PAYLOAD_MOST + ENTRY_ROOM]),
      meeting_(new Meeting) {}

Writer::~Writer() {
    if (files_.is_in_child()) {
        // The thread is the parent's, and so is the end of the journal. What the thread waited for
        // when the process was forked has a waiter here for ever: to destroy it would be to wait.
        (void)thread_.release();
        (void)meeting_.release();
        return;
    }
    try {
        close();
    } catch (const std::exception&) {
        // Whoever wants to know closes it before. What was promised has been kept.
    }
    stop_group();
    if (file_ >= 0) files_.close(file_);
}

void Writer::begin(std::uint64_t sequence, std::uint32_t epoch, std::uint64_t chain) {
    if (file_ >= 0) throw JournalFailure(Fault::MISUSE, "the journal was begun before");
    const std::vector<JournalFile> segments = list_segments(files_);
    if (!segments.empty()) {
        // A process that was killed may have left it unsynced.
        const OpenFile last(files_, segments.back().name, Files::Access::CHANGE);
        if (!planted(Bug::LAST_LIFE_UNSYNCED)) files_.sync(last.get());
    }
    open_segment({sequence, epoch, chain});
    position_ = {sequence, epoch, chain};
    appended_sequence_ = sequence;
    synced_sequence_.store(sequence, std::memory_order_release);
    if (options_.durability == Durability::GROUP && options_.syncer == Syncer::THREAD) {
        thread_ = std::make_unique<std::thread>([this] { run_group(); });
    }
}

void Writer::check_process() const {
    if (files_.is_in_child()) {
        throw JournalFailure(Fault::BROKEN, "the process was forked: its parent has the journal");
    }
}

void Writer::check_open() const {
    if (file_ < 0) throw JournalFailure(Fault::MISUSE, "the journal is not open: begin() it");
    check_process();
    if (is_broken()) throw JournalFailure(Fault::BROKEN, "the journal is broken: " + broken_by_);
}

// REQUIRES: the mutex is held. What broke it is written once, before others can read it.
void Writer::fail_as_broken(const std::string& what) {
    if (!is_broken()) broken_by_ = what;
    is_broken_.store(true, std::memory_order_release);
    throw JournalFailure(Fault::BROKEN, "the journal is broken: " + what, name_);
}

// Makes a segment and its name durable, and then appends go to it.
void Writer::open_segment(const JournalPosition& at) {
    const std::string name = segment_name(at.sequence + 1, at.epoch);
    const Files::Handle file = files_.create(name);
    std::uint8_t header[SEGMENT_HEADER_BYTES];
    write_segment_header(header, {at.epoch, at.sequence + 1, at.chain});
    try {
        files_.append(file, header, sizeof header);
        files_.sync(file);
        if (!planted(Bug::SEGMENT_NAME_UNSYNCED)) files_.sync_directory();
    } catch (const JournalFailure&) {
        discard_segment(file, name);
        throw;
    }
    const Lock lock(mutex_);
    if (file_ >= 0) files_.close(file_);
    file_ = file;
    name_ = name;
    size_ = sizeof header;
    bytes_ += sizeof header;
    seed_ = at.chain;
}

// A segment that was not finished must not be found behind one that goes on.
void Writer::discard_segment(Files::Handle file, const std::string& name) {
    files_.close(file);
    try {
        files_.remove(name);
        files_.sync_directory();
    } catch (const JournalFailure& error) {
        const Lock lock(mutex_);
        fail_as_broken(error.what());
    }
}

void Writer::rotate() {
    if (!planted(Bug::SEGMENT_LEFT_UNSYNCED)) sync();
    open_segment(position_);
}

template <class Append>
void Writer::append_whole(const Append& append_blocks) {
    check_open();
    const bool is_full = size_ >= options_.segment_bytes && size_ > SEGMENT_HEADER_BYTES;
    if (ENGINE_UNLIKELY(is_full)) rotate();
    const Mark mark{position_, size_, bytes_};
    try {
        append_blocks();
    } catch (const JournalFailure& error) {
        cut_back(mark, error.what());
        throw;
    }
    ENGINE_ASSERT(position_.sequence > mark.position.sequence);
    settle();
}

void Writer::append(const Command* commands, std::size_t count) {
    if (count == 0) return;
    append_whole([this, commands, count] {
        std::size_t done = 0;
        while (done < count) done += append_block(commands + done, count - done);
    });
}

void Writer::append_note(const void* bytes, std::size_t count) {
    if (count > NOTE_BYTES_MOST) {
        throw JournalFailure(Fault::MISUSE, "a note was " + std::to_string(count) +
                                                " bytes, must be at most " +
                                                std::to_string(NOTE_BYTES_MOST));
    }
    append_whole([this, bytes, count] {
        std::uint8_t* const entry = block_.get() + BLOCK_HEADER_BYTES;
        if (count != 0) std::memcpy(entry + ENTRY_CHECK_BYTES + 1, bytes, count);
        const std::uint8_t* const end = place_entry(entry, count, EntryKind::NOTE);
        check_entry(entry, end, position_.epoch, position_.sequence + 1);
        write_block(end, 1);
    });
}

// The file as it was, on the device too, so that what was refused never comes back; or the journal
// is broken.
void Writer::cut_back(const Mark& mark, const std::string& what) {
    position_ = mark.position;
    size_ = mark.size;
    bytes_ = mark.bytes;
    try {
        if (!planted(Bug::REFUSED_CALL_STAYS)) files_.truncate(file_, size_);
        if (!planted(Bug::CUT_BACK_UNSYNCED)) files_.sync(file_);
    } catch (const JournalFailure& error) {
        const Lock lock(mutex_);
        fail_as_broken(what + "; then " + error.what());
    }
}

// Appends the first of the commands, as many as a block holds, and returns how many.
std::size_t Writer::append_block(const Command* commands, std::size_t count) {
    CommandContext context{};
    std::uint8_t* const payload = block_.get() + BLOCK_HEADER_BYTES;
    const std::uint8_t* const limit = payload + BLOCK_PAYLOAD_MOST - ENTRY_ROOM;
    const std::size_t most = std::min(count, BLOCK_ENTRIES_MOST);
    std::uint8_t* entries[BLOCK_ENTRIES_MOST + 1];
    entries[0] = payload;
    std::size_t taken = 0;
    while (taken < most && entries[taken] <= limit) {
        std::uint8_t* const body = entries[taken] + ENTRY_CHECK_BYTES + 1;
        const std::uint8_t* const end = encode_command(body, commands[taken], context);
        const auto bytes = static_cast<std::size_t>(end - body);
        entries[taken + 1] = place_entry(entries[taken], bytes, EntryKind::COMMAND);
        taken += 1;
    }
    for (std::size_t i = 0; i < taken; i++) {
        check_entry(entries[i], entries[i + 1], position_.epoch, position_.sequence + i + 1);
    }
    write_block(entries[taken], taken);
    return taken;
}

// Writes the block whose payload ends there.
void Writer::write_block(const std::uint8_t* end, std::size_t entries) {
    std::uint8_t* const block = block_.get();
    const auto bytes = static_cast<std::size_t>(end - block);
    ENGINE_ASSERT(bytes <= BLOCK_HEADER_BYTES + BLOCK_PAYLOAD_MOST);
    const std::size_t payload_bytes = bytes - BLOCK_HEADER_BYTES;
    BlockHeader header{static_cast<std::uint32_t>(payload_bytes),
                       static_cast<std::uint32_t>(entries),
                       position_.epoch,
                       position_.sequence + 1,
                       synced_sequence(),
                       position_.chain};
    write_block_header(block, header, seed_);
    if (entries > 0) header.chain = block_chain(position_.chain, block, payload_bytes);
    write_block_header(block, header, seed_);
    files_.append(file_, block, bytes);
    position_.sequence += entries;
    position_.chain = header.chain;
    size_ += bytes;
    bytes_ += bytes;
}

// What was appended becomes what the mode promises.
void Writer::settle() {
    Lock lock(mutex_);
    appended_bytes_ = bytes_;
    appended_sequence_ = position_.sequence;
    if (options_.durability == Durability::SYNC) sync_all(lock);
    if (options_.durability == Durability::GROUP) wait_for_bounds(lock);
}

void Writer::wait_for_bounds(Lock& lock) {
    if (planted(Bug::GROUP_BOUND_IGNORED)) return;
    const std::uint64_t now = now_ns();
    const bool is_first = oldest_ns_ == 0;
    if (is_first) oldest_ns_ = now;
    const auto unsynced = [this] { return appended_bytes_ - synced_bytes_; };
    if (thread_ == nullptr) {
        if (unsynced() > options_.group_bytes || now - oldest_ns_ >= options_.group_ns) {
            sync_all(lock);
        }
        return;
    }
    if (is_first || unsynced() > options_.group_bytes / 2) meeting_->due.notify_one();
    const auto is_over = [&] {
        return unsynced() > options_.group_bytes ||
               (is_syncing_ && syncing_ns_ + options_.group_ns < now);
    };
    while (!is_broken() && is_over()) meeting_->done.wait(lock);
    if (is_broken()) fail_as_broken(broken_by_);
}

// Also from another thread than the one that appends, which may begin another segment meanwhile.
void Writer::sync() {
    check_process();  // the mutex may be held by a thread that only the parent has
    Lock lock(mutex_);
    check_open();
    sync_all(lock);
}

// Until all that was appended at the time of the call is synced.
void Writer::sync_all(Lock& lock) {
    const std::uint64_t target = appended_bytes_;
    while (synced_bytes_ < target) {
        if (is_broken()) fail_as_broken(broken_by_);
        if (is_syncing_) {
            meeting_->done.wait(lock);
        } else {
            sync_once(lock);
        }
    }
}

// REQUIRES: no other sync runs. The mutex is not held while the device works.
void Writer::sync_once(Lock& lock) {
    ENGINE_ASSERT(!is_syncing_);
    const std::uint64_t bytes = appended_bytes_;
    const std::uint64_t sequence = appended_sequence_;
    const Files::Handle file = file_;
    is_syncing_ = true;
    syncing_ns_ = std::exchange(oldest_ns_, 0);
    std::string error;
    lock.unlock();
    try {
        files_.sync(file);
    } catch (const std::exception& failure) {
        error = failure.what();
    }
    lock.lock();
    is_syncing_ = false;
    meeting_->done.notify_all();
    meeting_->due.notify_one();
    if (!error.empty() && !planted(Bug::FAILED_SYNC_FORGOTTEN)) fail_as_broken(error);
    synced_bytes_ = bytes;
    synced_sequence_.store(sequence, std::memory_order_release);
}

// The thread: syncs when half of a bound is reached, so that the other half is for the device.
void Writer::run_group() {
    Lock lock(mutex_);
    while (!is_stopping_ && !is_broken()) {
        if (appended_bytes_ == synced_bytes_ || is_syncing_ || oldest_ns_ == 0) {
            meeting_->due.wait(lock);
            continue;
        }
        const std::uint64_t now = now_ns();
        const std::uint64_t due_ns = oldest_ns_ + options_.group_ns / 2;
        if (now < due_ns && appended_bytes_ - synced_bytes_ <= options_.group_bytes / 2) {
            meeting_->due.wait_for(lock, std::chrono::nanoseconds(due_ns - now));
            continue;
        }
        try {
            sync_once(lock);
        } catch (const JournalFailure&) {
            return;  // whoever appends next is told
        }
    }
}

void Writer::stop_group() {
    if (thread_ == nullptr) return;
    {
        const Lock lock(mutex_);
        is_stopping_ = true;
    }
    meeting_->due.notify_one();
    thread_->join();
    thread_ = nullptr;
}

void Writer::close() {
    if (file_ < 0 || is_broken() || files_.is_in_child()) return;
    sync();
    stop_group();
    const Mark mark{position_, size_, bytes_};
    try {
        write_block(block_.get() + BLOCK_HEADER_BYTES, 0);
        files_.sync(file_);
    } catch (const JournalFailure& error) {
        cut_back(mark, error.what());
        throw;
    }
    files_.close(std::exchange(file_, -1));
}

}  // namespace engine
