#include "engine/journal/posix_files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

#include "engine/journal/failure.hpp"
#include "engine/types/planted.hpp"

namespace engine {

namespace {

constexpr const char* LOCK_NAME = "LOCK";
constexpr mode_t PERMISSIONS = 0644;

// How many forks lie between the first process and this one.
std::atomic<unsigned> forks{0};

void count_fork() {
    forks.fetch_add(1, std::memory_order_relaxed);
}

void watch_forks() {
    static const int is_watched = pthread_atfork(nullptr, nullptr, count_fork);
    (void)is_watched;
}

int synced(int file) {
#if defined(__APPLE__)
    return fcntl(file, F_FULLFSYNC);
#else
    return fdatasync(file);
#endif
}

// A call until no signal has interrupted it.
template <class Call>
auto repeated(const Call& call) {
    auto result = call();
    while (result < 0 && errno == EINTR) result = call();
    return result;
}

}  // namespace

PosixFiles::PosixFiles(const std::string& directory) : path_(directory) {
    watch_forks();
    forks_ = forks.load(std::memory_order_relaxed);
    directory_ = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory_ < 0) fail("open", directory);
}

PosixFiles::~PosixFiles() {
    unlock();
    ::close(directory_);
}

void PosixFiles::fail(const char* operation, const std::string& name) const {
    const int number = errno;
    const bool is_full = number == ENOSPC || number == EDQUOT || number == EFBIG;
    throw JournalFailure(
        is_full ? Fault::FULL : Fault::IO,
        std::string(operation) + " " + name + ": " + std::generic_category().message(number), name,
        0, number);
}

void PosixFiles::fail(const char* operation, Handle file) const {
    const int number = errno;
    std::string name;
    {
        const std::lock_guard lock(names_mutex_);
        name = names_[static_cast<std::size_t>(file)];
    }
    errno = number;
    fail(operation, name);
}

Files::Handle PosixFiles::remembered(int file, const std::string& name) {
    const std::lock_guard lock(names_mutex_);
    const auto place = static_cast<std::size_t>(file);
    if (names_.size() <= place) names_.resize(place + 1);
    names_[place] = name;
    return file;
}

Files::Handle PosixFiles::create(const std::string& name) {
    const int file = repeated([&] {
        return ::openat(directory_, name.c_str(), O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC,
                        PERMISSIONS);
    });
    if (file < 0) fail("create", name);
    return remembered(file, name);
}

Files::Handle PosixFiles::open(const std::string& name, Access access) {
    const int mode = access == Access::READ ? O_RDONLY : O_RDWR;
    const int file = repeated([&] { return ::openat(directory_, name.c_str(), mode | O_CLOEXEC); });
    if (file < 0) fail("open", name);
    return remembered(file, name);
}

void PosixFiles::close(Handle file) noexcept {
    ::close(file);
}

void PosixFiles::append(Handle file, const void* bytes, std::size_t count) {
    const auto* next = static_cast<const char*>(bytes);
    while (count > 0) {
        const ssize_t written = repeated([&] { return ::write(file, next, count); });
        if (written < 0) fail("write", file);
        next += written;
        count -= static_cast<std::size_t>(written);
    }
}

std::size_t PosixFiles::read(Handle file, std::uint64_t offset, void* bytes, std::size_t count) {
    auto* const begin = static_cast<char*>(bytes);
    std::size_t done = 0;
    while (done < count) {
        const ssize_t found = repeated([&] {
            return ::pread(file, begin + done, count - done, static_cast<off_t>(offset + done));
        });
        if (found < 0) fail("read", file);
        if (found == 0) break;
        done += static_cast<std::size_t>(found);
    }
    return done;
}

std::uint64_t PosixFiles::size(Handle file) {
    struct stat status{};
    if (::fstat(file, &status) != 0) fail("stat", file);
    return static_cast<std::uint64_t>(status.st_size);
}

void PosixFiles::truncate(Handle file, std::uint64_t size) {
    if (repeated([&] { return ::ftruncate(file, static_cast<off_t>(size)); }) != 0) {
        fail("truncate", file);
    }
}

void PosixFiles::sync(Handle file) {
    if (repeated([&] { return synced(file); }) != 0) fail("sync", file);
}

std::vector<std::string> PosixFiles::list() {
    const int copy = ::openat(directory_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* const stream = copy < 0 ? nullptr : ::fdopendir(copy);
    if (stream == nullptr) {
        const int number = errno;
        if (copy >= 0) ::close(copy);
        errno = number;
        fail("list", path_);
    }
    std::vector<std::string> names;
    errno = 0;
    for (const dirent* entry = ::readdir(stream); entry != nullptr; entry = ::readdir(stream)) {
        names.emplace_back(entry->d_name);
    }
    const int number = errno;
    ::closedir(stream);
    errno = number;
    if (number != 0) fail("list", path_);
    return names;
}

void PosixFiles::rename(const std::string& from, const std::string& to) {
    if (::renameat(directory_, from.c_str(), directory_, to.c_str()) != 0) fail("rename", from);
}

void PosixFiles::remove(const std::string& name) {
    if (::unlinkat(directory_, name.c_str(), 0) != 0) fail("remove", name);
}

void PosixFiles::sync_directory() {
    if (repeated([&] { return ::fsync(directory_); }) != 0) fail("sync", path_);
}

void PosixFiles::lock() {
    if (lock_ >= 0) return;
    const int file = repeated(
        [&] { return ::openat(directory_, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC, PERMISSIONS); });
    if (file < 0) fail("open", LOCK_NAME);
    const int how = planted(Bug::LOCK_NOT_HELD) ? LOCK_SH : LOCK_EX;
    if (repeated([&] { return ::flock(file, how | LOCK_NB); }) != 0) {
        const int number = errno;
        ::close(file);
        errno = number;
        if (number != EWOULDBLOCK) fail("lock", LOCK_NAME);
        throw JournalFailure(Fault::LOCKED, path_ + " is open elsewhere: its LOCK is held",
                             LOCK_NAME, 0, number);
    }
    lock_ = file;
}

// A child that was forked has the lock as well: it is given up when the last of them closes it.
void PosixFiles::unlock() {
    if (lock_ >= 0) ::close(lock_);
    lock_ = -1;
}

bool PosixFiles::is_in_child() const {
    return forks_ != forks.load(std::memory_order_relaxed);
}

}  // namespace engine
