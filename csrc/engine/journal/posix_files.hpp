// A directory of the operating system, by the calls of POSIX. It may be used by several threads,
// each file by one but for sync().
//
// Space for a segment is not taken in advance: on the device that this was measured on a sync took
// as long with it as without (docs/journal-format.md).
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "engine/journal/files.hpp"

namespace engine {

class PosixFiles final : public Files {
  public:
    // REQUIRES: the directory is there.
    explicit PosixFiles(const std::string& directory);
    ~PosixFiles() override;

    Handle create(const std::string& name) override;
    Handle open(const std::string& name, Access access) override;
    void close(Handle file) noexcept override;
    void append(Handle file, const void* bytes, std::size_t count) override;
    std::size_t read(Handle file, std::uint64_t offset, void* bytes, std::size_t count) override;
    std::uint64_t size(Handle file) override;
    void truncate(Handle file, std::uint64_t size) override;
    void sync(Handle file) override;
    std::vector<std::string> list() override;
    void rename(const std::string& from, const std::string& to) override;
    void remove(const std::string& name) override;
    void sync_directory() override;
    void lock() override;
    void unlock();
    bool is_in_child() const override;

  private:
    // Throws what errno says of an operation.
    [[noreturn]] void fail(const char* operation, const std::string& name) const;
    [[noreturn]] void fail(const char* operation, Handle file) const;

    Handle remembered(int file, const std::string& name);

    std::string path_;
    int directory_ = -1;
    int lock_ = -1;
    unsigned forks_ = 0;  // how often the process had been forked when this was made
    mutable std::mutex names_mutex_;
    std::vector<std::string> names_;  // by handle, for messages
};

}  // namespace engine
