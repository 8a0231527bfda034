// What a journal holds, for harnesses that read and write it.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "bytes.hpp"
#include "engine/journal/reader.hpp"
#include "engine/journal/writer.hpp"
#include "memory_files.hpp"

namespace fuzz {

struct Entry {
    engine::Command command{};
    std::optional<std::string> note;

    bool operator==(const Entry& other) const {
        return note == other.note &&
               (note || std::memcmp(&command, &other.command, sizeof command) == 0);
    }
};
using Entries = std::vector<Entry>;

struct Found {
    Entries entries;
    engine::Verdict verdict;
};

inline Found found_in(MemoryFiles& files, std::uint64_t after) {
    Found found;
    engine::Reader reader(files, after, std::nullopt);
    engine::Piece piece;
    while (reader.next(&piece)) {
        must(piece.first_sequence == after + 1 + found.entries.size(), "an entry was left out");
        if (piece.note != nullptr) {
            const auto* const text = reinterpret_cast<const char*>(piece.note);
            found.entries.push_back({{}, std::string(text, piece.note_bytes)});
            continue;
        }
        must(piece.command_count > 0, "nothing was given out");
        for (std::size_t i = 0; i < piece.command_count; i++) {
            found.entries.push_back({piece.commands[i], std::nullopt});
        }
    }
    found.verdict = reader.verdict();
    return found;
}

inline engine::WriterOptions unsynced() {
    engine::WriterOptions options;
    options.durability = engine::Durability::ASYNC;
    return options;
}

inline void append(engine::Writer& writer, const Entry& entry) {
    if (entry.note) return writer.append_note(entry.note->data(), entry.note->size());
    writer.append(&entry.command, 1);
}

// Entries are written into another journal and read there as they are.
inline void require_written(const Entries& entries) {
    MemoryFiles files;
    engine::Writer writer(files, unsynced());
    writer.begin(0, 1, 0);
    for (const Entry& entry : entries) append(writer, entry);
    const Found again = found_in(files, 0);
    must(again.verdict.finding == engine::Finding::CLEAN, "what was written is not sound");
    must(again.entries == entries, "what was written is another thing");
}

}  // namespace fuzz
