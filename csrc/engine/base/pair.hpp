// Two words that lie side by side and are stored as one.
//
// Purpose: a record that is written word by word waits for the queue of stores before anything
// else. Each word of a pair is loaded by itself: a load of both would wait for a store of one of
// them that was just made.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "engine/base/assert.hpp"

namespace engine {

#if defined(__SSE2__)
using WordPair = __m128i;

ENGINE_INLINE WordPair pair_of(std::uint64_t first, std::uint64_t second) {
    return _mm_set_epi64x(static_cast<long long>(second), static_cast<long long>(first));
}
#else
struct WordPair {
    std::uint64_t words[2];
};

inline WordPair pair_of(std::uint64_t first, std::uint64_t second) {
    return {{first, second}};
}
#endif

ENGINE_INLINE void put(WordPair pair, std::uint64_t* words) {
    std::memcpy(words, &pair, sizeof(pair));
}

}  // namespace engine
