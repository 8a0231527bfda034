// A power cut, a kill or a failure in every operation of a workload, in each mode: what was
// acknowledged is there as the mode promises, in order and once, and the journal goes on.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "check.hpp"
#include "engine/journal/failure.hpp"
#include "engine/journal/reader.hpp"
#include "engine/journal/snapshot_file.hpp"
#include "engine/journal/writer.hpp"
#include "journals.hpp"
#include "simulated_files.hpp"

namespace {

using engine::Durability;
using engine::Fault;
using engine::Finding;
using engine::JournalFailure;
using engine::Writer;
using engine::WriterOptions;
using journals::Entries;
using journals::found_in;

constexpr std::uint64_t GROUP_BYTES = 700;
constexpr Durability MODES[] = {Durability::ASYNC, Durability::GROUP, Durability::SYNC};

WriterOptions options_of(Durability mode) {
    WriterOptions options = journals::plain(mode);
    options.group_bytes = GROUP_BYTES;
    options.segment_bytes = 1500;
    return options;
}

// What a venue knows that embeds the journal, and what has to be true of it after a crash.
struct Venue {
    Entries all;  // what was acknowledged, and behind it what is in flight
    std::size_t acknowledged = 0;
    std::size_t durable = 0;              // entries that were promised to be on the device
    std::vector<std::uint64_t> bytes{0};  // that all entries up to each have in the files
    std::uint64_t snapshot = 0;           // the newest one that was written
    bool is_broken = false;
    bool has_begun = false;

    void append(Writer& writer, const Entries& some) {
        all.resize(acknowledged);
        all.insert(all.end(), some.begin(), some.end());
        bytes.resize(acknowledged + 1);
        const std::uint64_t before = writer.bytes();
        try {
            journals::append(writer, some);
        } catch (const JournalFailure& failure) {
            is_broken = failure.fault == Fault::BROKEN;
            // What was refused is not there; of what broke the journal nothing is known.
            if (!is_broken) all.resize(acknowledged);
            return;
        }
        acknowledged = all.size();
        bytes.resize(acknowledged + 1, bytes.back() + writer.bytes() - before);
    }
};

// Calls of a venue: batches, notes, syncs, snapshots with what is behind them removed.
void run(simulated::Files& files, Durability mode, std::uint64_t seed, Venue& venue) {
    check::Random random(seed);
    Writer writer(files, options_of(mode));
    const auto note_durable = [&] {
        venue.durable = std::max<std::size_t>(venue.durable, writer.synced_sequence());
    };
    try {
        const auto found = found_in(files, venue.snapshot);
        writer.begin(venue.acknowledged, found.verdict.position.epoch + 1,
                     found.verdict.position.chain);
        venue.has_begun = true;
        note_durable();
        for (int call = 0; call < 40 && !venue.is_broken; call++) {
            venue.append(writer, journals::drawn(random, venue.acknowledged + 1, 6));
            note_durable();
            const std::uint64_t draw = random.below(20);
            if (draw == 0) writer.sync();
            if (draw == 1) {
                writer.sync();
                engine::write_snapshot(files, writer.position(), "meta", 4, "image", 5);
                venue.snapshot = writer.sequence();
                engine::remove_segments_before(files, venue.snapshot);
                engine::remove_snapshots(files, 1);
            }
            note_durable();
        }
        writer.close();
    } catch (const JournalFailure& failure) {
        venue.is_broken |= failure.fault == Fault::BROKEN;
    } catch (const simulated::PowerCut&) {
    }
    note_durable();
}

// Where a recovery begins: behind the newest snapshot, with the chain that it knows.
struct Start {
    std::uint64_t after = 0;
    std::optional<std::uint64_t> chain;
};

Start newest_snapshot(engine::Files& files) {
    const auto snapshots = engine::list_snapshots(files);
    if (snapshots.empty()) return {};
    const engine::Snapshot snapshot = engine::read_snapshot(files, snapshots.back().name);
    CHECK_EQUAL(snapshot.image.size(), std::size_t{5});
    CHECK_EQUAL(snapshot.position.sequence, snapshots.back().sequence);
    return {snapshot.position.sequence, snapshot.position.chain};
}

// Reads what is left, cuts, and takes over as the venue's what was found. The entries found are the
// first of those that were appended.
void recover(engine::Files& files, Venue& venue, std::size_t promised) {
    const Start start = newest_snapshot(files);
    CHECK(start.after >= venue.snapshot || venue.snapshot == 0);
    const journals::Found found = found_in(files, start.after, start.chain);
    const bool is_torn = found.verdict.finding == Finding::TORN;
    if (!is_torn) CHECK_FINDING(found.verdict, Finding::CLEAN);
    const std::size_t count = start.after + found.entries.size();
    CHECK(count >= promised);
    CHECK(count <= venue.all.size());
    for (std::size_t i = start.after; i < count; i++) {
        CHECK(found.entries[i - start.after] == venue.all[i]);
    }
    engine::cut(files, found.verdict);
    const journals::Found again = found_in(files, start.after, start.chain);
    CHECK_FINDING(again.verdict, Finding::CLEAN);
    CHECK_EQUAL(again.entries.size(), found.entries.size());
    CHECK_EQUAL(again.verdict.position.sequence, count);
    venue.all.resize(count);
    venue.acknowledged = count;
    venue.bytes.resize(count + 1, venue.bytes.back());
    venue.snapshot = start.after;
    venue.is_broken = false;
}

// The fewest entries that a power cut may leave.
std::size_t promised_after_cut(const Venue& venue, Durability mode) {
    if (mode == Durability::SYNC) return venue.acknowledged;
    if (mode == Durability::ASYNC) return venue.durable;
    std::size_t least = venue.acknowledged;
    const std::uint64_t last = venue.bytes[venue.acknowledged];
    while (least > 0 && last - venue.bytes[least - 1] <= GROUP_BYTES) least -= 1;
    return std::max(least, venue.durable);
}

// It goes on, once without and once with another crash.
void go_on(simulated::Files& files, Durability mode, std::uint64_t seed, Venue& venue) {
    run(files, mode, seed, venue);
    CHECK(!venue.is_broken);
    recover(files, venue, venue.acknowledged);
    CHECK(venue.acknowledged > 0);
}

std::uint64_t operations_of(Durability mode, std::uint64_t seed) {
    simulated::Files files(seed);
    Venue venue;
    run(files, mode, seed, venue);
    CHECK(!venue.is_broken);
    return files.operations();
}

TEST("a power cut in any operation, and one more while it is recovered, loses nothing promised") {
    for (const Durability mode : MODES) {
        for (std::uint64_t seed = 100; seed < 106; seed++) {
            const std::uint64_t operations = operations_of(mode, seed);
            CHECK(operations > 50);
            for (std::uint64_t at = 0; at < operations; at++) {
                simulated::Files files(seed * 1000 + at);
                files.cut_at = at;
                Venue venue;
                run(files, mode, seed, venue);
                auto left = files.after_cut();
                // The second one hits the cutting, the new segment or the first appends.
                left->cut_at = at % 9;
                try {
                    recover(*left, venue, promised_after_cut(venue, mode));
                    venue.durable = venue.acknowledged;
                    run(*left, mode, seed + 1, venue);
                } catch (const simulated::PowerCut&) {
                }
                auto last = left->after_cut();
                recover(*last, venue, promised_after_cut(venue, mode));
                go_on(*last, mode, seed + 2, venue);
            }
        }
    }
}

TEST("a kill in any operation loses nothing that was acknowledged, in any mode") {
    for (const Durability mode : MODES) {
        for (std::uint64_t seed = 200; seed < 203; seed++) {
            const std::uint64_t operations = operations_of(mode, seed);
            for (std::uint64_t at = 0; at < operations; at++) {
                simulated::Files files(seed * 1000 + at);
                files.cut_at = at;
                Venue venue;
                run(files, mode, seed, venue);
                auto left = files.after_kill();
                recover(*left, venue, venue.acknowledged);
                go_on(*left, mode, seed + 1, venue);
            }
        }
    }
}

TEST("a power cut behind a kill loses nothing that was there when the journal went on") {
    for (const Durability mode : MODES) {
        const std::uint64_t seed = 250;
        const std::uint64_t operations = operations_of(mode, seed);
        for (std::uint64_t at = 0; at < operations; at++) {
            simulated::Files files(seed * 1000 + at);
            files.cut_at = at;
            Venue venue;
            run(files, mode, seed, venue);
            auto left = files.after_kill();
            // Only what the first life promised, as long as the second one has not begun.
            const std::size_t promised = promised_after_cut(venue, mode);
            const std::uint64_t snapshot = venue.snapshot;
            recover(*left, venue, venue.acknowledged);
            venue.has_begun = false;
            left->cut_at = left->operations() + at % 25;
            run(*left, mode, seed + 1, venue);
            auto last = left->after_cut();
            if (!venue.has_begun) venue.snapshot = snapshot;
            recover(*last, venue, venue.has_begun ? promised_after_cut(venue, mode) : promised);
            go_on(*last, mode, seed + 2, venue);
        }
    }
}

TEST("what was refused never comes back, whatever a power cut leaves") {
    const std::vector<engine::Command> several(engine::BLOCK_ENTRIES_MOST + 1);
    for (std::uint64_t seed = 500; seed < 700; seed++) {
        simulated::Files files(seed);
        Writer writer(files, options_of(Durability::SYNC));
        writer.begin(0, 1, 0);
        journals::append(writer, {journals::Entry{{}, "kept"}});
        // The first block is written, the second one is not.
        files.fail_at = files.operations() + 1;
        CHECK_THROWS(JournalFailure, (writer.append(several.data(), several.size()), 0));
        CHECK(!writer.is_broken());
        CHECK_EQUAL(found_in(*files.after_cut()).entries.size(), std::size_t{1});
    }
}

TEST("a failure of any operation, once or for good, loses and adds nothing") {
    for (const Durability mode : MODES) {
        const std::uint64_t seed = 300;
        const std::uint64_t operations = operations_of(mode, seed);
        for (std::uint64_t at = 0; at < operations; at++) {
            for (const bool fails_on : {false, true}) {
                simulated::Files files(seed * 1000 + at);
                files.fail_at = at;
                files.fails_on = fails_on;
                Venue venue;
                run(files, mode, seed, venue);
                const bool is_cut = at % 2 == 0;
                auto left = is_cut ? files.after_cut() : files.after_kill();
                recover(*left, venue,
                        is_cut ? promised_after_cut(venue, mode) : venue.acknowledged);
                go_on(*left, mode, seed + 1, venue);
            }
        }
    }
}

TEST("a disk that is full at any byte refuses whole calls, and loses nothing") {
    for (const Durability mode : MODES) {
        for (std::uint64_t space = 0; space < 6000; space += 61) {
            simulated::Files files(space);
            files.space = space;
            Venue venue;
            run(files, mode, 400, venue);
            CHECK(!venue.is_broken);
            auto left = space % 2 == 0 ? files.after_cut() : files.after_kill();
            recover(*left, venue,
                    space % 2 == 0 ? promised_after_cut(venue, mode) : venue.acknowledged);
            go_on(*left, mode, 401, venue);
        }
    }
}

}  // namespace
