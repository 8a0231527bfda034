#include "engine/shards/workers.hpp"

#include "engine/base/assert.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace engine {

namespace {

// How often a thread looks before it goes to sleep: some tens of microseconds.
constexpr int LOOKS = 2'000;

ENGINE_INLINE void pause() {
#if defined(__SSE2__)
    _mm_pause();
#endif
}

// Waits until a value is another.
void wait_until_not(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
    for (int look = 0; look < LOOKS; look++) {
        if (value.load(std::memory_order_acquire) != old) return;
        pause();
    }
    while (value.load(std::memory_order_acquire) == old) value.wait(old, std::memory_order_acquire);
}

}  // namespace

Workers::Workers(std::size_t count) : count_(count), failures_(count) {
    ENGINE_ASSERT(count >= 1);
}

Workers::~Workers() {
    stop();
}

void Workers::resize(std::size_t count) {
    ENGINE_ASSERT(count >= 1);
    if (count == count_) return;
    failures_.resize(count);
    stop();
    count_ = count;
}

void Workers::start() {
    try {
        threads_.reserve(count_ - 1);
        while (threads_.size() + 1 < count_) {
            const std::size_t worker = threads_.size() + 1;
            threads_.emplace_back([this, worker] { work(worker); });
        }
    } catch (...) {
        stop();
        throw;
    }
}

void Workers::stop() {
    is_stopping_ = true;
    round_.fetch_add(1, std::memory_order_release);
    round_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    is_stopping_ = false;
    round_.store(0, std::memory_order_relaxed);
}

void Workers::run_all(const Job& job) {
    ENGINE_ASSERT(job.count <= count_);
    if (threads_.empty()) start();
    job_ = job;
    open_.store(static_cast<std::uint32_t>(count_ - 1), std::memory_order_relaxed);
    round_.fetch_add(1, std::memory_order_release);
    round_.notify_all();
    carry_out(0);
    for (;;) {
        const std::uint32_t open = open_.load(std::memory_order_acquire);
        if (open == 0) break;
        wait_until_not(open_, open);
    }
    std::exception_ptr failure;
    for (std::exception_ptr& its : failures_) {
        if (failure == nullptr) failure = its;
        its = nullptr;
    }
    if (failure != nullptr) std::rethrow_exception(failure);
}

void Workers::work(std::size_t worker) {
    for (std::uint32_t seen = 0;;) {
        wait_until_not(round_, seen);
        seen += 1;
        if (is_stopping_) return;
        carry_out(worker);
        if (open_.fetch_sub(1, std::memory_order_acq_rel) == 1) open_.notify_one();
    }
}

void Workers::carry_out(std::size_t worker) {
    if (worker >= job_.count) return;
    try {
        job_.call(job_.context, worker);
    } catch (...) {
        failures_[worker] = std::current_exception();
    }
}

}  // namespace engine
