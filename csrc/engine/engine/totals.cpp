// What was counted while the engine worked, and what follows from it.
#include "engine/engine/totals.hpp"

#include "engine/engine/engine.hpp"

namespace engine {

Totals Engine::totals() const {
    Totals all = totals_;
    std::uint64_t orders = 0;
    for (std::uint32_t i = 0; i < instrument_count_; i++) {
        const Market& market = markets_[i];
        orders += market.orders;
        all.trades += market.trades;
        all.lots += market.traded_lots();
    }
    all.reports[ExecType::NEW] = orders;
    all.reports[ExecType::TRADE] = 2 * all.trades;
    all.reports[ExecType::REJECTED] = all.rejects.sum();
    ENGINE_ASSERT(all.reports.sum() <= counters_.reports);
    all.reports[ExecType::REPLACED] = counters_.reports - all.reports.sum();
    return all;
}

// Trades are numbered beside all this, which must come to the same.
void Engine::check_totals() const {
    const Totals all = totals();
    ENGINE_ASSERT(all.trades == counters_.trades);
    ENGINE_ASSERT(all.rejects[RejectReason::NONE] == 0);
}

}  // namespace engine
