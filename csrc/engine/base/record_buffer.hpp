// Where records that go out are written: memory of the caller's, or its own once that is too small.
//
// Purpose: a command makes any number of them, so a writer must be able to go on when its room
// ends. The buffer starts in memory that it borrows (or none) and moves to memory of its own, which
// it doubles as it needs.
// Invariants: [begin, next) is written; own memory comes from malloc, so that release() can hand it
// on.
// Complexity: push O(1) amortised; no allocation while the room suffices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "engine/base/array.hpp"
#include "engine/base/assert.hpp"

namespace engine {

template <class Record>
class RecordBuffer {
  public:
    RecordBuffer() = default;
    RecordBuffer(Record* memory, std::size_t count) {
        borrow(memory, count);
    }
    RecordBuffer(const RecordBuffer&) = delete;
    RecordBuffer& operator=(const RecordBuffer&) = delete;
    ~RecordBuffer() {
        std::free(owned_);
    }

    // Starts anew in memory of the caller's; memory of its own is let go.
    void borrow(Record* memory, std::size_t count) {
        std::free(std::exchange(owned_, nullptr));
        begin_ = next_ = memory;
        end_ = memory + count;
    }

    // The next record, uninitialised.
    ENGINE_INLINE Record& push() {
        if (ENGINE_UNLIKELY(next_ == end_)) grow();
        return *next_++;
    }

    // The same as words, all of which the caller writes.
    ENGINE_INLINE std::uint64_t* push_words() {
        static_assert(sizeof(Record) % sizeof(std::uint64_t) == 0);
        return reinterpret_cast<std::uint64_t*>(&push());
    }

    // The next `count` records, uninitialised.
    Record* extend(std::size_t count) {
        const auto room = static_cast<std::size_t>(end_ - begin_);
        const std::size_t wanted = size() + count;
        if (room < wanted) move_to(wanted < 2 * room ? 2 * room : wanted);
        return std::exchange(next_, next_ + count);
    }

    // Where the next records will be, and how many before memory moves: who writes them there first
    // extends the buffer by them afterwards.
    Record* next() {
        return next_;
    }
    std::size_t room() const {
        return static_cast<std::size_t>(end_ - next_);
    }

    void clear() {
        next_ = begin_;
    }
    std::size_t size() const {
        return static_cast<std::size_t>(next_ - begin_);
    }
    const Record* data() const {
        return begin_;
    }
    Record& operator[](std::size_t index) {
        return begin_[index];
    }
    bool is_owner() const {
        return owned_ != nullptr;
    }
    // Room for `count` records in all, in memory of its own.
    void reserve(std::size_t count) {
        if (static_cast<std::size_t>(end_ - begin_) < count) move_to(count);
    }
    // Gives away the memory, trimmed to what is written; free() it. Null when nothing was owned.
    Record* release() {
        Record* given = std::exchange(owned_, nullptr);
        if (given != nullptr && next_ != begin_) {
            void* trimmed = std::realloc(given, size() * sizeof(Record));
            if (trimmed != nullptr) given = static_cast<Record*>(trimmed);
        }
        begin_ = next_ = end_ = nullptr;
        return given;
    }

  private:
    ENGINE_NOINLINE void grow() {
        const std::size_t room = static_cast<std::size_t>(end_ - begin_);
        move_to(room < 32 ? 64 : 2 * room);
    }

    void move_to(std::size_t count) {
        const std::size_t written = size();
        void* block = std::realloc(owned_, count * sizeof(Record));
        if (block == nullptr) throw std::bad_alloc();
        ask_for_huge_pages(block, count * sizeof(Record));
        if (owned_ == nullptr && written != 0) std::memcpy(block, begin_, written * sizeof(Record));
        owned_ = static_cast<Record*>(block);
        begin_ = owned_;
        next_ = owned_ + written;
        end_ = owned_ + count;
    }

    Record* begin_ = nullptr;
    Record* next_ = nullptr;
    Record* end_ = nullptr;
    Record* owned_ = nullptr;
};

}  // namespace engine
