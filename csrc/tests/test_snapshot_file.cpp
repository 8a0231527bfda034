// Snapshots: both parts come back, and every cut and every flipped bit is noticed.
#include <cstdint>
#include <string>
#include <vector>

#include "check.hpp"
#include "engine/journal/directory.hpp"
#include "engine/journal/failure.hpp"
#include "engine/journal/snapshot_file.hpp"
#include "simulated_files.hpp"

namespace {

using engine::Fault;
using engine::JournalFailure;
using engine::JournalPosition;
using engine::Snapshot;
using simulated::Bytes;

constexpr JournalPosition POSITION{77, 3, 0x0123456789ABCDEF};

std::string text_of(const std::vector<std::uint8_t>& part) {
    return std::string(part.begin(), part.end());
}

std::string written(engine::Files& files, const std::string& meta, const std::string& image) {
    return engine::write_snapshot(files, POSITION, meta.data(), meta.size(), image.data(),
                                  image.size());
}

Fault fault_of(engine::Files& files, const std::string& name) {
    try {
        engine::read_snapshot(files, name);
    } catch (const JournalFailure& failure) {
        CHECK_EQUAL(failure.file, name);
        return failure.fault;
    }
    check::fail(__FILE__, __LINE__, "must throw");
}

TEST("both parts come back, and where the journal stood") {
    simulated::Files files(41);
    for (const std::string& image : {std::string(), std::string(3'000'000, 'i')}) {
        const std::string name = written(files, "{}", image);
        CHECK_EQUAL(name, std::string("snapshot-000000000000004d-00000003.snap"));
        const Snapshot snapshot = engine::read_snapshot(files, name);
        CHECK(snapshot.position == POSITION);
        CHECK_EQUAL(text_of(snapshot.meta), std::string("{}"));
        CHECK(text_of(snapshot.image) == image);
    }
    CHECK_EQUAL(engine::list_snapshots(files).size(), std::size_t{1});
}

TEST("every cut and every flipped bit is noticed") {
    simulated::Files files(42);
    const std::string name = written(files, "meta", "image");
    Bytes& bytes = files.bytes_of(name);
    const Bytes whole = bytes;
    for (std::size_t bit = 0; bit < 8 * bytes.size(); bit++) {
        bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        CHECK(fault_of(files, name) == Fault::DAMAGED);
        bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    }
    for (std::size_t size = 0; size < whole.size(); size++) {
        bytes.resize(size);
        CHECK(fault_of(files, name) == Fault::DAMAGED);
        bytes = whole;
    }
    bytes.push_back(0);
    CHECK(fault_of(files, name) == Fault::DAMAGED);
}

TEST("a foreign file and a newer version are told apart from damage") {
    simulated::Files files(43);
    const std::string name = written(files, "meta", "image");
    Bytes& bytes = files.bytes_of(name);
    engine::store(bytes.data() + 8, engine::SNAPSHOT_VERSION + 1);
    engine::store(bytes.data() + 124, engine::crc32c(0, bytes.data(), 124));
    CHECK(fault_of(files, name) == Fault::FORMAT);
    bytes.assign(500, 'x');
    CHECK(fault_of(files, name) == Fault::FORMAT);
}

TEST("a failure or a power cut in any operation leaves the old snapshot or the new one") {
    for (const bool is_cut : {false, true}) {
        for (std::uint64_t at = 0; at < 7; at++) {
            simulated::Files files(44 + at);
            written(files, "old", "old image");
            (is_cut ? files.cut_at : files.fail_at) = files.operations() + at;
            try {
                written(files, "new", "new image");
            } catch (const std::exception&) {
            }
            auto left = is_cut ? files.after_cut() : files.after_kill();
            const auto snapshots = engine::list_snapshots(*left);
            CHECK_EQUAL(snapshots.size(), std::size_t{1});
            const Snapshot snapshot = engine::read_snapshot(*left, snapshots[0].name);
            const std::string meta = text_of(snapshot.meta);
            CHECK(meta == "old" || meta == "new");
            CHECK_EQUAL(text_of(snapshot.image), meta + " image");
            engine::remove_unfinished(*left);
            CHECK_EQUAL(left->list().size(), std::size_t{1});
        }
    }
}

TEST("the newest snapshots are kept") {
    simulated::Files files(45);
    for (std::uint64_t sequence = 1; sequence <= 5; sequence++) {
        engine::write_snapshot(files, {sequence, 1, 0}, "", 0, "", 0);
    }
    CHECK_EQUAL(engine::remove_snapshots(files, 2), std::size_t{3});
    const auto left = engine::list_snapshots(files);
    CHECK_EQUAL(left.size(), std::size_t{2});
    CHECK_EQUAL(left[0].sequence, std::uint64_t{4});
    CHECK_EQUAL(engine::remove_snapshots(files, 2), std::size_t{0});
}

}  // namespace
