// libFuzzer: any bytes as the file of a snapshot, as they are and with a header that is right for
// them. What is taken is written again as it was; with a right header it is taken.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "bytes.hpp"
#include "engine/journal/failure.hpp"
#include "engine/journal/snapshot_file.hpp"
#include "memory_files.hpp"

namespace {

using engine::SNAPSHOT_HEADER_BYTES;
using fuzz::must;

bool is_taken(const std::uint8_t* data, std::size_t size) {
    fuzz::MemoryFiles files;
    files.put("any", data, size);
    try {
        const engine::Snapshot snapshot = engine::read_snapshot(files, "any");
        const std::string name = engine::write_snapshot(
            files, snapshot.position, snapshot.meta.data(), snapshot.meta.size(),
            snapshot.image.data(), snapshot.image.size());
        const engine::Snapshot again = engine::read_snapshot(files, name);
        must(again.position == snapshot.position, "a snapshot is written at another place");
        must(again.meta == snapshot.meta, "a snapshot is written with another meta part");
        must(again.image == snapshot.image, "a snapshot is written with another image");
    } catch (const engine::JournalFailure&) {
        return false;  // it says what is wrong
    }
    return true;
}

// The places are those of docs/journal-format.md.
void mend(std::vector<std::uint8_t>& bytes) {
    std::uint8_t* const header = bytes.data();
    const std::size_t rest = bytes.size() - SNAPSHOT_HEADER_BYTES;
    const std::uint64_t meta = engine::loaded<std::uint64_t>(header + 32) % (rest + 1);
    const std::uint64_t image = rest - meta;
    const std::uint8_t* const first = header + SNAPSHOT_HEADER_BYTES;
    std::memcpy(header, engine::SNAPSHOT_MAGIC, sizeof engine::SNAPSHOT_MAGIC);
    engine::store(header + 8, engine::SNAPSHOT_VERSION);
    engine::store(header + 32, meta);
    engine::store(header + 40, image);
    engine::store(header + 48, engine::crc32c(0, first, meta));
    engine::store(header + 52, engine::crc32c(0, first + meta, image));
    engine::store(header + 56, engine::hash64(0, first, meta));
    engine::store(header + 64, engine::hash64(0, first + meta, image));
    engine::store(header + 124, engine::crc32c(0, header, 124));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    is_taken(data, size);
    if (size < SNAPSHOT_HEADER_BYTES) return 0;
    std::vector<std::uint8_t> bytes(data, data + size);
    mend(bytes);
    must(is_taken(bytes.data(), bytes.size()), "a right header is not taken");
    return 0;
}
