#include "engine/journal/segment.hpp"

#include "engine/types/planted.hpp"

namespace engine {

namespace {

constexpr std::size_t MAGIC_BYTES = sizeof SEGMENT_MAGIC;
constexpr std::size_t VERSION_AT = 8;
constexpr std::size_t CHECK_BYTES = 4;

// Places in the header of a segment.
constexpr std::size_t EPOCH_AT = 12;
constexpr std::size_t FIRST_SEQUENCE_AT = 16;
constexpr std::size_t CHAIN_AT = 24;

// Places in the header of a block.
constexpr std::size_t PAYLOAD_BYTES_AT = 4;
constexpr std::size_t ENTRY_COUNT_AT = 8;
constexpr std::size_t BLOCK_EPOCH_AT = 12;
constexpr std::size_t BLOCK_SEQUENCE_AT = 16;
constexpr std::size_t SYNCED_SEQUENCE_AT = 24;
constexpr std::size_t BLOCK_CHAIN_AT = 32;
constexpr std::size_t BLOCK_CHECK_AT = 40;
static_assert(BLOCK_CHECK_AT + CHECK_BYTES == BLOCK_HEADER_BYTES);

std::uint32_t block_check(const std::uint8_t* at, std::uint64_t seed) {
    return crc32c(crc32c(0, &seed, sizeof seed), at, BLOCK_CHECK_AT);
}

}  // namespace

HeaderState header_state(const std::uint8_t* at, std::size_t bytes, const std::uint8_t* magic,
                         std::uint32_t version) {
    // A damaged magic is told from a foreign one by the rest, which is checked with the right one.
    const std::size_t check_at = bytes - CHECK_BYTES;
    const bool is_ours = std::memcmp(at, magic, MAGIC_BYTES) == 0;
    const std::uint32_t expected =
        crc32c(crc32c(0, magic, MAGIC_BYTES), at + MAGIC_BYTES, check_at - MAGIC_BYTES);
    const bool is_sound = loaded<std::uint32_t>(at + check_at) == expected;
    if (!is_ours) return is_sound ? HeaderState::DAMAGED : HeaderState::FOREIGN;
    if (!is_sound) return HeaderState::DAMAGED;
    const auto found = loaded<std::uint32_t>(at + VERSION_AT);
    if (found == 0) return HeaderState::DAMAGED;
    return found > version ? HeaderState::NEWER : HeaderState::SOUND;
}

void write_segment_header(std::uint8_t* at, const SegmentHeader& header) {
    std::memset(at, 0, SEGMENT_HEADER_BYTES);
    std::memcpy(at, SEGMENT_MAGIC, sizeof SEGMENT_MAGIC);
    store(at + VERSION_AT, SEGMENT_VERSION);
    store(at + EPOCH_AT, header.epoch);
    store(at + FIRST_SEQUENCE_AT, header.first_sequence);
    store(at + CHAIN_AT, header.chain);
    constexpr std::size_t CHECK_AT = SEGMENT_HEADER_BYTES - CHECK_BYTES;
    store(at + CHECK_AT, crc32c(0, at, CHECK_AT));
}

HeaderState read_segment_header(const std::uint8_t* at, SegmentHeader* header) {
    const HeaderState state =
        header_state(at, SEGMENT_HEADER_BYTES, SEGMENT_MAGIC, SEGMENT_VERSION);
    header->epoch = loaded<std::uint32_t>(at + EPOCH_AT);
    header->first_sequence = loaded<std::uint64_t>(at + FIRST_SEQUENCE_AT);
    header->chain = loaded<std::uint64_t>(at + CHAIN_AT);
    return state;
}

void write_block_header(std::uint8_t* at, const BlockHeader& header, std::uint64_t seed) {
    std::memcpy(at, BLOCK_MAGIC, sizeof BLOCK_MAGIC);
    store(at + PAYLOAD_BYTES_AT, header.payload_bytes);
    store(at + ENTRY_COUNT_AT, header.entry_count);
    store(at + BLOCK_EPOCH_AT, header.epoch);
    store(at + BLOCK_SEQUENCE_AT, header.first_sequence);
    store(at + SYNCED_SEQUENCE_AT, header.synced_sequence);
    store(at + BLOCK_CHAIN_AT, header.chain);
    store(at + BLOCK_CHECK_AT, block_check(at, seed));
}

bool read_block_header(const std::uint8_t* at, std::uint64_t seed, BlockHeader* header) {
    header->payload_bytes = loaded<std::uint32_t>(at + PAYLOAD_BYTES_AT);
    header->entry_count = loaded<std::uint32_t>(at + ENTRY_COUNT_AT);
    header->epoch = loaded<std::uint32_t>(at + BLOCK_EPOCH_AT);
    header->first_sequence = loaded<std::uint64_t>(at + BLOCK_SEQUENCE_AT);
    header->synced_sequence = loaded<std::uint64_t>(at + SYNCED_SEQUENCE_AT);
    header->chain = loaded<std::uint64_t>(at + BLOCK_CHAIN_AT);
    return std::memcmp(at, BLOCK_MAGIC, sizeof BLOCK_MAGIC) == 0 &&
           loaded<std::uint32_t>(at + BLOCK_CHECK_AT) == block_check(at, seed) &&
           header->payload_bytes <= BLOCK_PAYLOAD_MOST && header->entry_count <= BLOCK_ENTRIES_MOST;
}

std::uint64_t block_chain(std::uint64_t before, const std::uint8_t* at, std::size_t payload_bytes) {
    return hash64(hash64(before, at, BLOCK_CHAIN_AT), at + BLOCK_HEADER_BYTES, payload_bytes);
}

bool read_entry(const std::uint8_t* at, const std::uint8_t* end, std::uint32_t epoch,
                std::uint64_t sequence, Entry* entry) {
    if (end - at < static_cast<std::ptrdiff_t>(ENTRY_CHECK_BYTES)) return false;
    const std::uint8_t* const head = at + ENTRY_CHECK_BYTES;
    Unpacker unpacker(head, static_cast<std::size_t>(end - head));
    const std::uint64_t number = unpacker.get();
    const std::uint64_t bytes = number >> 1;
    if (ENGINE_UNLIKELY(!unpacker.is_sound() || bytes > unpacker.left())) return false;
    const auto length = static_cast<std::size_t>(bytes);
    const std::size_t whole = unpacker.position() + length;
    const bool is_checked = !planted(Bug::LAST_ENTRY_UNCHECKED) || head + whole != end;
    if (is_checked && loaded<std::uint32_t>(at) != entry_check(epoch, sequence, head, whole)) {
        return false;
    }
    entry->kind = static_cast<EntryKind>(number & 1);
    entry->payload = head + unpacker.position();
    entry->bytes = length;
    entry->end = head + whole;
    return true;
}

std::uint8_t* place_entry(std::uint8_t* at, std::size_t payload_bytes, EntryKind kind) {
    const std::uint64_t number =
        std::uint64_t{payload_bytes} << 1 | static_cast<std::uint8_t>(kind);
    std::uint8_t* const head = at + ENTRY_CHECK_BYTES;
    std::uint8_t* payload = head + 1;
    if (ENGINE_LIKELY(number < PACKED_SMALL)) {
        *head = static_cast<std::uint8_t>(number);
    } else {
        std::uint8_t packed[PACKED_MOST];
        const auto bytes = static_cast<std::size_t>(pack_number(packed, number) - packed);
        std::memmove(head + bytes, payload, payload_bytes);
        std::memcpy(head, packed, bytes);
        payload = head + bytes;
    }
    return payload + payload_bytes;
}

void check_entry(std::uint8_t* at, const std::uint8_t* end, std::uint32_t epoch,
                 std::uint64_t sequence) {
    const std::uint8_t* const head = at + ENTRY_CHECK_BYTES;
    store(at, entry_check(epoch, sequence, head, static_cast<std::size_t>(end - head)));
}

}  // namespace engine
