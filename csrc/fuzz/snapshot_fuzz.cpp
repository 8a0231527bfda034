// libFuzzer: any bytes as the file of a snapshot. What is taken is written again as it was.
#include <cstdint>
#include <cstdlib>

#include "engine/journal/failure.hpp"
#include "engine/journal/snapshot_file.hpp"
#include "memory_files.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::MemoryFiles files;
    files.put("any", data, size);
    try {
        const engine::Snapshot snapshot = engine::read_snapshot(files, "any");
        const std::string name = engine::write_snapshot(
            files, snapshot.position, snapshot.meta.data(), snapshot.meta.size(),
            snapshot.image.data(), snapshot.image.size());
        const engine::Snapshot again = engine::read_snapshot(files, name);
        const bool is_equal = again.position == snapshot.position && again.meta == snapshot.meta &&
                              again.image == snapshot.image;
        if (!is_equal) std::abort();
    } catch (const engine::JournalFailure&) {
        // It says what is wrong.
    }
    return 0;
}
