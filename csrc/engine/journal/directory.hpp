// The files of a journal's directory: their names, which there are, and which may go.
// Complexity: O(files).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/journal/files.hpp"

namespace engine {

// A file that belongs to a journal: a segment that begins with an entry, or a snapshot of what
// holds after one.
struct JournalFile {
    std::string name;
    std::uint64_t sequence = 0;
    std::uint32_t epoch = 0;
};

std::string segment_name(std::uint64_t first_sequence, std::uint32_t epoch);
std::string snapshot_name(std::uint64_t sequence, std::uint32_t epoch);
// What a snapshot is called while it is written.
std::string unfinished_name(const std::string& snapshot);

// Oldest first: by sequence, then by epoch.
std::vector<JournalFile> list_segments(Files& files);
std::vector<JournalFile> list_snapshots(Files& files);

// Removes segments of which every entry is at or before a sequence, oldest first, and returns how
// many. The last one stays.
std::size_t remove_segments_before(Files& files, std::uint64_t sequence);
// Removes all snapshots but the newest so many, and returns how many.
std::size_t remove_snapshots(Files& files, std::size_t kept);
// Removes what a crash has left of snapshots that were being written.
void remove_unfinished(Files& files);

}  // namespace engine
