// Every byte cut and every bit flipped of a small journal is noticed, and a torn tail is told from
// damage; whatever bytes there are, the reader comes to an end.
#include <cstdint>
#include <string>
#include <vector>

#include "check.hpp"
#include "engine/journal/directory.hpp"
#include "engine/journal/failure.hpp"
#include "engine/journal/reader.hpp"
#include "engine/journal/segment.hpp"
#include "engine/journal/writer.hpp"
#include "journals.hpp"
#include "simulated_files.hpp"

namespace {

using engine::BLOCK_HEADER_BYTES;
using engine::Durability;
using engine::Finding;
using engine::SEGMENT_HEADER_BYTES;
using engine::Writer;
using engine::WriterOptions;
using journals::Entries;
using journals::Found;
using journals::found_in;
using simulated::Bytes;

// A journal of a few segments; the last one is of a process that was killed.
struct Sample {
    simulated::Files files{31};
    Entries all;
    std::vector<std::string> names;

    explicit Sample(Durability durability, std::uint64_t seed = 32) {
        check::Random random(seed);
        engine::JournalPosition at;
        for (std::uint32_t epoch = 1; epoch <= 2; epoch++) {
            WriterOptions options = journals::plain(durability);
            options.segment_bytes = 300;
            Writer writer(files, options);
            writer.begin(at.sequence, epoch, at.chain);
            for (int call = 0; call < 6; call++) {
                const Entries some = journals::drawn(random, all.size() + 1, 3);
                journals::append(writer, some);
                all.insert(all.end(), some.begin(), some.end());
            }
            at = writer.position();
            writer.close();
        }
        for (const auto& file : engine::list_segments(files)) names.push_back(file.name);
        CHECK(names.size() >= 3);
        // Without the end that close() wrote.
        Bytes& last = files.bytes_of(names.back());
        last.resize(last.size() - BLOCK_HEADER_BYTES);
        CHECK_FINDING(found_in(files).verdict, Finding::CLEAN);
        CHECK(!found_in(files).verdict.is_closed);
    }
    // Where the blocks of a segment begin, and its end.
    std::vector<std::size_t> blocks_of(const std::string& name) {
        const Bytes& bytes = files.bytes_of(name);
        std::vector<std::size_t> places;
        std::size_t at = SEGMENT_HEADER_BYTES;
        while (at < bytes.size()) {
            places.push_back(at);
            at += BLOCK_HEADER_BYTES + engine::loaded<std::uint32_t>(bytes.data() + at + 4);
        }
        CHECK_EQUAL(at, bytes.size());
        places.push_back(at);
        return places;
    }
    // Reads, and checks that what comes is the first of what was written.
    Found read() {
        Found found = found_in(files);
        CHECK(found.entries.size() <= all.size());
        for (std::size_t i = 0; i < found.entries.size(); i++) CHECK(found.entries[i] == all[i]);
        CHECK_EQUAL(found.verdict.position.sequence, found.entries.size());
        return found;
    }
};

// The place of the block that a byte is in, 0 for the header.
std::size_t block_at(const std::vector<std::size_t>& blocks, std::size_t byte) {
    std::size_t place = 0;
    for (const std::size_t block : blocks) place = block <= byte ? block : place;
    return place;
}

bool has(const std::vector<std::size_t>& places, std::size_t place) {
    for (const std::size_t each : places) {
        if (each == place) return true;
    }
    return false;
}

TEST("a last segment that is cut at any byte is torn there, or clean between blocks") {
    for (const Durability mode : {Durability::ASYNC, Durability::SYNC}) {
        Sample sample(mode);
        const std::string& name = sample.names.back();
        const std::vector<std::size_t> blocks = sample.blocks_of(name);
        const Bytes whole = sample.files.bytes_of(name);
        for (std::size_t size = 0; size < whole.size(); size++) {
            sample.files.bytes_of(name) =
                Bytes(whole.begin(), whole.begin() + static_cast<long>(size));
            const Found found = sample.read();
            const bool is_between = has(blocks, size);
            CHECK_FINDING(found.verdict, is_between ? Finding::CLEAN : Finding::TORN);
            CHECK_EQUAL(found.verdict.file, name);
            if (is_between) continue;
            CHECK_EQUAL(found.verdict.offset, block_at(blocks, size));
            CHECK_EQUAL(found.verdict.cut_bytes, size - found.verdict.offset);
        }
    }
}

TEST("a segment before the last one that is cut at any byte is damaged") {
    Sample sample(Durability::ASYNC);
    for (std::size_t i = 0; i + 1 < sample.names.size(); i++) {
        const std::string& name = sample.names[i];
        const Bytes whole = sample.files.bytes_of(name);
        for (std::size_t size = 0; size < whole.size(); size++) {
            sample.files.bytes_of(name) =
                Bytes(whole.begin(), whole.begin() + static_cast<long>(size));
            const Found found = sample.read();
            const bool is_end_lost = size + BLOCK_HEADER_BYTES == whole.size() &&
                                     found.verdict.finding == Finding::CLEAN;
            if (!is_end_lost) CHECK_FINDING(found.verdict, Finding::DAMAGED);
        }
        sample.files.bytes_of(name) = whole;
    }
}

// What a flipped bit is, by where it is and what had been synced.
Finding expected_of(bool is_last, bool is_synced, std::size_t block, std::size_t last_block) {
    if (!is_last || block == 0) return Finding::DAMAGED;
    return is_synced && block != last_block ? Finding::DAMAGED : Finding::TORN;
}

TEST("every flipped bit is noticed; it is a torn tail only where nothing says it was synced") {
    for (const Durability mode : {Durability::ASYNC, Durability::SYNC}) {
        Sample sample(mode);
        for (const std::string& name : sample.names) {
            const std::vector<std::size_t> blocks = sample.blocks_of(name);
            const std::size_t last_block = blocks[blocks.size() - 2];
            Bytes& bytes = sample.files.bytes_of(name);
            for (std::size_t bit = 0; bit < 8 * bytes.size(); bit++) {
                bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
                const Found found = sample.read();
                const std::size_t block = block_at(blocks, bit / 8);
                CHECK_FINDING(found.verdict,
                              expected_of(name == sample.names.back(), mode == Durability::SYNC,
                                          block, last_block));
                CHECK_EQUAL(found.verdict.file, name);
                CHECK_EQUAL(found.verdict.offset, block);
                CHECK(!found.verdict.what.empty());
                bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
            }
        }
    }
}

TEST("a torn tail is cut once, and then the journal is clean and goes on") {
    Sample sample(Durability::SYNC);
    const std::string name = sample.names.back();
    const std::size_t size = sample.files.bytes_of(name).size();
    for (std::size_t cut = 0; cut < 80; cut++) {
        Sample its(Durability::SYNC);
        its.files.bytes_of(name).resize(size - 1 - cut);
        const Found found = its.read();
        engine::cut(its.files, found.verdict);
        const Found again = its.read();
        CHECK_FINDING(again.verdict, Finding::CLEAN);
        CHECK_EQUAL(again.entries.size(), found.entries.size());
        Writer writer(its.files, journals::plain(Durability::SYNC));
        const engine::JournalPosition at = again.verdict.position;
        writer.begin(at.sequence, at.epoch + 1, at.chain);
        journals::append(writer, {journals::Entry{{}, "more"}});
        CHECK_EQUAL(found_in(its.files).entries.size(), found.entries.size() + 1);
    }
}

TEST("damage is cut where someone says so; what is behind it is kept aside") {
    Sample sample(Durability::SYNC);
    const std::string& name = sample.names[1];
    sample.files.bytes_of(name)[SEGMENT_HEADER_BYTES + BLOCK_HEADER_BYTES] ^= 1;
    const Found found = sample.read();
    CHECK_FINDING(found.verdict, Finding::DAMAGED);
    engine::cut(sample.files, found.verdict);
    CHECK_FINDING(sample.read().verdict, Finding::CLEAN);
    CHECK_EQUAL(engine::list_segments(sample.files).size(), std::size_t{2});
    CHECK(sample.files.has(sample.names[2] + ".aside"));
}

TEST("a block that is lost, doubled or of another journal is damage, and so is a lost segment") {
    Sample sample(Durability::SYNC);
    Sample other(Durability::SYNC, 40);
    const std::string& name = sample.names[0];
    const std::vector<std::size_t> blocks = sample.blocks_of(name);
    CHECK(blocks.size() > 2);
    const Bytes whole = sample.files.bytes_of(name);
    const auto at = [&](std::size_t place) { return static_cast<long>(blocks[place]); };

    Bytes& bytes = sample.files.bytes_of(name);
    bytes.erase(bytes.begin() + at(0), bytes.begin() + at(1));
    CHECK_FINDING(sample.read().verdict, Finding::DAMAGED);

    bytes = whole;
    bytes.insert(bytes.begin() + at(1), whole.begin() + at(0), whole.begin() + at(1));
    const Found doubled = sample.read();
    CHECK_FINDING(doubled.verdict, Finding::DAMAGED);
    CHECK_EQUAL(doubled.verdict.offset, blocks[1]);

    const Bytes& foreign = other.files.bytes_of(other.names[0]);
    const std::vector<std::size_t> places = other.blocks_of(other.names[0]);
    bytes = Bytes(whole.begin(), whole.begin() + at(1));
    bytes.insert(bytes.end(), foreign.begin() + static_cast<long>(places[1]),
                 foreign.begin() + static_cast<long>(places[2]));
    const Found replaced = sample.read();
    CHECK_FINDING(replaced.verdict, Finding::DAMAGED);
    CHECK_EQUAL(replaced.verdict.offset, blocks[1]);

    bytes = whole;
    sample.files.remove(sample.names[1]);
    CHECK_FINDING(sample.read().verdict, Finding::DAMAGED);
}

TEST("a foreign file and a newer version are told apart from damage") {
    Sample sample(Durability::SYNC);
    const std::string& name = sample.names.back();
    const Bytes whole = sample.files.bytes_of(name);
    Bytes& bytes = sample.files.bytes_of(name);
    for (std::size_t i = 0; i < bytes.size(); i++)
        bytes[i] = static_cast<std::uint8_t>('a' + i % 20);
    CHECK_FINDING(sample.read().verdict, Finding::FOREIGN);
    bytes = whole;
    engine::store(bytes.data() + 8, engine::SEGMENT_VERSION + 1);
    engine::store(bytes.data() + 60, engine::crc32c(0, bytes.data(), 60));
    const Found found = sample.read();
    CHECK_FINDING(found.verdict, Finding::NEWER);
    CHECK_EQUAL(found.verdict.what, std::string("the version of the format was 2, must be 1"));
    CHECK_THROWS(engine::JournalFailure, (engine::cut(sample.files, found.verdict), 0));
}

TEST("whatever the files hold, the reader comes to an end") {
    check::Random random(33);
    for (int round = 0; round < 1000; round++) {
        Sample sample(Durability::ASYNC);
        for (std::uint64_t edits = 1 + random.below(4); edits > 0; edits--) {
            Bytes& bytes = sample.files.bytes_of(sample.names[random.below(sample.names.size())]);
            if (bytes.empty()) continue;
            const std::uint64_t what = random.below(4);
            const auto at = bytes.begin() + static_cast<long>(random.below(bytes.size()));
            if (what == 0) *at = static_cast<std::uint8_t>(random.next());
            if (what == 1) bytes.erase(at, at + std::min<long>(bytes.end() - at, 9));
            if (what == 2) bytes.insert(at, bytes.begin(), bytes.begin() + 40);
            if (what == 3) bytes.resize(random.below(bytes.size()) + 1);
        }
        found_in(sample.files);
    }
}

}  // namespace
