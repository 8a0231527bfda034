#include "engine/journal/directory.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <tuple>

#include "engine/types/planted.hpp"

namespace engine {

namespace {

constexpr std::string_view SEGMENT_PREFIX = "journal-";
constexpr std::string_view SEGMENT_SUFFIX = ".log";
constexpr std::string_view SNAPSHOT_PREFIX = "snapshot-";
constexpr std::string_view SNAPSHOT_SUFFIX = ".snap";
constexpr std::string_view UNFINISHED_SUFFIX = ".unfinished";
constexpr std::size_t SEQUENCE_DIGITS = 16;
constexpr std::size_t EPOCH_DIGITS = 8;
constexpr std::string_view DIGITS = "0123456789abcdef";

std::string hexadecimal(std::uint64_t number, std::size_t digits) {
    std::string text(digits, '0');
    for (std::size_t i = 0; i < digits; i++) {
        text[digits - 1 - i] = DIGITS[static_cast<std::size_t>(number >> (4 * i) & 0xF)];
    }
    return text;
}

std::optional<std::uint64_t> number_in(std::string_view text) {
    std::uint64_t number = 0;
    for (const char digit : text) {
        const std::size_t value = DIGITS.find(digit);
        if (value == std::string_view::npos) return std::nullopt;
        number = number << 4 | value;
    }
    return number;
}

std::string made_name(std::string_view prefix, std::uint64_t sequence, std::uint32_t epoch,
                      std::string_view suffix) {
    std::string name(prefix);
    name += hexadecimal(sequence, SEQUENCE_DIGITS);
    name += '-';
    name += hexadecimal(epoch, EPOCH_DIGITS);
    name += suffix;
    return name;
}

// Those whose names are exactly as they would be made.
std::vector<JournalFile> list_files(Files& files, std::string_view prefix,
                                    std::string_view suffix) {
    std::vector<JournalFile> found;
    const std::size_t length = prefix.size() + SEQUENCE_DIGITS + 1 + EPOCH_DIGITS + suffix.size();
    for (const std::string& name : files.list()) {
        const std::string_view view(name);
        if (view.size() != length || !view.starts_with(prefix)) continue;
        const auto sequence = number_in(view.substr(prefix.size(), SEQUENCE_DIGITS));
        const auto epoch =
            number_in(view.substr(prefix.size() + SEQUENCE_DIGITS + 1, EPOCH_DIGITS));
        if (!sequence || !epoch) continue;
        const auto its_epoch = static_cast<std::uint32_t>(*epoch);
        if (made_name(prefix, *sequence, its_epoch, suffix) != name) continue;
        found.push_back({name, *sequence, its_epoch});
    }
    std::sort(found.begin(), found.end(), [](const JournalFile& one, const JournalFile& other) {
        return std::tie(one.sequence, one.epoch) < std::tie(other.sequence, other.epoch);
    });
    return found;
}

}  // namespace

std::string segment_name(std::uint64_t first_sequence, std::uint32_t epoch) {
    return made_name(SEGMENT_PREFIX, first_sequence, epoch, SEGMENT_SUFFIX);
}

std::string snapshot_name(std::uint64_t sequence, std::uint32_t epoch) {
    return made_name(SNAPSHOT_PREFIX, sequence, epoch, SNAPSHOT_SUFFIX);
}

std::string unfinished_name(const std::string& snapshot) {
    return snapshot + std::string(UNFINISHED_SUFFIX);
}

std::vector<JournalFile> list_segments(Files& files) {
    return list_files(files, SEGMENT_PREFIX, SEGMENT_SUFFIX);
}

std::vector<JournalFile> list_snapshots(Files& files) {
    return list_files(files, SNAPSHOT_PREFIX, SNAPSHOT_SUFFIX);
}

std::size_t remove_segments_before(Files& files, std::uint64_t sequence) {
    const std::vector<JournalFile> segments = list_segments(files);
    std::size_t removed = 0;
    // Oldest first, each on the device before the next: so what is left never has a gap.
    for (std::size_t i = 0; i + 1 < segments.size(); i++) {
        const std::size_t behind = planted(Bug::SEGMENT_REMOVED_TOO_EARLY) ? i : i + 1;
        const std::uint64_t next = segments[behind].sequence;
        if (next == 0 || next - 1 > sequence) break;
        files.remove(segments[i].name);
        files.sync_directory();
        removed += 1;
    }
    return removed;
}

std::size_t remove_snapshots(Files& files, std::size_t kept) {
    const std::vector<JournalFile> snapshots = list_snapshots(files);
    std::size_t removed = 0;
    for (std::size_t i = 0; i + kept < snapshots.size(); i++) {
        files.remove(snapshots[i].name);
        removed += 1;
    }
    if (removed > 0) files.sync_directory();
    return removed;
}

void remove_unfinished(Files& files) {
    for (const std::string& name : files.list()) {
        if (name.starts_with(SNAPSHOT_PREFIX) && name.ends_with(UNFINISHED_SUFFIX)) {
            files.remove(name);
        }
    }
}

}  // namespace engine
