// CRC32C (Castagnoli), the check of each entry and header of a journal.
//
// The processor's own instruction where it has one, found out once; a table otherwise. Both give
// the same. A check goes on where another ended: crc32c(crc32c(0, a), b) is that of a and b in one.
// Complexity: O(bytes), 8 bytes a step.
#pragma once

#include <cstddef>
#include <cstdint>

namespace engine {

using Crc32c = std::uint32_t (*)(std::uint32_t start, const void* bytes, std::size_t count);

std::uint32_t crc32c_by_table(std::uint32_t start, const void* bytes, std::size_t count);
// Null where the processor has none.
Crc32c crc32c_by_processor();

std::uint32_t crc32c(std::uint32_t start, const void* bytes, std::size_t count);

// The check of two numbers and of what follows them, in one call; and by a call for each part.
std::uint32_t crc32c_behind(std::uint64_t first, std::uint32_t second, const void* bytes,
                            std::size_t count);
std::uint32_t crc32c_behind_by_parts(std::uint64_t first, std::uint32_t second, const void* bytes,
                                     std::size_t count);

}  // namespace engine
