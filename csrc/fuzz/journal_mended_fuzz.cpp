// libFuzzer: bytes that say what stands in the segments of a journal, with checks and chain made
// right, and here and there one thing that is a lie. So the reader gets beyond its checks.
//
// The bytes: one of what is read, then segments of blocks of entries. A lie is one of a number, a
// check, a bit or a length; from the first on nothing is to be given out. What must hold: exactly
// the entries in front of the first lie come, from the beginning and from behind any of them; what
// is cut there is clean and goes on.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "engine/journal/command_codec.hpp"
#include "journal_entries.hpp"

namespace {

using engine::BLOCK_HEADER_BYTES;
using engine::Finding;
using engine::SEGMENT_HEADER_BYTES;
using fuzz::Bytes;
using fuzz::Entries;
using fuzz::Entry;
using fuzz::Found;
using fuzz::must;

constexpr std::size_t SEGMENTS_MAX = 4;
constexpr std::uint32_t LIES = 40;  // most draws of them are none

class Journal {
  public:
    explicit Journal(Bytes& in) : in_(in) {}

    void write(fuzz::MemoryFiles& files) {
        for (std::size_t i = 0; i < SEGMENTS_MAX && in_.left() > 0; i++) {
            const std::string name = begin_segment();
            const std::uint64_t first = position_.sequence + 1;
            while (in_.left() > 0 && in_.below(6) != 0) write_block();
            if (in_.below(16) == 1) cut_somewhere();
            files.put(name, bytes_.data(), bytes_.size());
            // Two segments of one name cannot be.
            const bool is_empty = position_.sequence + 1 == first;
            position_.epoch += in_.below(3) + (is_empty ? 1 : 0);
        }
    }
    // What stands in front of the first lie.
    const Entries& sound() const {
        return sound_;
    }
    bool is_true() const {
        return is_true_;
    }

  private:
    struct Block {
        std::size_t end;
        std::size_t sound;  // how many entries are sound up to there
    };

    std::string begin_segment() {
        const std::string name = engine::segment_name(position_.sequence + 1, position_.epoch);
        engine::SegmentHeader header{position_.epoch, position_.sequence + 1, position_.chain};
        const std::uint32_t lie = in_.below(LIES);
        if (lie == 1) header.chain ^= lied(std::uint64_t{1} << in_.below(64));
        if (lie == 2) header.epoch ^= lied(1U << in_.below(32));
        if (lie == 3) header.first_sequence ^= lied(std::uint64_t{1} << in_.below(64));
        bytes_.assign(SEGMENT_HEADER_BYTES, 0);
        engine::write_segment_header(bytes_.data(), header);
        if (lie == 4) flip(0, SEGMENT_HEADER_BYTES);
        seed_ = header.chain;
        has_ended_ = false;
        blocks_.assign(1, {SEGMENT_HEADER_BYTES, sound_.size()});
        return name;
    }

    void write_block() {
        const std::size_t at = bytes_.size();
        bytes_.resize(at + BLOCK_HEADER_BYTES);
        if (has_ended_) is_true_ = false;
        Entries entries;
        const std::uint32_t shape = in_.below(8);
        if (shape == 1) add_note(entries);
        for (std::uint32_t left = shape < 2 ? 0 : shape - 1; left > 0; left--) {
            add_command(entries);
        }
        if (shape > 1 && in_.below(LIES) == 1) {
            is_true_ = false;  // beside commands
            add_note(entries);
        }
        finish_block(at, entries.size());
        has_ended_ = has_ended_ || entries.empty();
        position_.sequence += entries.size();
        if (is_true_) sound_.insert(sound_.end(), entries.begin(), entries.end());
        blocks_.push_back({bytes_.size(), sound_.size()});
    }

    void add_note(Entries& entries) {
        std::string note(in_.next(), ' ');
        for (char& letter : note) letter = static_cast<char>(in_.next());
        std::uint8_t* const entry = room_for_entry(note.size());
        std::memcpy(entry + engine::ENTRY_CHECK_BYTES + 1, note.data(), note.size());
        entries.push_back({{}, note});
        end_entry(entry, note.size(), engine::EntryKind::NOTE, entries.size());
    }

    // One that is packed as it must be, or bytes that may be one.
    void add_command(Entries& entries) {
        engine::Command command{};
        std::uint8_t* const entry = room_for_entry(engine::COMMAND_ROOM);
        std::uint8_t* const body = entry + engine::ENTRY_CHECK_BYTES + 1;
        std::size_t count = 0;
        if (in_.below(6) != 1) {
            engine::CommandWords words{};
            for (std::uint32_t left = in_.below(5); left > 0; left--) {
                std::uint64_t& word = words[in_.below(engine::COMMAND_WORDS)];
                for (std::uint32_t bytes = 1 + in_.below(8); bytes > 0; bytes--) {
                    word = word << 8 | in_.next();
                }
            }
            std::memcpy(&command, &words, sizeof command);
            count =
                static_cast<std::size_t>(engine::encode_command(body, command, context_) - body);
        } else {
            count = in_.below(engine::COMMAND_BYTES_MOST);
            std::memset(body, 0, engine::COMMAND_ROOM);
            for (std::size_t i = 0; i < count; i++) body[i] = in_.next();
            is_true_ &= engine::decode_command(body, count, context_, &command);
        }
        entries.push_back({command, std::nullopt});
        end_entry(entry, count, engine::EntryKind::COMMAND, entries.size());
    }

    std::uint8_t* room_for_entry(std::size_t body) {
        entry_at_ = bytes_.size();
        bytes_.resize(entry_at_ + engine::ENTRY_HEAD_MOST + body);
        return bytes_.data() + entry_at_;
    }
    void end_entry(std::uint8_t* entry, std::size_t count, engine::EntryKind kind,
                   std::size_t number) {
        const std::uint8_t* const end = engine::place_entry(entry, count, kind);
        engine::check_entry(entry, end, position_.epoch, position_.sequence + number);
        bytes_.resize(static_cast<std::size_t>(end - bytes_.data()));
        if (in_.below(LIES) == 1) flip(entry_at_, bytes_.size());
    }

    void finish_block(std::size_t at, std::size_t count) {
        const std::size_t payload = bytes_.size() - at - BLOCK_HEADER_BYTES;
        engine::BlockHeader header{static_cast<std::uint32_t>(payload),
                                   static_cast<std::uint32_t>(count),
                                   position_.epoch,
                                   position_.sequence + 1,
                                   in_.bit() ? position_.sequence : 0,
                                   position_.chain};
        const std::uint32_t lie = in_.below(LIES);
        if (lie == 1) header.payload_bytes ^= lied(1U << in_.below(32));
        if (lie == 2) header.entry_count ^= lied(1U << in_.below(32));
        if (lie == 3) header.epoch ^= lied(1U << in_.below(32));
        if (lie == 4) header.first_sequence ^= lied(std::uint64_t{1} << in_.below(64));
        if (lie == 5) header.synced_sequence = ~std::uint64_t{0};
        std::uint8_t* const block = bytes_.data() + at;
        engine::write_block_header(block, header, seed_);
        if (count > 0) header.chain = engine::block_chain(position_.chain, block, payload);
        position_.chain = header.chain;
        if (lie == 6) header.chain ^= lied(std::uint64_t{1} << in_.below(64));
        engine::write_block_header(block, header, seed_);
        if (lie == 7) flip(at, bytes_.size());
        context_ = {};
    }

    // A part of the segment's end is lost, which is no lie where no entry goes and no block is cut.
    void cut_somewhere() {
        const std::size_t size = bytes_.size() * in_.next() / 256;
        Block last{~std::size_t{0}, blocks_[0].sound};  // not even a header is left
        for (const Block& block : blocks_) last = block.end <= size ? block : last;
        if (last.end != size || last.sound != sound_.size()) is_true_ = false;
        sound_.resize(last.sound);
        bytes_.resize(size);
    }

    template <class Number>
    Number lied(Number change) {
        is_true_ = false;
        return change;
    }
    void flip(std::size_t from, std::size_t end) {
        const std::size_t high = in_.next();
        const std::size_t at = from + (high << 8 | in_.next()) % (end - from);
        bytes_[at] ^= lied(static_cast<std::uint8_t>(1U << in_.below(8)));
    }

    Bytes& in_;
    std::vector<std::uint8_t> bytes_;  // of the segment
    std::vector<Block> blocks_;
    engine::JournalPosition position_{0, 1, 0};
    engine::CommandContext context_{};
    std::uint64_t seed_ = 0;
    std::size_t entry_at_ = 0;
    bool has_ended_ = false;
    bool is_true_ = true;
    Entries sound_;
};

// What comes is what is sound; what is asked for from behind an entry is the rest of it. Returns
// how the reading ended.
engine::Verdict read(fuzz::MemoryFiles& files, const Journal& journal, std::uint64_t after) {
    const Entries& sound = journal.sound();
    const Found found = fuzz::found_in(files, 0);
    must(found.entries == sound, "it is not the entries in front of the first lie that came");
    must(found.verdict.position.sequence == sound.size(), "entries were miscounted");
    if (journal.is_true()) must(found.verdict.finding == Finding::CLEAN, "there was no lie");
    if (after == 0) return found.verdict;
    const Found rest = fuzz::found_in(files, after);
    const std::size_t count = rest.entries.size();
    if (journal.is_true() && after <= sound.size()) {
        must(count == sound.size() - after, "from behind an entry others came");
    }
    for (std::size_t i = 0; i < count && after + i < sound.size(); i++) {
        must(rest.entries[i] == sound[after + i], "from behind an entry another one came");
    }
    return found.verdict;
}

// What a crash or damage has left is cut, and the journal goes on from there.
void require_cut(fuzz::MemoryFiles& files, const engine::Verdict& verdict) {
    const std::uint64_t count = verdict.position.sequence;
    engine::JournalPosition at = verdict.position;
    if (verdict.finding != Finding::CLEAN) {
        engine::cut(files, verdict);
        const Found left = fuzz::found_in(files, 0);
        must(left.verdict.finding == Finding::CLEAN, "what was cut is not clean");
        must(left.entries.size() == count, "the cut took more, or less");
        at = left.verdict.position;
    }
    {
        engine::Writer writer(files, fuzz::unsynced());
        writer.begin(at.sequence, at.epoch + 1, at.chain);
        fuzz::append(writer, {{}, "more"});
    }
    const Found more = fuzz::found_in(files, 0);
    must(more.verdict.finding == Finding::CLEAN, "it does not go on");
    must(more.entries.size() == count + 1, "what was appended is not there");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Bytes in(data, size);
    const std::uint64_t after = in.bit() ? in.below(24) : 0;
    Journal journal(in);
    fuzz::MemoryFiles files;
    journal.write(files);
    if (files.list().empty()) return 0;
    require_cut(files, read(files, journal, after));
    return 0;
}
