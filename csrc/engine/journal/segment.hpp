// The format of a segment, version 1: docs/journal-format.md says it in full.
//
// A segment is a header of 64 bytes and blocks, one after the other. A block is a header of 44
// bytes and a payload: commands, or one note, or nothing, which ends the segment of a journal that
// was closed. All numbers are little-endian.
// Complexity: O(bytes).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "engine/base/packed.hpp"
#include "engine/journal/command_codec.hpp"
#include "engine/journal/crc32c.hpp"
#include "engine/journal/hash64.hpp"

namespace engine {

constexpr std::uint32_t SEGMENT_VERSION = 1;
constexpr std::uint8_t SEGMENT_MAGIC[8] = {0x89, 'E', 'J', 'L', '\r', '\n', 0x1A, '\n'};
constexpr std::size_t SEGMENT_HEADER_BYTES = 64;

constexpr std::uint8_t BLOCK_MAGIC[4] = {0xB1, 'B', 'L', 'K'};
constexpr std::size_t BLOCK_HEADER_BYTES = 44;
constexpr std::size_t BLOCK_PAYLOAD_MOST = 256 * 1024;
constexpr std::size_t BLOCK_ENTRIES_MOST = 4096;

enum class EntryKind : std::uint8_t { COMMAND = 0, NOTE = 1 };
constexpr std::size_t ENTRY_CHECK_BYTES = 4;
// Check, and kind with length, of the longest entry.
constexpr std::size_t ENTRY_HEAD_MOST = ENTRY_CHECK_BYTES + 4;
constexpr std::size_t NOTE_BYTES_MOST = BLOCK_PAYLOAD_MOST - ENTRY_HEAD_MOST;

// Where a journal stands: after the entry of that number, written in that epoch. All zero: nowhere
// yet.
struct JournalPosition {
    std::uint64_t sequence = 0;
    std::uint32_t epoch = 0;
    std::uint64_t chain = 0;

    bool operator==(const JournalPosition&) const = default;
};

struct SegmentHeader {
    std::uint32_t epoch = 0;
    std::uint64_t first_sequence = 0;
    std::uint64_t chain = 0;  // before the first block
};

struct BlockHeader {
    std::uint32_t payload_bytes = 0;
    std::uint32_t entry_count = 0;
    std::uint32_t epoch = 0;
    std::uint64_t first_sequence = 0;
    std::uint64_t synced_sequence = 0;  // entries that were on the device when it was written
    std::uint64_t chain = 0;            // after it
};

template <class Number>
inline void store(std::uint8_t* at, Number number) {
    std::memcpy(at, &number, sizeof number);
}
template <class Number>
inline Number loaded(const std::uint8_t* at) {
    Number number{};
    std::memcpy(&number, at, sizeof number);
    return number;
}

enum class HeaderState : std::uint8_t { SOUND, DAMAGED, FOREIGN, NEWER };

void write_segment_header(std::uint8_t* at, const SegmentHeader& header);
// REQUIRES: SEGMENT_HEADER_BYTES from `at` on.
HeaderState read_segment_header(const std::uint8_t* at, SegmentHeader* header);
// Of bytes that begin with a magic, have a version behind it and end with a CRC32C.
HeaderState header_state(const std::uint8_t* at, std::size_t bytes, const std::uint8_t* magic,
                         std::uint32_t version);

// The header of a block, all but its chain, which block_chain() says, and its check. `seed` is the
// chain before the first block of the segment: so a block says that it is of this one.
void write_block_header(std::uint8_t* at, const BlockHeader& header, std::uint64_t seed);
// Whether there is one, with limits kept. REQUIRES: BLOCK_HEADER_BYTES from `at` on.
bool read_block_header(const std::uint8_t* at, std::uint64_t seed, BlockHeader* header);
// The chain after a block. REQUIRES: the header before its chain is written, the payload behind it.
std::uint64_t block_chain(std::uint64_t before, const std::uint8_t* at, std::size_t payload_bytes);

// The check of an entry begins with its epoch and number.
inline std::uint32_t entry_check(std::uint32_t epoch, std::uint64_t sequence,
                                 const std::uint8_t* at, std::size_t count) {
    return crc32c_behind(sequence, epoch, at, count);
}

// An entry in the payload of a block.
struct Entry {
    EntryKind kind = EntryKind::COMMAND;
    const std::uint8_t* payload = nullptr;
    std::size_t bytes = 0;
    const std::uint8_t* end = nullptr;  // where the next one begins
};
// Whether a sound entry begins at `at`, before `end`.
bool read_entry(const std::uint8_t* at, const std::uint8_t* end, std::uint32_t epoch,
                std::uint64_t sequence, Entry* entry);
// Writes kind and length, and moves the payload, which stands ENTRY_CHECK_BYTES + 1 behind `at`,
// where its length has more bytes than one. Returns where the entry ends.
std::uint8_t* place_entry(std::uint8_t* at, std::size_t payload_bytes, EntryKind kind);
// Writes the check of an entry that was placed. Best some time after: what was written just now,
// by words that overlap, can be loaded only once it has left the processor's queue of stores.
void check_entry(std::uint8_t* at, const std::uint8_t* end, std::uint32_t epoch,
                 std::uint64_t sequence);

}  // namespace engine
