// Counts what a process asks the C library for: preloaded into one that has something to prove.
//
// Purpose: nothing inside a process can tell that memory was taken and given back at once. This
// stands in front of malloc and of the system calls that map memory, counts, and hands on.
// Invariants: every allocation is still glibc's own. Only for glibc, whose inner names it uses.
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

static std::atomic<std::uint64_t> allocations{0};
static std::atomic<std::uint64_t> mappings{0};

extern "C" {

void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

std::uint64_t allocations_counted() {
    return allocations;
}
std::uint64_t mappings_counted() {
    return mappings;
}

void* malloc(std::size_t bytes) {
    ++allocations;
    return __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) {
    ++allocations;
    return __libc_calloc(count, bytes);
}
void* realloc(void* block, std::size_t bytes) {
    ++allocations;
    return __libc_realloc(block, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
    ++allocations;
    return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** block, std::size_t alignment, std::size_t bytes) {
    ++allocations;
    *block = __libc_memalign(alignment, bytes);
    return *block == nullptr ? 12 : 0;  // ENOMEM
}

void* mmap(void* address, std::size_t bytes, int protection, int flags, int file, long offset) {
    ++mappings;
    const long made = syscall(SYS_mmap, address, bytes, protection, flags, file, offset);
    return reinterpret_cast<void*>(made);
}
void* mremap(void* block, std::size_t bytes, std::size_t wanted, int flags, void* address) {
    ++mappings;
    const long made = syscall(SYS_mremap, block, bytes, wanted, flags, address);
    return reinterpret_cast<void*>(made);
}

}  // extern "C"
