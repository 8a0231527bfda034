// Threads that do one thing together, again and again.
//
// Purpose: a batch is a few short phases, each shared out among threads that must all be done with
// one before the next begins. The caller's thread is the first worker; the others are started when
// there is work for them and wait in between: awake for a moment, then asleep.
// Invariants: run() returns when every worker is done, so nothing of a phase outlives it. One
// thread at a time calls it.
// Complexity: a phase costs some hundred nanoseconds while the workers are awake, and waking a
// thread, tens of microseconds, where they had gone to sleep.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <thread>
#include <vector>

namespace engine {

class Workers {
  public:
    // REQUIRES: count is at least 1.
    explicit Workers(std::size_t count);
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    std::size_t count() const {
        return count_;
    }
    // There are so many from now on; those that waited have ended. REQUIRES: count is at least 1.
    void resize(std::size_t count);
    // Calls work(worker) for the first `count` workers, from 0 on, each in its own thread. Throws
    // what one of them threw, when all have ended. Throws std::system_error where no thread can be
    // started; nothing was called then.
    template <class Work>
    void run(std::size_t count, const Work& work) {
        if (count <= 1) return work(std::size_t{0});
        const auto call = [](const void* context, std::size_t worker) {
            (*static_cast<const Work*>(context))(worker);
        };
        run_all({call, &work, count});
    }

  private:
    struct Job {
        void (*call)(const void* context, std::size_t worker) = nullptr;
        const void* context = nullptr;
        std::size_t count = 0;
    };
    static constexpr std::size_t LINE = 64;  // what two threads write lies in lines of its own

    void run_all(const Job& job);
    void start();
    void stop();
    void work(std::size_t worker);
    void carry_out(std::size_t worker);

    std::size_t count_;
    Job job_;
    bool is_stopping_ = false;
    std::vector<std::exception_ptr> failures_;  // by worker
    std::vector<std::thread> threads_;
    alignas(LINE) std::atomic<std::uint32_t> round_{0};
    alignas(LINE) std::atomic<std::uint32_t> open_{0};  // workers that are not done
};

}  // namespace engine
