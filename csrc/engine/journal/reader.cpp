#include "engine/journal/reader.hpp"

#include <algorithm>
#include <cstring>

#include "engine/base/assert.hpp"
#include "engine/journal/command_codec.hpp"
#include "engine/journal/failure.hpp"
#include "engine/types/planted.hpp"

namespace engine {

namespace {

std::string text_of(std::uint64_t number) {
    return std::to_string(number);
}

std::string difference(const char* what, std::uint64_t found, std::uint64_t expected) {
    return std::string(what) + " was " + text_of(found) + ", must be " + text_of(expected);
}

std::string chain_difference(const std::string& where, std::uint64_t found,
                             std::uint64_t expected) {
    return "the chain " + where + " was " + text_of(found) + ", must be " + text_of(expected);
}

}  // namespace

// -- the window

Window::Window(Files& files) : files_(files), bytes_(new std::uint8_t[BYTES + COMMAND_ROOM]) {}

Window::~Window() {
    if (file_) files_.close(*file_);
}

void Window::open(const std::string& name) {
    if (file_) files_.close(*file_);
    file_.reset();
    file_ = files_.open(name, Files::Access::READ);
    size_ = files_.size(*file_);
    begin_ = 0;
    held_ = 0;
}

const std::uint8_t* Window::at(std::uint64_t offset, std::size_t count) {
    ENGINE_ASSERT(count <= BYTES);
    ENGINE_ASSERT(offset <= size_ && count <= size_ - offset);
    const bool is_held = offset >= begin_ && offset - begin_ + count <= held_;
    if (!is_held) {
        const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(BYTES, size_ - offset));
        begin_ = offset;
        held_ = files_.read(*file_, offset, bytes_.get(), most);
        std::memset(bytes_.get() + held_, 0, COMMAND_ROOM);
        if (held_ < count) return nullptr;
    }
    return bytes_.get() + (offset - begin_);
}

// -- the reader

Reader::Reader(Files& files, std::uint64_t after, std::optional<std::uint64_t> chain)
    : after_(after),
      chain_(chain),
      segments_(list_segments(files)),
      window_(files),
      position_{after, 0, chain.value_or(0)},
      commands_(make_room()) {}

std::unique_ptr<Command[]> Reader::make_room() {
    return std::unique_ptr<Command[]>(new Command[BLOCK_ENTRIES_MOST]);
}

bool Reader::next(Piece* piece) {
    if (has_ended_ || (!has_begun_ && !begin())) return false;
    command_begin_ = command_count_ = 0;
    note_ = nullptr;
    while (note_ == nullptr) {
        const bool has_some = command_count_ > command_begin_;
        if (offset_ == window_.size()) {
            if (has_some) break;
            if (is_last()) return end(Finding::CLEAN, "");
            segment_ += 1;
            if (!open_segment()) return false;
            continue;
        }
        // What is wrong, or has no room, is found once more by the next call.
        const std::uint8_t* at = nullptr;
        BlockHeader header;
        Problem problem = find_block(&at, &header);
        if (has_some && command_count_ + header.entry_count > BLOCK_ENTRIES_MOST) break;
        if (problem.cause == Problem::NONE) {
            problem = load_entries(at + BLOCK_HEADER_BYTES, header);
            if (note_ != nullptr && has_some) {
                note_ = nullptr;
                break;
            }
        }
        if (problem.cause == Problem::NONE) {
            take_block(header);
            problem = check_start();
        }
        if (problem.cause != Problem::NONE) {
            note_ = nullptr;
            if (has_some) break;
            return conclude(problem);
        }
    }
    const std::size_t count = note_ != nullptr ? 1 : command_count_ - command_begin_;
    *piece = {position_.sequence + 1 - count, commands_.get() + command_begin_,
              note_ != nullptr ? 0 : count, note_, note_bytes_};
    return true;
}

bool Reader::begin() {
    has_begun_ = true;
    for (const JournalFile& file : segments_) {
        position_.epoch = std::max(position_.epoch, file.epoch);
    }
    if (segments_.empty()) return end(Finding::CLEAN, "");
    // The first of those that begin at the last place at or before what is asked for.
    for (std::size_t i = 0; i < segments_.size(); i++) {
        const std::uint64_t sequence = segments_[i].sequence;
        if (sequence <= after_ + 1 && sequence > segments_[segment_].sequence) segment_ = i;
    }
    const JournalFile& first = segments_[segment_];
    if (first.sequence == 0 || first.sequence - 1 > after_) {
        return end(Finding::DAMAGED, "the oldest segment began at entry " +
                                         text_of(first.sequence) + ", must begin at or before " +
                                         text_of(after_ + 1));
    }
    return open_segment();
}

bool Reader::open_segment() {
    const JournalFile& file = segments_[segment_];
    window_.open(file.name);
    offset_ = 0;
    is_closed_ = false;
    const bool is_whole = window_.size() >= SEGMENT_HEADER_BYTES;
    const std::uint8_t* const at = is_whole ? window_.at(0, SEGMENT_HEADER_BYTES) : nullptr;
    if (at == nullptr) {
        return conclude({Problem::MAYBE_TORN, "the file has " + text_of(window_.size()) +
                                                  " bytes, fewer than its header"});
    }
    const HeaderState state = read_segment_header(at, &header_);
    const bool is_empty =
        std::all_of(at, at + SEGMENT_HEADER_BYTES, [](std::uint8_t byte) { return byte == 0; });
    if (state == HeaderState::NEWER) {
        return end(Finding::NEWER,
                   difference("the version of the format",
                              loaded<std::uint32_t>(at + sizeof SEGMENT_MAGIC), SEGMENT_VERSION));
    }
    if (state == HeaderState::FOREIGN && !is_empty) {
        return end(Finding::FOREIGN, "the file does not begin as a segment does");
    }
    if (!has_opened_ && state == HeaderState::SOUND) {
        position_ = {file.sequence - 1, position_.epoch, header_.chain};
    }
    has_opened_ = true;
    if (planted(Bug::CHAIN_BEGINS_ANEW)) position_.chain = header_.chain;
    Problem problem = check_segment(state, file);
    if (problem.cause != Problem::NONE) return conclude(problem);
    offset_ = SEGMENT_HEADER_BYTES;
    problem = check_start();
    return problem.cause == Problem::NONE || conclude(problem);
}

Reader::Problem Reader::check_segment(HeaderState state, const JournalFile& file) const {
    if (state != HeaderState::SOUND) {
        // A header is synced before a block is written behind it.
        const bool is_bare = window_.size() == SEGMENT_HEADER_BYTES;
        return {is_bare ? Problem::MAYBE_TORN : Problem::DAMAGE,
                "the header of the segment is not what was written"};
    }
    if (header_.first_sequence != file.sequence) {
        return {Problem::DAMAGE, difference("the first entry, by the header of the segment,",
                                            header_.first_sequence, file.sequence)};
    }
    if (header_.epoch != file.epoch) {
        return {Problem::DAMAGE,
                difference("the epoch, by the header of the segment,", header_.epoch, file.epoch)};
    }
    if (file.sequence != position_.sequence + 1) {
        return {Problem::DAMAGE, difference("the first entry of the segment", file.sequence,
                                            position_.sequence + 1)};
    }
    if (header_.chain != position_.chain) {
        return {Problem::DAMAGE,
                chain_difference("before the segment", header_.chain, position_.chain)};
    }
    return {};
}

Reader::Problem Reader::find_block(const std::uint8_t** at, BlockHeader* header) {
    const std::uint64_t left = window_.size() - offset_;
    if (left < BLOCK_HEADER_BYTES) {
        return {Problem::MAYBE_TORN, "the file ends in the header of a block"};
    }
    *at = window_.at(offset_, BLOCK_HEADER_BYTES);
    if (*at == nullptr || !read_block_header(*at, header_.chain, header)) {
        *header = {};
        return {Problem::MAYBE_TORN, "the header of a block is not what was written"};
    }
    const std::size_t bytes = BLOCK_HEADER_BYTES + header->payload_bytes;
    const Problem problem = check_place(*header);
    if (problem.cause != Problem::NONE) return problem;
    *at = left < bytes ? nullptr : window_.at(offset_, bytes);
    if (*at == nullptr) return {Problem::MAYBE_TORN, "the file ends in a block"};
    return {};
}

// A header that is sound and in the wrong place was put there by no crash.
Reader::Problem Reader::check_place(const BlockHeader& header) const {
    if (is_closed_) return {Problem::DAMAGE, "a block follows the end of the segment"};
    if (header.first_sequence != position_.sequence + 1) {
        return {Problem::DAMAGE, difference("the first entry of the block", header.first_sequence,
                                            position_.sequence + 1)};
    }
    if (header.epoch != header_.epoch) {
        return {Problem::DAMAGE, difference("the epoch of the block", header.epoch, header_.epoch)};
    }
    return {};
}

// Writes the commands of a block behind those that are there, or finds its note.
Reader::Problem Reader::load_entries(const std::uint8_t* payload, const BlockHeader& header) {
    const std::uint8_t* const end = payload + header.payload_bytes;
    const std::uint8_t* next = payload;
    Command* const commands = commands_.get() + command_count_;
    CommandContext context{};
    bool is_readable = true;
    for (std::size_t i = 0; i < header.entry_count; i++) {
        Entry entry;
        const std::uint64_t sequence = header.first_sequence + i;
        if (!read_entry(next, end, header.epoch, sequence, &entry)) {
            return {Problem::MAYBE_TORN, "entry " + text_of(sequence) + " is not what was written"};
        }
        next = entry.end;
        if (entry.kind == EntryKind::COMMAND) {
            is_readable &= decode_command(entry.payload, entry.bytes, context, commands + i);
        } else {
            is_readable &= header.entry_count == 1;
            note_ = entry.payload;
            note_bytes_ = entry.bytes;
        }
    }
    // The end of a segment is no entry: what follows goes on from the same chain.
    const std::uint64_t chain =
        header.entry_count == 0
            ? position_.chain
            : block_chain(position_.chain, payload - BLOCK_HEADER_BYTES, header.payload_bytes);
    if (chain != header.chain) {
        return {Problem::DAMAGE, chain_difference("after the block", header.chain, chain)};
    }
    if (next != end || !is_readable) {
        return {Problem::DAMAGE, "the block holds what is neither commands nor a note"};
    }
    return {};
}

void Reader::take_block(const BlockHeader& header) {
    offset_ += BLOCK_HEADER_BYTES + header.payload_bytes;
    position_.sequence += header.entry_count;
    position_.chain = header.chain;
    is_closed_ = header.entry_count == 0;
    if (note_ != nullptr) {
        command_begin_ = command_count_ = 0;
        if (position_.sequence <= after_) note_ = nullptr;
        return;
    }
    command_count_ += header.entry_count;
    const std::uint64_t begin = position_.sequence + 1 - command_count_;
    const std::uint64_t wanted = after_ + (planted(Bug::LAST_ENTRY_APPLIED_AGAIN) ? 0 : 1);
    const std::uint64_t skipped = wanted > begin ? wanted - begin : 0;
    command_begin_ = static_cast<std::size_t>(std::min<std::uint64_t>(skipped, command_count_));
    if (command_begin_ == command_count_) command_begin_ = command_count_ = 0;
}

Reader::Problem Reader::check_start() const {
    if (!chain_ || position_.sequence != after_ || position_.chain == *chain_) return {};
    return {Problem::DAMAGE,
            chain_difference("after entry " + text_of(after_), position_.chain, *chain_)};
}

// Whether a sound block behind the offset says that what should be here had been synced.
bool Reader::was_synced_behind(std::size_t* sound_blocks) {
    std::uint64_t from = offset_ + 1;
    *sound_blocks = 0;
    while (from < window_.size() && window_.size() - from >= BLOCK_HEADER_BYTES) {
        const auto count =
            static_cast<std::size_t>(std::min<std::uint64_t>(Window::BYTES, window_.size() - from));
        const std::uint8_t* const at = window_.at(from, count);
        if (at == nullptr) return false;
        // Where a header may begin and is in memory as a whole.
        const std::size_t places = count - BLOCK_HEADER_BYTES + 1;
        for (std::size_t i = 0; i < places; i++) {
            const auto* const found =
                static_cast<const std::uint8_t*>(std::memchr(at + i, BLOCK_MAGIC[0], places - i));
            if (found == nullptr) break;
            i = static_cast<std::size_t>(found - at);
            BlockHeader header;
            if (!read_block_header(found, header_.chain, &header)) continue;
            *sound_blocks += 1;
            if (header.synced_sequence > position_.sequence) return true;
        }
        from += places;
    }
    return false;
}

bool Reader::conclude(const Problem& problem) {
    if (problem.cause == Problem::DAMAGE || !is_last()) {
        return end(Finding::DAMAGED, problem.what);
    }
    if (planted(Bug::TORN_TAIL_ACCEPTED)) return end(Finding::CLEAN, "");
    if (offset_ < SEGMENT_HEADER_BYTES) return end(Finding::TORN, problem.what);
    std::size_t sound_blocks = 0;
    if (was_synced_behind(&sound_blocks)) {
        return end(Finding::DAMAGED, problem.what + "; blocks that were written later are sound");
    }
    const bool is_alone = sound_blocks == 0;
    return end(Finding::TORN, is_alone ? problem.what
                                       : problem.what + "; " + text_of(sound_blocks) +
                                             " blocks that were not synced follow");
}

bool Reader::end(Finding finding, const std::string& what) {
    has_ended_ = true;
    const bool has_file = !segments_.empty();
    const std::uint64_t size = has_file ? window_.size() : 0;
    verdict_ = {finding,   has_file ? segments_[segment_].name : std::string(),
                offset_,   size - offset_,
                position_, is_closed_,
                what};
    return false;
}

void cut(Files& files, const Verdict& verdict) {
    if (verdict.finding == Finding::CLEAN) return;
    if (verdict.finding != Finding::TORN && verdict.finding != Finding::DAMAGED) {
        throw JournalFailure(Fault::MISUSE, verdict.file + " is not of this format: nothing is cut",
                             verdict.file);
    }
    bool is_behind = false;
    for (const JournalFile& file : list_segments(files)) {
        if (is_behind) files.rename(file.name, file.name + ".aside");
        is_behind |= file.name == verdict.file;
    }
    if (verdict.offset < SEGMENT_HEADER_BYTES) {
        files.rename(verdict.file, verdict.file + ".aside");
    }
    files.sync_directory();
    if (verdict.offset < SEGMENT_HEADER_BYTES) return;
    const OpenFile file(files, verdict.file, Files::Access::CHANGE);
    files.truncate(file.get(), verdict.offset);
    files.sync(file.get());
}

}  // namespace engine
