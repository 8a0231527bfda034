// The file of a snapshot: what holds after an entry of a journal, in two parts of opaque bytes.
//
// It is written under another name, synced, renamed, and the directory synced: so a file that has
// the name of a snapshot is whole, or was damaged later, which its checks tell.
// REQUIRES, of who writes one: the journal is synced up to the entry. Otherwise a power cut might
// leave a snapshot of what the journal does not know.
// Complexity: O(bytes).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/journal/files.hpp"
#include "engine/journal/segment.hpp"

namespace engine {

constexpr std::uint32_t SNAPSHOT_VERSION = 1;
constexpr std::uint8_t SNAPSHOT_MAGIC[8] = {0x89, 'E', 'S', 'N', '\r', '\n', 0x1A, '\n'};
constexpr std::size_t SNAPSHOT_HEADER_BYTES = 128;

struct Snapshot {
    JournalPosition position;
    std::vector<std::uint8_t> meta;
    std::vector<std::uint8_t> image;
};

// Returns its name. Throws a JournalFailure, after which there is no snapshot of that name that
// was not there before, and the directory may be used on.
std::string write_snapshot(Files& files, const JournalPosition& position, const void* meta,
                           std::size_t meta_bytes, const void* image, std::size_t image_bytes);

// Throws a JournalFailure of fault DAMAGED or FORMAT that says what is wrong and where.
Snapshot read_snapshot(Files& files, const std::string& name);

}  // namespace engine
