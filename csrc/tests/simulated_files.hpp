// A directory in memory that forgets and fails as a machine does, all of it drawn from one seed.
//
// What is written is there for who reads, as with an operating system; what of it a power cut
// leaves is another matter. Of a file: the bytes of its last sync, and of what came after it any of
// the lengths that it has had, and any of its sectors of 512 bytes as they were at one time or
// another, also before the file was cut: now and then all of one time, else drawn one by one. Of
// names: those of the last sync_directory(), and the changes since then up to any of them. A sector
// that is lost reads as it was synced, or as zeros where there was none.
// A sync that fails gives up what it has not written: it is there for who reads, and no later sync
// writes it, though it says so.
// Each call that changes something is an operation with a number. One can be told to end in a power
// cut (PowerCut is thrown, and by every call after it), to fail, or to write only a part because
// there is no space.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "check.hpp"
#include "engine/journal/failure.hpp"
#include "engine/journal/files.hpp"

namespace simulated {

using Bytes = std::vector<std::uint8_t>;

struct PowerCut : std::runtime_error {
    PowerCut() : std::runtime_error("the power was cut") {}
};

constexpr std::uint64_t NEVER = ~std::uint64_t{0};

class Files final : public engine::Files {
  public:
    explicit Files(std::uint64_t seed) : random_(seed) {}

    // -- what happens to it

    std::uint64_t operations() const {
        return operations_;
    }
    // The power is cut in the operation of that number, counted from 0: it may have happened, in
    // part or not at all.
    std::uint64_t cut_at = NEVER;
    // Operations that fail, of that number and, until it says otherwise, after it.
    std::uint64_t fail_at = NEVER;
    bool fails_on = false;
    // How often a file can be read before that fails, from then on.
    std::uint64_t reads_left = NEVER;
    // Bytes that all files together may have.
    std::uint64_t space = NEVER;

    // What the machine has when it runs again.
    std::unique_ptr<Files> after_cut() {
        auto left = std::make_unique<Files>(random_.next());
        std::map<std::string, std::shared_ptr<File>> names = synced_names_;
        const std::uint64_t kept = random_.below(changes_.size() + 1);
        for (std::uint64_t i = 0; i < kept; i++) apply(changes_[i], names);
        for (const auto& [name, file] : names) {
            auto copy = std::make_shared<File>();
            copy->now = copy->synced = surviving(*file);
            left->names_[name] = left->synced_names_[name] = copy;
        }
        return left;
    }
    // What a killed process leaves: all of it, and no more of it on the device than there was.
    std::unique_ptr<Files> after_kill() {
        auto left = std::make_unique<Files>(random_.next());
        std::map<const File*, std::shared_ptr<File>> copies;
        const auto copied = [&copies](const std::shared_ptr<File>& file) {
            std::shared_ptr<File>& copy = copies[file.get()];
            if (copy == nullptr && file != nullptr) copy = std::make_shared<File>(*file);
            return copy;
        };
        for (const auto& [name, file] : names_) left->names_[name] = copied(file);
        for (const auto& [name, file] : synced_names_) left->synced_names_[name] = copied(file);
        left->changes_ = changes_;
        for (Change& change : left->changes_) change.file = copied(change.file);
        return left;
    }
    Bytes& bytes_of(const std::string& name) {
        return names_.at(name)->now;
    }
    bool has(const std::string& name) const {
        return names_.contains(name);
    }
    std::uint64_t used() const {
        std::uint64_t all = 0;
        for (const auto& [name, file] : names_) all += file->now.size();
        return all;
    }

    // -- what a journal asks

    Handle create(const std::string& name) override {
        begin_operation("create", name);
        if (names_.contains(name)) fail("create", name, EEXIST);
        change({Change::SET, name, std::make_shared<File>()});
        end_operation();
        return opened(names_.at(name));
    }
    Handle open(const std::string& name, Access) override {
        check_power();
        if (!names_.contains(name)) fail("open", name, ENOENT);
        return opened(names_.at(name));
    }
    void close(Handle file) noexcept override {
        handles_[static_cast<std::size_t>(file)] = nullptr;
    }
    void append(Handle handle, const void* bytes, std::size_t count) override {
        check_power();
        File& file = *handles_.at(static_cast<std::size_t>(handle));
        const auto* begin = static_cast<const std::uint8_t*>(bytes);
        const bool is_failing = is_failing_now();
        const bool is_cut = operations_ == cut_at;
        const std::uint64_t left = space == NEVER ? NEVER : space - std::min(space, used());
        std::size_t written = static_cast<std::size_t>(std::min<std::uint64_t>(count, left));
        if (is_failing || is_cut) written = static_cast<std::size_t>(random_.below(written + 1));
        operations_ += 1;
        file.grow(begin, written);
        if (is_cut) cut();
        if (is_failing) fail("write", "a file", EIO);
        if (written < count) fail("write", "a file", ENOSPC);
    }
    std::size_t read(Handle handle, std::uint64_t offset, void* bytes, std::size_t count) override {
        check_power();
        if (reads_left == 0) fail("read", "a file", EIO);
        if (reads_left != NEVER) reads_left -= 1;
        const Bytes& all = handles_.at(static_cast<std::size_t>(handle))->now;
        if (offset >= all.size()) return 0;
        const std::size_t most = std::min(count, all.size() - static_cast<std::size_t>(offset));
        if (most != 0) std::memcpy(bytes, all.data() + offset, most);
        return most;
    }
    std::uint64_t size(Handle handle) override {
        check_power();
        return handles_.at(static_cast<std::size_t>(handle))->now.size();
    }
    void truncate(Handle handle, std::uint64_t size) override {
        File& file = *handles_.at(static_cast<std::size_t>(handle));
        begin_operation("truncate", "a file");
        file.cut(static_cast<std::size_t>(size));
        end_operation();
    }
    void sync(Handle handle) override {
        check_power();
        File& file = *handles_.at(static_cast<std::size_t>(handle));
        const bool is_failing = is_failing_now();
        const bool is_cut = operations_ == cut_at;
        operations_ += 1;
        if (is_cut) cut();
        file.settle(is_failing ? surviving(file) : file.durable());
        if (is_failing) {
            file.given_up = file.now.size() / SECTOR * SECTOR;
            fail("sync", "a file", EIO);
        }
    }
    std::vector<std::string> list() override {
        check_power();
        std::vector<std::string> all;
        for (const auto& [name, file] : names_) all.push_back(name);
        return all;
    }
    void rename(const std::string& from, const std::string& to) override {
        begin_operation("rename", from);
        if (!names_.contains(from)) fail("rename", from, ENOENT);
        change({Change::MOVE, from, nullptr, to});
        end_operation();
    }
    void remove(const std::string& name) override {
        begin_operation("remove", name);
        if (!names_.contains(name)) fail("remove", name, ENOENT);
        change({Change::REMOVE, name, nullptr});
        end_operation();
    }
    void sync_directory() override {
        begin_operation("sync", "the directory");
        if (operations_ - 1 != cut_at) {
            synced_names_ = names_;
            changes_.clear();
        }
        end_operation();
    }
    void lock() override {
        check_power();
    }

  private:
    static constexpr std::size_t SECTOR = 512;

    struct File {
        Bytes now;
        Bytes synced;
        std::vector<std::size_t> lengths;  // that it has had since its last sync
        std::vector<Bytes> before;         // what it was when it was cut, since its last sync
        std::size_t given_up = 0;          // so many bytes at its front are written by no sync

        void grow(const std::uint8_t* begin, std::size_t count) {
            now.insert(now.end(), begin, begin + count);
            lengths.push_back(now.size());
        }
        void cut(std::size_t size) {
            before.push_back(now);
            now.resize(size);
            lengths.push_back(size);
            given_up = std::min(given_up, size / SECTOR * SECTOR);
        }
        // What a sync leaves that works.
        Bytes durable() const {
            Bytes all = now;
            for (std::size_t i = 0; i < given_up; i++) all[i] = i < synced.size() ? synced[i] : 0;
            return all;
        }
        void settle(Bytes bytes) {
            synced = std::move(bytes);
            lengths.clear();
            before.clear();
        }
    };
    struct Change {
        enum Kind { SET, MOVE, REMOVE } kind;
        std::string name;
        std::shared_ptr<File> file;
        std::string to = {};
    };

    static void apply(const Change& change, std::map<std::string, std::shared_ptr<File>>& names) {
        if (change.kind == Change::SET) names[change.name] = change.file;
        if (change.kind == Change::REMOVE) names.erase(change.name);
        if (change.kind == Change::MOVE && names.contains(change.name)) {
            names[change.to] = names[change.name];
            names.erase(change.name);
        }
    }
    void change(Change one) {
        apply(one, names_);
        changes_.push_back(std::move(one));
    }

    Bytes surviving(const File& file) {
        std::size_t length = file.synced.size();
        if (!file.lengths.empty()) {
            const std::uint64_t draw = random_.below(file.lengths.size() + 1);
            if (draw > 0) length = file.lengths[draw - 1];
        }
        Bytes left = file.synced;
        left.resize(length);
        const bool is_of_one_time = random_.below(4) == 0;
        const Bytes& one = moment_of(file);
        for (std::size_t at = file.given_up; at < length; at += SECTOR) {
            if (!is_of_one_time && random_.below(2) == 0) continue;
            const Bytes& from = is_of_one_time ? one : moment_of(file);
            const std::size_t end = std::min({at + SECTOR, length, from.size()});
            for (std::size_t i = at; i < end; i++) left[i] = from[i];
        }
        return left;
    }
    // What a file is, or was before it was cut.
    const Bytes& moment_of(const File& file) {
        const std::uint64_t draw = random_.below(file.before.size() + 1);
        return draw == 0 ? file.now : file.before[draw - 1];
    }

    bool is_failing_now() const {
        return operations_ == fail_at || (fails_on && operations_ > fail_at);
    }
    void check_power() const {
        if (is_cut_) throw PowerCut();
    }
    [[noreturn]] void cut() {
        is_cut_ = true;
        throw PowerCut();
    }
    // An operation that happens as a whole or not at all.
    void begin_operation(const char* what, const std::string& name) {
        check_power();
        const std::uint64_t number = operations_;
        const bool is_failing = is_failing_now();
        operations_ += 1;
        if (number == cut_at && random_.below(2) == 0) cut();
        if (is_failing) fail(what, name, EIO);
    }
    void end_operation() {
        if (operations_ - 1 == cut_at) cut();
    }
    [[noreturn]] static void fail(const char* what, const std::string& name, int number) {
        const bool is_full = number == ENOSPC;
        throw engine::JournalFailure(is_full ? engine::Fault::FULL : engine::Fault::IO,
                                     std::string(what) + " " + name + ": " + std::strerror(number),
                                     name, 0, number);
    }
    Handle opened(std::shared_ptr<File> file) {
        handles_.push_back(std::move(file));
        return static_cast<Handle>(handles_.size() - 1);
    }

    check::Random random_;
    std::map<std::string, std::shared_ptr<File>> names_;
    std::map<std::string, std::shared_ptr<File>> synced_names_;
    std::vector<Change> changes_;
    std::vector<std::shared_ptr<File>> handles_;
    std::uint64_t operations_ = 0;
    bool is_cut_ = false;
};

}  // namespace simulated
