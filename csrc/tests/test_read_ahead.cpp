// A journal that is read ahead gives the same pieces, the same end and the same failures.
#include "engine/journal/read_ahead.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "check.hpp"
#include "engine/journal/failure.hpp"
#include "engine/journal/reader.hpp"
#include "engine/journal/writer.hpp"
#include "journals.hpp"
#include "simulated_files.hpp"

namespace {

using engine::Finding;
using engine::ReadAhead;
using journals::Entries;

// Some segments of a few blocks each; what they hold.
Entries written(simulated::Files& files, check::Random& random, int calls) {
    engine::WriterOptions options = journals::plain(engine::Durability::ASYNC);
    options.segment_bytes = 4000;
    engine::Writer writer(files, options);
    writer.begin(0, 1, 0);
    Entries all;
    for (int call = 0; call < calls; call++) {
        const Entries some = journals::drawn(random, all.size() + 1, 40);
        journals::append(writer, some);
        all.insert(all.end(), some.begin(), some.end());
    }
    writer.close();
    return all;
}

TEST("what is read ahead is what was written, and ends as it does for a reader") {
    check::Random random(61);
    for (int round = 0; round < 20; round++) {
        simulated::Files files(random.next());
        const Entries all = written(files, random, 60);
        const std::uint64_t after = random.below(all.size());
        engine::Reader reader(files, after, std::nullopt);
        ReadAhead ahead(reader);
        Entries entries;
        engine::Piece piece;
        while (ahead.next(&piece)) journals::add(piece, after, &entries);
        CHECK(!ahead.next(&piece));
        CHECK_FINDING(reader.verdict(), Finding::CLEAN);
        CHECK_EQUAL(reader.verdict().position.sequence, all.size());
        journals::check_equal(entries, Entries(all.begin() + static_cast<long>(after), all.end()));
    }
}

TEST("an empty note is a note") {
    simulated::Files files(1);
    engine::Writer writer(files, journals::plain(engine::Durability::ASYNC));
    writer.begin(0, 1, 0);
    writer.append_note("", 0);
    engine::Reader reader(files, 0, std::nullopt);
    ReadAhead ahead(reader);
    engine::Piece piece;
    CHECK(ahead.next(&piece));
    CHECK(piece.note != nullptr);
    CHECK_EQUAL(piece.note_bytes, std::size_t{0});
    CHECK(!ahead.next(&piece));
}

TEST("a piece stays as it was until the next one is asked for") {
    check::Random random(62);
    simulated::Files files(1);
    const Entries all = written(files, random, 200);
    engine::Reader reader(files, 0, std::nullopt);
    ReadAhead ahead(reader);
    Entries at_once;
    Entries later;
    engine::Piece piece;
    while (ahead.next(&piece)) {
        journals::add(piece, 0, &at_once);
        // Meanwhile the other thread reads as far ahead as it may.
        for (volatile int waited = 0; waited < 20'000; waited = waited + 1) continue;
        journals::add(piece, 0, &later);
    }
    journals::check_equal(at_once, all);
    journals::check_equal(later, all);
}

TEST("one that is left in the middle ends its thread") {
    check::Random random(63);
    simulated::Files files(2);
    const Entries all = written(files, random, 100);
    for (int taken = 0; taken < 20; taken++) {
        engine::Reader reader(files, 0, std::nullopt);
        ReadAhead ahead(reader);
        engine::Piece piece;
        for (int i = 0; i < taken; i++) CHECK(ahead.next(&piece));
    }
}

TEST("what the reader throws comes in its turn, and again") {
    for (std::uint64_t good = 0; good < 8; good++) {
        check::Random random(64);
        simulated::Files files(3);
        const Entries all = written(files, random, 100);
        files.reads_left = good;
        engine::Reader reader(files, 0, std::nullopt);
        ReadAhead ahead(reader);
        Entries entries;
        engine::Piece piece;
        int failures = 0;
        while (failures < 2) {
            try {
                if (!ahead.next(&piece)) break;
                journals::add(piece, 0, &entries);
            } catch (const engine::JournalFailure& failure) {
                CHECK(failure.fault == engine::Fault::IO);
                failures += 1;
            }
        }
        CHECK_EQUAL(failures, 2);
        CHECK(entries.size() < all.size());
        journals::check_equal(
            entries, Entries(all.begin(), all.begin() + static_cast<long>(entries.size())));
    }
}

}  // namespace
