#include "engine/matching/special_orders.hpp"

namespace engine {

void DetailsByOrder::give(Index number, const Details& details) {
    if (number >= top_) {
        of_.reserve(top_, std::size_t{number} - top_ + 1);
        top_ = number + 1;
    }
    pool_.reserve(1);
    const Index index = pool_.take();
    pool_[index] = details;
    of_[number] = index;
}

}  // namespace engine
