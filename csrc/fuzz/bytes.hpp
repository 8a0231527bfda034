// What harnesses share: bytes that choose what is done, and what must hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>

namespace fuzz {

// Bytes from the front on; zeros behind the end.
class Bytes {
  public:
    Bytes(const std::uint8_t* data, std::size_t size) : at_(data), left_(size) {}

    std::size_t left() const {
        return left_;
    }
    std::uint8_t next() {
        if (left_ == 0) return 0;
        left_ -= 1;
        return *at_++;
    }
    std::uint32_t below(std::uint32_t count) {
        return next() % count;
    }
    bool bit() {
        return (next() & 1) != 0;
    }
    template <class Enum>
    Enum member(std::uint32_t count) {
        return static_cast<Enum>(below(count));
    }

  private:
    const std::uint8_t* at_;
    std::size_t left_;
};

// Ends the fuzzer where something does not hold.
inline void must(bool holds, const char* what) {
    if (!holds) throw std::logic_error(what);
}

}  // namespace fuzz
