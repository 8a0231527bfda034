// Whole numbers in as few bytes as they need, one after the other: what journals and images are
// made of.
//
// A number below 240 is one byte. Any other is a byte of 239 + n and the n bytes that it has, 1 to
// 16, the lowest first. Signed numbers are folded first: 0, -1, 1, -2, ... are 0, 1, 2, 3, ...
// There is one way to write a number: a reader refuses any other.
// Complexity: O(1) a number; a Packer doubles its memory as it needs.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include "engine/base/assert.hpp"

namespace engine {

static_assert(std::endian::native == std::endian::little, "packed numbers are little-endian");

__extension__ using WideNumber = __int128;
__extension__ using WideBits = unsigned __int128;

constexpr std::uint8_t PACKED_SMALL = 240;
constexpr std::size_t PACKED_MOST = 17;  // bytes of a number of 128 bits

constexpr std::uint64_t folded(std::int64_t number) {
    return static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63);
}
constexpr std::int64_t unfolded(std::uint64_t bits) {
    return static_cast<std::int64_t>(bits >> 1 ^ (std::uint64_t{0} - (bits & 1)));
}
constexpr WideBits folded(WideNumber number) {
    return static_cast<WideBits>(number) << 1 ^ static_cast<WideBits>(number >> 127);
}
constexpr WideNumber unfolded(WideBits bits) {
    return static_cast<WideNumber>(bits >> 1 ^ (WideBits{0} - (bits & 1)));
}
static_assert(unfolded(folded(std::int64_t{-7})) == -7 && folded(std::int64_t{-1}) == 1);

// Writes a number where there is room for PACKED_MOST bytes; returns where it ends. Bytes behind
// that may be written too.
ENGINE_INLINE std::uint8_t* pack_number(std::uint8_t* at, std::uint64_t number) {
    if (ENGINE_LIKELY(number < PACKED_SMALL)) {
        *at = static_cast<std::uint8_t>(number);
        return at + 1;
    }
    const unsigned bytes = (static_cast<unsigned>(std::bit_width(number)) + 7) / 8;
    *at = static_cast<std::uint8_t>(PACKED_SMALL - 1 + bytes);
    std::memcpy(at + 1, &number, sizeof number);
    return at + 1 + bytes;
}
inline std::uint8_t* pack_wide(std::uint8_t* at, WideBits number) {
    const auto high = static_cast<std::uint64_t>(number >> 64);
    if (ENGINE_LIKELY(high == 0)) return pack_number(at, static_cast<std::uint64_t>(number));
    const unsigned bytes = 8 + (static_cast<unsigned>(std::bit_width(high)) + 7) / 8;
    *at = static_cast<std::uint8_t>(PACKED_SMALL - 1 + bytes);
    std::memcpy(at + 1, &number, sizeof number);
    return at + 1 + bytes;
}

// Memory that bytes are packed into.
class Packer {
  public:
    Packer() = default;
    Packer(const Packer&) = delete;
    Packer& operator=(const Packer&) = delete;
    ~Packer() {
        std::free(begin_);
    }

    // Throws std::bad_alloc, as all that follow.
    void reserve(std::size_t more) {
        if (ENGINE_UNLIKELY(static_cast<std::size_t>(end_ - next_) < more)) grow(more);
    }
    ENGINE_INLINE void put(std::uint64_t number) {
        reserve(PACKED_MOST);
        next_ = pack_number(next_, number);
    }
    ENGINE_INLINE void put_signed(std::int64_t number) {
        put(folded(number));
    }
    void put_wide(WideNumber number) {
        reserve(PACKED_MOST);
        next_ = pack_wide(next_, folded(number));
    }
    const std::uint8_t* data() const {
        return begin_;
    }
    std::size_t size() const {
        return static_cast<std::size_t>(next_ - begin_);
    }
    // Gives away the memory; free() it. Null when nothing was written.
    std::uint8_t* release() {
        next_ = end_ = nullptr;
        return std::exchange(begin_, nullptr);
    }

  private:
    ENGINE_NOINLINE void grow(std::size_t more) {
        const std::size_t used = size();
        const auto held = static_cast<std::size_t>(end_ - begin_);
        const std::size_t wanted = used + more > 2 * held ? used + more : 2 * held;
        void* const block = std::realloc(begin_, wanted);
        if (block == nullptr) throw std::bad_alloc();
        begin_ = static_cast<std::uint8_t*>(block);
        next_ = begin_ + used;
        end_ = begin_ + wanted;
    }

    std::uint8_t* begin_ = nullptr;
    std::uint8_t* next_ = nullptr;
    std::uint8_t* end_ = nullptr;
};

// Reads what a Packer wrote, or anything else: what can't be is noted, and reads as 0 from then on.
class Unpacker {
  public:
    Unpacker(const void* bytes, std::size_t count)
        : begin_(static_cast<const std::uint8_t*>(bytes)), next_(begin_), end_(begin_ + count) {}

    ENGINE_INLINE std::uint64_t get() {
        if (ENGINE_LIKELY(next_ != end_ && *next_ < PACKED_SMALL)) return *next_++;
        const WideBits number = get_large();
        if (ENGINE_LIKELY(number >> 64 == 0)) return static_cast<std::uint64_t>(number);
        fail();
        return 0;
    }
    std::int64_t get_signed() {
        return unfolded(get());
    }
    WideNumber get_wide() {
        if (ENGINE_LIKELY(next_ != end_ && *next_ < PACKED_SMALL)) {
            return unfolded(WideBits{*next_++});
        }
        return unfolded(get_large());
    }
    // A number that the type holds, or a failure.
    template <std::unsigned_integral T>
    T get_as() {
        const std::uint64_t number = get();
        if (ENGINE_UNLIKELY(number > static_cast<T>(~T{0}))) fail();
        return is_sound_ ? static_cast<T>(number) : T{0};
    }
    // What was read can't be: nothing more is.
    ENGINE_NOINLINE void fail() {
        is_sound_ = false;
        failed_at_ = failed_at_ == nullptr ? next_ : failed_at_;
        next_ = end_;
    }
    void require(bool condition) {
        if (ENGINE_UNLIKELY(!condition)) fail();
    }
    bool is_sound() const {
        return is_sound_;
    }
    std::size_t left() const {
        return static_cast<std::size_t>(end_ - next_);
    }
    // How far it has read, or where the first failure was.
    std::size_t position() const {
        return static_cast<std::size_t>((is_sound_ ? next_ : failed_at_) - begin_);
    }

  private:
    ENGINE_OUTLINE WideBits get_large() {
        const std::size_t bytes = next_ == end_ ? 0 : std::size_t{*next_} - (PACKED_SMALL - 1);
        if (bytes == 0 || left() <= bytes) {
            fail();
            return 0;
        }
        WideBits number = 0;
        std::memcpy(&number, next_ + 1, bytes);
        // The shortest way is the only one.
        const bool is_shortest = bytes == 1 ? number >= PACKED_SMALL : next_[bytes] != 0;
        if (!is_shortest) {
            fail();
            return 0;
        }
        next_ += 1 + bytes;
        return number;
    }

    const std::uint8_t* begin_;
    const std::uint8_t* next_;
    const std::uint8_t* end_;
    const std::uint8_t* failed_at_ = nullptr;
    bool is_sound_ = true;
};

}  // namespace engine
