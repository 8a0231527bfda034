// Where an engine that keeps accounts has their positions, for those who know no accounts.
#pragma once

#include <compare>
#include <cstdint>

namespace engine {

// A position: that of an account, or of one in hedge mode the long one or the short one.
struct Which {
    std::uint32_t account;
    bool is_short;  // in hedge mode, of the two
    auto operator<=>(const Which&) const = default;
};

class Positions {
  public:
    // Whether an account has two positions in an instrument.
    virtual bool is_hedged(std::uint32_t account, std::uint32_t instrument) const = 0;
    // The lots of a position in an instrument, below 0 when short.
    virtual std::int64_t lots_of(const Which& which, std::uint32_t instrument) const = 0;

  protected:
    ~Positions() = default;
};

}  // namespace engine
