#include "engine/journal/read_ahead.hpp"

#include <system_error>
#include <utility>

namespace engine {

ReadAhead::ReadAhead(Reader& reader) : reader_(reader) {
    for (Held& held : held_) held.commands = Reader::make_room();
    try {
        thread_ = std::thread([this] { read(); });
    } catch (const std::system_error&) {
        return;
    }
}

ReadAhead::~ReadAhead() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

bool ReadAhead::next(Piece* piece) {
    if (!thread_.joinable()) return reader_.next(piece);
    std::unique_lock lock(mutex_);
    done_count_ = taken_count_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return read_count_ > taken_count_ || has_ended_; });
    if (read_count_ == taken_count_) {
        if (failure_ != nullptr) std::rethrow_exception(failure_);
        return false;
    }
    *piece = held_[taken_count_++ % PIECES].piece;
    return true;
}

// What the thread does.
void ReadAhead::read() {
    bool has_more = true;
    while (has_more) {
        std::size_t place = 0;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock,
                          [this] { return is_stopping_ || read_count_ - done_count_ < PIECES; });
            if (is_stopping_) return;
            place = read_count_ % PIECES;
        }
        std::exception_ptr failure;
        try {
            has_more = read_one(held_[place]);
        } catch (...) {
            failure = std::current_exception();
            has_more = false;
        }
        const std::lock_guard lock(mutex_);
        failure_ = std::move(failure);
        has_ended_ = !has_more;
        read_count_ += has_more ? 1 : 0;
        changed_.notify_all();
    }
}

bool ReadAhead::read_one(Held& held) {
    if (!reader_.next(&held.piece)) return false;
    if (held.piece.note != nullptr) {
        held.note.assign(held.piece.note, held.piece.note + held.piece.note_bytes);
        held.note.push_back(0);  // an empty note is a note too, and has a place
        held.piece.note = held.note.data();
    } else {
        reader_.exchange_room(held.commands);
    }
    return true;
}

}  // namespace engine
