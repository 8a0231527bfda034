// Reads a journal in a thread of its own, some pieces ahead of the one that takes them.
//
// Purpose: to check and decode a journal costs about what it costs to apply it, so a replay that
// does both by turns takes twice as long as it must.
// Invariants: pieces come as the reader gives them, and then its end or what it threw. The thread
// ends with the reading or with this object. One thread at a time takes.
// Complexity: a piece costs handing over a buffer; memory for PIECES of them.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/journal/reader.hpp"

namespace engine {

class ReadAhead {
  public:
    static constexpr std::size_t PIECES = 4;

    // REQUIRES: nobody else uses the reader, which outlives this, until next() has returned false.
    // Where no thread can be started it reads when it is asked.
    explicit ReadAhead(Reader& reader);
    ~ReadAhead();
    ReadAhead(const ReadAhead&) = delete;
    ReadAhead& operator=(const ReadAhead&) = delete;

    // As Reader::next(): the piece is there until the next call.
    bool next(Piece* piece);

  private:
    // A piece that lasts until it is taken and done with.
    struct Held {
        Piece piece;
        std::unique_ptr<Command[]> commands;
        std::vector<std::uint8_t> note;
    };

    void read();
    bool read_one(Held& held);

    Reader& reader_;
    std::array<Held, PIECES> held_;
    std::mutex mutex_;
    std::condition_variable changed_;
    // Guarded by the mutex.
    std::size_t read_count_ = 0;  // pieces from the first on, of which the last few are held
    std::size_t done_count_ = 0;  // that were taken and are done with
    bool has_ended_ = false;
    bool is_stopping_ = false;
    std::exception_ptr failure_;

    std::size_t taken_count_ = 0;  // the taker's own
    std::thread thread_;
};

}  // namespace engine
