// What a journal asks of a directory. The real one is PosixFiles; tests have one in memory that
// fails and forgets as a machine may.
//
// Names are of files in the directory, without a path. Whatever fails throws a JournalFailure of
// fault IO, FULL (no space left) or LOCKED that names the operation, the file and errno. Nothing is
// on the device before its sync: the bytes and the length of a file after sync(), its name after
// sync_directory().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace engine {

class Files {
  public:
    using Handle = int;
    enum class Access { READ, CHANGE };

    Files() = default;
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;
    virtual ~Files() = default;

    // A new file to append to; one of that name must not be there.
    virtual Handle create(const std::string& name) = 0;
    // A file that is there: to read, or also to sync and truncate.
    virtual Handle open(const std::string& name, Access access) = 0;
    // Closes it; what was not synced may be lost, and is no error here.
    virtual void close(Handle file) noexcept = 0;

    // All of the bytes, behind what is there, or a throw: then a part of them may be written.
    virtual void append(Handle file, const void* bytes, std::size_t count) = 0;
    // Reads up to `count` bytes; fewer only where the file ends. Returns how many.
    virtual std::size_t read(Handle file, std::uint64_t offset, void* bytes, std::size_t count) = 0;
    virtual std::uint64_t size(Handle file) = 0;
    virtual void truncate(Handle file, std::uint64_t size) = 0;
    // May be called while another thread appends to the file.
    virtual void sync(Handle file) = 0;

    // The names of all files, in any order.
    virtual std::vector<std::string> list() = 0;
    // Replaces what has the new name.
    virtual void rename(const std::string& from, const std::string& to) = 0;
    virtual void remove(const std::string& name) = 0;
    virtual void sync_directory() = 0;

    // Takes the directory for oneself until this is destroyed.
    virtual void lock() = 0;
    // Whether this process was forked from the one that made this: then it may change nothing.
    virtual bool is_in_child() const {
        return false;
    }
};

// A file that is open for as long as this lives.
class OpenFile {
  public:
    OpenFile(Files& files, const std::string& name, Files::Access access = Files::Access::READ)
        : files_(files), file_(files.open(name, access)) {}
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    ~OpenFile() {
        files_.close(file_);
    }
    Files::Handle get() const {
        return file_;
    }

  private:
    Files& files_;
    Files::Handle file_;
};

}  // namespace engine
