// libFuzzer: any bytes as a segment of a journal. The reader comes to an end, reads nothing
// outside, and what it gives out is written and read again as it was.
#include <cstddef>
#include <cstdint>

#include "journal_entries.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::MemoryFiles files;
    files.put(engine::segment_name(1, 1), data, size);
    const fuzz::Found found = fuzz::found_in(files, 0);
    fuzz::must(found.verdict.position.sequence == found.entries.size(), "entries were miscounted");
    fuzz::require_written(found.entries);
    return 0;
}
