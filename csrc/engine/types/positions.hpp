// Where an engine that keeps accounts has their positions, for those who know no accounts.
#pragma once

#include <cstdint>

namespace engine {

class Positions {
  public:
    // The lots that an account has in an instrument, below 0 when short.
    virtual std::int64_t lots_of(std::uint32_t account, std::uint32_t instrument) const = 0;

  protected:
    ~Positions() = default;
};

}  // namespace engine
