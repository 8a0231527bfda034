// Assertions. They state what the code believes, never what a user sent, and they stay on in
// release builds: a broken invariant throws BrokenInvariant, which names the condition and the
// place. The core never prints or aborts.
#pragma once

#include <stdexcept>
#include <string>

#if defined(_MSC_VER)
#define ENGINE_NOINLINE __declspec(noinline)
#define ENGINE_OUTLINE __declspec(noinline)
#define ENGINE_INLINE __forceinline
#define ENGINE_LIKELY(x) (x)
#define ENGINE_UNLIKELY(x) (x)
#define ENGINE_PREFETCH(address) ((void)(address))
#else
#define ENGINE_NOINLINE __attribute__((noinline, cold))
#define ENGINE_OUTLINE __attribute__((noinline))  // hot: registers of its own are worth a call
#define ENGINE_INLINE inline __attribute__((always_inline))
#define ENGINE_LIKELY(x) __builtin_expect(!!(x), 1)
#define ENGINE_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define ENGINE_PREFETCH(address) __builtin_prefetch(address)
#endif

namespace engine {

struct BrokenInvariant : std::logic_error {
    using std::logic_error::logic_error;
};

[[noreturn]] ENGINE_NOINLINE inline void broken(const char* condition, const char* file, int line) {
    throw BrokenInvariant(std::string(file) + ":" + std::to_string(line) +
                          ": broken invariant: " + condition);
}

}  // namespace engine

// The file's name without the path that it was built under.
#if defined(__FILE_NAME__)
#define ENGINE_FILE __FILE_NAME__
#else
#define ENGINE_FILE __FILE__
#endif

#define ENGINE_ASSERT(condition) \
    (ENGINE_LIKELY(condition) ? (void)0 : ::engine::broken(#condition, ENGINE_FILE, __LINE__))
