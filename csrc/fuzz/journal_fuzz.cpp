// libFuzzer: any bytes as a segment of a journal. The reader comes to an end, reads nothing
// outside, and what it gives out is written and read again as it was.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/journal/reader.hpp"
#include "engine/journal/writer.hpp"
#include "memory_files.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::MemoryFiles files;
    files.put(engine::segment_name(1, 1), data, size);
    fuzz::MemoryFiles copies;
    engine::WriterOptions options;
    options.durability = engine::Durability::ASYNC;
    engine::Writer writer(copies, options);
    writer.begin(0, 1, 0);
    engine::Reader reader(files, 0, std::nullopt);
    engine::Piece piece;
    while (reader.next(&piece)) {
        if (piece.note != nullptr) {
            writer.append_note(piece.note, piece.note_bytes);
        } else {
            writer.append(piece.commands, piece.command_count);
        }
    }
    const std::uint64_t sequence = reader.verdict().position.sequence;
    if (writer.sequence() != sequence) std::abort();
    engine::Reader again(copies, 0, std::nullopt);
    while (again.next(&piece)) continue;
    const engine::Verdict& verdict = again.verdict();
    const bool is_right =
        verdict.finding == engine::Finding::CLEAN && verdict.position.sequence == sequence;
    if (!is_right) std::abort();
    return 0;
}
