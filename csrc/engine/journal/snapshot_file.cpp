#include "engine/journal/snapshot_file.hpp"

#include <algorithm>

#include "engine/journal/crc32c.hpp"
#include "engine/journal/directory.hpp"
#include "engine/journal/failure.hpp"
#include "engine/journal/hash64.hpp"
#include "engine/types/planted.hpp"

namespace engine {

namespace {

// Places in the header.
constexpr std::size_t VERSION_AT = 8;
constexpr std::size_t EPOCH_AT = 12;
constexpr std::size_t SEQUENCE_AT = 16;
constexpr std::size_t CHAIN_AT = 24;
constexpr std::size_t META_BYTES_AT = 32;
constexpr std::size_t IMAGE_BYTES_AT = 40;
constexpr std::size_t META_CHECK_AT = 48;
constexpr std::size_t IMAGE_CHECK_AT = 52;
constexpr std::size_t META_HASH_AT = 56;
constexpr std::size_t IMAGE_HASH_AT = 64;
constexpr std::size_t CHECK_AT = SNAPSHOT_HEADER_BYTES - 4;

void write_header(std::uint8_t* at, const JournalPosition& position, const void* meta,
                  std::size_t meta_bytes, const void* image, std::size_t image_bytes) {
    std::memset(at, 0, SNAPSHOT_HEADER_BYTES);
    std::memcpy(at, SNAPSHOT_MAGIC, sizeof SNAPSHOT_MAGIC);
    store(at + VERSION_AT, SNAPSHOT_VERSION);
    store(at + EPOCH_AT, position.epoch);
    store(at + SEQUENCE_AT, position.sequence);
    store(at + CHAIN_AT, position.chain);
    store(at + META_BYTES_AT, std::uint64_t{meta_bytes});
    store(at + IMAGE_BYTES_AT, std::uint64_t{image_bytes});
    store(at + META_CHECK_AT, crc32c(0, meta, meta_bytes));
    store(at + IMAGE_CHECK_AT, crc32c(0, image, image_bytes));
    store(at + META_HASH_AT, hash64(0, meta, meta_bytes));
    store(at + IMAGE_HASH_AT, hash64(0, image, image_bytes));
    store(at + CHECK_AT, crc32c(0, at, CHECK_AT));
}

[[noreturn]] void fail(Fault fault, const std::string& name, std::uint64_t offset,
                       const std::string& what) {
    throw JournalFailure(fault, name + ", offset " + std::to_string(offset) + ": " + what, name,
                         offset);
}

void check_header(const std::string& name, const std::uint8_t* header) {
    const HeaderState state =
        header_state(header, SNAPSHOT_HEADER_BYTES, SNAPSHOT_MAGIC, SNAPSHOT_VERSION);
    if (state == HeaderState::FOREIGN) {
        fail(Fault::FORMAT, name, 0, "the file does not begin as a snapshot does");
    }
    if (state == HeaderState::NEWER) {
        fail(Fault::FORMAT, name, VERSION_AT,
             "the version of the format was " +
                 std::to_string(loaded<std::uint32_t>(header + VERSION_AT)) + ", must be at most " +
                 std::to_string(SNAPSHOT_VERSION));
    }
    if (state == HeaderState::DAMAGED) {
        fail(Fault::DAMAGED, name, 0, "the header of the snapshot is not what was written");
    }
}

std::vector<std::uint8_t> read_part(Files& files, Files::Handle file, const std::string& name,
                                    std::uint64_t offset, std::uint64_t bytes) {
    std::vector<std::uint8_t> part(static_cast<std::size_t>(bytes));
    if (files.read(file, offset, part.data(), part.size()) != part.size()) {
        fail(Fault::DAMAGED, name, offset, "the file became shorter while it was read");
    }
    return part;
}

void check_part(const std::string& name, std::uint64_t offset, const char* what,
                const std::vector<std::uint8_t>& part, std::uint32_t check, std::uint64_t hash) {
    if (planted(Bug::SNAPSHOT_UNCHECKED)) return;
    if (crc32c(0, part.data(), part.size()) != check ||
        hash64(0, part.data(), part.size()) != hash) {
        fail(Fault::DAMAGED, name, offset, std::string(what) + " is not what was written");
    }
}

}  // namespace

std::string write_snapshot(Files& files, const JournalPosition& position, const void* meta,
                           std::size_t meta_bytes, const void* image, std::size_t image_bytes) {
    std::uint8_t header[SNAPSHOT_HEADER_BYTES];
    write_header(header, position, meta, meta_bytes, image, image_bytes);
    const std::string name = snapshot_name(position.sequence, position.epoch);
    const std::string unfinished = unfinished_name(name);
    const std::vector<std::string> names = files.list();
    if (std::find(names.begin(), names.end(), unfinished) != names.end()) files.remove(unfinished);
    const Files::Handle file = files.create(unfinished);
    try {
        files.append(file, header, sizeof header);
        files.append(file, meta, meta_bytes);
        files.append(file, image, image_bytes);
        if (!planted(Bug::SNAPSHOT_RENAMED_UNSYNCED)) files.sync(file);
    } catch (const JournalFailure&) {
        files.close(file);
        files.remove(unfinished);
        throw;
    }
    files.close(file);
    files.rename(unfinished, name);
    if (!planted(Bug::SNAPSHOT_NAME_UNSYNCED)) files.sync_directory();
    return name;
}

Snapshot read_snapshot(Files& files, const std::string& name) {
    const OpenFile file(files, name);
    std::uint8_t header[SNAPSHOT_HEADER_BYTES];
    const std::uint64_t size = files.size(file.get());
    if (files.read(file.get(), 0, header, sizeof header) != sizeof header) {
        fail(Fault::DAMAGED, name, 0,
             "the file has " + std::to_string(size) + " bytes, fewer than its header");
    }
    check_header(name, header);
    const auto meta_bytes = loaded<std::uint64_t>(header + META_BYTES_AT);
    const auto image_bytes = loaded<std::uint64_t>(header + IMAGE_BYTES_AT);
    const std::uint64_t rest = size - SNAPSHOT_HEADER_BYTES;
    if (meta_bytes > rest || image_bytes != rest - meta_bytes) {
        fail(Fault::DAMAGED, name, SNAPSHOT_HEADER_BYTES,
             "the parts had " + std::to_string(rest) + " bytes, must have " +
                 std::to_string(meta_bytes) + " and " + std::to_string(image_bytes));
    }
    Snapshot snapshot;
    snapshot.position = {loaded<std::uint64_t>(header + SEQUENCE_AT),
                         loaded<std::uint32_t>(header + EPOCH_AT),
                         loaded<std::uint64_t>(header + CHAIN_AT)};
    const std::uint64_t image_at = SNAPSHOT_HEADER_BYTES + meta_bytes;
    snapshot.meta = read_part(files, file.get(), name, SNAPSHOT_HEADER_BYTES, meta_bytes);
    snapshot.image = read_part(files, file.get(), name, image_at, image_bytes);
    check_part(name, SNAPSHOT_HEADER_BYTES, "the meta part", snapshot.meta,
               loaded<std::uint32_t>(header + META_CHECK_AT),
               loaded<std::uint64_t>(header + META_HASH_AT));
    check_part(name, image_at, "the image", snapshot.image,
               loaded<std::uint32_t>(header + IMAGE_CHECK_AT),
               loaded<std::uint64_t>(header + IMAGE_HASH_AT));
    return snapshot;
}

}  // namespace engine
