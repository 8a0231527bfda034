// What a journal throws: one type, that says what kind of failure it was, and in which file.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace engine {

enum class Fault : std::uint8_t {
    IO,       // the system refused an operation; nothing has changed
    FULL,     // there is no space; nothing has changed, and it may be tried again
    LOCKED,   // another process, or another journal of this one, has the directory
    BROKEN,   // what is on the device is not known: the directory has to be opened anew
    DAMAGED,  // bytes are not those that were written
    FORMAT,   // not a file of this library, or of a newer version of it
    MISUSE,   // a call that cannot be: before begin(), or a note that is too large
};

struct JournalFailure : std::runtime_error {
    JournalFailure(Fault its_fault, const std::string& what, std::string its_file = {},
                   std::uint64_t its_offset = 0, int its_number = 0)
        : std::runtime_error(what),
          fault(its_fault),
          file(std::move(its_file)),
          offset(its_offset),
          number(its_number) {}

    Fault fault;
    std::string file;
    std::uint64_t offset;
    int number;  // errno, 0 for none
};

}  // namespace engine
