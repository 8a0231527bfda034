// The journal: what is appended is read again, over segments, epochs and modes, and where it can't
// be appended nothing is.
#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "check.hpp"
#include "commands.hpp"
#include "engine/journal/failure.hpp"
#include "engine/journal/posix_files.hpp"
#include "engine/journal/reader.hpp"
#include "engine/journal/writer.hpp"
#include "journals.hpp"
#include "simulated_files.hpp"

namespace {

using engine::Command;
using engine::Durability;
using engine::Fault;
using engine::Finding;
using engine::JournalFailure;
using engine::Writer;
using engine::WriterOptions;
using journals::Entries;
using journals::found_in;
using journals::plain;

template <class Call>
Fault fault_of(const Call& call) {
    try {
        call();
    } catch (const JournalFailure& failure) {
        return failure.fault;
    }
    check::fail(__FILE__, __LINE__, "must throw");
}

// A directory of its own, gone at the end.
class Directory {
  public:
    Directory() {
        const char* const base = std::getenv("TMPDIR");
        path_ = std::string(base != nullptr ? base : P_tmpdir) + "/journal-XXXXXX";
        CHECK(::mkdtemp(path_.data()) != nullptr);
    }
    ~Directory() {
        DIR* const stream = ::opendir(path_.c_str());
        for (const dirent* entry = ::readdir(stream); entry != nullptr; entry = ::readdir(stream)) {
            const std::string name = entry->d_name;
            if (name != "." && name != "..") ::unlink((path_ + "/" + name).c_str());
        }
        ::closedir(stream);
        ::rmdir(path_.c_str());
    }
    const std::string& path() const {
        return path_;
    }

  private:
    std::string path_;
};

Entries entries_of(const std::vector<Command>& all) {
    Entries entries;
    for (const Command& command : all) entries.push_back({command, {}});
    return entries;
}

TEST("what is appended is read again, over segments and openings, in every mode") {
    check::Random random(21);
    for (const Durability mode : {Durability::ASYNC, Durability::GROUP, Durability::SYNC}) {
        simulated::Files files(random.next());
        Entries all;
        engine::JournalPosition at;
        for (std::uint32_t epoch = 1; epoch <= 3; epoch++) {
            WriterOptions options = plain(mode);
            options.segment_bytes = 4000;
            Writer writer(files, options);
            writer.begin(at.sequence, epoch, at.chain);
            for (int call = 0; call < 40; call++) {
                const Entries some = journals::drawn(random, all.size() + 1, 12);
                journals::append(writer, some);
                all.insert(all.end(), some.begin(), some.end());
                CHECK_EQUAL(writer.sequence(), all.size());
            }
            at = writer.position();
            writer.close();
            CHECK_EQUAL(writer.synced_sequence(), all.size());
        }
        const journals::Found found = found_in(files);
        CHECK_FINDING(found.verdict, Finding::CLEAN);
        CHECK(found.verdict.is_closed);
        CHECK(found.verdict.position == at);
        journals::check_equal(found.entries, all);
        CHECK(engine::list_segments(files).size() > 6);
    }
}

TEST("a call with more commands than a block holds is several blocks and comes back") {
    check::Random random(22);
    simulated::Files files(1);
    std::vector<Command> all;
    for (int i = 0; i < 9000; i++) all.push_back(commands::odd_command(random));
    Writer writer(files, plain(Durability::SYNC));
    writer.begin(0, 1, 0);
    writer.append(all.data(), all.size());
    journals::check_equal(found_in(files).entries, entries_of(all));
    CHECK_EQUAL(writer.synced_sequence(), all.size());
}

TEST("reading can begin behind any entry, and knows the chain there") {
    check::Random random(23);
    simulated::Files files(2);
    WriterOptions options = plain(Durability::ASYNC);
    options.segment_bytes = 1500;
    Writer writer(files, options);
    writer.begin(0, 1, 99);
    Entries all;
    std::vector<engine::JournalPosition> positions{writer.position()};
    for (int call = 0; call < 50; call++) {
        const Entries some = journals::drawn(random, all.size() + 1, 5);
        journals::append(writer, some);
        all.insert(all.end(), some.begin(), some.end());
        positions.push_back(writer.position());
    }
    writer.close();
    for (std::size_t after = 0; after <= all.size(); after++) {
        const journals::Found found = found_in(files, after);
        CHECK_FINDING(found.verdict, Finding::CLEAN);
        journals::check_equal(found.entries,
                              Entries(all.begin() + static_cast<long>(after), all.end()));
    }
    for (const engine::JournalPosition& at : positions) {
        CHECK_FINDING(found_in(files, at.sequence, at.chain).verdict, Finding::CLEAN);
        const journals::Found other = found_in(files, at.sequence, at.chain + 1);
        CHECK_FINDING(other.verdict, Finding::DAMAGED);
        CHECK_EQUAL(other.entries.size(), std::size_t{0});
    }
}

TEST("segments behind a snapshot are removed, and reading goes on from there") {
    check::Random random(24);
    simulated::Files files(3);
    WriterOptions options = plain(Durability::ASYNC);
    options.segment_bytes = 600;
    Writer writer(files, options);
    writer.begin(0, 1, 0);
    Entries all;
    while (engine::list_segments(files).size() < 8) {
        const Entries some = journals::drawn(random, all.size() + 1, 3);
        journals::append(writer, some);
        all.insert(all.end(), some.begin(), some.end());
    }
    const auto segments = engine::list_segments(files);
    const std::uint64_t last = segments[4].sequence - 1;
    CHECK_EQUAL(engine::remove_segments_before(files, last - 1), std::size_t{3});
    CHECK_EQUAL(engine::remove_segments_before(files, last), std::size_t{1});
    const journals::Found found = found_in(files, last);
    CHECK_FINDING(found.verdict, Finding::CLEAN);
    journals::check_equal(found.entries, Entries(all.begin() + static_cast<long>(last), all.end()));
    CHECK_FINDING(found_in(files, last - 1).verdict, Finding::DAMAGED);
    CHECK_EQUAL(engine::remove_segments_before(files, all.size() + 100), std::size_t{3});
    CHECK_EQUAL(engine::list_segments(files).size(), std::size_t{1});
}

TEST("where there is no space nothing is appended, and it goes on when there is") {
    check::Random random(25);
    for (std::uint64_t room = 0; room < 700; room += 13) {
        simulated::Files files(room);
        WriterOptions options = plain(Durability::SYNC);
        options.segment_bytes = 500;
        Writer writer(files, options);
        writer.begin(0, 1, 0);
        Entries all;
        files.space = files.used() + room;
        Entries refused;
        bool is_full = false;
        while (!is_full) {
            refused = journals::drawn(random, all.size() + 1, 4);
            const std::uint64_t used = files.used();
            try {
                journals::append(writer, refused);
                all.insert(all.end(), refused.begin(), refused.end());
            } catch (const JournalFailure& failure) {
                CHECK(failure.fault == Fault::FULL);
                // Another segment may have begun, and is empty.
                const std::uint64_t more = files.used() - used;
                CHECK(more == 0 || more == engine::SEGMENT_HEADER_BYTES);
                is_full = true;
            }
        }
        CHECK_EQUAL(writer.sequence(), all.size());
        CHECK(!writer.is_broken());
        journals::check_equal(found_in(files).entries, all);
        files.space = simulated::NEVER;
        journals::append(writer, refused);
        all.insert(all.end(), refused.begin(), refused.end());
        writer.close();
        const journals::Found found = found_in(files);
        CHECK_FINDING(found.verdict, Finding::CLEAN);
        journals::check_equal(found.entries, all);
    }
}

TEST("a sync that fails breaks the journal, for good") {
    for (const Durability mode : {Durability::GROUP, Durability::SYNC}) {
        simulated::Files files(4);
        WriterOptions options = plain(mode);
        options.group_bytes = 1;
        Writer writer(files, options);
        writer.begin(0, 1, 0);
        const Command command{};
        writer.append(&command, 1);
        files.fail_at = files.operations() + 1;
        CHECK(fault_of([&] { writer.append(&command, 1); }) == Fault::BROKEN);
        CHECK(writer.is_broken());
        CHECK_EQUAL(writer.synced_sequence(), std::uint64_t{1});
        CHECK(fault_of([&] { writer.append(&command, 1); }) == Fault::BROKEN);
        CHECK(fault_of([&] { writer.append_note("x", 1); }) == Fault::BROKEN);
        CHECK(fault_of([&] { writer.sync(); }) == Fault::BROKEN);
    }
}

TEST("a write that fails is cut back; where that fails too the journal is broken") {
    simulated::Files files(5);
    Writer writer(files, plain(Durability::SYNC));
    writer.begin(0, 1, 0);
    const Command command{};
    writer.append(&command, 1);
    files.fail_at = files.operations();
    CHECK(fault_of([&] { writer.append(&command, 1); }) == Fault::IO);
    CHECK(!writer.is_broken());
    writer.append(&command, 1);
    CHECK_EQUAL(found_in(files).entries.size(), std::size_t{2});
    files.fail_at = files.operations();
    files.fails_on = true;
    CHECK(fault_of([&] { writer.append(&command, 1); }) == Fault::BROKEN);
    CHECK(writer.is_broken());
}

TEST("what can't be is refused") {
    simulated::Files files(6);
    Writer writer(files, plain(Durability::ASYNC));
    const Command command{};
    CHECK(fault_of([&] { writer.append(&command, 1); }) == Fault::MISUSE);
    CHECK(fault_of([&] { writer.sync(); }) == Fault::MISUSE);
    writer.begin(0, 1, 0);
    CHECK(fault_of([&] { writer.begin(0, 2, 0); }) == Fault::MISUSE);
    const std::string longest(engine::NOTE_BYTES_MOST, 'x');
    writer.append_note(longest.data(), longest.size());
    CHECK(fault_of([&] { writer.append_note(longest.data(), longest.size() + 1); }) ==
          Fault::MISUSE);
    writer.append(&command, 0);
    CHECK_EQUAL(writer.sequence(), std::uint64_t{1});
    CHECK(found_in(files).entries[0].note == longest);
    writer.close();
    CHECK(fault_of([&] { writer.append(&command, 1); }) == Fault::MISUSE);
}

TEST("the thread of a group keeps its bounds on real files") {
    const Directory directory;
    engine::PosixFiles files(directory.path());
    files.lock();
    WriterOptions options;
    options.group_bytes = 20'000;
    options.group_ns = 2'000'000;
    options.segment_bytes = 100'000;
    check::Random random(26);
    const std::vector<Command> all = commands::many(random, 20'000);
    Writer writer(files, options);
    writer.begin(0, 1, 0);
    for (std::size_t i = 0; i < all.size(); i += 50) writer.append(&all[i], 50);
    // No more than a bound of the last entries may be unsynced; the smallest has seven bytes.
    CHECK(writer.synced_sequence() + options.group_bytes / 7 >= all.size());
    for (int wait = 0; writer.synced_sequence() < all.size() && wait < 5000; wait++) ::usleep(1000);
    CHECK_EQUAL(writer.synced_sequence(), all.size());
    writer.close();
    journals::check_equal(found_in(files).entries, entries_of(all));
}

TEST("another thread may sync while one appends, over many segments, in every mode") {
    check::Random random(27);
    const std::vector<Command> all = commands::many(random, 6'000);
    for (const Durability mode : {Durability::ASYNC, Durability::GROUP, Durability::SYNC}) {
        const Directory directory;
        engine::PosixFiles files(directory.path());
        WriterOptions options;
        options.durability = mode;
        options.group_bytes = 4'000;
        options.group_ns = 500'000;
        options.segment_bytes = 10'000;
        Writer writer(files, options);
        writer.begin(0, 1, 0);
        std::atomic<bool> is_done{false};
        bool goes_back = false;
        std::thread other([&] {
            std::uint64_t seen = 0;
            while (!is_done) {
                writer.sync();
                const std::uint64_t synced = writer.synced_sequence();
                goes_back = goes_back || synced < seen;
                seen = synced;
            }
        });
        for (std::size_t i = 0; i < all.size(); i += 20) writer.append(&all[i], 20);
        is_done = true;
        other.join();
        writer.close();
        CHECK(!goes_back);
        CHECK_EQUAL(writer.synced_sequence(), all.size());
        CHECK(engine::list_segments(files).size() > 5);
        journals::check_equal(found_in(files).entries, entries_of(all));
    }
}

TEST("a directory is held once, until it is let go") {
    const Directory directory;
    engine::PosixFiles one(directory.path());
    one.lock();
    engine::PosixFiles other(directory.path());
    CHECK(fault_of([&] { other.lock(); }) == Fault::LOCKED);
    one.unlock();
    other.lock();
}

TEST("a process that was forked appends nothing, and ends without harm") {
    const Directory directory;
    engine::PosixFiles files(directory.path());
    auto writer = std::make_unique<Writer>(files, WriterOptions{});
    writer->begin(0, 1, 0);
    const Command command{};
    writer->append(&command, 1);
    // The journal's thread has done its part, and waits for more.
    while (writer->synced_sequence() != 1) ::usleep(1000);
    ::usleep(20'000);
    const pid_t child = ::fork();
    if (child == 0) {
        const bool is_refused = fault_of([&] { writer->append(&command, 1); }) == Fault::BROKEN &&
                                fault_of([&] { writer->sync(); }) == Fault::BROKEN;
        ::alarm(20);  // whoever waits for a thread of the parent waits for ever
        writer = nullptr;
        // By a signal: no one asks it what it has not freed, which is the parent's.
        if (is_refused) ::kill(::getpid(), SIGKILL);
        ::_exit(1);
    }
    int status = -1;
    CHECK_EQUAL(::waitpid(child, &status, 0), child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    writer->append(&command, 1);
    writer->close();
    CHECK_EQUAL(found_in(files).entries.size(), std::size_t{2});
    CHECK_FINDING(found_in(files).verdict, Finding::CLEAN);
}

TEST("errors of the system name the operation, the file and the number") {
    const Directory directory;
    engine::PosixFiles files(directory.path());
    try {
        files.open("not-there", engine::Files::Access::READ);
        CHECK(false);
    } catch (const JournalFailure& failure) {
        CHECK(failure.fault == Fault::IO);
        CHECK_EQUAL(failure.file, std::string("not-there"));
        CHECK_EQUAL(failure.number, ENOENT);
        CHECK(std::string(failure.what()).starts_with("open not-there: "));
    }
    CHECK(fault_of([&] { engine::PosixFiles none(directory.path() + "/none"); }) == Fault::IO);
}

}  // namespace
