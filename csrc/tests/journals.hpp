// Journals for tests: what is written into one, and what is read of it again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "check.hpp"
#include "commands.hpp"
#include "engine/journal/reader.hpp"
#include "engine/journal/writer.hpp"
#include "simulated_files.hpp"

namespace journals {

// An entry: a command, or a note where the text is there.
struct Entry {
    engine::Command command{};
    std::optional<std::string> note;

    bool operator==(const Entry& other) const {
        return note == other.note && (note || commands::are_equal(command, other.command));
    }
};
using Entries = std::vector<Entry>;

struct Found {
    Entries entries;
    engine::Verdict verdict;
};

// Adds a piece to what follows the entries that were not asked for.
inline void add(const engine::Piece& piece, std::uint64_t after, Entries* entries) {
    CHECK_EQUAL(piece.first_sequence, after + 1 + entries->size());
    if (piece.note != nullptr) {
        const auto* text = reinterpret_cast<const char*>(piece.note);
        entries->push_back({{}, std::string(text, piece.note_bytes)});
        return;
    }
    CHECK(piece.command_count > 0);
    CHECK(piece.command_count <= engine::BLOCK_ENTRIES_MOST);
    for (std::size_t i = 0; i < piece.command_count; i++) {
        entries->push_back({piece.commands[i], {}});
    }
}

inline Found found_in(engine::Files& files, std::uint64_t after = 0,
                      std::optional<std::uint64_t> chain = std::nullopt) {
    Found found;
    engine::Reader reader(files, after, chain);
    engine::Piece piece;
    while (reader.next(&piece)) add(piece, after, &found.entries);
    found.verdict = reader.verdict();
    return found;
}

// Without a thread: what happens is the same each time.
inline engine::WriterOptions plain(engine::Durability durability) {
    engine::WriterOptions options;
    options.durability = durability;
    options.syncer = engine::Syncer::CALLER;
    options.group_ns = ~std::uint64_t{0};
    return options;
}

inline void append(engine::Writer& writer, const Entries& entries) {
    std::vector<engine::Command> all;
    for (const Entry& entry : entries) {
        if (entry.note) {
            CHECK_EQUAL(entries.size(), std::size_t{1});
            writer.append_note(entry.note->data(), entry.note->size());
            return;
        }
        all.push_back(entry.command);
    }
    writer.append(all.data(), all.size());
}

// A call's entries: some commands, or a note.
inline Entries drawn(check::Random& random, std::uint64_t first, std::size_t most) {
    Entries entries;
    if (random.below(6) == 0) {
        entries.push_back({{}, std::string(random.below(40), static_cast<char>(random.next()))});
        return entries;
    }
    for (const engine::Command& command : commands::many(random, 1 + random.below(most), first)) {
        entries.push_back({command, {}});
    }
    return entries;
}

inline void check_equal(const Entries& found, const Entries& expected) {
    CHECK_EQUAL(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); i++) CHECK(found[i] == expected[i]);
}

inline std::string name_of(engine::Finding finding) {
    const char* const names[] = {"CLEAN", "TORN", "DAMAGED", "FOREIGN", "NEWER"};
    return names[static_cast<std::size_t>(finding)];
}
#define CHECK_FINDING(verdict, expected)                                            \
    CHECK_EQUAL(journals::name_of((verdict).finding) +                              \
                    ((verdict).finding == (expected) ? "" : ": " + (verdict).what), \
                journals::name_of(expected))

}  // namespace journals
